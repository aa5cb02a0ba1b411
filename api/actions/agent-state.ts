import type { Database, Tx } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import { agentById, type AgentRow } from '../../db/repositories/agents.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { contactById } from '../../db/repositories/contacts.ts';
import { releaseSeat } from '../../db/repositories/seat-release.ts';
import { moveSeat, noteNextState, openWrapUps, seatOf } from '../../db/repositories/seat-requests.ts';
import { lockSeat, seatFreed, type SeatRow } from '../../db/repositories/seats.ts';
import { takeWaiting } from '../../db/repositories/waiting-calls.ts';
import { effectOfRequest, type RequestableState } from '../../domain/agent.ts';
import type { Clock } from '../../domain/clock.ts';
import { RightcallError, invalidInput, notFound } from '../../domain/failures.ts';
import { isOnShift, nextShiftAt } from '../../domain/shift.ts';
import { toIso } from '../../domain/time.ts';

export interface StateRequest {
  readonly agentId: string;
  readonly to: RequestableState;
  /** Code of why; a break needs one. */
  readonly reason: string | null;
  /** The channel that speaks for the agent from now on; null: as before. */
  readonly sessionId: string | null;
  /** Of a supervisor: recorded as theirs. `force`: what the seat is reserved for, or to be written down, does not hold it. */
  readonly supervisor: { readonly force: boolean } | null;
}

interface StateDeps {
  readonly db: Database;
  readonly clock: Clock;
}

/**
 * Do what an agent, or a supervisor for them, asks of a seat: now, or once it holds no contact any more. Whoever becomes
 * ready takes the oldest waiting call that fits, in the same transaction.
 * @throws RightcallError `not_found`; `invalid_input` for a break without a reason; `refused` with what stands in the way.
 */
export async function requestState(
  deps: StateDeps,
  said: Author & { readonly tenantId: string },
  request: StateRequest,
): Promise<SeatRow> {
  if (request.to === 'break' && request.reason === null) {
    throw invalidInput([
      { field: 'reason', fault: 'is missing', expected: 'why the break is taken, as a code such as lunch' },
    ]);
  }
  return deps.db.inTenant(said.tenantId, async (tx) => {
    const agent = await agentById(tx, request.agentId);
    if (agent === null) throw notFound('the agent');
    const before = await lockedSeat(tx, request);
    if (request.to !== 'offline') await mustBeAble(tx, deps.clock, agent, before, request.to);
    const after = await applyRequest(tx, deps.clock, before, request);
    if (request.supervisor !== null) await recordForced(tx, deps.clock, said, request, before, after);
    return after;
  });
}

/** The seat; where it may be taken off its contact, the contact's person before it (db/locks.ts). */
async function lockedSeat(tx: Tx, { agentId, supervisor }: StateRequest): Promise<SeatRow> {
  const seen = supervisor?.force === true ? await seatOf(tx, agentId) : null;
  const contact = seen === null || seen.contactId === null ? null : await contactById(tx, seen.contactId);
  if (contact !== null) await lockPerson(tx, contact.personId);
  const seat = await lockSeat(tx, agentId);
  if (seat === null) throw notFound('the agent');
  if (seen !== null && seat.contactId !== seen.contactId) {
    throw new RightcallError('conflict', 'the seat was given a contact at this moment; send it again');
  }
  return seat;
}

async function mustBeAble(
  tx: Tx,
  clock: Clock,
  agent: AgentRow,
  seat: SeatRow,
  to: RequestableState,
): Promise<void> {
  const refuse = (fault: string, expected: string) => {
    const faults = [{ field: 'state', fault, expected }];
    return new RightcallError('refused', `the agent cannot be ${to}: ${fault}; ${expected}`, { faults });
  };
  if (!agent.enabled) {
    throw refuse('the agent is disabled', 'enable them first (PATCH /v1/agents/{agentId})');
  }
  if (to !== 'ready') return;
  const at = clock.now();
  if (!isOnShift(agent.shifts, agent.zone, at)) {
    const next = nextShiftAt(agent.shifts, agent.zone, at);
    throw refuse(
      'it is outside of every shift',
      next === null ? 'there is no shift to come' : `the next one begins at ${toIso(next)}`,
    );
  }
  const open = await openWrapUps(tx, seat.agentId);
  if (open.length > 0) {
    throw refuse(
      `${open.length === 1 ? 'a call is' : `${open.length} calls are`} not written down (${open.slice(0, 5).join(', ')})`,
      'write it down first (PUT /v1/agents/me/calls/{contactId}/{ordinal}/wrap-up)',
    );
  }
}

async function applyRequest(tx: Tx, clock: Clock, seat: SeatRow, request: StateRequest): Promise<SeatRow> {
  const { to, reason, agentId } = request;
  const sessionId = request.sessionId ?? seat.sessionId;
  const isForced = request.supervisor?.force === true;
  if (isForced && seat.state === 'reserved') {
    await releaseSeat(tx, clock, seat, { to, reason });
    return readied(tx, clock, agentId);
  }
  if (isForced && seat.state === 'wrap_up') {
    // The call stays to be written down, within its limit, by them or whoever sees to it.
    if (seat.nextState !== null) await noteNextState(tx, seat, null);
    await seatFreed(
      tx,
      { agentId, attemptId: seat.attemptId! },
      { to: to === 'ready' ? 'break' : to, reason: reason ?? 'wrap_up.open', worked: true, at: clock.now() },
    );
    return (await seatOf(tx, agentId))!;
  }
  switch (effectOfRequest(seat.state, to)) {
    case 'same':
      if (seat.reason === reason && seat.sessionId === sessionId) return seat;
      return to === 'ready'
        ? noteNextState(tx, seat, null, sessionId)
        : moveSeat(tx, seat, { to, reason, sessionId, at: clock.now() });
    case 'after':
      // They become ready by themselves.
      return noteNextState(tx, seat, to === 'ready' ? null : { state: to, reason }, sessionId);
    case 'now':
      await moveSeat(tx, seat, {
        to,
        reason: to === 'ready' ? null : reason,
        sessionId,
        at: clock.now(),
      });
      return readied(tx, clock, agentId);
  }
}

/** The seat as it is, after it took what waits, if it is ready. */
async function readied(tx: Tx, clock: Clock, agentId: string): Promise<SeatRow> {
  const seat = (await seatOf(tx, agentId))!;
  if (seat.state !== 'ready' || (await takeWaiting(tx, clock, agentId)) === null) return seat;
  return (await seatOf(tx, agentId))!;
}

async function recordForced(
  tx: Tx,
  clock: Clock,
  said: Author,
  request: StateRequest,
  before: SeatRow,
  after: SeatRow,
): Promise<void> {
  const shown = ({ state, reason, nextState, nextReason }: SeatRow) => ({
    state,
    reason,
    nextState,
    nextReason,
  });
  await recordChange(tx, {
    by: said.by,
    requestId: said.requestId,
    action: 'setAgentState',
    resource: 'agent',
    resourceId: request.agentId,
    before: shown(before),
    after: { ...shown(after), force: request.supervisor?.force === true },
    reason: request.reason,
    at: clock.now(),
  });
}
