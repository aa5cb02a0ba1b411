import { v7 as uuidv7 } from 'uuid';
import type { Database } from '../../db/client.ts';
import { campaignById } from '../../db/repositories/campaigns.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { storePolicySet } from '../../db/repositories/policies.ts';
import { draftById } from '../../db/repositories/policy-drafts.ts';
import {
  cancelPreview,
  countOpenPreviews,
  insertPreview,
  previewById,
  type PreviewRow,
} from '../../db/repositories/policy-previews.ts';
import { inSnapshot } from '../../db/snapshot.ts';
import { conflict, notFound } from '../../domain/failures.ts';
import { DAY_MS, type EpochMs } from '../../domain/time.ts';
import { horizonMsOn } from '../../gate/decide.ts';
import type { PreviewRequest } from '../../gate/preview/request.ts';
import { samplePreview } from '../../gate/preview/sample.ts';
import { toStored } from '../../policies/index.ts';
import { documentsOf, type PolicySetDeps } from './policy-sets.ts';

type Deps = PolicySetDeps & { readonly db: Database };

interface DraftRef extends Author {
  readonly tenantId: string;
  readonly draftId: string;
}

/** Previews of a tenant that wait or are worked out; a worker does one at a time. */
const OPEN_MAX = 5;
/** Contacts drawn for the first answer, and the time (real ms) after which no more of them are asked about. */
const SAMPLE_SIZE = 1_000;
const SAMPLE_FOR_MS = 1_000;

/**
 * Ask for a preview of a draft as it was checked. The answer of a random sample comes with it; a worker does the rest.
 * @throws RightcallError `conflict` where the draft is not checked, is closed or changes under it, or too many are open
 */
export async function requestPreview(
  deps: Deps,
  action: DraftRef & {
    readonly campaignId: string | null;
    readonly at: EpochMs;
    readonly days: number;
  },
): Promise<PreviewRow> {
  const { tenantId, draftId, campaignId, at } = action;
  const now = deps.clock.now();
  const request: PreviewRequest = {
    campaignId,
    at,
    past: { from: now - action.days * DAY_MS, until: now },
    horizonMs: horizonMsOn(deps.clock),
  };
  const { draft, base, sample } = await deps.db.inTenant(tenantId, async (tx) => {
    await inSnapshot(tx);
    const found = await draftById(tx, draftId);
    if (found === null) throw notFound('the draft');
    if (campaignId !== null && (await campaignById(tx, campaignId)) === null) throw notFound('the campaign');
    if (found.status === 'published' || found.status === 'withdrawn') {
      throw conflict(`the draft is ${found.status}`);
    }
    if (found.candidateHash === null) throw conflict('the draft has not passed its check; check it first');
    if ((await countOpenPreviews(tx)) >= OPEN_MAX) {
      throw conflict(`${OPEN_MAX} previews are under way; wait for one, or cancel it`);
    }
    const documents = {
      base: await documentsOf(tx, deps, found.baseHash),
      candidate: await documentsOf(tx, deps, found.candidateHash),
    };
    const question = { ...request, past: { ...request.past, campaignId }, documents };
    return {
      draft: { ...found, candidateHash: found.candidateHash },
      base: documents.base,
      sample: await samplePreview(tx, question, { size: SAMPLE_SIZE, forMs: SAMPLE_FOR_MS }),
    };
  });
  const id = uuidv7();
  return deps.db.inTenant(tenantId, async (tx) => {
    const present = await draftById(tx, draftId);
    if (present?.revision !== draft.revision || present.candidateHash !== draft.candidateHash) {
      throw conflict('the draft was changed in the meantime');
    }
    // The set that ships is stored when the first campaign starts; a worker may be of another version than this process.
    await storePolicySet(tx, { hash: draft.baseHash, documents: base.map(toStored) }, now);
    const preview = await insertPreview(tx, {
      id,
      draftId,
      draftRevision: draft.revision,
      candidateHash: draft.candidateHash,
      baseHash: draft.baseHash,
      requestedBy: action.by,
      requestedAt: now,
      request,
      result: { sample },
    });
    await recordChange(tx, {
      by: action.by,
      requestId: action.requestId,
      action: 'previewPolicyDraft',
      resource: 'policy_preview',
      resourceId: id,
      before: null,
      after: { draftId, draftRevision: draft.revision, campaignId, days: action.days },
      at: now,
    });
    return preview;
  });
}

/** @throws RightcallError `not_found`; `conflict` where it is over */
export async function cancelDraftPreview(
  deps: Deps,
  action: DraftRef & { readonly previewId: string },
): Promise<PreviewRow> {
  const at = deps.clock.now();
  return deps.db.inTenant(action.tenantId, async (tx) => {
    const before = await previewById(tx, action.draftId, action.previewId);
    if (before === null) throw notFound('the preview');
    const after = await cancelPreview(tx, action.previewId, at);
    if (after === null) {
      const now = await previewById(tx, action.draftId, action.previewId);
      throw conflict(`the preview is ${now?.status ?? 'over'}`);
    }
    await recordChange(tx, {
      by: action.by,
      requestId: action.requestId,
      action: 'cancelPolicyPreview',
      resource: 'policy_preview',
      resourceId: after.id,
      before: { status: before.status },
      after: { status: after.status },
      at,
    });
    return after;
  });
}
