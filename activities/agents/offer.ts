import { v7 as uuidv7 } from 'uuid';
import type { Clock } from '../../domain/clock.ts';
import type { PlaceCallResult } from '../../domain/carrier.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { isTerminalContactState } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { notifyWork } from '../../db/notify.ts';
import { finishContact, recheckInMs, returnToHopper } from '../../db/repositories/hopper.ts';
import {
  endOffer,
  insertPreview,
  lockPreview,
  type OpenPreview,
  type PreviewStanding,
} from '../../db/repositories/previews.ts';
import { seatOf } from '../../db/repositories/seat-requests.ts';
import { seatFreed } from '../../db/repositories/seats.ts';
import { takeWaiting } from '../../db/repositories/waiting-calls.ts';
import type { ContactDossier } from '../../gate/dossier.ts';
import { takeAgentFor, type NoAgent } from './keep-free.ts';

/** Real ms beyond an offer's own time for which its agent is kept. */
const LEASE_MARGIN_MS = 60_000;

/**
 * Show a contact to an agent before it is called (预览外呼), in the transaction that admits it.
 * @returns why there is nobody to whom it could be shown; null: it is shown.
 */
export async function offerToAgent(
  tx: Tx,
  clock: Clock,
  dossier: ContactDossier,
  admission: number,
): Promise<NoAgent | null> {
  const { agents } = dossier.campaign.definition;
  if (agents === null || agents === undefined) return { reason: 'agents.none_free', heldUntil: null };
  const id = uuidv7();
  const forMs = agents.preview.limitS * 1_000;
  const leaseMs = Math.ceil(clock.toRealMs(forMs) + LEASE_MARGIN_MS);
  const seat = await takeAgentFor(tx, clock, dossier, { attemptId: null, previewId: id, leaseMs });
  if ('reason' in seat) return seat;
  const offeredAt = clock.now();
  await insertPreview(tx, {
    id,
    campaignId: dossier.campaign.id,
    contactId: dossier.contact.id,
    admission,
    agentId: seat.agentId,
    offeredAt,
    expiresAt: offeredAt + forMs,
  });
  await notifyWork(tx);
  return null;
}

/** What is to be done about a preview: place the call, tell the workflow where its contact waits, or nothing as yet. */
export type OfferStep =
  | { readonly kind: 'call' }
  | { readonly kind: 'tell'; readonly result: PlaceCallResult }
  /** It was called: the call's own end will tell. */
  | { readonly kind: 'done' }
  | { readonly kind: 'nothing' };

/**
 * Bring a preview on. An offer that has run out, or is of no use any more, ends; one that did not lead to a call frees its
 * agent and sends its contact back into the hopper, or gives it up after so many. The caller holds the person.
 */
export async function bringOfferOn(tx: Tx, clock: Clock, preview: OpenPreview): Promise<OfferStep> {
  const seen = await lockPreview(tx, preview.id);
  if (seen === null) return { kind: 'nothing' };
  if (seen.called) return { kind: 'done' };
  const end = endOf(seen, preview, clock.now());
  if (end === null) return seen.state === 'accepted' ? { kind: 'call' } : { kind: 'nothing' };
  if (seen.state === 'offered' || seen.state === 'accepted') {
    await endOffer(tx, preview.id, { ...end, at: clock.now() });
  }
  const standing = (await lockPreview(tx, preview.id))!;
  await freeAgentOf(tx, clock, preview.id, standing.agentId);
  return { kind: 'tell', result: await sendBack(tx, clock, preview, standing) };
}

/** How the offer ends, or ended; null: it goes on, or its agent accepted it. */
function endOf(
  seen: PreviewStanding,
  preview: OpenPreview,
  at: number,
): { readonly state: 'expired' | 'withdrawn'; readonly reason: string | null } | null {
  const { state, reason } = seen;
  if (state === 'skipped') return { state: 'expired', reason };
  if (state === 'expired' || state === 'withdrawn') return { state, reason };
  const withdrawn = (why: string) => ({ state: 'withdrawn', reason: why }) as const;
  if (seen.contactState !== 'admitted' || seen.contactAdmissions !== preview.admission) {
    return withdrawn(`contact.${seen.contactState}`);
  }
  if (seen.status !== 'running') return withdrawn(`campaign.${seen.status}`);
  if (seen.mode !== 'preview') return withdrawn('mode.changed');
  return state === 'offered' && seen.expiresAt <= at ? { state: 'expired', reason: null } : null;
}

/** Whoever was shown a contact that is not called is free. */
export async function freeAgentOf(tx: Tx, clock: Clock, previewId: string, agentId: string): Promise<void> {
  // They looked at it: others have their turn before they are shown the next one.
  if (!(await seatFreed(tx, { agentId, previewId }, { worked: true, at: clock.now() }))) return;
  if ((await seatOf(tx, agentId))?.state === 'ready') await takeWaiting(tx, clock, agentId);
}

async function sendBack(
  tx: Tx,
  clock: Clock,
  { contactId, admission }: OpenPreview,
  seen: PreviewStanding,
): Promise<PlaceCallResult> {
  const now = clock.now();
  if (isTerminalContactState(seen.contactState)) {
    return { kind: 'final', state: seen.contactState, reason: seen.stateReason };
  }
  if (seen.contactState === 'waiting' || seen.contactAdmissions !== admission) {
    const { readyAt, stateReason: reason } = seen;
    return { kind: 'waiting', readyAt, reason, recheckInMs: recheckInMs(clock, readyAt) };
  }
  if (seen.status === 'stopped' || seen.status === 'completed') {
    return finishContact(tx, clock, contactId, 'stopped', `campaign.${seen.status}`);
  }
  const contact = { id: contactId, priority: seen.priority, attempts: seen.attempts };
  if (seen.state === 'withdrawn') return returnToHopper(tx, clock, contact, now, 'preview.withdrawn');
  const { maxSkips = 1, skippedAfterMinutes = 0 } = seen.agents?.preview ?? {};
  const reason = `preview.${seen.state}`;
  if (seen.inVain >= maxSkips) return finishContact(tx, clock, contactId, 'exhausted', reason);
  return returnToHopper(tx, clock, contact, now + skippedAfterMinutes * MINUTE_MS, reason);
}
