import { z } from 'zod';
import { relationshipFactSchema, separateConsentSchema, technologySchema } from '../../domain/facts.ts';
import { CONSENT_LEVELS, consentLevelSchema, purposeSchema } from '../../domain/vocabulary.ts';
import type { Duty } from '../../domain/decision.ts';
import type { EpochMs } from '../../domain/time.ts';
import { DAY_MS } from '../../domain/time.ts';
import type { ConsentQuestion, ConsentState } from '../consents.ts';
import { grantAt } from '../consents.ts';
import { listed, union } from '../intervals.ts';
import { relationshipAt, relationshipSpans } from '../relationships.ts';
import type { Subject } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import { lower, more, on, orNothing, rising, same, strictest } from '../strictness.ts';

const params = z.strictObject({
  /** The least that will do, in the order implied < express < written < separate < guardian. */
  level: consentLevelSchema,
  /** The consent must cover all of these; by default the purpose of the call. */
  purposes: z.array(purposeSchema).min(1).optional(),
  /** A grant older than this many times 24 h no longer counts; null: it does not age. */
  maxAgeDays: z.number().int().positive().nullable().default(null),
  /** Where the campaign calls for a seller, the consent must name that seller. */
  sellerBound: z.boolean().default(false),
  /** The consent must have been asked for by itself, for this (PIPL 23, 25, 29, 39); null: it need not. */
  separate: separateConsentSchema.nullable().default(null),
  /** The consent must name each of these kinds of call, whatever this call is. */
  technologies: z.array(technologySchema).default([]),
  /** A child (under 14) needs the consent of a guardian (PIPL 31). */
  minorGuardian: z.boolean().default(false),
  /** The consent must be for the number called, or for the person whatever the number. */
  forNumber: z.boolean().default(false),
  /** It must have been verified within this many times 24 h that the number is the person's; null: it need not. */
  ownershipMaxAgeDays: z.number().int().positive().nullable().default(null),
  /** The consent is to be renewed so many times 24 h after it was given: a duty, not a condition; null: never. */
  renewAfterDays: z.number().int().positive().nullable().default(null),
  /** A dealing with the seller that does instead of a consent, unless the person withdrew; null: none does. */
  relationship: z
    .strictObject({
      kinds: z.array(relationshipFactSchema.shape.kind).min(1),
      /** Times 24 h after its end; null: only while it lasts. */
      withinDays: z.number().int().positive().nullable(),
    })
    .nullable()
    .default(null),
});
type Params = z.output<typeof params>;

/**
 * The rule type `consent`: a live grant, strong and fresh enough, that no withdrawal has ended. How events
 * are weighed is told at `ConsentState`. Its reason is the rule's code with `.missing`, `.withdrawn`,
 * `.expired`, `.too_weak` or `.not_covering` after it.
 */
export const consent = defineRuleType({
  type: 'consent',
  params,
  strictness: {
    level: rising(...CONSENT_LEVELS),
    purposes: same,
    maxAgeDays: orNothing(lower),
    sellerBound: on,
    separate: orNothing(same),
    technologies: more,
    minorGuardian: on,
    forNumber: on,
    ownershipMaxAgeDays: orNothing(lower),
    renewAfterDays: orNothing(lower),
    relationship: strictest(null),
  },
  prepare(p, rule) {
    return (subject) => {
      const { facts } = subject;
      const state = subject.consent(questionOf(p, subject));
      // Who withdrew is not called on the strength of an old dealing.
      const spans =
        p.relationship === null || state.withdrawnBy !== null
          ? []
          : relationshipSpans(facts, p.relationship.kinds, p.relationship.withinDays);
      const { level } = p;
      return {
        next: spans.length === 0 ? state.next : union(state.next, listed(spans)),
        refusal(t) {
          const { fault, events } = consentFault(state, t);
          return { reason: `${rule.reasonCode}.${fault}`, inputs: { level, events } };
        },
        grounds(t) {
          const event = grantAt(state, t)?.eventId ?? null;
          const inputs = { level, event };
          return event === null && spans.length > 0
            ? { inputs: { ...inputs, relationship: relationshipAt(spans, t) } }
            : { inputs };
        },
        ...(p.renewAfterDays === null
          ? {}
          : { duties: (t: EpochMs) => renewal(state, t, p.renewAfterDays! * DAY_MS) }),
      };
    };
  },
});

function questionOf(p: Params, { facts }: Subject): ConsentQuestion {
  return {
    purposes: p.purposes ?? [facts.purpose],
    level: p.level,
    maxAgeMs: p.maxAgeDays === null ? null : p.maxAgeDays * DAY_MS,
    widens: null,
    seller: p.sellerBound ? facts.seller : null,
    technologies: p.technologies,
    separate: p.separate,
    guardian: p.minorGuardian && facts.callee.age === 'child',
    number: p.forNumber ? facts.number.pseudonym : null,
    ownershipMaxAgeMs: p.ownershipMaxAgeDays === null ? null : p.ownershipMaxAgeDays * DAY_MS,
  };
}

/** What is wrong with the consents at an instant that they do not allow, and the events that show it. */
export function consentFault(state: ConsentState, t: EpochMs): { fault: string; events: string[] } {
  if (state.withdrawnBy !== null) return { fault: 'withdrawn', events: [state.withdrawnBy.eventId] };
  const past = state.grants.filter((grant) => grant.occurredAt <= t);
  const notCovering = past.filter((grant) => state.notCovering.includes(grant));
  const strong = past.filter((grant) => !state.weaker.includes(grant) && !state.notCovering.includes(grant));
  const [fault, events] =
    strong.length > 0
      ? (['expired', strong] as const)
      : notCovering.length > 0
        ? (['not_covering', notCovering] as const)
        : past.length > 0
          ? (['too_weak', past] as const)
          : (['missing', past] as const);
  return { fault, events: events.map((grant) => grant.eventId).sort() };
}

function renewal(state: ConsentState, t: EpochMs, afterMs: number): Duty[] {
  const grant = grantAt(state, t);
  if (grant === null) return [];
  return [
    { kind: 'renew_consent', detail: { event: grant.eventId }, withinS: null, dueAt: grant.from + afterMs },
  ];
}
