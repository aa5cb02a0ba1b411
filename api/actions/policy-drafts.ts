import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../../db/client.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { storePolicySet } from '../../db/repositories/policies.ts';
import {
  insertDraft,
  insertReview,
  lockDraft,
  reviewsOf,
  rewriteDraft,
  setDraftStatus,
  latestCheck,
  type DraftContent,
  type DraftRow,
} from '../../db/repositories/policy-drafts.ts';
import { activationsSince, type ActivationRow } from '../../db/repositories/policy-versions.ts';
import type { Permission } from '../../domain/access.ts';
import { conflict, notFound, RightcallError, type Fault } from '../../domain/failures.ts';
import type { PolicyChange } from '../../domain/policy-draft.ts';
import { toIso } from '../../domain/time.ts';
import { canonicalHash, changesBetween, conflictsBetween, documentKey } from '../../policies/index.ts';
import { requireRevision } from '../revisions.ts';
import type { CheckResult } from './policy-check.ts';
import { documentsOf, headHash, publishedHash, type PolicySetDeps } from './policy-sets.ts';

export interface DraftAction extends Author {
  readonly draftId: string;
  readonly revision: number;
}

/** A draft on the set published last. @param fromSet hash, or its beginning, of a published set to go back to */
export async function createDraft(
  tx: Tx,
  deps: PolicySetDeps,
  author: Author,
  written: DraftContent & { readonly fromSet: string | null },
): Promise<DraftRow> {
  const at = deps.clock.now();
  const baseHash = await headHash(tx, deps);
  const base = await documentsOf(tx, deps, baseHash);
  const shipped = deps.defaultPolicySet();
  if (baseHash === shipped.hash) await storePolicySet(tx, shipped, at);
  const { fromSet, ...content } = written;
  const changes =
    fromSet === null
      ? content.changes
      : changesBetween(base, await documentsOf(tx, deps, await publishedHash(tx, fromSet)));
  const draft = await insertDraft(tx, { ...content, changes, id: uuidv7(), baseHash, by: author.by, at });
  await recordDraft(tx, deps, author, 'createPolicyDraft', null, draft);
  return draft;
}

/** What its authors wrote, anew. @param rewrite makes the new content of the old */
export async function editDraft(
  tx: Tx,
  deps: PolicySetDeps,
  action: DraftAction,
  rewrite: (draft: DraftRow) => DraftContent,
): Promise<DraftRow> {
  const draft = await openDraft(tx, action);
  const written = { ...rewrite(draft), baseHash: draft.baseHash, by: action.by, at: deps.clock.now() };
  const after = await rewriteDraft(tx, draft, written);
  await recordDraft(tx, deps, action, 'changePolicyDraft', draft, after);
  return after;
}

/**
 * The draft's changes on the set published last, where nobody else changed the same documents meanwhile.
 * @throws RightcallError `conflict` naming the documents that both changed, and who published the others
 */
export async function rebaseDraft(tx: Tx, deps: PolicySetDeps, action: DraftAction): Promise<DraftRow> {
  const draft = await openDraft(tx, action);
  const head = await headHash(tx, deps);
  if (head === draft.baseHash) return draft;
  const theirs = changesBetween(
    await documentsOf(tx, deps, draft.baseHash),
    await documentsOf(tx, deps, head),
  );
  const both = conflictsBetween(draft.changes, theirs);
  if (both.length > 0) {
    throw new RightcallError(
      'conflict',
      `${both.join(', ')} was changed here and by what was published since; read the difference, and edit the draft`,
      { faults: await sinceFaults(tx, deps, draft) },
    );
  }
  const { title, note, changes, cases, accepted } = draft;
  const content = { title, note, changes, cases, accepted, baseHash: head };
  const after = await rewriteDraft(tx, draft, { ...content, by: action.by, at: deps.clock.now() });
  await recordDraft(tx, deps, action, 'rebasePolicyDraft', draft, after);
  return after;
}

/** What was published since the draft's base, each with the documents it changed that the draft changes too. */
export async function sinceFaults(tx: Tx, deps: PolicySetDeps, draft: DraftRow): Promise<Fault[]> {
  const faults: Fault[] = [];
  const ours = new Set(draft.changes.map(documentKey));
  let before = await documentsOf(tx, deps, draft.baseHash);
  for (const activation of await activationsSince(tx, draft.baseHash)) {
    const after = await documentsOf(tx, deps, activation.setHash);
    const changed = changesBetween(before, after).map(documentKey);
    const shared = changed.filter((key) => ours.has(key));
    faults.push(sinceFault(activation, changed, shared));
    before = after;
  }
  return faults;
}

function sinceFault(activation: ActivationRow, changed: readonly string[], shared: readonly string[]): Fault {
  const { activatedAt, activatedBy, setHash } = activation;
  const what = changed.join(', ') || 'nothing';
  return {
    field: 'baseHash',
    fault: `${activatedBy} published ${setHash.slice(0, 12)} at ${toIso(activatedAt)}, which changed ${what}`,
    expected:
      shared.length === 0
        ? 'the draft rebased on it: none of its documents was changed there'
        : `the draft edited to fit: both change ${shared.join(', ')}`,
  };
}

