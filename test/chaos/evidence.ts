import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { eventLineSchema, requestLineSchema } from '../../carriers/simulator/journal.ts';
import { epochMsSchema } from '../../domain/time.ts';
import { STEPS } from '../../domain/steps.ts';

/**
 * What a chaos run leaves behind, and all that the judge looks at: a folder, and the database that `run.json` names.
 * Whoever runs chaos writes it (`openJournal` of carriers/simulator/journal.ts appends lines); the judge reads it.
 *
 * Instants are epoch ms. `…Real` is the machine's own clock, which nobody steps: written by the process that runs chaos,
 * by the simulator and by PostgreSQL. All others are the engine's clock.
 */
export const EVIDENCE_FILES = {
  run: 'run.json',
  /** The carrier's own log (`--log` of the simulator), and beside it its journal of events. */
  requests: 'requests.jsonl',
  events: 'requests.events.jsonl',
  acks: 'acks.jsonl',
  faults: 'faults.jsonl',
  /** One file for each campaign: `<campaignId>.json`. */
  reports: 'reports',
} as const;

export const runSchema = z.strictObject({
  seed: z.string().min(1),
  /** Which build ran: `this`, or the name of a broken one. */
  build: z.string().default('this'),
  /** `domain/clock.ts`: simulated = from + max(0, real − realStart) × speed. */
  clock: z.strictObject({
    from: epochMsSchema,
    realStart: epochMsSchema,
    speed: z.number().positive(),
  }),
  startedReal: epochMsSchema,
  /** When faults were off and everything had become quiet, or the wait for that was given up. */
  endedReal: epochMsSchema,
  /** False where the wait for quiet was given up: then what is left open is a violation of I10. */
  quiet: z.boolean(),
  tenants: z.array(z.strictObject({ id: z.uuid(), name: z.string() })).min(1),
  campaigns: z.array(z.strictObject({ id: z.uuid(), tenantId: z.uuid(), name: z.string() })),
  /** A role that sees every tenant's rows (superuser): the judge reads all of them. */
  databaseUrl: z.string().min(1),
  /** The engine's own role, for `rightcall audit verify`, which refuses one that bypasses row-level security. */
  engineDatabaseUrl: z.string().min(1),
  /** Where checkpoints of the evidence log are copied to (RIGHTCALL_EVIDENCE_DIR); null: nowhere. */
  secondPlaceDir: z.string().nullable().default(null),
  /** What was asked of the run: options, counts, in whatever form its page shows them. */
  asked: z.record(z.string(), z.unknown()).default({}),
});
export type RunRecord = z.infer<typeof runSchema>;

/**
 * One request of a client that stops, or allows again. A request that is tried again (another API process, the same
 * Idempotency-Key) is one line for each try, all with the same `requestKey`.
 */
export const ackLineSchema = z.strictObject({
  /** operationId, such as `withdrawConsent` or `resumeCampaign`; `effect` says what it does. */
  operation: z.string().min(1),
  effect: z.enum(['stop', 'lift']),
  tenantId: z.uuid(),
  scope: z.enum(['person', 'number', 'contact', 'campaign', 'carrier', 'tenant', 'all']),
  /** Id of the person, contact, campaign or carrier; for `number` the person's; null for `tenant` and `all`. */
  targetId: z.uuid().nullable(),
  /** A withdrawal or grant: what it names, as sent; empty withdraws all. A suppression: the one it is limited to. */
  purposes: z.array(z.string()).default([]),
  /** A suppression that is limited to one campaign. */
  campaignId: z.uuid().nullable().default(null),
  /** Just before the request was sent, and just after its whole answer was received; null: none came. */
  sentReal: epochMsSchema,
  receivedReal: epochMsSchema.nullable(),
  /** HTTP status; null: no answer came. */
  status: z.number().int().nullable(),
  requestKey: z.string().nullable().default(null),
  /** As the answer says; null in a lift, or where none came. */
  stopId: z.string().nullable(),
  complete: z.boolean().nullable(),
  /** Which API process was asked. */
  process: z.string().nullable().default(null),
});
export type AckLine = z.infer<typeof ackLineSchema>;

const faultCommon = {
  /** From when to when (real); null: until the end of the run. Something without duration has both the same. */
  atReal: epochMsSchema,
  untilReal: epochMsSchema.nullable(),
  /** Name of the process, such as `worker-1`, `api-2`, `simulator`, `postgres`, `temporal`; `*`: all. */
  process: z.string().min(1),
  /** More for people to read. */
  detail: z.record(z.string(), z.unknown()).optional(),
};
const atStep = {
  /** Null: at no step, but when it happened to be. */
  step: z.enum(STEPS).nullable().default(null),
  /** What the step was about: the id of an attempt, contact or stop. */
  of: z.string().nullable().default(null),
};

