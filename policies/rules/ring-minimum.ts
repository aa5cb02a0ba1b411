import { z } from 'zod';
import type { Duty } from '../../domain/decision.ts';
import { condition, judgeAll } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import { higher, same } from '../strictness.ts';

const params = z
  .strictObject({
    /** A call that is not answered must ring this long (s), … */
    seconds: z.number().positive().nullable().default(null),
    /** … or so many times; where both are set, either will do. */
    rings: z.number().int().positive().nullable().default(null),
    /** Length of a ring with its pause (s). North America: 2 s on, 4 s off. */
    secondsPerRing: z.number().positive().default(6),
  })
  .refine((p) => p.seconds !== null || p.rings !== null, {
    path: ['seconds'],
    message: 'is null and no number of rings is set',
    params: { expected: 'seconds, rings or both' },
  });

/** The rule type `ring_minimum`: a campaign that gives up ringing sooner does not call; the call owes the ringing. */
export const ringMinimum = defineRuleType({
  type: 'ring_minimum',
  params,
  strictness: {
    // Either will do where both are set, so a second one that is new loosens.
    seconds: (before, after) => same(before, after) || (before !== null && after !== null && after >= before),
    rings: (before, after) => same(before, after) || after === null || (before !== null && after >= before),
    secondsPerRing: higher,
  },
  prepare(p, rule) {
    const byRings = p.rings === null ? Infinity : p.rings * p.secondsPerRing;
    const least = Math.min(p.seconds ?? Infinity, byRings);
    const duty: Duty = { kind: 'ring_at_least', detail: { seconds: least }, withinS: null, dueAt: null };
    const duties = [duty];
    return ({ facts }) => {
      const { ringTimeoutS } = facts;
      const inputs = { ringTimeoutS, least };
      const longEnough = ringTimeoutS === null || ringTimeoutS >= least;
      return judgeAll(
        [condition(longEnough, rule.reasonCode, inputs)],
        () => inputs,
        () => duties,
      );
    };
  },
});
