import type { CallbackStatus, CallbackStep } from '../domain/callback.ts';
import type { RuleResult } from '../domain/decision.ts';
import type { EpochMs } from '../domain/time.ts';
import type { AttemptState, Channel, ContactState, Purpose, SuppressionScope } from '../domain/vocabulary.ts';

/**
 * What the checks are given: rows as they stand in the database, and lines of the carrier's log. Instants are
 * epoch ms; `…Real` is the machine's clock, all others the engine's.
 */

/**
 * Real instants of the database are rounded to the millisecond and those of the log cut off, so that two of them may
 * stand one millisecond out of order.
 */
export const ROUNDING_MS = 1;

/** A request to ring, as the carrier wrote it down. */
export interface Dial {
  /** Line of the log, from 1. */
  readonly line: number;
  readonly atReal: EpochMs;
  /** The same instant on the engine's clock. */
  readonly at: EpochMs;
  /** The carrier took the request, so that a phone may have rung. */
  readonly accepted: boolean;
}

export interface StoredDecision {
  readonly id: string;
  readonly campaignId: string;
  readonly contactId: string;
  readonly personId: string;
  readonly stage: 'admission' | 'dial';
  readonly admission: number;
  readonly at: EpochMs;
  readonly recordedReal: EpochMs;
  readonly horizonMs: number;
  readonly verdict: 'allow' | 'defer' | 'deny';
  readonly until: EpochMs | null;
  readonly reasons: readonly string[];
  readonly engine: string;
  readonly policySetHash: string;
  /** As stored; not trusted to be facts until a check has read them. */
  readonly facts: unknown;
  readonly factsHash: string;
  readonly results: readonly RuleResult[];
}

export interface StoredAttempt {
  readonly id: string;
  readonly contactId: string;
  readonly campaignId: string;
  readonly personId: string;
  readonly n: number;
  readonly admission: number;
  /** Null: lost with a backup. */
  readonly decisionId: string | null;
  readonly purpose: Purpose;
  readonly state: AttemptState;
  readonly carrierRef: string | null;
  readonly claimedAt: EpochMs;
  readonly claimedReal: EpochMs;
  readonly sendingAt: EpochMs | null;
  readonly sendingReal: EpochMs | null;
  readonly allowUntil: EpochMs | null;
  /** When a restore wrote it on its carrier's word; null: the gate made it. */
  readonly restoredReal: EpochMs | null;
  /** Null when there is no such decision. */
  readonly decision: StoredDecision | null;
  /** From the carrier's log, in its order; empty where there is none or no log was given. */
  readonly dials: readonly Dial[];
}

/** One attempt as the caps see it. */
export interface CappedAttempt {
  readonly id: string;
  readonly personId: string;
  /** Keyed pseudonym of the number. */
  readonly number: string;
  readonly purpose: Purpose;
  /** What its own decision's facts say it was about, as keyed references; null: not known. */
  readonly debt: string | null;
  readonly subject: string | null;
  readonly state: AttemptState;
  readonly claimedAt: EpochMs;
  /** The earliest instant at which it may have rung; null: never sent. */
  readonly sendingAt: EpochMs | null;
  /** The latest instant at which it may have started to ring. */
  readonly rangAt: EpochMs;
  readonly connectedAt: EpochMs | null;
  readonly conversation: boolean;
  readonly policySetHash: string | null;
  /** The frequency caps that its decision says bound it (exempted ones left out), by pack and rule. */
  readonly caps: readonly { readonly pack: string; readonly rule: string }[];
  /** Candidate zones of its number, as its decision's facts name them. */
  readonly zones: readonly string[];
  /** When the carrier took the request, on the engine's clock. */
  readonly rungAt: readonly EpochMs[];
}

export type StopKind = 'withdrawal' | 'suppression' | 'pause' | 'stop' | 'kill';

export interface StoredStop {
  readonly id: string;
  readonly kind: StopKind;
  readonly scope: string;
  readonly acknowledgedReal: EpochMs;
  /** When it was lifted again (real), as resuming wrote it down; null: not written down. */
  readonly liftedReal: EpochMs | null;
  /** True while its campaign (or tenant) still stands still today, so that it cannot have been lifted since. */
  readonly stillStopped: boolean;
  /** What a withdrawal was about; empty: everything. Of other stops: empty. */
  readonly about: { readonly purposes: readonly string[]; readonly channels: readonly string[] };
  /** What was sent in its scope after it was acknowledged, by the engine's record or the carrier's. */
  readonly sends: readonly SendInScope[];
}

/** Something sent within a stop's scope, with what bears on whether it should have been. */
export interface SendInScope {
  readonly attemptId: string;
  readonly campaignId: string;
  readonly purpose: Purpose;
  readonly channel: Channel;
  readonly sendingAt: EpochMs | null;
  readonly sendingReal: EpochMs | null;
  readonly dialsReal: readonly EpochMs[];
  /** The person's consent events that were known when it was sent. */
  readonly consents: readonly {
    readonly kind: 'grant' | 'withdrawal';
    readonly purposes: readonly string[];
    readonly channels: readonly string[];
    readonly occurredAt: EpochMs;
  }[];
  /** The tenant's own do-not-call entries for the number that were in force when it was sent. */
  readonly suppressions: readonly {
    readonly scope: SuppressionScope;
    readonly campaignId: string | null;
    readonly purpose: string | null;
  }[];
}

export interface StoredContact {
  readonly id: string;
  readonly campaignId: string;
  readonly campaignStatus: string | null;
  readonly state: ContactState;
  /** Null when it is not an instant at all. */
  readonly readyAt: EpochMs | null;
  readonly admissions: number;
  readonly admittedReal: EpochMs | null;
  /** An agent is shown the contact, or has its last call to write down. */
  readonly withAgent: boolean;
  readonly openAttempts: readonly {
    readonly id: string;
    readonly state: AttemptState;
    readonly leaseUntilReal: EpochMs;
  }[];
}

/** A call on which an agent talked, from when to when it was on record that they did (real, the database's clock). */
export interface StoredAgentCall {
  readonly attemptId: string;
  readonly agentId: string;
  readonly connectedReal: EpochMs;
  readonly endedReal: EpochMs | null;
}

/** A seat that holds a contact, with what it holds it for: the agent's own, or null where there is none. */
export interface StoredSeat {
  readonly agentId: string;
  readonly state: string;
  readonly attemptId: string | null;
  readonly previewId: string | null;
  readonly leaseUntilReal: EpochMs | null;
  readonly callState: string | null;
  readonly previewOpen: boolean;
}

/** A callback with the attempts that bear on it. */
export interface StoredPromise {
  readonly id: string;
  readonly contactId: string;
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
  readonly status: CallbackStatus;
  readonly steps: readonly CallbackStep[];
  readonly reason: string | null;
  /** When the attempt that it names was sent (engine clock); null: it names none, or one that was not. */
  readonly keptAt: EpochMs | null;
  /** An attempt that was sent within its window. */
  readonly sentInWindow: string | null;
  readonly contactState: ContactState;
  readonly settledAt: EpochMs | null;
  /** The rules were asked when it fell due, or the gate decided about the contact within its window. */
  readonly askedWhenDue: boolean;
  /** When (real) the engine first decided about anybody after its window; null: it did not, or an attempt is to be waited for. */
  readonly passedReal: EpochMs | null;
}
