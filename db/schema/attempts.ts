import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, instant, tenantId } from './columns.ts';
import type { Arms } from '../../domain/arms.ts';
import type { DialFacts } from '../../domain/facts.ts';
import type { RuleResult } from '../../domain/decision.ts';
import type { DrawnStep } from '../../domain/retry-step.ts';
import type {
  AttemptState,
  Channel,
  DialMode,
  Disposition,
  Outcome,
  Purpose,
} from '../../domain/vocabulary.ts';

/** The full trace of one evaluation with the facts it saw (I7). Written once, in the transaction that acted on it. */
export const decisions = pgTable(
  'decisions',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    campaignId: uuid('campaign_id').notNull(),
    contactId: uuid('contact_id').notNull(),
    personId: uuid('person_id').notNull(),
    /** `admission`: screened when the pacer picked it. `dial`: at the gate, with a permit if allowed. */
    stage: text('stage').$type<'admission' | 'dial'>().notNull(),
    admission: integer('admission').notNull(),
    at: instant('at').notNull(),
    recordedReal: instant('recorded_real').notNull(),
    horizonMs: bigint('horizon_ms', { mode: 'number' }).notNull(),
    verdict: text('verdict').$type<'allow' | 'defer' | 'deny'>().notNull(),
    until: instant('until'),
    reasons: text('reasons').array().notNull(),
    engine: text('engine').notNull(),
    policySetHash: text('policy_set_hash').notNull(),
    facts: jsonb('facts').$type<DialFacts>().notNull(),
    /** SHA-256 (hex) over the facts' canonical JSON. */
    factsHash: text('facts_hash').notNull(),
    results: jsonb('results').$type<RuleResult[]>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('decisions_contact').on(t.tenantId, t.contactId, t.at),
    index('decisions_campaign').on(t.tenantId, t.campaignId, t.verdict),
    index('decisions_recent').on(t.tenantId, t.campaignId, t.at),
    index('decisions_at').on(t.tenantId, t.at),
    uniqueIndex('decisions_dial_once')
      .on(t.tenantId, t.contactId, t.admission)
      .where(sql`stage = 'dial'`),
  ],
);

