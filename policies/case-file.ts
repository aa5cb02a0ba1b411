import { z } from 'zod';
import { dutySchema } from '../domain/decision.ts';
import type { DialFacts } from '../domain/facts.ts';
import {
  ATTESTATION_KINDS,
  calleeFactSchema,
  dialogueFactSchema,
  FACTS_SCHEMA,
  lineFactSchema,
  locationEvidenceSchema,
  separateConsentSchema,
  technologySchema,
} from '../domain/facts.ts';
import {
  channelSchema,
  consentKindSchema,
  consentLevelSchema,
  dialModeSchema,
  purposeSchema,
  suppressionScopeSchema,
} from '../domain/vocabulary.ts';

/**
 * Cases as data: what a pack must decide, in a form that those who know the law can read and extend. Every
 * field of the facts has a plain default, so that a case says only what it is about.
 */
const instantSchema = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const instantOrNull = instantSchema.nullable().default(null);
const LONG_AGO = '2025-01-01T00:00:00Z';

const locationSchema = z.strictObject({
  jurisdiction: z.string().nullable().default(null),
  zone: z.string().nullable().default(null),
  source: locationEvidenceSchema.shape.source.default('declared'),
});

const consentSchema = z.strictObject({
  kind: consentKindSchema.default('grant'),
  level: consentLevelSchema.default('express'),
  purposes: z.array(purposeSchema).default(['marketing']),
  channels: z.array(channelSchema).default(['voice']),
  at: instantSchema.prefault(LONG_AGO),
  recordedAt: instantSchema.optional(),
  expiresAt: instantOrNull,
  widens: z.array(z.string()).default([]),
  seller: z.string().nullable().default(null),
  technologies: z.array(technologySchema).default([]),
  separate: z.array(separateConsentSchema).default([]),
  guardian: z.boolean().default(false),
  number: z.string().nullable().default(null),
  ownershipVerifiedAt: instantOrNull,
  renewedFrom: z.string().nullable().default(null),
});

const suppressionSchema = z.strictObject({
  list: z.string().default('internal'),
  scope: suppressionScopeSchema.default('tenant'),
  campaignId: z.string().nullable().default(null),
  purpose: purposeSchema.nullable().default(null),
  channels: z.array(channelSchema).default([]),
  category: z.string().nullable().default(null),
  requestedByPerson: z.boolean().default(true),
  at: instantSchema.prefault(LONG_AGO),
  until: instantOrNull,
});

const attemptSchema = z.strictObject({
  at: instantSchema,
  purpose: purposeSchema.default('marketing'),
  number: z.string().default('number-1'),
  campaignId: z.string().default('campaign-1'),
  channel: channelSchema.default('voice'),
  vendor: z.string().nullable().default('simulator'),
  debt: z.string().nullable().default(null),
  subject: z.string().nullable().default(null),
  connected: z.boolean().default(false),
  conversation: z.boolean().default(false),
});

const triggerSchema = z.strictObject({
  kind: z.enum(['refusal', 'conversation', 'abandon', 'complaint']),
  at: instantSchema,
  purpose: purposeSchema.nullable().default(null),
  debt: z.string().nullable().default(null),
  subject: z.string().nullable().default(null),
});

const calleeSchema = z.strictObject({
  kind: calleeFactSchema.shape.kind.default('consumer'),
  age: calleeFactSchema.shape.age.default('adult'),
  relation: calleeFactSchema.shape.relation.default('self'),
  debtorUnreachable: calleeFactSchema.shape.debtorUnreachable.default(null),
});

const callerIdSchema = z.strictObject({
  pseudonym: z.string().default('caller-1'),
  country: z.string().nullable().default('CN'),
  type: z
    .enum(['mobile', 'fixed_line', 'fixed_line_or_mobile', 'toll_free', 'other', 'unknown'])
    .default('fixed_line'),
  prefix: z.string().default('95'),
});

const relationshipSchema = z.strictObject({
  kind: z.enum(['contract', 'purchase', 'inquiry']).default('contract'),
  at: instantSchema.prefault(LONG_AGO),
  endedAt: instantOrNull,
});

const attestationSchema = z.strictObject({
  kind: z.enum(ATTESTATION_KINDS),
  name: z.string(),
  jurisdiction: z.string().nullable().default(null),
  detail: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]))
    .default({}),
  from: instantSchema.prefault(LONG_AGO),
  until: instantOrNull,
  recordedAt: instantSchema.optional(),
});

const abandonmentSchema = z.strictObject({
  scope: z.enum(['campaign', 'tenant']).default('campaign'),
  from: instantSchema,
  to: instantSchema,
  calls: z.number().int(),
  answers: z.number().int(),
  liveAnswers: z.number().int(),
  abandoned: z.number().int(),
});

