import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { RightcallError } from '../../domain/failures.ts';
import { readJsonFile, writeJsonFile } from '../../runtime/servers/directory.ts';
import { SHOWN, type Cast } from './agents/cast.ts';
import { AGENT_MODES } from './agents/modes.ts';
import type { Inputs } from './inputs.ts';
import type { Layout } from './layout.ts';
import type { StartOptions } from './options.ts';

/**
 * The rehearsals of a data folder. A rehearsal is its inputs: the same files, definition and limit are the same
 * rehearsal, which goes on where it was, or shows its report again; other inputs are another one.
 */
const runSchema = z.object({
  /** Over the inputs' content. */
  key: z.string(),
  campaignId: z.string(),
  name: z.string(),
  contactsName: z.string(),
  contactsPath: z.string(),
  contactsSha256: z.string(),
  doNotCallPath: z.string().nullable(),
  doNotCallSha256: z.string().nullable(),
  campaignPath: z.string().nullable(),
  limit: z.number().nullable(),
  /** Simulated agents; null: none. */
  agents: z.number().nullable().default(null),
  /** After the agents' shift the campaign without agents goes on, at the pace of days. */
  goesOn: z.boolean().default(false),
  /** The same campaign in the modes that have agents. */
  inModes: z.array(z.object({ campaignId: z.string(), mode: z.enum(AGENT_MODES) })).default([]),
  /** Of the simulator's draws. */
  seed: z.string(),
  /** Instant (engine clock) at which its contacts and consents were recorded. */
  importedAt: z.number(),
  /** Simulated start, chosen once everything is imported; null until then. */
  startAt: z.number().nullable(),
});
export type Run = z.infer<typeof runSchema>;
const runsSchema = z.object({
  version: z.literal(1),
  current: z.string().nullable(),
  runs: z.array(runSchema),
});
type Runs = z.infer<typeof runsSchema>;

export interface RunBook {
  /** The rehearsal that was run last; null in a new folder. */
  current(): Run | null;
  find(key: string): Run | null;
  /** Add or replace a rehearsal, and make it the current one. */
  save(run: Run): Promise<void>;
}

/** @throws RightcallError `precondition_failed` when the file was written by something else */
export async function openRunBook(layout: Layout): Promise<RunBook> {
  const stored = await readJsonFile(layout.runs);
  const parsed = runsSchema.safeParse(stored ?? { version: 1, current: null, runs: [] });
  if (!parsed.success) {
    throw new RightcallError(
      'precondition_failed',
      `${layout.runs} cannot be read by this version; choose another folder with --data, or remove this one`,
    );
  }
  let book: Runs = parsed.data;
  const find = (key: string | null) => book.runs.find((run) => run.key === key) ?? null;
  return {
    current: () => find(book.current),
    find,
    save: async (run) => {
      book = {
        ...book,
        current: run.key,
        runs: [...book.runs.filter((other) => other.key !== run.key), run],
      };
      await writeJsonFile(layout.runs, book);
    },
  };
}

/** What was asked for; where nothing was, agents are shown with the bundled sample, and campaigns of one's own are as they are. */
export function castOf({ agents }: Pick<StartOptions, 'agents'>, { bundled }: Pick<Inputs, 'bundled'>): Cast {
  if (agents === null && bundled) return SHOWN;
  return { agents: agents === 0 ? null : agents, goesOn: false };
}

/** What makes a rehearsal this one and no other. */
export function runKey(inputs: Inputs, limit: number | null, { agents, goesOn }: Cast): string {
  const identity = [
    inputs.contacts.sha256,
    inputs.doNotCall?.sha256 ?? null,
    inputs.definition,
    limit,
    ...(agents === null ? [] : [agents]),
    ...(goesOn ? ['goes on'] : []),
  ];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
}

export function newRun(
  inputs: Inputs,
  limit: number | null,
  importedAt: number,
  cast: Cast = { agents: null, goesOn: false },
): Run {
  return {
    key: runKey(inputs, limit, cast),
    campaignId: uuidv7(),
    name: inputs.definition.name,
    contactsName: inputs.contacts.name,
    contactsPath: inputs.contacts.path,
    contactsSha256: inputs.contacts.sha256,
    doNotCallPath: inputs.doNotCall?.path ?? null,
    doNotCallSha256: inputs.doNotCall?.sha256 ?? null,
    campaignPath: inputs.campaignPath,
    limit,
    ...cast,
    inModes: cast.agents === null ? [] : AGENT_MODES.map((mode) => ({ campaignId: uuidv7(), mode })),
    seed: 'rightcall',
    importedAt,
    startAt: null,
  };
}

/** True when nothing was named, so that "go on" is all that was asked. */
export function namesNoInput(options: StartOptions): boolean {
  return (
    options.contacts === null &&
    options.doNotCall === null &&
    options.campaign === null &&
    options.limit === null &&
    options.agents === null
  );
}

/** One of a rehearsal's campaigns. */
export interface Staged {
  readonly campaignId: string;
  /** As people see it. */
  readonly title: string;
}

/** A rehearsal's campaigns: the one that was given, and with agents the same in each mode that has them. */
export function stagedOf(run: Run): Staged[] {
  return [
    { campaignId: run.campaignId, title: 'agentless' },
    ...run.inModes.map(({ campaignId, mode }) => ({ campaignId, title: mode })),
  ];
}

export function campaignIdsOf(run: Run): string[] {
  return stagedOf(run).map(({ campaignId }) => campaignId);
}
