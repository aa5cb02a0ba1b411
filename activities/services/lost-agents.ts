import type { Clock } from '../../domain/clock.ts';
import { AGENT_LOST_MS } from '../../domain/agent.ts';
import { isOnShift } from '../../domain/shift.ts';
import type { Database, Tx } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import { releaseSeat } from '../../db/repositories/seat-release.ts';
import {
  LOST,
  endShift,
  lostSeats,
  moveSeat,
  noteNextState,
  readyInShifts,
  type LostSeat,
} from '../../db/repositories/seat-requests.ts';
import { lockSeat } from '../../db/repositories/seats.ts';
import { countRepair } from '../telemetry.ts';

interface SeatDeps {
  readonly db: Database;
  readonly clock: Clock;
}

/** Seats looked at in one round. */
const BATCH = 50;

/**
 * Agents whose channel has been silent for too long are offered nothing more: whoever waited is offline, what one was
 * reserved for goes to another agent, and a call with a person on it goes on, to be written down before they are offline.
 * Any number of workers may look; each seat is looked at again under its lock.
 */
export async function freeLostAgents({ db, clock }: SeatDeps, tenantId: string): Promise<boolean> {
  const lost = await db.single(tenantId, (tx) => lostSeats(tx, AGENT_LOST_MS, BATCH));
  for (const seat of lost) {
    if (await db.inTenant(tenantId, (tx) => freeOne(tx, clock, seat))) countRepair('agent_lost');
  }
  return lost.length === BATCH;
}

async function freeOne(tx: Tx, clock: Clock, { agentId, personId }: LostSeat): Promise<boolean> {
  if (personId !== null) await lockPerson(tx, personId);
  const seat = await lockSeat(tx, agentId);
  if (seat === null) return false;
  const [still] = await tx.query<{ person_id: string | null }>(
    `SELECT c.person_id FROM seats s
     LEFT JOIN contacts c ON c.tenant_id = s.tenant_id AND c.id = s.contact_id
     WHERE s.tenant_id = $1 AND s.agent_id = $2 AND s.state <> 'offline'
       AND s.next_state IS DISTINCT FROM 'offline'
       AND s.beat_real < clock_timestamp() - make_interval(secs => $3::float8 / 1000)`,
    [tx.tenantId, agentId, AGENT_LOST_MS],
  );
  // Heard of meanwhile, or given another contact, whose person is not held: the next round sees.
  if (still === undefined || still.person_id !== personId) return false;
  switch (seat.state) {
    case 'reserved':
      await releaseSeat(tx, clock, seat, { to: 'offline', reason: LOST });
      return true;
    case 'in_call':
    case 'wrap_up':
      await noteNextState(tx, seat, { state: 'offline', reason: LOST });
      return true;
    default:
      await moveSeat(tx, seat, { to: 'offline', reason: LOST, sessionId: null, at: clock.now() });
      return true;
  }
}

/** Whoever is ready when their last shift is over is offline; one who is on a call is, once they are ready again. */
export async function endShifts({ db, clock }: SeatDeps, tenantId: string): Promise<boolean> {
  const ready = await db.single(tenantId, readyInShifts);
  const at = clock.now();
  for (const { agentId, zone, shifts } of ready) {
    if (!isOnShift(shifts, zone, at)) await db.single(tenantId, (tx) => endShift(tx, agentId, at));
  }
  return false;
}