/** Approve what was checked and previewed. @param may whether the reviewer holds a permission */
export async function approveDraft(
  tx: Tx,
  deps: PolicySetDeps,
  action: DraftAction & { readonly note: string | null; readonly may: (permission: Permission) => boolean },
): Promise<DraftRow> {
  const draft = await openDraft(tx, action);
  if (draft.authors.includes(action.by)) {
    throw new RightcallError(
      'forbidden',
      `${action.by} wrote a part of this draft; it is approved by somebody who did not (${draft.authors.join(', ')} did)`,
    );
  }
  const reviews = (await reviewsOf(tx, draft.id)).filter((one) => one.draftRevision === draft.revision);
  const rejected = reviews.find((one) => one.verdict === 'rejected');
  if (rejected !== undefined) {
    throw conflict(`${rejected.reviewedBy} rejected this revision; an edited one can be approved`);
  }
  if (reviews.some((one) => one.reviewedBy === action.by)) {
    throw conflict(`${action.by} approved this revision already; a second approval is somebody else’s`);
  }
  if (draft.status === 'draft')
    throw conflict('the draft was not checked since it was last written; check it first');
  if (draft.status === 'checked') {
    throw conflict('the draft has no finished preview of what was checked; preview it first');
  }
  await requireLaw(tx, draft, action.may);
  await insertReview(tx, reviewOf(deps, draft, action, 'approved'));
  const { candidateHash } = draft;
  const after = await setDraftStatus(tx, draft, { status: 'approved', candidateHash, at: deps.clock.now() });
  await recordDraft(tx, deps, action, 'approvePolicyDraft', draft, after, action.note);
  return after;
}

/** Send a draft back to its authors; this revision can be approved by nobody any more. */
export async function rejectDraft(
  tx: Tx,
  deps: PolicySetDeps,
  action: DraftAction & { readonly note: string },
): Promise<DraftRow> {
  const draft = await openDraft(tx, action);
  if (draft.candidateHash === null) throw conflict('the draft was not checked since it was last written');
  await insertReview(tx, reviewOf(deps, draft, action, 'rejected'));
  const at = deps.clock.now();
  const after = await setDraftStatus(tx, draft, { status: 'draft', candidateHash: null, at });
  await recordDraft(tx, deps, action, 'rejectPolicyDraft', draft, after, action.note);
  return after;
}

function reviewOf(
  deps: PolicySetDeps,
  draft: DraftRow,
  action: DraftAction & { readonly note: string | null },
  verdict: 'approved' | 'rejected',
) {
  return {
    draftId: draft.id,
    draftRevision: draft.revision,
    candidateHash: draft.candidateHash!,
    verdict,
    note: action.note,
    reviewedBy: action.by,
    reviewedAt: deps.clock.now(),
  };
}

/** Packs of the law are changed by whoever may. @throws RightcallError `forbidden` */
export async function requireLaw(
  tx: Tx,
  draft: DraftRow,
  may: (permission: Permission) => boolean,
): Promise<void> {
  const check = await latestCheck(tx, draft);
  const { touchesLaw } = (check?.result ?? { touchesLaw: true }) as CheckResult;
  if (touchesLaw && !may('policies.law')) {
    throw new RightcallError(
      'forbidden',
      'the draft changes packs of the law; this needs the permission policies.law',
    );
  }
}

export async function withdrawDraft(
  tx: Tx,
  deps: PolicySetDeps,
  action: DraftAction & { readonly reason: string | null },
): Promise<DraftRow> {
  const draft = await openDraft(tx, action);
  const { candidateHash } = draft;
  const after = await setDraftStatus(tx, draft, { status: 'withdrawn', candidateHash, at: deps.clock.now() });
  await recordDraft(tx, deps, action, 'withdrawPolicyDraft', draft, after, action.reason);
  return after;
}

/** A draft that can still be worked on, locked. */
export async function openDraft(tx: Tx, action: DraftAction): Promise<DraftRow> {
  const draft = await lockDraft(tx, action.draftId);
  if (draft === null) throw notFound('the draft');
  if (draft.status === 'published' || draft.status === 'withdrawn') {
    throw conflict(`the draft is ${draft.status}; make another one`);
  }
  requireRevision('the draft', draft.revision, action.revision);
  return draft;
}

export async function recordDraft(
  tx: Tx,
  deps: PolicySetDeps,
  author: Author,
  operationId: string,
  before: DraftRow | null,
  after: DraftRow,
  reason: string | null = null,
): Promise<void> {
  await recordChange(tx, {
    by: author.by,
    requestId: author.requestId,
    action: operationId,
    resource: 'policy_draft',
    resourceId: after.id,
    before: before === null ? null : forRecord(before),
    after: forRecord(after),
    reason,
    at: deps.clock.now(),
  });
}

/** Documents by their hashes alone: they are kept elsewhere, and free text is nothing for the record of changes. */
function forRecord(draft: DraftRow): object {
  const { status, revision, baseHash, candidateHash } = draft;
  const accepted = draft.accepted.map(({ rule }) => rule);
  return { status, revision, baseHash, candidateHash, accepted, changes: draft.changes.map(changeForRecord) };
}

function changeForRecord(change: PolicyChange): object {
  const { action, kind, id } = change;
  return { action, kind, id, ...(change.action === 'put' ? { hash: canonicalHash(change.document) } : {}) };
}
