import { z } from 'zod';
import type { DialFacts } from '../../domain/facts.ts';
import { dialFactsSchema } from '../../domain/facts.ts';
import { DAY_MS } from '../../domain/time.ts';
import type { EpochMs } from '../../domain/time.ts';
import { attested, idsOf, whileAttested } from '../attestations.ts';
import type { Condition } from '../judgement.ts';
import { condition, judgeAll } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import { fewerAllowed, higher, lower, more, on, orNothing } from '../strictness.ts';

const rangeSchema = z.strictObject({
  /** ISO 3166-1 country of the number plan. */
  country: z.string().regex(/^[A-Z]{2}$/, 'is not an ISO 3166-1 country code'),
  /** Beginnings of the national number, up to six digits. */
  prefixes: z.array(z.string().regex(/^\d{1,6}$/, 'is not one to six digits')).min(1),
});
const numberTypes = z.array(dialFactsSchema.shape.number.shape.type.exclude(['unknown'])).default([]);

const params = z.strictObject({
  /** A number must be shown; false: the rest binds only where one is. */
  required: z.boolean().default(true),
  /** Number ranges that may be shown; empty: any. */
  allowed: z.array(rangeSchema).default([]),
  /** Number ranges that may not. */
  denied: z.array(rangeSchema).default([]),
  /** Types of number that may be shown; empty: any. One whose type is not known is none of them. */
  allowedTypes: numberTypes,
  /** Types that may not; one whose type is not known may be one of them. */
  deniedTypes: numberTypes,
  /** The number must be of the country of the number called. */
  sameCountry: z.boolean().default(false),
  /** It must be on record that the number is the caller's own (an attestation `caller_id` by its pseudonym). */
  ownershipProof: z.boolean().default(false),
  /** That proof must be younger than this many times 24 h; null: it does not age. */
  proofMaxAgeDays: z.number().int().positive().nullable().default(null),
  /** Calls back to the number are to be answered for so many times 24 h: a duty; null: none. */
  callBackDays: z.number().int().positive().nullable().default(null),
});
type Params = z.output<typeof params>;

/**
 * The rule type `caller_id`: which number is shown to the person called. Its reason is the rule's code with `.missing`,
 * `.prefix`, `.type`, `.country` or `.unproven` after it.
 */
export const callerId = defineRuleType({
  type: 'caller_id',
  params,
  strictness: {
    required: on,
    allowed: fewerAllowed,
    denied: more,
    allowedTypes: fewerAllowed,
    deniedTypes: more,
    sameCountry: on,
    ownershipProof: on,
    proofMaxAgeDays: orNothing(lower),
    callBackDays: orNothing(higher),
  },
  prepare(p, rule) {
    const code = (fault: string) => `${rule.reasonCode}.${fault}`;
    return ({ facts }) => {
      const { callerId: shown } = facts;
      if (shown === null) {
        return judgeAll([condition(!p.required, code('missing'), { shown: null })], () => ({ shown: null }));
      }
      const inputs = { country: shown.country, prefix: shown.prefix, type: shown.type };
      const proofs = attested(facts, 'caller_id', shown.pseudonym);
      const maxAgeMs = p.proofMaxAgeDays === null ? null : p.proofMaxAgeDays * DAY_MS;
      const conditions: Condition[] = [
        condition(isAllowed(p, shown), code('prefix'), inputs),
        condition(isAllowedType(p, shown.type), code('type'), inputs),
        condition(!p.sameCountry || shown.country === facts.number.country, code('country'), {
          ...inputs,
          called: facts.number.country,
        }),
      ];
      if (p.ownershipProof) {
        conditions.push({
          next: whileAttested(proofs, maxAgeMs),
          reason: code('unproven'),
          inputs: { ...inputs, proofs: idsOf(proofs) },
        });
      }
      const { callBackDays } = p;
      const duties =
        callBackDays === null
          ? undefined
          : (t: EpochMs) => [
              {
                kind: 'answer_callbacks' as const,
                detail: { days: callBackDays },
                withinS: null,
                dueAt: t + callBackDays * DAY_MS,
              },
            ];
      return judgeAll(
        conditions,
        () => (p.ownershipProof ? { ...inputs, proofs: idsOf(proofs) } : inputs),
        duties,
      );
    };
  },
});

type CallerId = NonNullable<DialFacts['callerId']>;

function isAllowed(p: Params, shown: CallerId): boolean {
  const isIn = (ranges: Params['allowed']) =>
    ranges.some(
      ({ country, prefixes }) =>
        country === shown.country && prefixes.some((prefix) => shown.prefix.startsWith(prefix)),
    );
  // Of a number that belongs to no country's plan it is not known what range it is in (I6).
  if (shown.country === null) return p.allowed.length === 0 && p.denied.length === 0;
  return (p.allowed.length === 0 || isIn(p.allowed)) && !isIn(p.denied);
}

function isAllowedType(p: Params, type: CallerId['type']): boolean {
  const either = type === 'fixed_line_or_mobile' ? ['fixed_line', 'mobile', type] : [type];
  if (p.allowedTypes.length > 0 && !p.allowedTypes.some((one) => one === type)) return false;
  if (p.deniedTypes.length === 0) return true;
  return type !== 'unknown' && !p.deniedTypes.some((one) => either.includes(one));
}
