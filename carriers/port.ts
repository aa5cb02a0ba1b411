import type { EpochMs } from '../domain/time.ts';
import type { Outcome } from '../domain/vocabulary.ts';

/**
 * The Carrier port: the pluggable party that rings the phone (线路). An adapter is one folder beside this
 * file; the conformance suite in test/carriers/ holds every adapter to what is promised here.
 */

/** What an adapter can do; the engine chooses its way of reconciling by it. */
export interface CarrierCapabilities {
  /** Whether the carrier itself refuses a second request with the same attempt id. The engine never relies on it. */
  readonly dedupe: 'live' | 'window' | 'none';
  readonly lookup: 'attempt' | 'reference' | 'search' | 'none';
  /** Whether it lists the calls that it took since an instant: what was lost with a database is found by it. */
  readonly listsPast: boolean;
  readonly events: 'push' | 'poll';
  /** Whether `listLive` says all calls under way; without it, calls that are nobody's cannot be found. */
  readonly listsLive: boolean;
  readonly cancelWhileRinging: boolean;
  readonly dtmf: boolean;
  readonly answeringMachineDetection: boolean;
  /** Whether it joins an answered call with an agent; without it no campaign with agents can dial through it. */
  readonly bridge: boolean;
  /** Whether it says something to an answered call and then hangs up. */
  readonly play: boolean;
  /** Whether supervisors can listen to a call. */
  readonly listenIn: boolean;
  /** Highest calls per second the carrier takes; null: not stated. */
  readonly maxCallsPerSecond: number | null;
  readonly maxConcurrentCalls: number | null;
}

export interface DialRequest {
  /** Idempotency key or correlation id at the carrier: at most one request is ever made for it (I2). */
  readonly attemptId: string;
  /** Number to ring, E.164. */
  readonly to: string;
  /** Caller id, E.164 or as the carrier wants it. */
  readonly from: string;
  /** How long to let it ring, seconds on the engine's clock. */
  readonly ringTimeoutS: number;
  /** Opaque values that the simulator's outcome model or a script may use; never personal data. */
  readonly context: Readonly<Record<string, string>>;
}

export const CARRIER_ERROR_KINDS = [
  'transient',
  'rate_limited',
  'permanent',
  'auth',
  'capability',
  'unknown',
] as const;
export type CarrierErrorKind = (typeof CARRIER_ERROR_KINDS)[number];

export interface CarrierRejection {
  readonly kind: CarrierErrorKind;
  /** The carrier's own words or code, without numbers. */
  readonly reason: string;
  /** For `rate_limited`: when to try again, real ms from now, if the carrier said. */
  readonly retryAfterMs: number | null;
  /** Outcome for the attempt when the refusal is about the number (`invalid_number`, `blocked`), else null. */
  readonly outcome: Outcome | null;
}

/**
 * What is known after a request. `rejected` is said only when the carrier answered that it did not take the
 * call, or the request certainly never left. Anything else is `unknown`: the phone may be ringing.
 */
export type DialResult =
  /** `duplicate`: it says that it had this attempt id before; no other call was made for it. */
  | { readonly kind: 'accepted'; readonly reference: string; readonly duplicate?: true }
  | { readonly kind: 'rejected'; readonly rejection: CarrierRejection }
  | { readonly kind: 'unknown'; readonly reason: string };

/** How a call ended, as the carrier said it and as we read it. */
export interface CallEnd {
  readonly at: EpochMs;
  readonly outcome: Outcome;
  readonly by: 'callee' | 'us' | 'carrier';
  readonly sip: number | null;
  readonly q850: number | null;
  /** The vendor's own code; raw, for cases where ours is a guess. */
  readonly vendorCode: string | null;
  /** Seconds from answer to end; 0 when not answered. */
  readonly talkS: number;
  readonly ringS: number;
  /** What the (simulated) dialogue came to; null where no script ran. */
  readonly disposition: string | null;
  /** True when the engine made the event up (time-out, reconciliation), not the carrier. */
  readonly synthesized: boolean;
}

/** `joined`: an agent was joined to the call. */
export const CARRIER_EVENT_TYPES = ['ringing', 'answered', 'dtmf', 'joined', 'ended'] as const;
export type CarrierEventType = (typeof CARRIER_EVENT_TYPES)[number];

