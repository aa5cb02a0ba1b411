import { z } from 'zod';
import type { Duty } from '../../domain/decision.ts';
import { DAY_MS } from '../../domain/time.ts';
import { attested, idsOf, spanOfAttestation, whileAttested } from '../attestations.ts';
import { always } from '../intervals.ts';
import { judgeAll } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import { lower, orNothing, rising, same } from '../strictness.ts';

const params = z.strictObject({
  /** The assessment or audit, by the name under which it is attested. */
  assessment: z.string().min(1),
  /** To be made anew after so many times 24 h; null: once is enough. */
  cadenceDays: z.number().int().positive().nullable().default(null),
  /** Without one in date: a duty, or no call. */
  enforce: z.enum(['deny', 'duty']).default('duty'),
});

/**
 * The rule type `assessment`: an impact assessment or audit that must be in date (attestations `assessment`). Its reason
 * is the rule's code with `.missing` or `.expired` after it.
 */
export const assessment = defineRuleType({
  type: 'assessment',
  params,
  strictness: {
    assessment: same,
    cadenceDays: orNothing(lower),
    enforce: rising('duty', 'deny'),
  },
  prepare(p, rule) {
    const maxAgeMs = p.cadenceDays === null ? null : p.cadenceDays * DAY_MS;
    return ({ facts }) => {
      const made = attested(facts, 'assessment', p.assessment);
      const inputs = { assessment: p.assessment, made: idsOf(made) };
      const end = Math.max(-Infinity, ...made.map((one) => spanOfAttestation(one, maxAgeMs).until));
      const reason = `${rule.reasonCode}.${made.length === 0 ? 'missing' : 'expired'}`;
      return judgeAll(
        [{ next: p.enforce === 'deny' ? whileAttested(made, maxAgeMs) : always, reason, inputs }],
        () => inputs,
        (t): Duty[] =>
          end === Infinity
            ? []
            : [
                {
                  kind: 'assess',
                  detail: { assessment: p.assessment },
                  withinS: null,
                  // Where none was ever made it is due at once.
                  dueAt: Number.isFinite(end) ? end : t,
                },
              ],
      );
    };
  },
});
