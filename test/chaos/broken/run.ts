import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChaos } from '../chaos-run.ts';
import type { ChaosSettings } from '../settings.ts';
import { judge, type Verdict } from '../judge/index.ts';
import type { GuaranteeId } from '../judge/verdict.ts';
import type { BrokenBuild } from './builds.ts';
import { makeBuild } from './make.ts';

/** What became of one broken build. */
export interface Caught {
  readonly name: string;
  readonly breaks: GuaranteeId;
  /** Guarantees that the judge named. */
  readonly named: readonly GuaranteeId[];
  readonly caught: boolean;
  readonly seconds: number;
  /** What the judge said first of the broken guarantee; null: nothing. */
  readonly what: string | null;
}

/** The dialling phase at its longest, on a machine that has much else to do; real ms. */
const LENGTH_MS = 90_000;
/** Enough for each breakage to show. */
const ENOUGH_REQUESTS = 90;
const QUIET_WITHIN_MS = 25_000;
/** Few people, in four campaigns each, so that calls to one person come close together. */
const CONTACTS = 60;
const SEED = 6;

/** Make a broken build, run chaos on it with what makes the breakage show, and see whether the judge names its guarantee. */
export async function catchBuild(
  build: BrokenBuild,
  seed: number | null,
  out: string | null,
  run: Pick<ChaosSettings, 'say' | 'interrupted'>,
): Promise<Caught> {
  const beganMs = Date.now();
  const made = await makeBuild(build);
  const dir = out === null ? await mkdtemp(join(tmpdir(), 'rightcall-chaos-')) : join(out, build.name);
  try {
    const { kinds, ...focus } = build.focus;
    const { verdict } = await runChaos(
      {
        seed: seed ?? SEED,
        lengthMs: LENGTH_MS,
        kinds,
        focus: { enoughRequests: ENOUGH_REQUESTS, quietWithinMs: QUIET_WITHIN_MS, ...focus },
        contacts: CONTACTS,
        code: made.dir,
        build: build.name,
        dir,
        ...run,
      },
      ({ evidenceDir }) => judge(evidenceDir),
    );
    return caughtBy(build, verdict, (Date.now() - beganMs) / 1_000);
  } finally {
    await made.remove();
    if (out === null) await rm(dir, { recursive: true, force: true });
  }
}

/** Pure. */
export function caughtBy(
  build: Pick<BrokenBuild, 'name' | 'breaks'>,
  verdict: Verdict,
  seconds: number,
): Caught {
  const violated = verdict.guarantees.filter(({ violationsTotal }) => violationsTotal > 0);
  const own = violated.find(({ id }) => id === build.breaks);
  return {
    name: build.name,
    breaks: build.breaks,
    named: violated.map(({ id }) => id),
    caught: own !== undefined,
    seconds: Math.round(seconds),
    what: own?.violations[0]?.what ?? null,
  };
}

/** A build that could not be made or run has not been caught. */
export function notRun({ name, breaks }: BrokenBuild, why: string): Caught {
  return { name, breaks, named: [], caught: false, seconds: 0, what: `could not be run: ${why}` };
}

/** A row for each build: what it breaks, and by what it was caught. */
export function tableOf(rows: readonly Caught[]): string {
  const cells = [
    ['build', 'breaks', 'the judge named', 'seconds', ''],
    ...rows.map((row) => [
      row.name,
      row.breaks,
      row.named.join(', ') || 'nothing',
      String(row.seconds),
      row.caught ? 'caught' : 'NOT CAUGHT',
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const caught = rows.filter((row) => row.caught).length;
  const named = rows.flatMap((row) => (row.what === null ? [] : [`${row.name}: ${row.what}`]));
  return [...lines, '', ...named, '', `${caught} of ${rows.length} broken builds caught`].join('\n');
}