/** One event about a call: at least once, in any order; `eventId` is the carrier's and deduplicates. */
export interface CarrierEvent {
  readonly eventId: string;
  readonly attemptId: string;
  readonly reference: string;
  readonly type: CarrierEventType;
  /** On the clock the carrier shares with the engine. */
  readonly at: EpochMs;
  /** For `dtmf`. */
  readonly digits: string | null;
  /** For `answered`: a machine picked up, as far as the carrier can tell; null: it cannot, or says so at the end. */
  readonly machine?: boolean | null;
  /** For `joined`: the agent. */
  readonly agentId?: string | null;
  /** For `ended`. */
  readonly end: CallEnd | null;
}

/**
 * What became of asking for an agent to be joined to a call. `gone`: it has ended, or the carrier does not know it.
 * Anything that proves neither is `unknown`, and may be asked again.
 */
export type BridgeResult = 'joined' | 'gone' | 'unknown';

export type LookupResult =
  | {
      readonly kind: 'live';
      readonly reference: string;
      readonly status: 'ringing' | 'answered';
      readonly since: EpochMs;
    }
  | { readonly kind: 'final'; readonly reference: string; readonly end: CallEnd }
  /** The carrier is certain that it never took a call for this attempt id. */
  | { readonly kind: 'not_found' }
  /** The carrier could not say (down, no look-up). */
  | { readonly kind: 'unknown'; readonly reason: string };

/** What is to be said: what the rules name (`caller_name`, `call_back_number`, …), in a language if one is known. */
export interface Announcement {
  readonly items: readonly string[];
  /** BCP 47. */
  readonly language: string | null;
}

/** A call that the carrier took, as it lists it afterwards. */
export interface CarrierCall {
  readonly attemptId: string;
  /** The number that was rung, E.164; null: the carrier does not say. */
  readonly to: string | null;
  /** When the carrier took the request, on the clock it shares with the engine. */
  readonly acceptedAt: EpochMs;
  readonly found: Extract<LookupResult, { kind: 'live' | 'final' }>;
}

/** A webhook that did not verify, or that could not be read, is refused with a reason. */
export type WebhookResult =
  | { readonly kind: 'events'; readonly events: readonly CarrierEvent[] }
  | {
      readonly kind: 'refused';
      readonly reason: 'signature' | 'timestamp' | 'unreadable';
      readonly detail: string;
    };

export interface Carrier {
  readonly kind: string;
  capabilities(): CarrierCapabilities;
  /** Ask for one call. Never throws: a fault is `unknown`. @param timeoutMs real ms after which the answer counts as lost. */
  dial(request: DialRequest, timeoutMs: number): Promise<DialResult>;
  /** End a call, ringing or answered; done already is done. Resolves false when the carrier could not be told. */
  hangup(reference: string): Promise<boolean>;
  /**
   * Join an agent to an answered call; joined already is joined. A call that another agent was joined to is this one's
   * from then on: the engine asks for one at a time, and the last one counts. Never throws.
   */
  bridge(
    reference: string,
    agent: { readonly agentId: string; readonly attemptId: string },
  ): Promise<BridgeResult>;
  /**
   * Say something to an answered call that no agent takes, and hang up after it; asked again it changes nothing. Resolves
   * false when the carrier could not be told; a call that is over needs no telling.
   */
  play(reference: string, announcement: Announcement): Promise<boolean>;
  lookup(attemptId: string): Promise<LookupResult>;
  /** All calls under way. @throws RightcallError `unavailable` when it cannot be had. */
  listLive(): Promise<readonly { readonly attemptId: string; readonly reference: string }[]>;
  /**
   * Every call it took at or after an instant, in the order in which it took them.
   * @throws RightcallError `unavailable` when it cannot say all of it, or does not list (`listsPast`)
   */
  listSince(since: EpochMs): AsyncIterable<CarrierCall>;
  health(): Promise<{ readonly ok: boolean; readonly detail: string }>;
}

/** The receiving half of an adapter, used by the API: pure, holds only the secret. */
export interface WebhookVerifier {
  /** Check signature and age, and read the events. */
  read(headers: Readonly<Record<string, string>>, body: string): WebhookResult;
}
