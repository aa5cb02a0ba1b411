import { z } from 'zod';
import type { Tx } from '../db/client.ts';
import { checkpointsAfter, sealedPage, type CheckpointRow } from '../db/repositories/evidence-log.ts';
import { listRestores, type Restore } from '../db/repositories/restores.ts';
import { toIso } from '../domain/time.ts';
import { CHECKPOINT_SCHEMA, faultOfCheckpoint } from '../evidence/checkpoint.ts';
import { signedOf } from '../evidence/log.ts';
import { Frontier } from '../evidence/merkle.ts';
import type { SecondPlace } from '../evidence/second-place.ts';
import { canonicalHash } from '../policies/index.ts';
import { checkCheckpoint, checkSealed, unsealed } from './checks/seals.ts';
import { VIOLATIONS_LISTED, type SealsVerdict, type Tally, type Violation } from './verdict.ts';

/** A decision without a place in the log is named when it is older than this (real ms). Sealing takes seconds. */
export const UNSEALED_AFTER_MS = 5 * 60_000;
const PAGE_ROWS = 500;

const copySchema = z.object({
  checkpoint: z.strictObject({
    schema: z.literal(CHECKPOINT_SCHEMA),
    tenantId: z.string(),
    size: z.number().int().positive(),
    root: z.string(),
    atReal: z.number(),
    keyId: z.string(),
    publicKey: z.string(),
  }),
  signature: z.string(),
});

/** Checkpoints as the second place has them: a hash of each by line and size, and what is wrong there already. */
export interface Copies {
  readonly lines: ReadonlyMap<string | null, ReadonlyMap<number, string>>;
  readonly faults: readonly Violation[];
}

/** The copies of a line that the log as it stands must agree with. */
interface Line {
  /** Up to this size: beyond it, the log went on from a restored state elsewhere. Infinite for the latest line. */
  readonly until: number;
  /** Those that no checkpoint has answered for yet. */
  readonly rest: Map<number, string>;
}

