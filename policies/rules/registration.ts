import { z } from 'zod';
import type { AttestationFact } from '../../domain/facts.ts';
import { DAY_MS } from '../../domain/time.ts';
import { attested, countsIn, idsOf, whileAttested } from '../attestations.ts';
import { isWithin } from '../jurisdictions.ts';
import type { Subject } from '../judgement.ts';
import { judgeAll } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import { lower, on, orNothing, same } from '../strictness.ts';

const params = z.strictObject({
  /** The register or licence, by the name under which it is attested. */
  register: z.string().min(1),
  /** Whether it is attested as a registration or as a licence. */
  kind: z.enum(['registration', 'licence']).default('registration'),
  /** It must be younger than this many times 24 h; null: it does not age. */
  maxAgeDays: z.number().int().positive().nullable().default(null),
  /** The text of the call must be registered too: the attestation names its `templateId`. */
  template: z.boolean().default(false),
});

/**
 * The rule type `registration`: a registration or licence that the caller must hold where the person is. Its reason is
 * the rule's code with `.missing`, `.expired` or `.template` after it.
 */
export const registration = defineRuleType({
  type: 'registration',
  params,
  strictness: {
    register: same,
    kind: same,
    maxAgeDays: orNothing(lower),
    template: on,
  },
  prepare(p, rule) {
    const maxAgeMs = p.maxAgeDays === null ? null : p.maxAgeDays * DAY_MS;
    return ({ facts, jurisdictions }) => {
      const held = attested(facts, p.kind, p.register).filter((one) =>
        isForAll(one, jurisdictions, rule.jurisdiction),
      );
      const usable = p.template ? held.filter((one) => typeof one.detail['templateId'] === 'string') : held;
      const fault = held.length === 0 ? 'missing' : usable.length === 0 ? 'template' : 'expired';
      const inputs = { register: p.register, held: idsOf(held) };
      return judgeAll(
        [{ next: whileAttested(usable, maxAgeMs), reason: `${rule.reasonCode}.${fault}`, inputs }],
        () => inputs,
      );
    };
  },
});

/** It must count in each candidate jurisdiction that the rule binds. */
function isForAll(
  attestation: AttestationFact,
  jurisdictions: Subject['jurisdictions'],
  bound: readonly string[],
): boolean {
  return jurisdictions
    .filter((one) => bound.some((place) => place === '*' || isWithin(one, place)))
    .every((one) => countsIn(attestation, one));
}
