import type { Duty } from '../domain/decision.ts';
import type { DialFacts } from '../domain/facts.ts';
import type { EpochMs } from '../domain/time.ts';
import type { ConsentQuestion, ConsentState } from './consents.ts';
import type { NextAllowed } from './intervals.ts';
import { always, holds, intersection, never } from './intervals.ts';

/** Inputs of a judgement as the trace shows them: JSON, no personal data. */
export type Inputs = Record<string, unknown>;

/** What a decision is about: the facts, and what the guards made of its locations. */
export interface Subject {
  readonly facts: DialFacts;
  /** Candidate zones that are known, sorted, without repeats. */
  readonly zones: readonly string[];
  /** Candidate jurisdictions, sorted, without repeats. */
  readonly jurisdictions: readonly string[];
  /** What the person's consents come to; each question is worked out once for all rules. */
  readonly consent: (question: ConsentQuestion) => ConsentState;
}

/** What a rule says about one subject: the instants it allows, and words for its answer. */
export interface Judgement {
  readonly next: NextAllowed;
  /** Why `t`, an instant it does not allow, is not allowed. */
  refusal(t: EpochMs): { readonly reason: string; readonly inputs: Inputs };
  /** What it looked at where it allows `t`; `exempt`: only a person's special permission allows it. */
  grounds(t: EpochMs): { readonly inputs: Inputs; readonly exempt?: boolean };
  /** Duties of a call that it allows at `t`; left out: none. */
  duties?(t: EpochMs): readonly Duty[];
}

export type Judge = (subject: Subject) => Judgement;

/** One of several conditions that a rule sets, each with words of its own. */
export interface Condition {
  readonly next: NextAllowed;
  readonly reason: string;
  readonly inputs: Inputs;
}

/** A condition that does not depend on the instant. */
export function condition(holdsAlways: boolean, reason: string, inputs: Inputs): Condition {
  return { next: holdsAlways ? always : never, reason, inputs };
}

/**
 * What a rule says that sets several conditions: all must hold; the first that does not gives the reason.
 * @param grounds inputs where all hold
 */
export function judgeAll(
  conditions: readonly Condition[],
  grounds: (t: EpochMs) => Inputs,
  duties?: (t: EpochMs) => readonly Duty[],
): Judgement {
  return {
    next: intersection(conditions.map((one) => one.next)),
    refusal(t) {
      const failed = conditions.find((one) => !holds(one.next, t)) ?? conditions[0];
      if (failed === undefined) throw new Error('Nothing is refused where there is no condition');
      return { reason: failed.reason, inputs: failed.inputs };
    },
    // A method and not an arrow: some builds give each arrow a name as it is made, which costs more than the rest.
    grounds(t) {
      return { inputs: grounds(t) };
    },
    ...(duties === undefined ? {} : { duties }),
  };
}
