import { z } from 'zod';
import { dialFactsSchema, relationshipFactSchema, technologySchema } from '../domain/facts.ts';
import type { EpochMs } from '../domain/time.ts';
import { consentLevelSchema } from '../domain/vocabulary.ts';
import { citationSchema, confidenceSchema } from './citation.ts';
import { ANY_CONSENT, grantAt } from './consents.ts';
import type { NextAllowed } from './intervals.ts';
import { always, never } from './intervals.ts';
import { relationshipAt, relationshipSpans } from './relationships.ts';
import type { Inputs, Subject } from './judgement.ts';
import { listed } from './intervals.ts';

const common = {
  /** Why the law exempts, in words that the trace shows. */
  why: z.string().min(1),
  citation: citationSchema,
  confidence: confidenceSchema,
};

/** What frees a call from one rule of the law, as that law itself says. A fact that is not known frees nothing (I6). */
export const exemptionSchema = z.discriminatedUnion('kind', [
  /** A live consent of the person for the purpose and channel of the call. */
  z.strictObject({
    kind: z.literal('consent'),
    level: consentLevelSchema,
    /** The consent must name each of these. */
    technologies: z.array(technologySchema).default([]),
    ...common,
  }),
  /** A dealing with the seller: while it lasts, and for so many times 24 h after its end; null: only while it lasts. */
  z.strictObject({
    kind: z.literal('relationship'),
    relationships: z.array(relationshipFactSchema.shape.kind).min(1),
    withinDays: z.number().int().positive().nullable().default(null),
    ...common,
  }),
  /** The kind of callee. */
  z.strictObject({
    kind: z.literal('callee'),
    calleeType: z.enum(['consumer', 'business']),
    ...common,
  }),
  /** The type of the number. */
  z.strictObject({
    kind: z.literal('number_type'),
    numberTypes: z.array(dialFactsSchema.shape.number.shape.type.exclude(['unknown'])).min(1),
    ...common,
  }),
]);
export type Exemption = z.infer<typeof exemptionSchema>;

/** An exemption asked about one subject. */
export interface BoundExemption {
  readonly exemption: Exemption;
  /** Instants at which it frees the call. */
  readonly next: NextAllowed;
  /** What it rests on at an instant at which it holds. */
  evidence(t: EpochMs): Inputs;
}

export function bindExemption(exemption: Exemption, { facts, consent }: Subject): BoundExemption {
  switch (exemption.kind) {
    case 'consent': {
      const { level, technologies } = exemption;
      const state = consent({ ...ANY_CONSENT, purposes: [facts.purpose], level, technologies });
      return {
        exemption,
        next: state.next,
        evidence(t) {
          return { level, event: grantAt(state, t)?.eventId ?? null };
        },
      };
    }
    case 'relationship': {
      const spans = relationshipSpans(facts, exemption.relationships, exemption.withinDays);
      return {
        exemption,
        next: spans.length === 0 ? never : listed(spans),
        evidence(t) {
          return { relationship: relationshipAt(spans, t) };
        },
      };
    }
    case 'callee':
      return fixed(exemption, facts.callee.kind === exemption.calleeType, { calleeType: facts.callee.kind });
    case 'number_type': {
      const { type } = facts.number;
      return fixed(
        exemption,
        exemption.numberTypes.some((one) => one === type),
        { numberType: type },
      );
    }
  }
}

function fixed(exemption: Exemption, holds: boolean, evidence: Inputs): BoundExemption {
  return {
    exemption,
    next: holds ? always : never,
    evidence() {
      return evidence;
    },
  };
}