export const caseFactsSchema = z.strictObject({
  purpose: purposeSchema.default('marketing'),
  channel: channelSchema.default('voice'),
  mode: dialModeSchema.default('agentless'),
  sector: z.string().nullable().default(null),
  technology: z
    .strictObject({
      artificialVoice: z.boolean().default(false),
      prerecorded: z.boolean().default(false),
      autodialler: z.boolean().default(false),
    })
    .prefault({}),
  campaignId: z.string().default('campaign-1'),
  seller: z.string().nullable().default(null),
  debt: z.string().nullable().default(null),
  subject: z.string().nullable().default(null),
  ringTimeoutS: z.number().int().positive().nullable().default(30),
  callee: calleeSchema.prefault({}),
  callerId: callerIdSchema.nullable().prefault({}),
  line: lineFactSchema.default({ vendor: 'simulator' }),
  dialogue: dialogueFactSchema.nullable().default(null),
  numberType: z
    .enum(['mobile', 'fixed_line', 'fixed_line_or_mobile', 'toll_free', 'other', 'unknown'])
    .default('mobile'),
  country: z.string().nullable().default('CN'),
  locations: z.array(locationSchema).prefault([{ jurisdiction: 'CN', zone: 'Asia/Shanghai' }]),
  consents: z.array(consentSchema).default([]),
  suppressions: z.array(suppressionSchema).default([]),
  lists: z.array(z.strictObject({ list: z.string(), asOf: instantSchema })).default([]),
  attempts: z.array(attemptSchema).default([]),
  triggers: z.array(triggerSchema).default([]),
  relationships: z.array(relationshipSchema).default([]),
  attestations: z.array(attestationSchema).default([]),
  abandonment: z.array(abandonmentSchema).default([]),
});

/** A duty by its kind alone, or with what of it is looked at: the fields given, and of `detail` the entries given. */
const expectedDutySchema = z.union([
  dutySchema.shape.kind,
  z.strictObject({
    kind: dutySchema.shape.kind,
    detail: z.record(z.string(), z.unknown()).default({}),
    withinS: z.number().nullable().optional(),
    dueAt: instantSchema.nullable().optional(),
  }),
]);
export type ExpectedDuty = z.output<typeof expectedDutySchema>;

/** Ids of all the rules that stand against the call, in any order; left out: not looked at. */
const against = z.array(z.string()).optional();

const expectationSchema = z.discriminatedUnion('verdict', [
  z.strictObject({
    verdict: z.literal('allow'),
    until: instantSchema.nullable().optional(),
    /** All duties that the call comes with, in any order. */
    duties: z.array(expectedDutySchema).optional(),
  }),
  z.strictObject({
    verdict: z.literal('defer'),
    until: instantSchema,
    reasons: z.array(z.string()).optional(),
    against,
  }),
  z.strictObject({ verdict: z.literal('deny'), reasons: z.array(z.string()).min(1), against }),
]);

const caseSchema = z.strictObject({
  name: z.string().min(1),
  at: instantSchema,
  horizonMs: z.number().int().nonnegative().default(0),
  /** Replaces the file's own facts field by field. */
  facts: z.record(z.string(), z.unknown()).default({}),
  expect: expectationSchema,
});

export const caseFileSchema = z.strictObject({
  /** What the file is about. */
  title: z.string().min(1),
  /** Packs compiled for it, by id; calendars are always there. */
  packs: z.array(z.string()).min(1),
  facts: z.record(z.string(), z.unknown()).default({}),
  cases: z.array(caseSchema).min(1),
});
export type CaseFile = z.output<typeof caseFileSchema>;
export type Case = CaseFile['cases'][number];

/** Complete facts from a case's shorthand. @throws ZodError where the shorthand is wrong. */
export function factsOfCase(shorthand: unknown): DialFacts {
  const c = caseFactsSchema.parse(shorthand);
  return {
    schema: FACTS_SCHEMA,
    tenantId: 'tenant-1',
    campaignId: c.campaignId,
    contactId: 'contact-1',
    personId: 'person-1',
    purpose: c.purpose,
    channel: c.channel,
    mode: c.mode,
    sector: c.sector,
    technology: c.technology,
    carrierId: 'carrier-1',
    seller: c.seller,
    debt: c.debt,
    subject: c.subject,
    ringTimeoutS: c.ringTimeoutS,
    callee: c.callee,
    callerId: c.callerId,
    line: c.line,
    dialogue: c.dialogue,
    number: { pseudonym: 'number-1', country: c.country, type: c.numberType },
    locations: c.locations.map((location) => ({
      ...location,
      confidence: 'medium',
      recordedAt: null,
    })),
    consents: c.consents.map(({ at, recordedAt, ...consent }, index) => ({
      ...consent,
      eventId: `consent-${index + 1}`,
      source: 'web_form',
      occurredAt: at,
      recordedAt: recordedAt ?? at,
    })),
    suppressions: c.suppressions.map(({ at, until, ...entry }, index) => ({
      ...entry,
      entryId: `entry-${index + 1}`,
      source: 'test',
      recordedAt: at,
      validFrom: at,
      validUntil: until,
    })),
    lists: c.lists,
    attempts: c.attempts.map(({ at, connected, conversation, ...attempt }, index) => ({
      ...attempt,
      attemptId: `earlier/${index + 1}`,
      carrierId: 'carrier-1',
      at,
      connectedAt: connected || conversation ? at : null,
      endedAt: at,
      conversation,
      outcome: connected || conversation ? 'answered' : 'no_answer',
    })),
    triggers: c.triggers.map((trigger) => ({ ...trigger, campaignId: null })),
    relationships: c.relationships,
    attestations: c.attestations.map(({ from, until, recordedAt, ...attestation }, index) => ({
      ...attestation,
      attestationId: `attestation-${index + 1}`,
      validFrom: from,
      validUntil: until,
      recordedAt: recordedAt ?? from,
    })),
    abandonment: c.abandonment,
  };
}
