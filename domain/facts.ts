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

/** How far what people state is believed: bills go where somebody pays, which is less often where they live. */
export const STATED_CONFIDENCE = { declared: 'high', address: 'high', billing: 'medium' } as const;
export type StatedSource = keyof typeof STATED_CONFIDENCE;

/** Whether somebody stated it; else it is what the number itself says. */
export function isStatedSource(source: LocationEvidence['source']): source is StatedSource {
  return source in STATED_CONFIDENCE;
}

/** Parts of a consent that the law wants asked for separately: PIPL 23 (hand over), 25 (publish), 29 (sensitive), 39 (export). */
export const SEPARATE_CONSENTS = ['handover', 'publish', 'sensitive', 'export'] as const;
export const separateConsentSchema = z.enum(SEPARATE_CONSENTS);
export type SeparateConsent = z.infer<typeof separateConsentSchema>;

/** Kinds of call that a consent may have to name (TCPA: artificial or prerecorded voice, autodialler). */
export const TECHNOLOGIES = ['artificial_voice', 'prerecorded', 'autodialler'] as const;
export const technologySchema = z.enum(TECHNOLOGIES);
export type Technology = z.infer<typeof technologySchema>;

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
  /** Whom it allows to sell, as the consent names them; null: it names nobody. */
  seller: z.string().nullable(),
  /** Kinds of call that it names. */
  technologies: z.array(technologySchema),
  /** What was asked for and granted by itself. */
  separate: z.array(separateConsentSchema),
  /** Given by a guardian who is on record. */
  guardian: z.boolean(),
  /** Keyed pseudonym of the number it was given for; null: for the person. */
  number: z.string().nullable(),
  /** When it was last verified that the number is the person's; null: never. */
  ownershipVerifiedAt: epochMsSchema.nullable(),
  /** The grant that this one renews; null: none. */
  renewedFrom: z.string().nullable(),
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
  /** Channels it is limited to; empty: all. */
  channels: z.array(channelSchema),
  /** What the list says it is about (India's preference categories, …); null: everything. */
  category: z.string().nullable(),
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
  /** Whose line it went over, as `line.vendor`; null: not known. */
  vendor: z.string().nullable(),
  /** Keyed references of the debt and the matter that it was about; null: not known. */
  debt: z.string().nullable(),
  subject: z.string().nullable(),
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
  /** Keyed references of the debt and the matter it was about; null: not known. */
  debt: z.string().nullable(),
  subject: z.string().nullable(),
});
export type TriggerFact = z.infer<typeof triggerFactSchema>;

/** A dealing of the person with the seller, from which a right or a limit may run. */
export const relationshipFactSchema = z.strictObject({
  kind: z.enum(['contract', 'purchase', 'inquiry']),
  /** When it began, or happened. */
  at: epochMsSchema,
  /** When it ended; null: it goes on, or happened at once. */
  endedAt: epochMsSchema.nullable(),
});
export type RelationshipFact = z.infer<typeof relationshipFactSchema>;

/** Who is called, as far as is on record. Null: not known. */
export const calleeFactSchema = z.strictObject({
  kind: z.enum(['consumer', 'business']).nullable(),
  /** `child`: under 14 (PIPL 28, 31); `minor`: 14 to 17. On the day of the decision. */
  age: z.enum(['adult', 'minor', 'child']).nullable(),
  /** To the matter of the call: the debtor or customer, or somebody else. */
  relation: z.enum(['self', 'third_party']).nullable(),
  /** For a third party: whether the debtor cannot be reached. */
  debtorUnreachable: z.boolean().nullable(),
});

/** The number shown to the person called. */
export const callerIdFactSchema = z.strictObject({
  /** Keyed pseudonym. */
  pseudonym: z.string(),
  /** ISO 3166-1 country of the number plan; null: none alone, or not valid. */
  country: z.string().nullable(),
  type: z.enum(['mobile', 'fixed_line', 'fixed_line_or_mobile', 'toll_free', 'other', 'unknown']),
  /** First digits of the national number, six at most: what number ranges are told apart by. */
  prefix: z.string().regex(/^\d{0,6}$/),
});

