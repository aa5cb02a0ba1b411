import { z } from 'zod';
import type { Duty } from '../../domain/decision.ts';
import type { DialFacts } from '../../domain/facts.ts';
import { DAY_MS } from '../../domain/time.ts';
import { judgeAll } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import { lower, more, same } from '../strictness.ts';

const params = z.strictObject({
  /** What makes personal data to be erased. `purpose_done` and `retention_over` are told where they come to pass. */
  triggers: z.array(z.enum(['withdrawal', 'refusal', 'purpose_done', 'retention_over'])).min(1),
  /** Times 24 h after the trigger by which it is due. */
  withinDays: z.number().int().nonnegative(),
  /** Where another law has records kept, all but storing and securing them stops instead (PIPL 47(2)). */
  restrictWhereRetained: z.boolean().default(true),
});
type Params = z.output<typeof params>;

/**
 * The rule type `erasure`: personal data that are to be erased, as duties with due dates. It denies nothing: whether a
 * person who withdrew may be called is for rules of consent and opt-out.
 */
export const erasure = defineRuleType({
  type: 'erasure',
  params,
  strictness: {
    triggers: more,
    withinDays: lower,
    restrictWhereRetained: same,
  },
  prepare(p) {
    const { restrictWhereRetained } = p;
    return ({ facts }) => {
      const events = eventsOf(p, facts);
      return judgeAll(
        [],
        () => ({ triggers: events.map(({ trigger }) => trigger) }),
        () =>
          events.map(({ trigger, at }): Duty => ({
            kind: 'erase',
            detail: { recordClass: 'personal_data', trigger, restrictWhereRetained },
            withinS: null,
            dueAt: at + p.withinDays * DAY_MS,
          })),
      );
    };
  },
});

/** Events that the facts show; those of one kind come to the earliest. */
function eventsOf(p: Params, facts: DialFacts): { trigger: string; at: number }[] {
  const withdrawals = facts.consents
    .filter(({ kind }) => kind === 'withdrawal')
    .map(({ recordedAt }) => recordedAt);
  const refusals = facts.triggers.filter(({ kind }) => kind === 'refusal').map(({ at }) => at);
  return [
    { trigger: 'withdrawal' as const, instants: withdrawals },
    { trigger: 'refusal' as const, instants: refusals },
  ]
    .filter(({ trigger, instants }) => p.triggers.includes(trigger) && instants.length > 0)
    .map(({ trigger, instants }) => ({ trigger, at: Math.min(...instants) }));
}
