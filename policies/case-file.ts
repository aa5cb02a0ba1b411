import { z } from 'zod';
import type { DialFacts } from '../domain/facts.ts';
import { FACTS_SCHEMA } from '../domain/facts.ts';
import {
  channelSchema,
  consentKindSchema,
  consentLevelSchema,
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
});

const suppressionSchema = z.strictObject({
  list: z.string().default('internal'),
  scope: suppressionScopeSchema.default('tenant'),
  campaignId: z.string().nullable().default(null),
  purpose: purposeSchema.nullable().default(null),
  requestedByPerson: z.boolean().default(true),
  at: instantSchema.prefault(LONG_AGO),
  until: instantOrNull,
});

const attemptSchema = z.strictObject({
  at: instantSchema,
  purpose: purposeSchema.default('marketing'),
  number: z.string().default('number-1'),
  campaignId: z.string().default('campaign-1'),
  connected: z.boolean().default(false),
  conversation: z.boolean().default(false),
});

const triggerSchema = z.strictObject({
  kind: z.enum(['refusal', 'conversation', 'abandon', 'complaint']),
  at: instantSchema,
  purpose: purposeSchema.nullable().default(null),
});

export const caseFactsSchema = z.strictObject({
  purpose: purposeSchema.default('marketing'),
  channel: channelSchema.default('voice'),
  sector: z.string().nullable().default(null),
  campaignId: z.string().default('campaign-1'),
  country: z.string().nullable().default('CN'),
  locations: z.array(locationSchema).default([{ jurisdiction: 'CN', zone: 'Asia/Shanghai' }]),
  consents: z.array(consentSchema).default([]),
  suppressions: z.array(suppressionSchema).default([]),
  lists: z.array(z.strictObject({ list: z.string(), asOf: instantSchema })).default([]),
  attempts: z.array(attemptSchema).default([]),
  triggers: z.array(triggerSchema).default([]),
});

const expectationSchema = z.discriminatedUnion('verdict', [
  z.strictObject({ verdict: z.literal('allow'), until: instantSchema.nullable().optional() }),
  z.strictObject({
    verdict: z.literal('defer'),
    until: instantSchema,
    reasons: z.array(z.string()).optional(),
  }),
  z.strictObject({ verdict: z.literal('deny'), reasons: z.array(z.string()).min(1) }),
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
    mode: 'agentless',
    sector: c.sector,
    technology: { artificialVoice: false, autodialler: false },
    carrierId: 'carrier-1',
    number: { pseudonym: 'number-1', country: c.country, type: 'mobile' },
    locations: c.locations.map((location) => ({
      ...location,
      source: 'declared',
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
      channel: 'voice',
      carrierId: 'carrier-1',
      at,
      connectedAt: connected || conversation ? at : null,
      endedAt: at,
      conversation,
      outcome: connected || conversation ? 'answered' : 'no_answer',
    })),
    triggers: c.triggers.map((trigger) => ({ ...trigger, campaignId: null })),
  };
}
