import { z } from 'zod';
import type { DialFacts, Technology } from '../../domain/facts.ts';
import { technologySchema } from '../../domain/facts.ts';
import { CONSENT_LEVELS, consentLevelSchema } from '../../domain/vocabulary.ts';
import { ANY_CONSENT, grantAt } from '../consents.ts';
import { always } from '../intervals.ts';
import type { Judgement } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import { consentFault } from './consent.ts';
import { more, on, rising } from '../strictness.ts';

const params = z.strictObject({
  /** Kinds of call that it binds. */
  technologies: z.array(technologySchema).min(1),
  /** The least consent that will do. */
  level: consentLevelSchema,
  /** The consent must name the kinds of call that this one is. */
  namedInConsent: z.boolean().default(true),
  /** Where the campaign calls for a seller, the consent must name that seller. */
  sellerBound: z.boolean().default(false),
});

/**
 * The rule type `technology_consent`: calls with an artificial or prerecorded voice or by an autodialler only to those
 * who agreed to such calls. Its reason is the rule's code with `.missing`, `.withdrawn`, `.expired`, `.too_weak` or
 * `.not_covering` after it.
 */
export const technologyConsent = defineRuleType({
  type: 'technology_consent',
  params,
  strictness: {
    technologies: more,
    level: rising(...CONSENT_LEVELS),
    namedInConsent: on,
    sellerBound: on,
  },
  prepare(p, rule) {
    return ({ facts, consent }): Judgement => {
      const used = technologiesOf(facts).filter((technology) => p.technologies.includes(technology));
      if (used.length === 0) return notUsed;
      const { level } = p;
      const state = consent({
        ...ANY_CONSENT,
        purposes: [facts.purpose],
        level,
        technologies: p.namedInConsent ? used : [],
        seller: p.sellerBound ? facts.seller : null,
      });
      return {
        next: state.next,
        refusal(t) {
          const { fault, events } = consentFault(state, t);
          return { reason: `${rule.reasonCode}.${fault}`, inputs: { used, level, events } };
        },
        grounds(t) {
          return { inputs: { used, level, event: grantAt(state, t)?.eventId ?? null } };
        },
      };
    };
  },
});

/** Kinds of call that a call is. */
export function technologiesOf({ technology }: Pick<DialFacts, 'technology'>): Technology[] {
  return [
    ...(technology.artificialVoice ? (['artificial_voice'] as const) : []),
    ...(technology.prerecorded ? (['prerecorded'] as const) : []),
    ...(technology.autodialler ? (['autodialler'] as const) : []),
  ];
}

/** The answer for calls that use none of the technologies. */
const notUsed: Judgement = {
  next: always,
  refusal() {
    throw new Error('Nothing is refused where none of the technologies is used');
  },
  grounds() {
    return { inputs: { used: [] } };
  },
};
