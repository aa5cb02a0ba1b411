import { describe, expect, it } from 'vitest';
import { judged } from './support.ts';

type Case = [
  what: string,
  params: object,
  shorthand: Record<string, unknown>,
  outcome: string,
  inputs: object,
];

/** What the trace of one rule type shows that it looked at, where it allows and where it does not: verdicts are explained by it. */
export function traces(type: string, cases: readonly Case[]): void {
  describe(`the trace of ${type}`, () => {
    it.each(cases)('%s', (_what, params, shorthand, outcome, inputs) => {
      const result = judged(type, params, shorthand);
      expect({ outcome: result.outcome, inputs: result.inputs }).toEqual({ outcome, inputs });
    });
  });
}
