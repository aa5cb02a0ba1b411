import { z } from 'zod';
import { consentLevelSchema, purposeSchema } from '../../domain/vocabulary.ts';
import type { EpochMs } from '../../domain/time.ts';
import { DAY_MS } from '../../domain/time.ts';
import type { ConsentState } from '../consents.ts';
import { grantAt } from '../consents.ts';
import { defineRuleType } from '../rule.ts';

const params = z.strictObject({
  /** The least that will do, in the order implied < express < written < separate < guardian. */
  level: consentLevelSchema,
  /** The consent must cover all of these; by default the purpose of the call. */
  purposes: z.array(purposeSchema).min(1).optional(),
  /** A grant older than this many times 24 h no longer counts; null: it does not age. */
  maxAgeDays: z.number().int().positive().nullable().default(null),
});

/**
 * The rule type `consent`: a live grant, strong and fresh enough, that no withdrawal has ended. How events
 * are weighed is told at `ConsentState`. Its reason is the rule's code with `.missing`, `.withdrawn`,
 * `.expired` or `.too_weak` after it.
 */
export const consent = defineRuleType({
  type: 'consent',
  params,
  prepare(p, rule) {
    const maxAgeMs = p.maxAgeDays === null ? null : p.maxAgeDays * DAY_MS;
    return ({ facts, consent }) => {
      const purposes = p.purposes ?? [facts.purpose];
      const state = consent({ purposes, level: p.level, maxAgeMs, widens: null });
      return {
        next: state.next,
        refusal(t) {
          const { fault, events } = faultAt(state, t);
          return { reason: `${rule.reasonCode}.${fault}`, inputs: { level: p.level, events } };
        },
        grounds(t) {
          return { inputs: { level: p.level, event: grantAt(state, t)?.eventId ?? null } };
        },
      };
    };
  },
});

function faultAt(state: ConsentState, t: EpochMs): { fault: string; events: string[] } {
  if (state.withdrawnBy !== null) return { fault: 'withdrawn', events: [state.withdrawnBy.eventId] };
  const past = state.grants.filter((grant) => grant.occurredAt <= t);
  const strong = past.filter((grant) => !state.weaker.includes(grant));
  const fault = strong.length > 0 ? 'expired' : past.length > 0 ? 'too_weak' : 'missing';
  return { fault, events: (strong.length > 0 ? strong : past).map((grant) => grant.eventId).sort() };
}
