import type { Clock } from '../../domain/clock.ts';
import type { CallEventPayload } from '../../domain/carrier.ts';
import type { EpochMs } from '../../domain/time.ts';
import { reach } from '../../domain/steps.ts';
import type { Database, Tx } from '../../db/client.ts';
import { createTurns, type Turns } from '../../domain/turns.ts';
import { applyCallEvents, type StoredCallEvent } from '../calls/events.ts';

const BATCH = 200;
/** Attempts worked on at once for one tenant: enough to keep the database busy while each waits for its commit. */
const CONCURRENCY = 6;
/** The same over all tenants, who take turns: a third of a worker's connections (docs/sizing.md#budget). */
const CONCURRENCY_OF_ALL = 8;

interface PendingRow {
  id: number;
  carrier_id: string;
  attempt_id: string;
  type: string;
  at: EpochMs;
  payload: CallEventPayload;
}

interface SettleDeps {
  readonly db: Database;
  readonly clock: Clock;
}

/** `settlePendingEvents` for all tenants of a process: together they take no more of the database than is theirs. */
export function createEventSettler(deps: SettleDeps): (tenantId: string) => Promise<boolean> {
  const turns = createTurns({ atOnce: CONCURRENCY_OF_ALL, waiting: Infinity, waitMs: null });
  return (tenantId) => settlePendingEvents(deps, tenantId, turns);
}

/**
 * Take the stored events that nothing was made of yet, attempt by attempt. Two workers may do so at once: the
 * person's row makes them take turns, and an event applied twice changes nothing.
 * @returns whether more may be waiting.
 */
export async function settlePendingEvents(
  deps: SettleDeps,
  tenantId: string,
  turns?: Turns,
): Promise<boolean> {
  const pending = await deps.db.single(tenantId, (tx) =>
    tx.prepared<PendingRow>(
      'pending_events',
      `SELECT id, carrier_id, attempt_id, type, at, payload FROM call_events
       WHERE tenant_id = $1 AND processed_real IS NULL ORDER BY id LIMIT ${BATCH}`,
      [tenantId],
    ),
  );
  const byAttempt = new Map<string, StoredCallEvent[]>();
  for (const row of pending) {
    const events = byAttempt.get(row.attempt_id) ?? [];
    events.push(eventOf(row));
    byAttempt.set(row.attempt_id, events);
  }
  const queue = [...byAttempt.entries()];
  await Promise.all(
    Array.from({ length: Math.min(CONCURRENCY, queue.length) }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [attemptId, events] = next;
        const apply = () =>
          deps.db.inTenant(tenantId, async (tx) => {
            await applyCallEvents(tx, deps.clock, attemptId, events);
            await reach('event.apply', attemptId);
          });
        await (turns === undefined ? apply() : turns.run(tenantId, apply));
        await reach('event.applied', attemptId);
      }
    }),
  );
  return pending.length === BATCH;
}

function eventOf(row: PendingRow): StoredCallEvent {
  const { id, type, at, payload } = row;
  return { id, carrierId: row.carrier_id, attemptId: row.attempt_id, type, at, payload };
}

/** What the carrier has told of an attempt and nothing was made of yet. */
export async function pendingEventsOf(tx: Tx, attemptId: string): Promise<StoredCallEvent[]> {
  const rows = await tx.prepared<PendingRow>(
    'pending_events_of',
    `SELECT id, carrier_id, attempt_id, type, at, payload FROM call_events
     WHERE tenant_id = $1 AND attempt_id = $2 AND processed_real IS NULL ORDER BY id`,
    [tx.tenantId, attemptId],
  );
  return rows.map(eventOf);
}
