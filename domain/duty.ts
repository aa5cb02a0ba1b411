import type { Duty, DutyKind } from './decision.ts';
import type { DialFacts } from './facts.ts';
import type { Outcome } from './vocabulary.ts';

/** Duties that are carried out, or not, by the call itself; the others are owed later and by no call (GET /v1/duties). */
export const CALL_DUTIES = [
  'disclose',
  'label_ai',
  'offer_opt_out',
  'ring_at_least',
  'connect_agent',
  'record_call',
] as const satisfies readonly DutyKind[];
export type CallDutyKind = (typeof CALL_DUTIES)[number];
export type CallDuty = Duty & { readonly kind: CallDutyKind };

export function isOfCall(duty: Duty): duty is CallDuty {
  return (CALL_DUTIES as readonly string[]).includes(duty.kind);
}

/** What a call did, as far as its carrier said. Seconds are on the engine's clock. */
export interface CallConduct {
  readonly outcome: Outcome | null;
  /** Somebody or something picked up. */
  readonly answered: boolean;
  readonly ringS: number | null;
  readonly talkS: number | null;
  readonly endedBy: string | null;
  /** The end was made up, because the carrier sent none. */
  readonly synthesized: boolean;
  /** The person asked not to be called again, as the dialogue's result says. */
  readonly optedOut: boolean;
  /** The last key pressed: what the dialogue's result came of. Null: none was, or the carrier tells of none. */
  readonly lastKey: { readonly afterAnswerS: number; readonly beforeEndS: number } | null;
  /** Whether it was recorded; null: not known. */
  readonly recorded: boolean | null;
}

/** What a script declares, as the decision saw it; null: nothing is known of it. */
export type Dialogue = DialFacts['dialogue'];

export const DUTY_OUTCOMES = ['met', 'breached', 'unknown'] as const;
export type DutyOutcome = (typeof DUTY_OUTCOMES)[number];

/** A code, and the figures that it rests on. */
export type DutyWhy = { readonly code: string } & Readonly<Record<string, unknown>>;
