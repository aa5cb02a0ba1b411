import { and, asc, desc, eq, lt, sql } from 'drizzle-orm';
import type { AcceptedLoosening, DraftStatus, PolicyChange } from '../../domain/policy-draft.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Statements, Tx } from '../client.ts';
import { policyChecks, policyDrafts, policyReviews } from '../schema/index.ts';
import type { StoredDraftStatus } from '../schema/policy-drafts.ts';

type StoredDraft = typeof policyDrafts.$inferSelect;
export type DraftRow = Omit<StoredDraft, 'status'> & {
  readonly status: DraftStatus;
  /** The latest finished preview of this revision and candidate, of all campaigns; null: none yet. */
  readonly previewId: string | null;
};
export type PolicyCheckRow = typeof policyChecks.$inferSelect;
export type PolicyReviewRow = typeof policyReviews.$inferSelect;

export interface DraftContent {
  readonly title: string;
  readonly note: string | null;
  readonly changes: readonly PolicyChange[];
  readonly cases: readonly unknown[];
  readonly accepted: readonly AcceptedLoosening[];
}

// Columns are written out: in a statement of one table they would otherwise go without its name.
const previewId = sql<string | null>`(
  SELECT v.id FROM policy_previews v
  WHERE v.tenant_id = policy_drafts.tenant_id AND v.draft_id = policy_drafts.id
    AND v.draft_revision = policy_drafts.revision AND v.candidate_hash = policy_drafts.candidate_hash
    AND v.status = 'finished' AND v.request->>'campaignId' IS NULL ORDER BY v.id DESC LIMIT 1)`;

function isDraft(tx: Statements, id: string) {
  return and(eq(policyDrafts.tenantId, tx.tenantId), eq(policyDrafts.id, id));
}

function asSeen({ draft, previewId: preview }: { draft: StoredDraft; previewId: string | null }): DraftRow {
  const status = draft.status === 'checked' && preview !== null ? 'previewed' : draft.status;
  return { ...draft, status, previewId: preview };
}

/** The id of the latest finished preview of exactly this revision of a draft; null: none has finished. */
export async function finishedPreviewOf(tx: Tx, draftId: string, revision: number): Promise<string | null> {
  const draft = await draftById(tx, draftId);
  return draft?.revision === revision ? draft.previewId : null;
}

export async function insertDraft(
  tx: Tx,
  draft: DraftContent & {
    readonly id: string;
    readonly baseHash: string;
    readonly by: string;
    readonly at: EpochMs;
  },
): Promise<DraftRow> {
  const { by, at, ...content } = draft;
  const rows = await tx.orm
    .insert(policyDrafts)
    .values({
      tenantId: tx.tenantId,
      ...content,
      status: 'draft',
      revision: 1,
      authors: [by],
      createdBy: by,
      createdAt: at,
      updatedAt: at,
    })
    .returning();
  return { ...rows[0]!, previewId: null };
}

export async function draftById(tx: Tx, id: string): Promise<DraftRow | null> {
  const rows = await tx.orm
    .select({ draft: policyDrafts, previewId })
    .from(policyDrafts)
    .where(isDraft(tx, id));
  return rows[0] === undefined ? null : asSeen(rows[0]);
}

/** The same, and nobody else changes it before this transaction ends. */
export async function lockDraft(tx: Tx, id: string): Promise<DraftRow | null> {
  const rows = await tx.orm
    .select({ draft: policyDrafts, previewId })
    .from(policyDrafts)
    .where(isDraft(tx, id))
    .for('no key update', { of: policyDrafts });
  return rows[0] === undefined ? null : asSeen(rows[0]);
}

/** Newest first. @param query.before id of the last one of the page before */
export async function listDrafts(
  tx: Tx,
  query: { readonly status: DraftStatus | null; readonly before: string | null; readonly limit: number },
): Promise<DraftRow[]> {
  const { status } = query;
  const stored = status === 'previewed' ? 'checked' : status;
  const rows = await tx.orm
    .select({ draft: policyDrafts, previewId })
    .from(policyDrafts)
    .where(
      and(
        eq(policyDrafts.tenantId, tx.tenantId),
        stored === null ? undefined : eq(policyDrafts.status, stored),
        status === 'previewed' ? sql`${previewId} IS NOT NULL` : undefined,
        status === 'checked' ? sql`${previewId} IS NULL` : undefined,
        query.before === null ? undefined : lt(policyDrafts.id, query.before),
      ),
    )
    .orderBy(desc(policyDrafts.id))
    .limit(query.limit);
  return rows.map(asSeen);
}

/** What its authors wrote, anew: a revision of its own, which nothing that was said of the one before is true of. */
export async function rewriteDraft(
  tx: Tx,
  draft: DraftRow,
  written: DraftContent & { readonly baseHash: string; readonly by: string; readonly at: EpochMs },
): Promise<DraftRow> {
  const { by, at, ...content } = written;
  const authors = draft.authors.includes(by) ? draft.authors : [...draft.authors, by];
  const values = { ...content, authors, status: 'draft' as const, candidateHash: null, updatedAt: at };
  const rows = await tx.orm
    .update(policyDrafts)
    .set({ ...values, revision: draft.revision + 1 })
    .where(isDraft(tx, draft.id))
    .returning();
  return { ...rows[0]!, previewId: null };
}

/** Where a locked draft stands, its content left as it is. */
export async function setDraftStatus(
  tx: Tx,
  draft: DraftRow,
  to: { readonly status: StoredDraftStatus; readonly candidateHash: string | null; readonly at: EpochMs },
): Promise<DraftRow> {
  const closed = to.status === 'published' || to.status === 'withdrawn';
  await tx.orm
    .update(policyDrafts)
    .set({
      status: to.status,
      candidateHash: to.candidateHash,
      updatedAt: to.at,
      ...(closed ? { closedAt: to.at } : {}),
    })
    .where(isDraft(tx, draft.id));
  return (await draftById(tx, draft.id))!;
}

export async function insertCheck(
  tx: Tx,
  check: Omit<PolicyCheckRow, 'tenantId' | 'id'>,
): Promise<PolicyCheckRow> {
  const rows = await tx.orm
    .insert(policyChecks)
    .values({ tenantId: tx.tenantId, ...check })
    .returning();
  return rows[0]!;
}

/** The latest check of one revision of a draft; null: it was not checked yet. */
export async function latestCheck(tx: Tx, draft: DraftRow): Promise<PolicyCheckRow | null> {
  const rows = await tx.orm
    .select()
    .from(policyChecks)
    .where(
      and(
        eq(policyChecks.tenantId, tx.tenantId),
        eq(policyChecks.draftId, draft.id),
        eq(policyChecks.draftRevision, draft.revision),
      ),
    )
    .orderBy(desc(policyChecks.id))
    .limit(1);
  return rows[0] ?? null;
}

/** @throws SQLSTATE 23505 where the same person said the same of this revision already. */
export async function insertReview(
  tx: Tx,
  review: Omit<PolicyReviewRow, 'tenantId' | 'id'>,
): Promise<PolicyReviewRow> {
  const rows = await tx.orm
    .insert(policyReviews)
    .values({ tenantId: tx.tenantId, ...review })
    .returning();
  return rows[0]!;
}

/** Everything said of a draft, in the order it was said, of earlier revisions too. */
export async function reviewsOf(tx: Tx, draftId: string): Promise<PolicyReviewRow[]> {
  return tx.orm
    .select()
    .from(policyReviews)
    .where(and(eq(policyReviews.tenantId, tx.tenantId), eq(policyReviews.draftId, draftId)))
    .orderBy(asc(policyReviews.id));
}
