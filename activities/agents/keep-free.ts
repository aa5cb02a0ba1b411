import type { Clock } from '../../domain/clock.ts';
import { attemptIdOf } from '../../domain/ids.ts';
import type { DialMode } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { insertReserved } from '../../db/repositories/agent-calls.ts';
import { preferredAgents } from '../../db/repositories/preferred-agents.ts';
import { reserveSeat, seatOfCall, type Reservation, type ReservedSeat } from '../../db/repositories/seats.ts';
import { seatOf } from '../../db/repositories/seat-requests.ts';
import { demandOf } from '../../db/repositories/teams.ts';
import type { ContactDossier } from '../../gate/dossier.ts';

/** Real ms beyond the ringing for which an agent is kept free: set-up, the answer, and being joined. */
const LEASE_MARGIN_MS = 60_000;

/** Modes whose calls have their agent before they ring. */
const AGENT_FIRST: readonly DialMode[] = ['preview', 'progressive'];

/**
 * Keep an agent free for the call that is about to be made, in the transaction that allows it: of a contact that was
 * shown, the one who said to call. Not a decision of policy.
 * @returns why there is no call now; null: there is an agent, or the mode needs none yet.
 */
export async function keepAgentFree(tx: Tx, clock: Clock, dossier: ContactDossier): Promise<string | null> {
  const { mode } = dossier.facts;
  if (dossier.preview !== null && mode !== 'preview') return 'mode.changed';
  if (!AGENT_FIRST.includes(mode)) return null;
  // Admitted before the campaign was switched to previews: it is shown first.
  if (mode === 'preview' && dossier.preview === null) return 'mode.changed';
  const attemptId = attemptIdOf(dossier.contact.id, dossier.contact.attempts + 1);
  const leaseMs = Math.ceil(
    clock.toRealMs(dossier.campaign.definition.ringTimeoutS * 1_000) + LEASE_MARGIN_MS,
  );
  const seat =
    dossier.preview === null
      ? await takeAgentFor(tx, dossier, { attemptId, previewId: null, leaseMs })
      : await reserveShown(tx, dossier.preview, attemptId, leaseMs);
  if (seat === null) return dossier.preview === null ? 'agents.none_free' : 'preview.withdrawn';
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

/** The best free agent for a contact, kept for its call or to be shown it; null: nobody is free who fits. */
export async function takeAgentFor(
  tx: Tx,
  { campaign, contact }: Pick<ContactDossier, 'campaign' | 'contact'>,
  what: Pick<Reservation, 'attemptId' | 'previewId' | 'leaseMs'>,
): Promise<ReservedSeat | null> {
  const { agents } = campaign.definition;
  if (agents === null || agents === undefined) return null;
  const demand = {
    ...(await demandOf(tx, agents)),
    preferredAgentIds: await preferredAgents(tx, contact.id),
  };
  return reserveSeat(tx, demand, { campaignId: campaign.id, contactId: contact.id, ...what });
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
