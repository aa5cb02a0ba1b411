import { z } from 'zod';
import {
  channelSchema,
  consentKindSchema,
  consentLevelSchema,
  dialModeSchema,
  outcomeSchema,
  purposeSchema,
  suppressionScopeSchema,
} from './vocabulary.ts';
import { epochMsSchema } from './time.ts';

/**
 * Everything a decision may look at, gathered in the transaction that acts on it (I7). It is stored with
 * the decision as canonical JSON, so it holds keyed pseudonyms and never a number or a name (I8).
 * A fact that is not known is null or absent from its list, never guessed: rules fail closed on it (I6).
 */

/** One piece of evidence of where a number is. All candidates must allow (I4). */
export const locationEvidenceSchema = z.strictObject({
  /** ISO 3166-1 country, or 3166-2 subdivision where known: `CN`, `US`, `US-FL`. Null: not known. */
  jurisdiction: z.string().nullable(),
  /** IANA zone name as given. May be one that does not exist; the evaluator then denies. Null: not known. */
  zone: z.string().nullable(),
  source: z.enum(['declared', 'address', 'billing', 'prefix', 'country']),
  confidence: z.enum(['high', 'medium', 'low']),
  recordedAt: epochMsSchema.nullable(),
});
export type LocationEvidence = z.infer<typeof locationEvidenceSchema>;

/** One consent event (同意); a withdrawal is an event of its own and nothing is overwritten. */
export const consentFactSchema = z.strictObject({
  eventId: z.string(),
  kind: consentKindSchema,
  /** Purposes it covers. For a withdrawal: those withdrawn. */
  purposes: z.array(purposeSchema),
  channels: z.array(channelSchema),
  level: consentLevelSchema,
  source: z.string(),
  /** When the person gave or withdrew it. */
  occurredAt: epochMsSchema,
  /** When we learned of it. */
  recordedAt: epochMsSchema,
  /** A grant no longer counts from here on; null: no end was stated. */
  expiresAt: epochMsSchema.nullable(),
  /** Special permissions that widen a rule, such as calls outside the usual hours (rule ids or window names). */
  widens: z.array(z.string()),
});
export type ConsentFact = z.infer<typeof consentFactSchema>;

/** One do-not-call entry (勿扰) that names this number or person. */
export const suppressionFactSchema = z.strictObject({
  entryId: z.string(),
  /** Name of the list: `internal` for the tenant's own, `us-national-dnc`, … */
  list: z.string(),
  scope: suppressionScopeSchema,
  /** Campaign or purpose the entry is limited to, by scope; null when the scope has none. */
  campaignId: z.string().nullable(),
  purpose: purposeSchema.nullable(),
  source: z.string(),
  /** True when the person asked for it themself (an opt-out), false for a list that was imported. */
  requestedByPerson: z.boolean(),
  recordedAt: epochMsSchema,
  validFrom: epochMsSchema,
  validUntil: epochMsSchema.nullable(),
});
export type SuppressionFact = z.infer<typeof suppressionFactSchema>;

/** Freshness of a do-not-call list the tenant holds. */
export const listFactSchema = z.strictObject({
  list: z.string(),
  /** The instant the list's content was true at its source. */
  asOf: epochMsSchema,
});
export type ListFact = z.infer<typeof listFactSchema>;

/** An earlier attempt to reach this person, over all campaigns, numbers and channels (I5). */
export const attemptFactSchema = z.strictObject({
  attemptId: z.string(),
  campaignId: z.string(),
  purpose: purposeSchema,
  channel: channelSchema,
  /** Keyed pseudonym of the number that was called. */
  number: z.string(),
  carrierId: z.string(),
  /** The latest instant at which it may have started to ring: sent if known, else claimed. */
  at: epochMsSchema,
  /** Set when someone or something picked up. */
  connectedAt: epochMsSchema.nullable(),
  endedAt: epochMsSchema.nullable(),
  /** A person was talked to. */
  conversation: z.boolean(),
  outcome: outcomeSchema.nullable(),
});
export type AttemptFact = z.infer<typeof attemptFactSchema>;

/** Something the person did or that happened to them, from which a cooldown may run. */
export const triggerFactSchema = z.strictObject({
  kind: z.enum(['refusal', 'conversation', 'abandon', 'complaint']),
  at: epochMsSchema,
  campaignId: z.string().nullable(),
  purpose: purposeSchema.nullable(),
});
export type TriggerFact = z.infer<typeof triggerFactSchema>;

export const FACTS_SCHEMA = 'rightcall.facts/1';

export const dialFactsSchema = z.strictObject({
  schema: z.literal(FACTS_SCHEMA),
  tenantId: z.string(),
  campaignId: z.string(),
  contactId: z.string(),
  personId: z.string(),
  purpose: purposeSchema,
  channel: channelSchema,
  mode: dialModeSchema,
  /** Line of business that sector rules bind to (`life_insurance`, `online_loan`, …); null: none stated. */
  sector: z.string().nullable(),
  technology: z.strictObject({ artificialVoice: z.boolean(), autodialler: z.boolean() }),
  carrierId: z.string(),
  number: z.strictObject({
    /** Keyed pseudonym of the number to be called. */
    pseudonym: z.string(),
    /** ISO 3166-1 country of the number plan; null for a non-geographic number. */
    country: z.string().nullable(),
    type: z.enum(['mobile', 'fixed_line', 'fixed_line_or_mobile', 'toll_free', 'other', 'unknown']),
  }),
  locations: z.array(locationEvidenceSchema),
  consents: z.array(consentFactSchema),
  suppressions: z.array(suppressionFactSchema),
  lists: z.array(listFactSchema),
  attempts: z.array(attemptFactSchema),
  triggers: z.array(triggerFactSchema),
});
export type DialFacts = z.infer<typeof dialFactsSchema>;
