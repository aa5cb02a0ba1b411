import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, instant, tenantId } from './columns.ts';
import type { AgentState, RequestableState, Shift, Skills } from '../../domain/agent.ts';
import type { DialMode } from '../../domain/vocabulary.ts';

/** A team (班组): campaigns name the teams that take their calls. */
export const teams = pgTable(
  'teams',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    name: text('name').notNull(),
    revision: integer('revision').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.id] }), uniqueIndex('teams_name').on(t.tenantId, t.name)],
);

/** An agent (坐席). */
export const agents = pgTable(
  'agents',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    /** As colleagues know them. */
    name: text('name').notNull(),
    /** Who signs in as them: `key:<name>` or `user:<subject>`; null: nobody yet. */
    account: text('account'),
    teamId: uuid('team_id').notNull(),
    skills: jsonb('skills').$type<Skills>().notNull(),
    languages: text('languages').array().notNull(),
    /** IANA, for the shifts. */
    zone: text('zone').notNull(),
    /** Null: at any time. */
    shifts: jsonb('shifts').$type<readonly Shift[]>(),
    enabled: boolean('enabled').notNull(),
    revision: integer('revision').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('agents_account')
      .on(t.tenantId, t.account)
      .where(sql`account IS NOT NULL`),
    index('agents_team').on(t.tenantId, t.teamId, t.id),
  ],
);

/** What an agent is doing now, and for whom; moved by db/repositories/seats.ts alone. */
export const seats = pgTable(
  'seats',
  {
    tenantId: tenantId(),
    agentId: uuid('agent_id').notNull(),
    teamId: uuid('team_id').notNull(),
    state: text('state').$type<AgentState>().notNull(),
    /** Of a break, or why they are offline. */
    reason: text('reason'),
    since: instant('since').notNull(),
    /** When they last became free of a call: the longest idle is taken first. */
    idleSince: instant('idle_since').notNull(),
    /** Raised with every change: whoever acts on an older one acts on nothing. */
    fence: bigint('fence', { mode: 'number' }).notNull(),
    campaignId: uuid('campaign_id'),
    contactId: uuid('contact_id'),
    /** While a contact is shown before it is called. */
    previewId: uuid('preview_id'),
    attemptId: text('attempt_id'),
    /** Until when (real) they are kept free for it; looked after by a sweep. */
    leaseUntilReal: instant('lease_until_real'),
    wrapUpUntil: instant('wrap_up_until'),
    /** What they asked for while they were engaged. */
    nextState: text('next_state').$type<RequestableState>(),
    nextReason: text('next_reason'),
    /** When (real) their channel was last heard of. */
    beatReal: instant('beat_real'),
    /** The channel that speaks for them; an older one is told to close. */
    sessionId: uuid('session_id'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.agentId] }),
    index('seats_ready')
      .on(t.tenantId, t.idleSince, t.agentId)
      .where(sql`state = 'ready'`),
    uniqueIndex('seats_attempt')
      .on(t.tenantId, t.attemptId)
      .where(sql`attempt_id IS NOT NULL`),
    uniqueIndex('seats_contact')
      .on(t.tenantId, t.contactId)
      .where(sql`contact_id IS NOT NULL`),
    index('seats_reserved')
      .on(t.tenantId, t.leaseUntilReal)
      .where(sql`state = 'reserved'`),
    index('seats_wrap_up')
      .on(t.tenantId, t.wrapUpUntil)
      .where(sql`state = 'wrap_up'`),
    index('seats_beat')
      .on(t.tenantId, t.beatReal)
      .where(sql`state <> 'offline'`),
  ],
);

/** What each agent did when; written by a trigger of `seats`. */
export const seatSpans = pgTable(
  'seat_spans',
  {
    tenantId: tenantId(),
    agentId: uuid('agent_id').notNull(),
    fence: bigint('fence', { mode: 'number' }).notNull(),
    teamId: uuid('team_id').notNull(),
    state: text('state').$type<AgentState>().notNull(),
    reason: text('reason'),
    campaignId: uuid('campaign_id'),
    attemptId: text('attempt_id'),
    fromAt: instant('from_at').notNull(),
    untilAt: instant('until_at'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.agentId, t.fence] }),
    index('seat_spans_from').on(t.tenantId, t.fromAt),
    index('seat_spans_until')
      .on(t.tenantId, t.untilAt)
      .where(sql`state IN ('in_call', 'wrap_up')`),
    index('seat_spans_attempt')
      .on(t.tenantId, t.attemptId)
      .where(sql`attempt_id IS NOT NULL`),
  ],
);

/**
 * Where the agent's side of a call stands. `reserved`: it rings, an agent is kept free. `waiting`: answered, no agent yet.
 * `connecting`: answered and assigned, the carrier is being asked to join them. `connected`. `wrap_up`: over, not written
 * down yet. `over`. `abandoned`: answered, and given up for want of an agent.
 */
export type AgentCallState =
  'reserved' | 'waiting' | 'connecting' | 'connected' | 'wrap_up' | 'over' | 'abandoned';