/** The line that is dialled through. */
export const lineFactSchema = z.strictObject({
  /** Whose rules bind it (`alibaba`, `tencent`, …); null: not known. */
  vendor: z.string().nullable(),
});

/** What the dialogue of the call declares that it does; see domain/script.ts. */
export const dialogueFactSchema = z.strictObject({
  scriptId: z.string(),
  version: z.number().int().positive(),
  /** What it says of itself, and by when: seconds after the answer. */
  discloses: z.array(z.strictObject({ item: z.string(), withinS: z.number().nonnegative() })),
  /** Ways out that it offers, and the seconds within which the call then ends. */
  optOut: z.array(
    z.strictObject({ means: z.enum(['keypress', 'speech', 'human']), endsWithinS: z.number().nonnegative() }),
  ),
  /** How it marks an artificial voice: by words or by a rhythm of tones, and where. */
  aiLabel: z
    .strictObject({ mode: z.enum(['prompt', 'rhythm']), at: z.array(z.enum(['start', 'middle', 'end'])) })
    .nullable(),
});

/**
 * Something that the tenant put on record about itself or the world: a registration, an impact assessment, a proof that
 * a caller id is its own, a declared emergency, a feed's freshness. What each kind holds in `detail` is said by the rule
 * type that reads it.
 */
export const ATTESTATION_KINDS = [
  'registration',
  'licence',
  'assessment',
  'caller_id',
  'emergency',
  'emergency_feed',
  'transfer',
  'agreement',
] as const;
export const attestationFactSchema = z.strictObject({
  attestationId: z.string(),
  kind: z.enum(ATTESTATION_KINDS),
  /** What it is about, by the kind: the register, the assessment, the caller id's pseudonym, the feed. */
  name: z.string(),
  /** Where it counts; null: everywhere. */
  jurisdiction: z.string().nullable(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])),
  validFrom: epochMsSchema,
  validUntil: epochMsSchema.nullable(),
  recordedAt: epochMsSchema,
});
export type AttestationFact = z.infer<typeof attestationFactSchema>;

/** How calls answered by a person went over a stretch of time, for caps on abandonment. */
export const abandonmentFactSchema = z.strictObject({
  scope: z.enum(['campaign', 'tenant']),
  /** The stretch, `[from, to)`. */
  from: epochMsSchema,
  to: epochMsSchema,
  /** Calls that were placed, that were answered, and that a person answered. */
  calls: z.number().int().nonnegative(),
  answers: z.number().int().nonnegative(),
  liveAnswers: z.number().int().nonnegative(),
  /** Live answers that no agent took within the time that the law gives. */
  abandoned: z.number().int().nonnegative(),
});
export type AbandonmentFact = z.infer<typeof abandonmentFactSchema>;

export const FACTS_SCHEMA = 'rightcall.facts/2';

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
  /** Kinds of call that it is. */
  technology: z.strictObject({
    artificialVoice: z.boolean(),
    prerecorded: z.boolean(),
    autodialler: z.boolean(),
  }),
  carrierId: z.string(),
  /** On whose behalf, as consents name sellers; null: the tenant itself. */
  seller: z.string().nullable(),
  /** Keyed references of the debt and the matter that the call is about; null: none, or not known. */
  debt: z.string().nullable(),
  subject: z.string().nullable(),
  /** How long it rings before it is given up; null: as long as the line lets it. */
  ringTimeoutS: z.number().int().positive().nullable(),
  callee: calleeFactSchema,
  /** Null: none is shown. */
  callerId: callerIdFactSchema.nullable(),
  line: lineFactSchema,
  /** Null: the line's own, of which nothing is known. */
  dialogue: dialogueFactSchema.nullable(),
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
  relationships: z.array(relationshipFactSchema),
  attestations: z.array(attestationFactSchema),
  abandonment: z.array(abandonmentFactSchema),
});
export type DialFacts = z.infer<typeof dialFactsSchema>;
