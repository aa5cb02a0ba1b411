import { z } from 'zod';
import { HOUR_MS } from '../../domain/time.ts';
import { purposeSchema } from '../../domain/vocabulary.ts';
import { attested, idsOf, spanOfAttestation, whileAttested } from '../attestations.ts';
import { allBut } from '../intervals.ts';
import type { Condition } from '../judgement.ts';
import { judgeAll } from '../judgement.ts';
import { overlaps } from '../jurisdictions.ts';
import { defineRuleType } from '../rule.ts';
import { fewer, lower, orNothing, same } from '../strictness.ts';

const params = z.strictObject({
  /** Name of the feed: attestations `emergency` (each with its area) and `emergency_feed` (how fresh it is). */
  feed: z.string().min(1),
  /** The feed must have been read within so many hours; null: only what it has declared binds. */
  maxFeedAgeHours: z.number().int().positive().nullable(),
  /** Purposes that are served all the same. */
  exemptPurposes: z.array(purposeSchema).default([]),
});

/**
 * The rule type `emergency_block`: no calls into an area while an emergency is declared there. A candidate that may lie
 * in the area counts as there. Reasons: the rule's own, `emergency.feed_missing`, `emergency.feed_stale`.
 */
export const emergencyBlock = defineRuleType({
  type: 'emergency_block',
  params,
  strictness: {
    feed: same,
    maxFeedAgeHours: orNothing(lower),
    exemptPurposes: fewer,
  },
  prepare(p, rule) {
    const maxAgeMs = p.maxFeedAgeHours === null ? null : p.maxFeedAgeHours * HOUR_MS;
    return ({ facts, jurisdictions }) => {
      if (p.exemptPurposes.includes(facts.purpose)) {
        return judgeAll([], () => ({ feed: p.feed, exemptPurpose: facts.purpose }));
      }
      const declared = attested(facts, 'emergency', p.feed).filter(
        ({ jurisdiction }) =>
          jurisdiction === null ||
          // Only areas within what the rule binds are its business; `*` binds everywhere.
          (rule.jurisdiction.some((bound) => bound === '*' || overlaps(jurisdiction, bound)) &&
            jurisdictions.some((one) => overlaps(one, jurisdiction))),
      );
      const conditions: Condition[] = [
        {
          next: allBut(declared.map((one) => spanOfAttestation(one, null))),
          reason: rule.reasonCode,
          inputs: { feed: p.feed, emergencies: idsOf(declared) },
        },
      ];
      if (maxAgeMs !== null) {
        const readings = attested(facts, 'emergency_feed', p.feed);
        conditions.push({
          next: whileAttested(readings, maxAgeMs),
          reason: readings.length === 0 ? 'emergency.feed_missing' : 'emergency.feed_stale',
          inputs: { feed: p.feed, readings: idsOf(readings), maxAgeHours: p.maxFeedAgeHours },
        });
      }
      return judgeAll(conditions, () => ({ feed: p.feed, emergencies: idsOf(declared) }));
    };
  },
});
