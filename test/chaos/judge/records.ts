import type { RuleResult } from '../../../domain/decision.ts';
import type { DialFacts } from '../../../domain/facts.ts';
import type { EpochMs } from '../../../domain/time.ts';
import type { Evidence } from '../evidence.ts';

/**
 * What the judge takes from the database at the end, as plain rows of all tenants. Instants are epoch ms; `…Real` is the
 * machine's clock, all others the engine's.
 */
export interface AttemptRecord {
  readonly tenantId: string;
  readonly id: string;
  readonly contactId: string;
  readonly campaignId: string;
  readonly personId: string;
  readonly decisionId: string;
  readonly purpose: string;
  /** Keyed pseudonym of the number. */
  readonly number: string;
  readonly debt: string | null;
  readonly subject: string | null;
  readonly carrierId: string;
  readonly state: string;
  readonly leaseUntilReal: EpochMs;
  readonly claimedReal: EpochMs;
  readonly sendingAt: EpochMs | null;
  readonly sendingReal: EpochMs | null;
  readonly outcome: string | null;
  readonly disposition: string | null;
  readonly reason: string | null;
  readonly hangupRequestedReal: EpochMs | null;
  readonly hangupDoneReal: EpochMs | null;
  /** Its consequence was drawn, and its workflow told. */
  readonly settled: boolean;
  readonly reportedReal: EpochMs | null;
}

export interface ContactRecord {
  readonly tenantId: string;
  readonly id: string;
  readonly campaignId: string;
  readonly personId: string;
  readonly state: string;
  readonly stateReason: string | null;
  readonly readyAt: EpochMs | null;
  /** Number of its latest attempt, and how many used up its retry budget. */
  readonly attempts: number;
  readonly countedAttempts: number;
  readonly workflowOpen: boolean;
  readonly wakePending: boolean;
  readonly updatedAt: EpochMs;
}

export interface CampaignRecord {
  readonly tenantId: string;
  readonly id: string;
  readonly status: string;
  /** Its own limit; null: none. */
  readonly callsPerSecond: number | null;
}

export interface DecisionRecord {
  readonly tenantId: string;
  readonly id: string;
  readonly contactId: string;
  readonly personId: string;
  readonly campaignId: string;
  readonly stage: string;
  readonly verdict: string;
  readonly at: EpochMs;
  readonly recordedReal: EpochMs;
  readonly policySetHash: string;
  readonly results: readonly RuleResult[];
  /** What did not come out the same when it was evaluated again; empty: nothing. */
  readonly faults: readonly string[];
  /** Attempts that its facts name. */
  readonly knew: ReadonlySet<string>;
  /** Kept of those that allowed a dial; null: another kind of decision, or facts that cannot be read. */
  readonly facts: DialFacts | null;
}

export interface StopRecord {
  readonly id: string;
  readonly kind: string;
  readonly scope: string;
  readonly targetId: string | null;
  readonly requestedReal: EpochMs;
  readonly committedReal: EpochMs;
  readonly acknowledgedReal: EpochMs | null;
}

/** A seat that holds a contact at the end. */
export interface EngagedSeatRecord {
  readonly agentId: string;
  readonly state: string;
  readonly attemptId: string | null;
  readonly previewId: string | null;
  /** State of the agent's own side of that call; null: there is none that is theirs. */
  readonly callState: string | null;
}

/** A call on which an agent talked: from when to when, by the database's own clock. */
export interface TalkRecord {
  readonly attemptId: string;
  readonly agentId: string;
  readonly connectedReal: EpochMs;
  readonly endedReal: EpochMs | null;
}

/** What the database still holds for something that is not there any more. */
export interface Leftovers {
  /** Events of the carrier that were stored and never applied, by attempt. */
  readonly pendingEvents: readonly { readonly attemptId: string; readonly receivedReal: EpochMs }[];
  /** Next free slot by owner (carrier or campaign). */
  readonly slots: readonly { readonly ownerId: string; readonly nextSlotReal: EpochMs }[];
  /** Advisory locks that sessions hold now, the judge's own left out. */
  readonly advisoryLocks: number;
}

export interface Records {
  readonly attempts: readonly AttemptRecord[];
  readonly contacts: readonly ContactRecord[];
  readonly campaigns: readonly CampaignRecord[];
  /** Calls per second by carrier. */
  readonly carriers: ReadonlyMap<string, number>;
  readonly decisions: readonly DecisionRecord[];
  readonly stops: readonly StopRecord[];
  readonly engagedSeats: readonly EngagedSeatRecord[];
  readonly talks: readonly TalkRecord[];
  /** Evidence of place by person, as it stands: zones with when each was learned (null: always known). */
  readonly places: ReadonlyMap<
    string,
    readonly { readonly zone: string; readonly recordedAt: EpochMs | null }[]
  >;
  /** Parsed documents of each policy set, by the set's hash. */
  readonly documents: ReadonlyMap<string, readonly unknown[]>;
  readonly leftovers: Leftovers;
}

/** Everything that a guarantee is held against. */
export interface Case {
  readonly evidence: Evidence;
  readonly records: Records;
}

/** A request to ring, as the carrier wrote it down. */
export interface Dial {
  readonly attemptId: string | null;
  readonly atReal: EpochMs;
  /** The same instant on the engine's clock. */
  readonly at: EpochMs;
  readonly result: string;
  /** The carrier took it: a phone rings. A duplicate of what it has already taken rings no second time. */
  readonly accepted: boolean;
}

export function dialsOf({ requests }: Evidence): Dial[] {
  return requests.flatMap((line) =>
    line.kind === 'dial'
      ? [
          {
            attemptId: line.attemptId,
            atReal: Date.parse(line.at),
            at: Date.parse(line.simulatedAt),
            result: line.result,
            accepted: line.result === 'accepted',
          },
        ]
      : [],
  );
}

export function byId<T extends { readonly id: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]));
}

/** Rows by a key, in their order. */
export function grouped<T>(rows: readonly T[], keyOf: (row: T) => string | null): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}
