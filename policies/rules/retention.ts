import { z } from 'zod';
import type { Duty } from '../../domain/decision.ts';
import { periodSchema, periodEnd, isLonger } from '../periods.ts';
import { judgeAll } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import { longerPeriod, orNothing, same, shorterPeriod } from '../strictness.ts';

/** Records that the law names; the engine's own are told in docs/facts.md. */
export const RECORD_CLASSES = [
  'call_record',
  'recording',
  'consent_proof',
  'decision',
  'opt_out',
  'message_log',
  'script',
  'assessment',
  'agreement',
  'personal_data',
] as const;

const params = z
  .strictObject({
    recordClass: z.enum(RECORD_CLASSES),
    /** Kept at least so long; null: the law sets none. */
    minimum: periodSchema.nullable().default(null),
    /** Deleted at the latest after so long; null: the law sets none. */
    maximum: periodSchema.nullable().default(null),
    /**
     * What it runs from. From the call it is due at a known instant; from another event the instant is not known when
     * the call is decided about, and the duty says what it waits for.
     */
    start: z.enum(['call', 'event', 'contract_end', 'request']).default('call'),
  })
  .refine((p) => p.minimum !== null || p.maximum !== null, {
    path: ['minimum'],
    message: 'is null and no maximum is set, so nothing is asked',
    params: { expected: 'minimum, maximum or both' },
  })
  .refine((p) => p.minimum === null || p.maximum === null || !isLonger(p.minimum, p.maximum), {
    path: ['maximum'],
    message: 'is shorter than the minimum',
    params: { expected: 'a period at least as long as the minimum' },
  });

/** The rule type `retention`: how long records of the call are kept, as duties with due dates. It denies nothing. */
export const retention = defineRuleType({
  type: 'retention',
  params,
  strictness: {
    recordClass: same,
    minimum: orNothing(longerPeriod),
    maximum: orNothing(shorterPeriod),
    start: same,
  },
  prepare(p) {
    const { recordClass, minimum, maximum, start } = p;
    return () =>
      judgeAll(
        [],
        () => ({ recordClass }),
        (t) => {
          const duties: Duty[] = [];
          const due = (period: z.output<typeof periodSchema>) =>
            start === 'call' ? periodEnd(t, period) : null;
          if (minimum !== null) {
            duties.push({
              kind: 'retain',
              detail: { recordClass, for: minimum, start },
              withinS: null,
              dueAt: due(minimum),
            });
          }
          if (maximum !== null) {
            duties.push({
              kind: 'erase',
              detail: { recordClass, after: maximum, start },
              withinS: null,
              dueAt: due(maximum),
            });
          }
          return duties;
        },
      );
  },
});
