import { z } from 'zod';
import type { DialFacts } from '../../domain/facts.ts';
import { ANY_CONSENT } from '../consents.ts';
import type { Condition, Subject } from '../judgement.ts';
import { condition, judgeAll } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import { fewer, on, rising } from '../strictness.ts';

const whenUnknown = z.enum(['deny', 'allow']).default('deny');

const params = z
  .strictObject({
    /** Who may be called about the matter, by their relation to it. */
    relations: z
      .array(z.enum(['self', 'third_party']))
      .min(1)
      .default(['self', 'third_party']),
    /** Whether a third party may be called: never, only while the debtor cannot be reached, or always. */
    thirdParty: z.enum(['never', 'if_debtor_unreachable', 'any']).default('any'),
    /** A third party who refused is not called again. */
    stopAfterRefusal: z.boolean().default(false),
    /**
     * The least age: `child_with_guardian`: a child (under 14) only by a guardian's consent; `minor`: from 14;
     * `adult`: from 18.
     */
    minimumAge: z.enum(['any', 'child_with_guardian', 'minor', 'adult']).default('any'),
    /** What follows from a fact that is not on record. */
    whenUnknown: z.strictObject({ relation: whenUnknown, age: whenUnknown }).prefault({}),
  })
  .refine((p) => p.thirdParty !== 'never' || p.relations.includes('self'), {
    path: ['relations'],
    message: 'leaves nobody to be called',
    params: { expected: 'self among them, or thirdParty other than never' },
  });
type Params = z.output<typeof params>;

/**
 * The rule type `contact_eligibility`: whether this person may be called about the matter at all. Its reason is the
 * rule's code with `.third_party`, `.refused`, `.age` or `.unknown` after it.
 */
export const contactEligibility = defineRuleType({
  type: 'contact_eligibility',
  params,
  strictness: {
    relations: fewer,
    thirdParty: rising('any', 'if_debtor_unreachable', 'never'),
    stopAfterRefusal: on,
    minimumAge: rising('any', 'child_with_guardian', 'minor', 'adult'),
    whenUnknown: (before, after) =>
      (after.relation === 'deny' || before.relation === 'allow') &&
      (after.age === 'deny' || before.age === 'allow'),
  },
  prepare(p, rule) {
    const code = (fault: string) => `${rule.reasonCode}.${fault}`;
    return (subject) => {
      const { facts } = subject;
      const { relation, age, debtorUnreachable } = facts.callee;
      return judgeAll([...relationConditions(p, facts, code), ageCondition(p, subject, code)], () => ({
        relation,
        age,
        debtorUnreachable,
      }));
    };
  },
});

function relationConditions(p: Params, facts: DialFacts, code: (fault: string) => string): Condition[] {
  const { relation, debtorUnreachable } = facts.callee;
  const inputs = { relation, debtorUnreachable };
  const limits = p.relations.length < 2 || p.thirdParty !== 'any' || p.stopAfterRefusal;
  if (!limits) return [];
  if (relation === null) return [condition(p.whenUnknown.relation === 'allow', code('unknown'), inputs)];
  if (relation === 'self') return [condition(p.relations.includes('self'), code('self'), inputs)];
  const allowed =
    p.relations.includes('third_party') &&
    (p.thirdParty === 'any' || (p.thirdParty === 'if_debtor_unreachable' && debtorUnreachable === true));
  const refusals = facts.triggers.filter((trigger) => trigger.kind === 'refusal');
  return [
    condition(allowed, code('third_party'), inputs),
    condition(!p.stopAfterRefusal || refusals.length === 0, code('refused'), {
      ...inputs,
      refusals: refusals.map((refusal) => refusal.at).sort((a, b) => a - b),
    }),
  ];
}

function ageCondition(p: Params, { facts, consent }: Subject, code: (fault: string) => string): Condition {
  const { age } = facts.callee;
  const inputs = { age, minimumAge: p.minimumAge };
  if (p.minimumAge === 'any') return condition(true, code('age'), inputs);
  if (age === null) return condition(p.whenUnknown.age === 'allow', code('unknown'), inputs);
  if (p.minimumAge === 'child_with_guardian') {
    if (age !== 'child') return condition(true, code('age'), inputs);
    const state = consent({ ...ANY_CONSENT, purposes: [facts.purpose], level: 'implied', guardian: true });
    return { next: state.next, reason: code('age'), inputs: { ...inputs, guardian: false } };
  }
  return condition(age === 'adult' || (p.minimumAge === 'minor' && age === 'minor'), code('age'), inputs);
}
