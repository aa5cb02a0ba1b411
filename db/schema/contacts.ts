import { sql } from 'drizzle-orm';
import {
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
import type { Arms } from '../../domain/arms.ts';
import type { Matter } from '../../domain/matter.ts';
import type { ContactState } from '../../domain/vocabulary.ts';

/**
 * One person's place in one campaign (客户名单项). The rows in state `waiting` are the hopper: the pacer claims
 * the due ones by `rank`, then `ready_at`.
 */
export const contacts = pgTable(
  'contacts',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    campaignId: uuid('campaign_id').notNull(),
    personId: uuid('person_id').notNull(),
    /** The customer's own id for the row; unique in the campaign. Null when the file had none. */
    externalId: text('external_id'),
    /** Attributes as sealed JSON under the person's key: they are personal data as well. */
    attributes: bytea('attributes'),
    state: text('state').$type<ContactState>().notNull(),
    /** Reason code for a final state, or for the latest deferral. */
    stateReason: text('state_reason'),
    /**
     * Hopper order, lower first: 0–9 callbacks, 10–19 retries, 20–29 fresh; within each, 9 − priority. 30–49: the same of
     * contacts that the script has tried as often as it may, and that an agent is to call.
     */
    rank: smallint('rank').notNull(),
    /** 0 (last) to 9 (first); 5 by default. */
    priority: smallint('priority').notNull(),
    /**
     * Hash of the location evidence of the person's number: contacts of one cohort are under the same local hours, so
     * that the pacer can leave a whole cohort alone while its window is closed.
     */
    cohort: text('cohort').notNull().default(''),
    /** Not before this instant. */
    readyAt: instant('ready_at').notNull(),
    /** How often it was admitted; the k-th admission makes at most one attempt. */
    admissions: integer('admissions').notNull(),
    /** Number of the latest attempt, claimed or not sent included. */
    attempts: integer('attempts').notNull(),
    /** Attempts that used up the retry budget: those that may have rung. */
    countedAttempts: integer('counted_attempts').notNull(),
    /** When it was last admitted (real), so that a lost admission is found. */
    admittedReal: instant('admitted_real'),
    /** True from the first admission until the contact's workflow has ended. */
    workflowOpen: boolean('workflow_open').notNull(),
    /** The workflow must be told that the row changed under it (stop, withdrawal); cleared once told. */
    wakePending: boolean('wake_pending').notNull(),
    importId: uuid('import_id'),
    /** Who is called about what, as far as rules look at it; readable without keys. Null: nothing is on record. */
    matter: jsonb('matter').$type<Matter>(),
    /** Which of the person's numbers it is called at; null: their primary one. */
    numberHash: bytea('number_hash'),
    /** Whom it belongs to (专属坐席), taken first where free. */
    preferredAgentId: uuid('preferred_agent_id'),
    /** The rules by which it was judged (gate/rules/judge.ts), as a hash; null: by none. */
    judgedBy: text('judged_by'),
    /** The list's priority, where a rule gave another. */
    ownPriority: smallint('own_priority'),
    /** Names of the quotas that it counts towards. */
    quotas: text('quotas').array(),
    /** Which of the campaign's mixed lists it came with, by position. */
    mixList: smallint('mix_list'),
    /** The arms of the campaign's experiments that it is in. */
    arms: jsonb('arms').$type<Arms>(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('contacts_campaign_person').on(t.tenantId, t.campaignId, t.personId),
    uniqueIndex('contacts_campaign_external')
      .on(t.tenantId, t.campaignId, t.externalId)
      .where(sql`external_id IS NOT NULL`),
    index('contacts_hopper')
      .on(t.tenantId, t.campaignId, t.cohort, t.rank, t.readyAt)
      .where(sql`state = 'waiting'`),
    // One list's turn, where lists are mixed.
    index('contacts_mix')
      .on(t.tenantId, t.campaignId, t.mixList, t.rank, t.cohort, t.readyAt)
      .where(sql`state = 'waiting' AND mix_list IS NOT NULL`),
    index('contacts_admitted')
      .on(t.tenantId, t.campaignId, t.admittedReal)
      .where(sql`state = 'admitted'`),
    index('contacts_wake')
      .on(t.tenantId)
      .where(sql`wake_pending`),
    index('contacts_open')
      .on(t.tenantId, t.id)
      .where(sql`workflow_open`),
    index('contacts_person').on(t.tenantId, t.personId),
    // Counted by progress and reports, from the index alone.
    index('contacts_counts').on(t.tenantId, t.campaignId, t.state, t.stateReason),
    // Lists, by the order asked for.
    index('contacts_state').on(t.tenantId, t.campaignId, t.state, t.id),
    index('contacts_updated').on(t.tenantId, t.campaignId, t.state, t.updatedAt, t.id),
    index('contacts_ready')
      .on(t.tenantId, t.campaignId, t.readyAt, t.id)
      .where(sql`state = 'waiting'`),
    index('contacts_reason')
      .on(t.tenantId, t.campaignId, t.stateReason, t.id)
      .where(sql`state_reason IS NOT NULL`),
  ],
);
