import type { Clock } from '../../domain/clock.ts';
import { callbacksOf } from '../../domain/campaign-callbacks.ts';
import { attemptIdOf } from '../../domain/ids.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { DialMode } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { insertReserved } from '../../db/repositories/agent-calls.ts';
import { placesAhead } from '../../db/repositories/pace-agents.ts';
import { demandOfCall } from '../../db/repositories/preferred-agents.ts';
import { reserveSeat, seatOfCall, type Reservation, type ReservedSeat } from '../../db/repositories/seats.ts';
import { seatOf } from '../../db/repositories/seat-requests.ts';
import { demandOf } from '../../db/repositories/teams.ts';
import type { ContactDossier } from '../../gate/dossier.ts';

/** Real ms beyond the ringing for which an agent is kept free: set-up, the answer, and being joined. */
const LEASE_MARGIN_MS = 60_000;

/** Modes whose calls always have their agent before they ring. */
const AGENT_FIRST: readonly DialMode[] = ['preview', 'progressive'];

/** Why a contact goes back whose call has no agent now. */
export interface NoAgent {
  readonly reason: string;
  /** Its callback waits for its owner until then; null: it may be tried again at once. */
  readonly heldUntil: EpochMs | null;
}

/** A callback waits for its owner, who is busy or away. */
const OWNER_AWAY = 'callback.owner_away';

/**
 * Keep an agent free for the call that is about to be made, in the transaction that allows it: of a contact that was
 * shown, the one who said to call. Not a decision of policy.
 * @returns why there is no call now; null: there is an agent, or the mode needs none yet.
 */
export async function keepAgentFree(tx: Tx, clock: Clock, dossier: ContactDossier): Promise<NoAgent | null> {
  const { mode } = dossier.facts;
  const modeChanged = { reason: 'mode.changed', heldUntil: null };
  if (dossier.preview !== null && mode !== 'preview') return modeChanged;
  if (!(await isAgentFirst(tx, mode, dossier.campaign.id))) return null;
  // Admitted before the campaign was switched to previews: it is shown first.
  if (mode === 'preview' && dossier.preview === null) return modeChanged;
  const attemptId = attemptIdOf(dossier.contact.id, dossier.contact.attempts + 1);
  const leaseMs = Math.ceil(
    clock.toRealMs(dossier.campaign.definition.ringTimeoutS * 1_000) + LEASE_MARGIN_MS,
  );
  const seat =
    dossier.preview === null
      ? await takeAgentFor(tx, clock, dossier, { attemptId, previewId: null, leaseMs })
      : await reserveShown(tx, dossier.preview, attemptId, leaseMs);
  if (seat === null) return { reason: 'preview.withdrawn', heldUntil: null };
  if ('reason' in seat) return seat;
  const call = {
    attemptId,
    campaignId: dossier.campaign.id,
    contactId: dossier.contact.id,
    personId: dossier.personId,
    mode,
  };
  await insertReserved(tx, call, seat, clock.now());
  return null;
}

/**
 * A predictive campaign that is careful (docs/pacing.md) calls as a progressive one: agents it counts on are free for its
 * calls and not for whoever else asks for them meanwhile, such as another campaign of their team.
 */
async function isAgentFirst(tx: Tx, mode: DialMode, campaignId: string): Promise<boolean> {
  return AGENT_FIRST.includes(mode) || (mode === 'predictive' && !(await placesAhead(tx, campaignId)));
}

/** The best free agent for a contact, kept for its call or to be shown it; or why there is none. */
export async function takeAgentFor(
  tx: Tx,
  clock: Clock,
  { campaign, contact }: Pick<ContactDossier, 'campaign' | 'contact'>,
  what: Pick<Reservation, 'attemptId' | 'previewId' | 'leaseMs'>,
): Promise<ReservedSeat | NoAgent> {
  const { agents } = campaign.definition;
  if (agents === null || agents === undefined) return { reason: 'agents.none_free', heldUntil: null };
  const callbacks = callbacksOf(campaign.definition);
  const { demand, heldUntil } = await demandOfCall(
    tx,
    contact.id,
    await demandOf(tx, agents),
    callbacks,
    clock.now(),
  );
  const seat = await reserveSeat(tx, demand, { campaignId: campaign.id, contactId: contact.id, ...what });
  return seat ?? { reason: heldUntil === null ? 'agents.none_free' : OWNER_AWAY, heldUntil };
}

/**
 * Real ms after which a callback that waits for its owner looks again: it stands before all others, and at each look one
 * of them who could be called has to wait.
 */
const OWNER_LOOK_MS = 5_000;

/** When (engine clock) a callback that waits for its owner looks again, and others may take it at the latest. */
export function nextLookForOwner(clock: Clock, heldUntil: EpochMs): EpochMs {
  return Math.min(heldUntil, clock.now() + Math.ceil(OWNER_LOOK_MS * clock.speed));
}

async function reserveShown(
  tx: Tx,
  preview: { readonly id: string; readonly agentId: string },
  attemptId: string,
  leaseMs: number,
): Promise<Omit<ReservedSeat, 'fence'> | null> {
  const { agentId } = preview;
  if (!(await seatOfCall(tx, { agentId, previewId: preview.id }, attemptId, leaseMs))) return null;
  const seat = await seatOf(tx, agentId);
  return seat === null ? null : { agentId, teamId: seat.teamId };
}
