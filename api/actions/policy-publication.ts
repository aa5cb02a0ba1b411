import type { Database, Tx } from '../../db/client.ts';
import { holdForComputing, lockExclusive } from '../../db/locks.ts';
import { notifyWork } from '../../db/notify.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { setDraftStatus, reviewsOf, type DraftRow } from '../../db/repositories/policy-drafts.ts';
import { addRetiming, endRetiming } from '../../db/repositories/policy-retimings.ts';
import {
  activationById,
  cancelActivation,
  insertActivation,
  latestActivation,
  type ActivationRow,
} from '../../db/repositories/policy-versions.ts';
import { revokePermits, untilNothingLeaves } from '../../db/stop-scope.ts';
import type { Permission } from '../../domain/access.ts';
import { conflict, invalidInput, notFound, RightcallError } from '../../domain/failures.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import { compilePolicySet } from '../../policies/index.ts';
import { openDraft, requireLaw, sinceFaults, type DraftAction } from './policy-drafts.ts';
import { documentsOf, headHash, type PolicySetDeps } from './policy-sets.ts';

export interface PublishAction extends DraftAction {
  readonly tenantId: string;
  /** When it takes effect (engine clock); null: at once. */
  readonly effectiveAt: EpochMs | null;
  readonly note: string | null;
  readonly may: (permission: Permission) => boolean;
}

export interface Publication {
  readonly draft: DraftRow;
  readonly activation: ActivationRow;
  /** Permits taken back that the rules before had allowed. */
  readonly revoked: number;
}

/** Longer than a permit lives (real ms, activities/calls/claim.ts): a set that takes effect sooner meets permits made before it was published. */
const PERMIT_LIFE_MS = 2_000;

/**
 * Put an approved draft in force. Under the exclusive side of the tenant's lock: passes of the gate that are under way end
 * first, later ones see it, and of two publications at once the second finds its base outdated. What takes effect at once
 * takes back every permit that the rules before gave and that was not used, so that nothing decided by them is sent after
 * the acknowledgement.
 */
export async function publishDraft(
  deps: PolicySetDeps & { readonly db: Database },
  action: PublishAction,
): Promise<Publication> {
  const { effectiveAt } = action;
  const published = await deps.db.inTenant(action.tenantId, async (tx) => {
    await lockExclusive(tx, 'tenant', action.tenantId);
    await holdForComputing(tx);
    const draft = await publishable(tx, deps, action);
    const candidateHash = draft.candidateHash!;
    const now = deps.clock.now();
    const at = await publicationInstant(tx, effectiveAt, now);
    const activationId = await insertActivation(tx, {
      setHash: candidateHash,
      by: action.by,
      at,
      effectiveAt,
      draftId: draft.id,
      note: action.note,
    });
    await addRetiming(tx, { activationId, setHash: candidateHash, dueAt: effectiveAt ?? at });
    const after = await setDraftStatus(tx, draft, { status: 'published', candidateHash, at: now });
    const soon = effectiveAt === null || deps.clock.toRealMs(effectiveAt - now) <= PERMIT_LIFE_MS;
    const revoked = soon ? await revokePermits(tx, now, 'other policies were published') : 0;
    await recordChange(tx, {
      by: action.by,
      requestId: action.requestId,
      action: 'publishPolicyDraft',
      resource: 'policy_set',
      resourceId: candidateHash,
      before: { setHash: draft.baseHash },
      after: {
        setHash: candidateHash,
        draftId: draft.id,
        activationId,
        effectiveAt: effectiveAt === null ? null : toIso(effectiveAt),
        revoked,
      },
      reason: action.note,
      at: now,
    });
    await notifyWork(tx);
    return { draft: after, activation: (await activationById(tx, activationId))!, revoked };
  });
  if (effectiveAt === null) await untilNothingLeaves(deps.db, action.tenantId);
  return published;
}

async function publishable(tx: Tx, deps: PolicySetDeps, action: PublishAction): Promise<DraftRow> {
  const draft = await openDraft(tx, action);
  if (draft.status !== 'approved') {
    throw conflict(
      `the draft is ${draft.status}; it has to be checked, previewed and approved by somebody else first`,
    );
  }
  const approval = (await reviewsOf(tx, draft.id)).find(
    (one) =>
      one.verdict === 'approved' &&
      one.draftRevision === draft.revision &&
      one.candidateHash === draft.candidateHash &&
      !draft.authors.includes(one.reviewedBy),
  );
  if (approval === undefined) throw conflict('nobody but its authors approved what would be published');
  await requireLaw(tx, draft, action.may);
  if ((await headHash(tx, deps)) !== draft.baseHash) {
    throw new RightcallError(
      'conflict',
      'something else was published since the draft was made; rebase it, and have it checked and approved again',
      { faults: await sinceFaults(tx, deps, draft) },
    );
  }
  // What was stored at the check still reads, and is what was approved: the engine may be a newer one by now.
  const { hash } = compilePolicySet(await documentsOf(tx, deps, draft.candidateHash!));
  if (hash !== draft.candidateHash)
    throw new RightcallError('internal', 'a stored policy set has another hash');
  return draft;
}

/** The instant of the publication: never before one that was made already, whatever another machine's clock says. */
async function publicationInstant(tx: Tx, effectiveAt: EpochMs | null, now: EpochMs): Promise<EpochMs> {
  if (effectiveAt !== null && effectiveAt <= now) {
    throw invalidInput([
      {
        field: 'effectiveAt',
        fault: 'is not in the future',
        expected: `an instant after ${toIso(now)}, or none: then it takes effect at once`,
      },
    ]);
  }
  const head = await latestActivation(tx);
  if (head === null || !head.timed || head.effectiveAt <= now) return Math.max(now, head?.effectiveAt ?? now);
  if (effectiveAt !== null && effectiveAt >= head.effectiveAt) return now;
  throw new RightcallError(
    'conflict',
    `${head.setHash.slice(0, 12)} takes effect at ${toIso(head.effectiveAt)}, and this was made after it; ` +
      'let it take effect then or later, or cancel that one first',
  );
}

/** Call off a publication that has not taken effect. */
export async function cancelPublication(
  tx: Tx,
  deps: PolicySetDeps,
  action: Author & { readonly activationId: number; readonly note: string | null },
): Promise<ActivationRow> {
  await lockExclusive(tx, 'tenant', tx.tenantId);
  const activation = await activationById(tx, action.activationId);
  if (activation === null) throw notFound('the publication');
  if (activation.cancelledAt !== null) return activation;
  const at = deps.clock.now();
  if (activation.effectiveAt <= at) {
    throw conflict(
      `it took effect at ${toIso(activation.effectiveAt)}; publish the set before it to go back`,
    );
  }
  const head = (await latestActivation(tx))!;
  if (head.id !== activation.id) {
    throw conflict(`${head.setHash.slice(0, 12)} was made from it and follows it; cancel that one first`);
  }
  await cancelActivation(tx, activation.id, { by: action.by, at, note: action.note });
  await endRetiming(tx, activation.id, 'cancelled', at);
  await recordChange(tx, {
    by: action.by,
    requestId: action.requestId,
    action: 'cancelPolicyPublication',
    resource: 'policy_set',
    resourceId: activation.setHash,
    before: { activationId: activation.id, effectiveAt: toIso(activation.effectiveAt) },
    after: { activationId: activation.id, cancelled: true },
    reason: action.note,
    at,
  });
  await notifyWork(tx);
  return (await activationById(tx, activation.id))!;
}