/** To be read before the database: a checkpoint is in the database before it is copied. */
export async function readCopies(place: SecondPlace, tenantId: string): Promise<Copies> {
  const lines = new Map<string | null, Map<number, string>>();
  const faults: Violation[] = [];
  for await (const { name, text, line } of place.read(tenantId)) {
    const bySize = lines.get(line) ?? new Map<number, string>();
    lines.set(line, bySize);
    const subject = { copy: name };
    const parsed = copySchema.safeParse(parseJson(text));
    if (!parsed.success) {
      faults.push({ subject, what: 'is no checkpoint', expected: 'checkpoints as they were written' });
      continue;
    }
    const fault = faultOfCheckpoint(parsed.data);
    if (fault !== null) faults.push({ subject, what: fault, expected: 'a signature of the key it names' });
    const { size } = parsed.data.checkpoint;
    if (bySize.has(size)) {
      faults.push({
        subject,
        what: `is a second checkpoint of ${size} decisions`,
        expected: 'one of each size: the log was written twice',
      });
    }
    bySize.set(size, canonicalHash(parsed.data));
  }
  return { lines, faults };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Holds the log against the decisions, its checkpoints and their copies; roots are computed from the leaves.
 * @returns null where nothing was ever sealed
 */
export async function auditSeals(
  tx: Tx,
  tally: Tally,
  copies: Copies | null,
  onProgress: (done: number) => void,
): Promise<SealsVerdict | null> {
  const state = {
    due: 0,
    checkpoints: 0,
    lastSize: 0,
    lastReal: null as number | null,
    keys: new Set<string>(),
  };
  const frontier = new Frontier();
  const lines = copies === null ? null : linesOf(copies, await listRestores(tx));
  const waiting = checkpointsOf(tx);
  let next = await waiting.next();
  for (;;) {
    const page = await sealedPage(tx, state.due, Number.MAX_SAFE_INTEGER, PAGE_ROWS);
    for (const place of page) {
      tally.add(1, checkSealed(place, state.due));
      state.due = place.position + 1;
      frontier.push(place.hash);
      onProgress(frontier.size);
      while (next.done !== true && next.value.size <= frontier.size) {
        checkOne(tx.tenantId, next.value, frontier.root().toString('hex'), tally, state, lines);
        next = await waiting.next();
      }
    }
    if (page.length < PAGE_ROWS) break;
  }
  if (state.due > state.lastSize && next.done === true) {
    const what = `has the places ${state.lastSize} to ${state.due - 1} after its last checkpoint`;
    tally.add(0, [
      { subject: {}, what: `the evidence log ${what}`, expected: 'a checkpoint over all of it' },
    ]);
  }
  for (; next.done !== true; next = await waiting.next()) {
    checkOne(tx.tenantId, next.value, 'of fewer leaves', tally, state, lines);
  }
  checkCopies(tally, copies, lines);
  if (state.checkpoints === 0 && frontier.size === 0) {
    tally.notChecked('whether decisions are as they were recorded: none is sealed (docs/audit.md)');
    return null;
  }
  if (copies === null) tally.notChecked('checkpoints against their copies: no second place was given');
  await checkGap(tx, tally);
  return {
    sealed: frontier.size,
    checkpoints: state.checkpoints,
    copies: copies === null ? null : countOf(copies),
    lastReal: state.lastReal,
    keys: [...state.keys],
  };
}

async function* checkpointsOf(tx: Tx): AsyncGenerator<CheckpointRow> {
  for (let after = 0; ;) {
    const page = await checkpointsAfter(tx, after, PAGE_ROWS);
    yield* page;
    if (page.length < PAGE_ROWS) return;
    after = page.at(-1)!.size;
  }
}

function checkOne(
  tenantId: string,
  row: CheckpointRow,
  root: string,
  tally: Tally,
  state: { checkpoints: number; lastSize: number; lastReal: number | null; keys: Set<string> },
  lines: readonly Line[] | null,
): void {
  const signed = signedOf(tenantId, row);
  state.checkpoints += 1;
  state.lastSize = row.size;
  state.lastReal = row.atReal;
  state.keys.add(row.keyId);
  tally.add(1, checkCheckpoint(signed, row.previousSize, root));
  if (lines === null) return;
  const subject = { checkpoint: row.size };
  const found = lines.filter((line) => row.size <= line.until && line.rest.has(row.size));
  if (found.length === 0 && row.copiedReal !== null) {
    const expected = `the copy that was written at ${toIso(row.copiedReal)}`;
    tally.add(0, [{ subject, what: 'is missing in the second place', expected }]);
  }
  for (const { rest } of found) {
    if (rest.get(row.size) !== canonicalHash(signed)) {
      const expected = 'the same checkpoint in both: the database was rewritten, or its copy was';
      tally.add(0, [{ subject, what: 'is another one in the second place', expected }]);
    }
    rest.delete(row.size);
  }
}

/** Each line holds up to the state that the next restore went on from. */
function linesOf(copies: Copies, restores: readonly Restore[]): Line[] {
  return [...copies.lines].map(([id, bySize]) => {
    const next = restores.find((restore) => id === null || restore.id > id);
    return { until: next?.sealedSize ?? Infinity, rest: new Map(bySize) };
  });
}

function countOf(copies: Copies): number {
  return [...copies.lines.values()].reduce((sum, bySize) => sum + bySize.size, 0);
}

function checkCopies(tally: Tally, copies: Copies | null, lines: readonly Line[] | null): void {
  if (copies === null || lines === null) return;
  tally.add(countOf(copies), copies.faults);
  const left = lines.flatMap(({ until, rest }) =>
    [...rest.keys()].map((size) => ({ size, givenUp: size > until })),
  );
  const lost = left
    .filter(({ givenUp }) => !givenUp)
    .map(({ size }) => ({
      subject: { checkpoint: size },
      what: 'is in the second place and not in the database',
      expected: 'both: the database was taken back to an earlier state, or rewritten',
    }));
  tally.add(0, lost);
  const givenUp = left.length - lost.length;
  if (givenUp > 0) {
    const of = `${givenUp} checkpoint${givenUp === 1 ? '' : 's'} of the second place`;
    tally.notChecked(
      `${of}: what they are over was lost with a backup, as the change log says (docs/restore.md)`,
    );
  }
}

/** Decisions that should have a place by now. */
async function checkGap(tx: Tx, tally: Tally): Promise<void> {
  const rows = await tx.query<{ id: string; total: number }>(
    `SELECT d.id, count(*) OVER () AS total FROM decisions d
     WHERE d.tenant_id = $1 AND d.recorded_real < clock_timestamp() - make_interval(secs => $2)
       AND NOT EXISTS (SELECT FROM evidence_leaves l WHERE l.tenant_id = $1 AND l.decision_id = d.id)
     ORDER BY d.id LIMIT ${VIOLATIONS_LISTED}`,
    [tx.tenantId, UNSEALED_AFTER_MS / 1_000],
  );
  tally.add(
    0,
    rows.map((row) => unsealed(row.id, UNSEALED_AFTER_MS)),
  );
  const more = (rows[0]?.total ?? 0) - rows.length;
  if (more > 0) {
    const what = `and ${more} more decisions are not sealed`;
    tally.add(0, [{ subject: {}, what, expected: 'all of them within seconds' }]);
  }
}
