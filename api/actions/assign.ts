import type { Database, Tx } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import { notifyWork } from '../../db/notify.ts';
import { agentById } from '../../db/repositories/agents.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { contactById } from '../../db/repositories/contacts.ts';
import { giveToAgent, previewById, type PreviewRow } from '../../db/repositories/preview-answers.ts';
import { giveCall, takeOffCall } from '../../db/repositories/seat-release.ts';
import { reserveThisSeat, seatOf } from '../../db/repositories/seat-requests.ts';
import { lockSeat, seatFreed, type Reservation } from '../../db/repositories/seats.ts';
import { CONNECT_LEASE_MS, takeWaiting } from '../../db/repositories/waiting-calls.ts';
import { agentCallOf, lockAgentCall, type CallToWriteDown } from '../../db/repositories/wrap-ups.ts';
import type { Clock } from '../../domain/clock.ts';
import { conflict, notFound } from '../../domain/failures.ts';

interface AssignDeps {
  readonly db: Database;
  readonly clock: Clock;
}

type Said = Author & { readonly tenantId: string };

/**
 * Give a call that rings, or waits for an agent, to this one, who has to be ready. Whoever was kept free for it is free
 * again, and takes what waits.
 * @throws RightcallError `not_found`; `conflict` where it is joined already, or the agent is not ready.
 */
export async function assignCall(
  deps: AssignDeps,
  said: Said,
  to: { readonly attemptId: string; readonly agentId: string },
): Promise<CallToWriteDown> {
  return deps.db.inTenant(said.tenantId, async (tx) => {
    const seen = await agentCallOf(tx, to.attemptId);
    if (seen === null) throw notFound('the call');
    await lockPerson(tx, seen.personId);
    await lockAgentCall(tx, to.attemptId);
    const call = (await agentCallOf(tx, to.attemptId))!;
    await mustBeAgent(tx, to.agentId);
    if (call.agentId === to.agentId) return call;
    if (call.state !== 'reserved' && call.state !== 'waiting') {
      throw conflict(`the call is ${call.state}; it can be given to another agent while it rings or waits`);
    }
    await lockSeats(tx, call.agentId, to.agentId);
    const at = deps.clock.now();
    if (call.agentId !== null) {
      await takeOffCall(tx, to.attemptId, call.agentId);
      await seatFreed(tx, { agentId: call.agentId, attemptId: to.attemptId }, { worked: false, at });
    }
    const { teamId } = await mustReserve(tx, to.agentId, {
      campaignId: call.campaignId,
      contactId: call.contactId,
      attemptId: to.attemptId,
      previewId: null,
      leaseMs: CONNECT_LEASE_MS,
    });
    await giveCall(tx, deps.clock, to.attemptId, { agentId: to.agentId, teamId });
    if (call.agentId !== null) await takeWaiting(tx, deps.clock, call.agentId);
    await record(tx, deps, said, 'assignCall', 'call', to.attemptId, call.agentId, to.agentId);
    await notifyWork(tx);
    return (await agentCallOf(tx, to.attemptId))!;
  });
}

/** Show a contact that is shown to one agent to another, for what is left of its time. @throws as `assignCall` */
export async function assignPreview(
  deps: AssignDeps,
  said: Said,
  to: { readonly previewId: string; readonly agentId: string },
): Promise<PreviewRow> {
  return deps.db.inTenant(said.tenantId, async (tx) => {
    const seen = await previewById(tx, to.previewId);
    if (seen === null) throw notFound('the preview');
    const contact = await contactById(tx, seen.contactId);
    if (contact !== null) await lockPerson(tx, contact.personId);
    await mustBeAgent(tx, to.agentId);
    const preview = (await previewById(tx, to.previewId))!;
    if (preview.agentId === to.agentId) return preview;
    const at = deps.clock.now();
    if (preview.state !== 'offered' || preview.expiresAt <= at) {
      throw conflict(`the preview ${preview.state === 'offered' ? 'has run out' : `is ${preview.state}`}`);
    }
    await lockSeats(tx, preview.agentId, to.agentId);
    const old = await seatOf(tx, preview.agentId);
    const freed = await seatFreed(
      tx,
      { agentId: preview.agentId, previewId: preview.id },
      { worked: false, at },
    );
    if (!freed || old === null) throw conflict('the preview was settled at this moment');
    const leaseMs = Math.max(CONNECT_LEASE_MS, (old.leaseUntilReal ?? 0) - Date.now());
    await mustReserve(tx, to.agentId, {
      campaignId: preview.campaignId,
      contactId: preview.contactId,
      attemptId: null,
      previewId: preview.id,
      leaseMs,
    });
    if (!(await giveToAgent(tx, preview.id, to.agentId))) {
      throw conflict('the preview was settled at this moment');
    }
    await takeWaiting(tx, deps.clock, preview.agentId);
    await record(tx, deps, said, 'assignPreview', 'preview', preview.id, preview.agentId, to.agentId);
    await notifyWork(tx);
    return (await previewById(tx, preview.id))!;
  });
}

async function mustBeAgent(tx: Tx, agentId: string): Promise<void> {
  if ((await agentById(tx, agentId)) === null) throw notFound('the agent');
}

/** Two who give calls to and fro lock both seats in one order. */
async function lockSeats(tx: Tx, one: string | null, other: string): Promise<void> {
  for (const agentId of [one ?? other, other].sort()) await lockSeat(tx, agentId);
}

async function mustReserve(
  tx: Tx,
  agentId: string,
  reservation: Reservation,
): Promise<{ readonly teamId: string }> {
  const seat = (await seatOf(tx, agentId))!;
  const isFree = await reserveThisSeat(tx, agentId, reservation);
  if (isFree) return seat;
  const leaves = seat.nextState === null ? '' : `, and asked to be ${seat.nextState}`;
  throw conflict(`the agent is ${seat.state}${leaves}; a call is given to one who is ready`);
}

async function record(
  tx: Tx,
  deps: AssignDeps,
  said: Said,
  action: string,
  resource: string,
  resourceId: string,
  before: string | null,
  after: string,
): Promise<void> {
  await recordChange(tx, {
    by: said.by,
    requestId: said.requestId,
    action,
    resource,
    resourceId,
    before: { agentId: before },
    after: { agentId: after },
    at: deps.clock.now(),
  });
}
