import {
  bigint,
  bigserial,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';
import type { AcceptedLoosening, DraftStatus, PolicyChange } from '../../domain/policy-draft.ts';

/** As it is stored; a `checked` draft whose preview has finished is shown as `previewed`. */
export type StoredDraftStatus = Exclude<DraftStatus, 'previewed'>;

/**
 * An edit of the policies on its way into force. `revision` counts what its authors wrote; checks, previews and reviews
 * name the revision that they are of, so a later edit leaves them behind.
 */
export const policyDrafts = pgTable(
  'policy_drafts',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    title: text('title').notNull(),
    /** Why, in the author's words. */
    note: text('note'),
    /** The set that the changes are made to: the latest one published when the draft was made or rebased. */
    baseHash: text('base_hash').notNull(),
    changes: jsonb('changes').$type<readonly PolicyChange[]>().notNull(),
    /** Case files of its own (policies/case-file.ts), run at every check. */
    cases: jsonb('cases').$type<readonly unknown[]>().notNull(),
    /** Rules of the law that may become looser, because the law has changed; each with the reason. */
    accepted: jsonb('accepted').$type<readonly AcceptedLoosening[]>().notNull(),
    status: text('status').$type<StoredDraftStatus>().notNull(),
    revision: integer('revision').notNull(),
    /** The set that it would put in force; stored whole (policy_sets) once its check has passed. */
    candidateHash: text('candidate_hash'),
    /** Everyone who wrote a part of it, in the order they did. */
    authors: text('authors').array().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** When it was published or withdrawn. */
    closedAt: instant('closed_at'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('policy_drafts_status').on(t.tenantId, t.status, t.id),
  ],
);

/** What a check found. Append-only. */
export const policyChecks = pgTable(
  'policy_checks',
  {
    tenantId: tenantId(),
    id: bigserial('id', { mode: 'number' }).notNull(),
    draftId: uuid('draft_id').notNull(),
    draftRevision: integer('draft_revision').notNull(),
    baseHash: text('base_hash').notNull(),
    candidateHash: text('candidate_hash'),
    passed: boolean('passed').notNull(),
    result: jsonb('result').$type<unknown>().notNull(),
    checkedBy: text('checked_by').notNull(),
    checkedAt: instant('checked_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('policy_checks_draft').on(t.tenantId, t.draftId, t.id),
  ],
);

/** What somebody else said of a draft: of one revision and of exactly that set. Append-only. */
export const policyReviews = pgTable(
  'policy_reviews',
  {
    tenantId: tenantId(),
    id: bigserial('id', { mode: 'number' }).notNull(),
    draftId: uuid('draft_id').notNull(),
    draftRevision: integer('draft_revision').notNull(),
    candidateHash: text('candidate_hash').notNull(),
    verdict: text('verdict').$type<'approved' | 'rejected'>().notNull(),
    note: text('note'),
    reviewedBy: text('reviewed_by').notNull(),
    reviewedAt: instant('reviewed_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('policy_reviews_once').on(t.tenantId, t.draftId, t.draftRevision, t.reviewedBy, t.verdict),
  ],
);

/** What a draft would change, worked out in the background. */
export const policyPreviews = pgTable(
  'policy_previews',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    draftId: uuid('draft_id').notNull(),
    draftRevision: integer('draft_revision').notNull(),
    candidateHash: text('candidate_hash').notNull(),
    baseHash: text('base_hash').notNull(),
    /** `pending`, `running`, `finished`, `failed` or `cancelled`. */
    status: text('status').notNull(),
    requestedBy: text('requested_by').notNull(),
    requestedAt: instant('requested_at').notNull(),
    request: jsonb('request').$type<unknown>().notNull(),
    progress: jsonb('progress').$type<unknown>(),
    result: jsonb('result').$type<unknown>(),
    startedReal: instant('started_real'),
    heartbeatReal: instant('heartbeat_real'),
    finishedAt: instant('finished_at'),
    /** Who works it out at present; another takes over where nothing was heard of them. */
    runner: uuid('runner'),
    /** How far it is, for whoever takes over. */
    checkpoint: jsonb('checkpoint').$type<unknown>(),
    /** Why it failed, in words. */
    failure: text('failure'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('policy_previews_draft').on(t.tenantId, t.draftId, t.draftRevision, t.id),
  ],
);

/** Activations that were called off before they took effect. Append-only. */
export const policyCancellations = pgTable(
  'policy_cancellations',
  {
    tenantId: tenantId(),
    activationId: bigint('activation_id', { mode: 'number' }).notNull(),
    cancelledBy: text('cancelled_by').notNull(),
    cancelledAt: instant('cancelled_at').notNull(),
    note: text('note'),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.activationId] })],
);

/** How far the waiting contacts were re-timed by a set that took effect. */
export const policyRetimings = pgTable(
  'policy_retimings',
  {
    tenantId: tenantId(),
    activationId: bigint('activation_id', { mode: 'number' }).notNull(),
    setHash: text('set_hash').notNull(),
    state: text('state').$type<'pending' | 'running' | 'done' | 'overtaken' | 'cancelled'>().notNull(),
    /** The contact looked at last; contacts are walked in the order of their ids. */
    afterContact: uuid('after_contact'),
    lookedAt: integer('looked_at').notNull().default(0),
    /** Contacts that may be called earlier than they were waiting for, and later. */
    earlier: integer('earlier').notNull().default(0),
    later: integer('later').notNull().default(0),
    dueAt: instant('due_at').notNull(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.activationId] })],
);
