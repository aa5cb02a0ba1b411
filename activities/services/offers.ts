import { reach } from '../../domain/steps.ts';
import type { PlaceCallResult } from '../../domain/carrier.ts';
import { lockPerson } from '../../db/locks.ts';
import { notifyWork } from '../../db/notify.ts';
import { markActedOn, previewsToActOn, type OpenPreview } from '../../db/repositories/previews.ts';
import { previewById } from '../../db/repositories/preview-answers.ts';
import { bringOfferOn, freeAgentOf } from '../agents/offer.ts';
import { placeCall } from '../calls/place-call.ts';
import type { GateDeps } from '../calls/claim.ts';
import type { SendDeps } from '../calls/send.ts';
import type { WorkflowGateway } from '../workflow-gateway.ts';

export type OfferDeps = SendDeps & Omit<GateDeps, 'carriers'> & { readonly workflows: WorkflowGateway };

/** Looked at in one round. */
const BATCH = 50;
/** Of these, at once: each may pass the gate and wait for its line's answer. */
const AT_ONCE = 8;

/**
 * Act on contacts that were shown to agents: what was accepted passes the gate and is called, as any call; what was
 * skipped, ran out or was withdrawn goes back. Every step may be repeated and may be done by two workers.
 */
export async function actOnOffers(deps: OfferDeps, tenantId: string): Promise<boolean> {
  const open = await deps.db.single(tenantId, (tx) => previewsToActOn(tx, deps.clock.now(), BATCH));
  for (let i = 0; i < open.length; i += AT_ONCE) {
    await Promise.all(open.slice(i, i + AT_ONCE).map((preview) => actOn(deps, tenantId, preview)));
  }
  return open.length === BATCH;
}

async function actOn(deps: OfferDeps, tenantId: string, preview: OpenPreview): Promise<void> {
  const step = await deps.db.inTenant(tenantId, async (tx) => {
    await lockPerson(tx, preview.personId);
    const next = await bringOfferOn(tx, deps.clock, preview);
    if (next.kind === 'tell') await notifyWork(tx);
    await reach('preview.settle', preview.id);
    return next;
  });
  await reach('preview.settled', preview.id);
  if (step.kind === 'nothing') return;
  const result =
    step.kind === 'tell' ? step.result : step.kind === 'call' ? await call(deps, tenantId, preview) : null;
  if (result !== null) await tell(deps, tenantId, preview, result);
  await deps.db.single(tenantId, (tx) => markActedOn(tx, preview.id));
}

/** @returns what the workflow is to be told; null: the call is up, and its end will tell. */
async function call(
  deps: OfferDeps,
  tenantId: string,
  { id, campaignId, contactId, personId, admission }: OpenPreview,
): Promise<PlaceCallResult | null> {
  const outcome = await placeCall(deps, { tenantId, campaignId, contactId, admission });
  if (outcome.kind === 'pending') return null;
  // It was not allowed now, or nothing rang: whoever accepted it is free, unless the call they were kept for freed them.
  await deps.db.inTenant(tenantId, async (tx) => {
    await lockPerson(tx, personId);
    const preview = await previewById(tx, id);
    if (preview !== null) await freeAgentOf(tx, deps.clock, id, preview.agentId);
    await notifyWork(tx);
  });
  return outcome;
}

/** The contact's workflow waits for the admission's call. Told again it takes no harm. */
async function tell(
  deps: OfferDeps,
  tenantId: string,
  { campaignId, contactId, admission }: OpenPreview,
  result: PlaceCallResult,
): Promise<void> {
  await deps.workflows.reportCall({ tenantId, campaignId }, contactId, admission, result);
}
