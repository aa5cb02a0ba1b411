import type { EpochMs } from './time.ts';
import type { ContactState } from './vocabulary.ts';

/** What the choice of an hour was based on (pacing/best-time.ts); rates are estimates, 0 to 1. */
export interface BestTimeBasis {
  readonly reason: string;
  /** IANA zone whose clock it goes by; null: none is known. */
  readonly zone: string | null;
  /** Hour of the day chosen, and the one it would have been. */
  readonly hour: number;
  readonly hourOtherwise: number;
  /** Null: too little is known. */
  readonly rate: number | null;
  readonly rateOtherwise: number | null;
  /** Attempts in the hour chosen: to people of the same place, and to the person. */
  readonly attempts: number;
  readonly ownAttempts: number;
}

/** What a campaign's retry rules drew from an attempt, as it is kept with it. */
export interface DrawnStep {
  readonly kind: 'retry' | 'final';
  /** Of a contact that is final. */
  readonly state: ContactState | null;
  readonly reason: string;
  readonly readyAt: EpochMs | null;
  /** The next call goes to another number of the person. */
  readonly otherNumber: boolean;
  /** An agent makes the next call, where a script made this one. */
  readonly withAgent: boolean;
  /** Null: the campaign does not ask for it. */
  readonly bestTime: BestTimeBasis | null;
}
