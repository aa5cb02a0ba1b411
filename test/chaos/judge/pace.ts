import { toIso, type EpochMs } from '../../../domain/time.ts';
import { byId, dialsOf, grouped, type Case } from './records.ts';
import type { Findings, Found } from './verdict.ts';

const SECOND_MS = 1_000;
/**
 * A send that took longer than this (real ms) from its compare-and-set to the carrier's log was held up on its way, where
 * nobody can pace it any more. The engine's own lateness is within it (SLOT_TOLERANCE_MS, db/repositories/send-slots.ts).
 */
const ON_ITS_WAY_MS = 100;

interface Sent {
  readonly attemptId: string;
  readonly owner: string;
  readonly atReal: EpochMs;
  readonly heldUp: boolean;
}

/** Calls per second: no sliding second of the carrier's log holds more requests than a line, or a campaign, takes. */
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
    const heldUp = attempt.sendingReal !== null && atReal - attempt.sendingReal > ON_ITS_WAY_MS;
    return [attempt.carrierId, attempt.campaignId].map((owner) => ({
      attemptId: attempt.id,
      owner,
      atReal,
      heldUp,
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
    const found = (over: readonly Sent[]): Found => ({
      subject: { attemptId: over.at(-1)!.attemptId },
      aroundReal: over.at(-1)!.atReal,
      what: `the second that ends at ${toIso(over.at(-1)!.atReal)} has ${over.length} requests for ${owner}, ${over.filter(({ heldUp }) => heldUp).length} of them held up on their way`,
      expected: `at most ${most}`,
    });
    const broken = [
      ...secondsOver(
        ordered.filter(({ heldUp }) => !heldUp),
        most,
      ),
    ];
    const inBroken = new Set(broken.flat());
    violations.push(...broken.map(found));
    for (const over of secondsOver(ordered, most)) {
      if (!over.some((one) => inBroken.has(one))) residuals.push(found(over));
    }
  }
  return { looked, violations, residuals, notLooked: [] };
}

/** The sliding seconds that hold too many, each begun after the end of the one before. */
function* secondsOver(ordered: readonly Sent[], most: number): Generator<Sent[]> {
  let first = 0;
  for (let last = 0; last < ordered.length; last += 1) {
    while (ordered[last]!.atReal - ordered[first]!.atReal >= SECOND_MS) first += 1;
    if (last - first + 1 <= most) continue;
    const from = ordered[first]!.atReal;
    const within = ordered.slice(first).filter(({ atReal }) => atReal - from < SECOND_MS);
    yield within;
    last = first + within.length - 1;
    first = last + 1;
  }
}