/** One intent to ring (呼叫尝试). The permit is this row in state `claimed` within its lease. */
export const attempts = pgTable(
  'attempts',
  {
    tenantId: tenantId(),
    /** `<contactId>/<n>` (domain/ids.ts). */
    id: text('id').notNull(),
    contactId: uuid('contact_id').notNull(),
    campaignId: uuid('campaign_id').notNull(),
    personId: uuid('person_id').notNull(),
    numberHash: bytea('number_hash').notNull(),
    n: integer('n').notNull(),
    admission: integer('admission').notNull(),
    /** Null: lost with a backup; the attempt stands here on the carrier's word (`restoredReal`). */
    decisionId: uuid('decision_id'),
    purpose: text('purpose').$type<Purpose>().notNull(),
    channel: text('channel').$type<Channel>().notNull(),
    carrierId: uuid('carrier_id').notNull(),
    carrierRef: text('carrier_ref'),
    state: text('state').$type<AttemptState>().notNull(),
    /** Raised by every change of owner; a compare-and-set names the one it was given. */
    /** In which mode it was made; null: before there were modes, agentless. */
    mode: text('mode').$type<DialMode>(),
    /** The arms of its campaign's experiments that its contact was in. */
    arms: jsonb('arms').$type<Arms>(),
    /** The script of the arm; null: the campaign's own. */
    script: jsonb('script').$type<{ id: string; version: number }>(),
    /** The counters of quotas that it is in; a trigger moves them as it ends. */
    quotas: jsonb('quotas').$type<{ quota: string; counts: string; from: string }[]>(),
    fence: integer('fence').notNull(),
    /** End (real) of the present owner's right to act: to send while `claimed`, to answer for it while `sending`. */
    leaseUntilReal: instant('lease_until_real').notNull(),
    /** No send at or after this instant: the decision's `until`. Null: no rule ends it. */
    allowUntil: instant('allow_until'),
    claimedAt: instant('claimed_at').notNull(),
    claimedReal: instant('claimed_real').notNull(),
    sendingAt: instant('sending_at'),
    sendingReal: instant('sending_real'),
    /** After the carrier's answer, so never before the ring request reached it. */
    sentAt: instant('sent_at'),
    endedAt: instant('ended_at'),
    /** When its end became known (engine clock), which may be long after it; set by a trigger. */
    endKnownAt: instant('end_known_at'),
    /** `coalesce(ended, sent, …)`: the latest instant it may have started to ring; caps count from here (I5). */
    rangAt: instant('rang_at').notNull(),
    outcome: text('outcome').$type<Outcome>(),
    /** A person was talked to. */
    conversation: boolean('conversation').notNull(),
    /** Keyed references of what it was about, as the facts of its decision had them. */
    debt: text('debt'),
    subject: text('subject'),
    disposition: text('disposition').$type<Disposition>(),
    /** In words: why it was revoked, abandoned, rejected or unknown. */
    reason: text('reason'),
    /** An `unknown` attempt is asked about until here (engine clock); then it counts as rung. */
    quarantineUntil: instant('quarantine_until'),
    /** How often the carrier was asked what became of it, and when (real) it may be asked again. */
    lookUps: integer('look_ups').notNull().default(0),
    lookUpAfterReal: instant('look_up_after_real'),
    hangupRequestedReal: instant('hangup_requested_real'),
    hangupDoneReal: instant('hangup_done_real'),
    /** The result was handed to the contact's workflow (real). Null with a final state: still to be handed over. */
    reportedReal: instant('reported_real'),
    /** What the workflow is told; kept so that telling can be repeated. */
    result: jsonb('result'),
    /** What the campaign's retry rules drew from it, and what that was based on; null: nothing, or before it was kept. */
    nextStep: jsonb('next_step').$type<DrawnStep>(),
    /** When it was written on the carrier's word, because a restored database did not know it (docs/restore.md). */
    restoredReal: instant('restored_real'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('attempts_admission').on(t.tenantId, t.contactId, t.admission),
    index('attempts_person').on(t.tenantId, t.personId, t.rangAt),
    index('attempts_campaign').on(t.tenantId, t.campaignId),
    index('attempts_recent').on(t.tenantId, t.campaignId, t.claimedAt),
    index('attempts_at').on(t.tenantId, t.claimedAt),
    index('attempts_outcomes')
      .on(t.tenantId, t.campaignId, t.outcome)
      .where(sql`state = 'ended'`),
    index('attempts_open')
      .on(t.tenantId, t.campaignId, t.state)
      .where(sql`state IN ('claimed', 'sending', 'sent', 'unknown')`),
    index('attempts_unreported')
      .on(t.tenantId)
      .where(sql`reported_real IS NULL`),
    index('attempts_hangup')
      .on(t.tenantId)
      .where(sql`hangup_requested_real IS NOT NULL AND hangup_done_real IS NULL`),
    check('attempts_decided', sql`decision_id IS NOT NULL OR restored_real IS NOT NULL`),
  ],
);

/** The carrier's leg of an attempt (通话): what the carrier said about it. */
export const calls = pgTable(
  'calls',
  {
    tenantId: tenantId(),
    attemptId: text('attempt_id').notNull(),
    carrierId: uuid('carrier_id').notNull(),
    carrierRef: text('carrier_ref').notNull(),
    status: text('status').$type<'ringing' | 'answered' | 'ended'>().notNull(),
    ringingAt: instant('ringing_at'),
    answeredAt: instant('answered_at'),
    endedAt: instant('ended_at'),
    /** When the answer became known (engine clock); set by a trigger. */
    answerKnownAt: instant('answer_known_at'),
    endedBy: text('ended_by'),
    sip: integer('sip'),
    q850: integer('q850'),
    vendorCode: text('vendor_code'),
    ringS: real('ring_s'),
    talkS: real('talk_s'),
    synthesized: boolean('synthesized').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.attemptId] })],
);

/** Business outcome of an attempt (话后小结). */
export const dispositions = pgTable(
  'dispositions',
  {
    tenantId: tenantId(),
    attemptId: text('attempt_id').notNull(),
    contactId: uuid('contact_id').notNull(),
    personId: uuid('person_id').notNull(),
    code: text('code').$type<Disposition>().notNull(),
    source: text('source').notNull(),
    at: instant('at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.attemptId] }),
    index('dispositions_person').on(t.tenantId, t.personId),
  ],
);