/** The agent's side of a call. */
export const agentCalls = pgTable(
  'agent_calls',
  {
    tenantId: tenantId(),
    attemptId: text('attempt_id').notNull(),
    campaignId: uuid('campaign_id').notNull(),
    contactId: uuid('contact_id').notNull(),
    personId: uuid('person_id').notNull(),
    mode: text('mode').$type<DialMode>().notNull(),
    state: text('state').$type<AgentCallState>().notNull(),
    agentId: uuid('agent_id'),
    teamId: uuid('team_id'),
    /** When an agent was kept free for it, before it was answered. */
    reservedAt: instant('reserved_at'),
    answeredAt: instant('answered_at'),
    /** Answered and without an agent then, it is abandoned: from the rules' connect seconds. */
    connectBy: instant('connect_by'),
    assignedAt: instant('assigned_at'),
    assignedReal: instant('assigned_real'),
    connectedAt: instant('connected_at'),
    abandonedAt: instant('abandoned_at'),
    endedAt: instant('ended_at'),
    wrapUpUntil: instant('wrap_up_until'),
    disposedAt: instant('disposed_at'),
    /** Of the campaign's own list. */
    dispositionCode: text('disposition_code'),
    /** `agent`, `time_limit` or who put it down in their place. */
    disposedBy: text('disposed_by'),
    sealedNotes: bytea('sealed_notes'),
    sealedForm: bytea('sealed_form'),
    /** Accounts of supervisors who asked to listen in. */
    listeners: text('listeners').array().notNull(),
    reason: text('reason'),
    /** What the rules want said to whoever answers and gets no agent. */
    announce: text('announce').array().notNull(),
    /** Since when the carrier is to say it and hang up; and when (real) the carrier took the word. Null: not asked for. */
    letGoAt: instant('let_go_at'),
    letGoReal: instant('let_go_real'),
    /** It stands in `answer_counts`. */
    counted: boolean('counted').notNull(),
    /** When (real, the database's clock) it was on record that the agent was joined, and that the call was over. */
    connectedReal: instant('connected_real'),
    endedReal: instant('ended_real'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.attemptId] }),
    index('agent_calls_let_go')
      .on(t.tenantId, t.letGoAt)
      .where(sql`let_go_at IS NOT NULL AND let_go_real IS NULL`),
    index('agent_calls_connecting')
      .on(t.tenantId, t.assignedReal)
      .where(sql`state = 'connecting'`),
    index('agent_calls_waiting')
      .on(t.tenantId, t.answeredAt)
      .where(sql`state = 'waiting'`),
    index('agent_calls_open')
      .on(t.tenantId, t.campaignId, t.state)
      .where(sql`state NOT IN ('over', 'abandoned')`),
    index('agent_calls_agent').on(t.tenantId, t.agentId, t.assignedAt),
    index('agent_calls_answered').on(t.tenantId, t.campaignId, t.answeredAt),
    index('agent_calls_abandoned')
      .on(t.tenantId, t.personId, t.abandonedAt)
      .where(sql`state = 'abandoned'`),
  ],
);

export type PreviewState = 'offered' | 'accepted' | 'skipped' | 'expired' | 'withdrawn';

/** Contacts that are shown to an agent before they are called (预览外呼); one an admission at most. */
export const previews = pgTable(
  'previews',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    campaignId: uuid('campaign_id').notNull(),
    contactId: uuid('contact_id').notNull(),
    admission: integer('admission').notNull(),
    agentId: uuid('agent_id').notNull(),
    state: text('state').$type<PreviewState>().notNull(),
    reason: text('reason'),
    offeredAt: instant('offered_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    settledAt: instant('settled_at'),
    /** When (real) what the agent said, or did not say, had its consequence: the call, or the contact's next wait. */
    actedReal: instant('acted_real'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('previews_admission').on(t.tenantId, t.contactId, t.admission),
    index('previews_open')
      .on(t.tenantId, t.campaignId, t.expiresAt)
      .where(sql`acted_real IS NULL`),
    index('previews_campaign').on(t.tenantId, t.campaignId, t.offeredAt),
  ],
);

/** How calls went, by hour and by day (UTC) of the engine's clock: what caps on abandonment are held to. */
export const answerCounts = pgTable(
  'answer_counts',
  {
    tenantId: tenantId(),
    campaignId: uuid('campaign_id').notNull(),
    width: text('width').$type<'hour' | 'day'>().notNull(),
    fromAt: instant('from_at').notNull(),
    /** Calls that rang or may have; that were answered; by a person; of these, given up for want of an agent. */
    calls: integer('calls').notNull(),
    answers: integer('answers').notNull(),
    liveAnswers: integer('live_answers').notNull(),
    abandoned: integer('abandoned').notNull(),
  },
  (t) => [
    primaryKey({ name: 'answer_counts_pk', columns: [t.tenantId, t.campaignId, t.width, t.fromAt] }),
    index('answer_counts_from').on(t.tenantId, t.width, t.fromAt),
  ],
);

/**
 * Answers by the hour of the day where the person is, for people of one place (contacts.cohort): what the best time to call
 * is learned from. Several rows (slots) an hour, so that calls that end at once do not wait for each other.
 */
export const answerHours = pgTable(
  'answer_hours',
  {
    tenantId: tenantId(),
    cohort: text('cohort').notNull(),
    campaignId: uuid('campaign_id').notNull(),
    /** 0 to 23. */
    hour: smallint('hour').notNull(),
    slot: smallint('slot').notNull(),
    /** Attempts that rang or may have; that a person answered. */
    attempts: integer('attempts').notNull(),
    answers: integer('answers').notNull(),
  },
  (t) => [
    primaryKey({ name: 'answer_hours_pk', columns: [t.tenantId, t.cohort, t.campaignId, t.hour, t.slot] }),
    index('answer_hours_campaign').on(t.tenantId, t.campaignId),
  ],
);

/** What a campaign's pacer has learned, so that another one goes on with it. */
export const paceMemories = pgTable(
  'pace_memories',
  {
    tenantId: tenantId(),
    campaignId: uuid('campaign_id').notNull(),
    memory: jsonb('memory').notNull(),
    /** Its calls are placed ahead of free agents: none is kept for them before they are answered. */
    placesAhead: boolean('places_ahead').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.campaignId] })],
);
