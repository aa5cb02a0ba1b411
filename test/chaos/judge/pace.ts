import { toIso, type EpochMs } from '../../../domain/time.ts';
import { byId, dialsOf, grouped, type Case } from './records.ts';
import type { Findings, Found } from './verdict.ts';

const SECOND_MS = 1_000;
/**
 * A send may leave this long (real ms) after its slot: SLOT_TOLERANCE_MS until the compare-and-set begins, and SEND_STALE_MS for
 * that (db/repositories/send-slots.ts, activities/calls/send.ts). After a database that was slow for a moment a second may
 * hold so many more.
 */
const LATE_MS = 500;

interface Sent {
  readonly attemptId: string;
  readonly owner: string;
  readonly atReal: EpochMs;
  /** The compare-and-set; the log's instant where there was none. */
  readonly sendingReal: EpochMs;
}

/**
 * Calls per second: no sliding second of the carrier's log holds more requests than the line takes. Requests that left as far
 * apart as they may, by their compare-and-sets, and came closer together are counted apart: nobody can pace them on their way.
 * So are those of a campaign beyond its own limit, which is kept before the line is waited for (docs/guarantees.md).
 */
export function judgePace({ evidence, records }: Case): Findings {
  const attempts = byId(records.attempts);
  const limits = new Map([
    ...[...records.carriers].map(([id, limit]) => [id, limit] as const),
    ...records.campaigns.flatMap(({ id, callsPerSecond: limit }) =>
      limit === null ? [] : [[id, limit] as const],
    ),
  ]);
  const sent = dialsOf(evidence).flatMap(({ attemptId, atReal }): Sent[] => {
    const attempt = attemptId === null ? undefined : attempts.get(attemptId);
    if (attempt === undefined) return [];
    const sendingReal = attempt.sendingReal ?? atReal;
    return [attempt.carrierId, attempt.campaignId].map((owner) => ({
      attemptId: attempt.id,
      owner,
      atReal,
      sendingReal,
    }));
  });
  const violations: Found[] = [];
  const residuals: Found[] = [];
  let looked = 0;
  for (const [owner, all] of grouped(sent, (one) => (limits.has(one.owner) ? one.owner : null))) {
    // A limit of less than one a second still lets one through.
    const most = Math.max(1, Math.ceil(limits.get(owner)!));
    const ordered = all.toSorted((a, b) => a.atReal - b.atReal);
    looked += ordered.length;
    for (const over of tooMany(ordered, most)) {
      const last = over.at(-1)!;
      const leftWithinMs = spanMs(over.map(({ sendingReal }) => sendingReal));
      const found: Found = {
        subject: { attemptId: last.attemptId },
        aroundReal: last.atReal,
        what: `${over.length} requests for ${owner} came within ${spanMs(over.map(({ atReal }) => atReal))} ms until ${toIso(last.atReal)}; they had left within ${leftWithinMs} ms`,
        expected: `at most ${most} in a second`,
      };
      const isLine = records.carriers.has(owner);
      if (isLine && leftWithinMs < SECOND_MS - LATE_MS) violations.push(found);
      else residuals.push(found);
    }
  }
  return { looked, violations, residuals, notLooked: [] };
}

/** Each run of requests that is one too long for a sliding second of the log. */
function tooMany(ordered: readonly Sent[], most: number): Sent[][] {
  return ordered.flatMap((last, i) => {
    const first = ordered[i - most];
    if (first === undefined || last.atReal - first.atReal >= SECOND_MS) return [];
    return [ordered.slice(i - most, i + 1)];
  });
}

function spanMs(instants: readonly EpochMs[]): number {
  return Math.max(...instants) - Math.min(...instants);
}