/** One fault that was really put in (what was planned and never came about has no line). */
export const faultLineSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('kill'), ...faultCommon, ...atStep }),
  /** SIGSTOP, until SIGCONT or the process's end. */
  z.strictObject({ kind: z.literal('freeze'), ...faultCommon, ...atStep }),
  /** The process's clock is `offsetMs` ahead (behind, if negative) of the machine's. */
  z.strictObject({ kind: z.literal('clock'), ...faultCommon, offsetMs: z.number().int() }),
  /** `link`: to whom the process speaks. */
  z.strictObject({
    kind: z.literal('network'),
    ...faultCommon,
    link: z.enum(['carrier', 'postgres', 'temporal', 'webhooks']),
    mode: z.enum(['delay', 'stall', 'cut', 'black_hole', 'half_open']),
    delayMs: z.number().nonnegative().nullable().default(null),
  }),
  /** `PUT /v1/faults` of the simulator: the specification in force. */
  z.strictObject({ kind: z.literal('carrier'), ...faultCommon, spec: z.string() }),
  z.strictObject({
    kind: z.enum(['stop_server', 'cut_connections', 'disk_full', 'forged_webhook', 'deploy', 'other']),
    ...faultCommon,
  }),
]);
export type FaultLine = z.infer<typeof faultLineSchema>;

/** What `GET /v1/campaigns/{campaignId}/report` answered once all was quiet; the judge reads the figures it compares. */
export const reportFileSchema = z.strictObject({
  tenantId: z.uuid(),
  campaignId: z.uuid(),
  askedReal: epochMsSchema,
  report: z.looseObject({}),
});
export type ReportFile = z.infer<typeof reportFileSchema>;

export interface Evidence {
  readonly dir: string;
  readonly run: RunRecord;
  readonly requests: readonly z.infer<typeof requestLineSchema>[];
  /** Null: the journal of events is not there. */
  readonly events: readonly z.infer<typeof eventLineSchema>[] | null;
  readonly acks: readonly AckLine[];
  readonly faults: readonly FaultLine[];
  readonly reports: readonly ReportFile[];
  /** Lines of the simulator's files that a kill tore off, which never were whole. */
  readonly torn: number;
}

/**
 * Reads a folder of evidence whole. Only in the simulator's own files may a line be torn, because it may be killed.
 * @throws Error naming file, line, fault and what would be right
 */
export function readEvidence(dir: string): Evidence {
  const at = (name: keyof typeof EVIDENCE_FILES) => join(dir, EVIDENCE_FILES[name]);
  if (!existsSync(dir)) throw new Error(`${dir}: is not there; expected a folder that a chaos run left`);
  const requests = readLines(at('requests'), requestLineSchema, 'torn lines are left out');
  const events = existsSync(at('events'))
    ? readLines(at('events'), eventLineSchema, 'torn lines are left out')
    : null;
  return {
    dir,
    run: readJson(at('run'), runSchema),
    requests: requests.lines,
    events: events?.lines ?? null,
    acks: readLines(at('acks'), ackLineSchema).lines,
    faults: readLines(at('faults'), faultLineSchema).lines,
    reports: readReports(at('reports')),
    torn: requests.torn + (events?.torn ?? 0),
  };
}

function readReports(dir: string): ReportFile[] {
  if (!existsSync(dir))
    throw new Error(`${dir}: is not there; expected a folder with a report for each campaign`);
  return readdirSync(dir)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => readJson(join(dir, name), reportFileSchema));
}

function readJson<T>(path: string, schema: z.ZodType<T>): T {
  const value = parseJson(textOf(path));
  if (value === undefined) throw new Error(`${path}: cannot be read as JSON; expected one JSON object`);
  return checked(value, schema, path);
}

function readLines<T>(
  path: string,
  schema: z.ZodType<T>,
  torn?: 'torn lines are left out',
): { lines: T[]; torn: number } {
  const read = { lines: [] as T[], torn: 0 };
  textOf(path)
    .split('\n')
    .forEach((line, index) => {
      if (line === '') return;
      const value = parseJson(line);
      if (value !== undefined) read.lines.push(checked(value, schema, `${path}:${index + 1}`));
      else if (torn !== undefined) read.torn += 1;
      else throw new Error(`${path}:${index + 1}: cannot be read as JSON; expected one JSON object a line`);
    });
  return read;
}

function textOf(path: string): string {
  if (!existsSync(path))
    throw new Error(`${path}: is not there; expected it in a folder that a chaos run left`);
  return readFileSync(path, 'utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checked<T>(value: unknown, schema: z.ZodType<T>, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'line'}: ${message}`);
  throw new Error(`${where}: ${faults.join('; ')}`);
}
