import { toIso, type EpochMs } from '../../domain/time.ts';
import type { StoredDecision } from '../records.ts';
import type { Violation } from '../verdict.ts';

/** A set that was put in force, from an instant on. */
export interface Activation {
  readonly id: number;
  readonly from: EpochMs;
  readonly documentHashes: readonly string[];
}

/**
 * How far the clock of a decision and that of a publication may be apart, as a multiple of the decision's horizon, which
 * is 800 ms of real time on whatever clock the engine ran: one minute. A publication that names no instant binds who
 * sees it, and the clocks of two machines need not agree (ADR 0016).
 */
const SKEW_HORIZONS = 75;

/**
 * I7: a decision was made by the documents in force at its instant, and by nothing else but its campaign's own hours.
 * @param documents those of the decision's set
 * @param activations that were not called off, in any order
 */
export function checkInForce(
  decision: Pick<StoredDecision, 'id' | 'contactId' | 'campaignId' | 'at' | 'horizonMs'>,
  documents: readonly { readonly id: string; readonly hash: string }[],
  activations: readonly Activation[],
): Violation[] {
  const skewMs = decision.horizonMs * SKEW_HORIZONS;
  const possible = inForceWithin(activations, decision.at - skewMs, decision.at + skewMs);
  if (possible.some((one) => isMadeBy(documents, one, decision.campaignId))) return [];
  const names = documents.map(({ id }) => id).sort();
  return [
    {
      subject: { decisionId: decision.id, contactId: decision.contactId },
      what: `was made at ${toIso(decision.at)} by documents that were not in force then (${names.join(', ')})`,
      expected:
        possible.length === 0
          ? 'a set that was in force; none was'
          : `the set of publication ${possible.map(({ id }) => id).join(' or ')}`,
    },
  ];
}

/** Sets that were in force at some instant of a stretch: the one in force at its beginning, and those that came within. */
function inForceWithin(
  activations: readonly Activation[],
  from: EpochMs,
  to: EpochMs,
): readonly Activation[] {
  const sorted = activations.toSorted((a, b) => a.from - b.from || a.id - b.id);
  const before = sorted.filter((one) => one.from <= from).at(-1);
  const within = sorted.filter((one) => one.from > from && one.from <= to);
  return before === undefined ? within : [before, ...within];
}

function isMadeBy(
  documents: readonly { readonly id: string; readonly hash: string }[],
  activation: Activation,
  campaignId: string,
): boolean {
  const inForce = new Set(activation.documentHashes);
  const others = documents.filter(({ hash }) => !inForce.has(hash));
  return (
    documents.length - others.length === inForce.size &&
    (others.length === 0 || (others.length === 1 && others[0]!.id === `campaign-${campaignId}`))
  );
}
