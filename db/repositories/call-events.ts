import type { CallEndPayload, CallEventPayload } from '../../domain/carrier.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { notifyWork } from '../notify.ts';

/** One event about a call, as an adapter read it (the Carrier port's CarrierEvent). */
export interface ReceivedCallEvent {
  /** The carrier's own id; deduplicates. */
  readonly eventId: string;
  readonly attemptId: string;
  readonly reference: string;
  readonly type: string;
  readonly at: EpochMs;
  readonly digits: string | null;
  readonly machine?: boolean | null;
  readonly agentId?: string | null;
  readonly end: CallEndPayload | null;
}

/**
 * Keep a carrier's events as they came, in one statement; an event id seen before is left out. The workers are told
 * when the transaction commits.
 * @returns the ids of those that were new.
 */
export async function storeCallEvents(
  tx: Tx,
  carrierId: string,
  events: readonly ReceivedCallEvent[],
): Promise<readonly string[]> {
  if (events.length === 0) return [];
  const rows = await tx.prepared<{ stored: string[] | null }>(
    'store_call_events',
    `WITH stored AS (
       INSERT INTO call_events (tenant_id, carrier_id, event_id, attempt_id, type, at, payload, received_real)
       SELECT $1, $2, e.event_id, e.attempt_id, e.type, e.at, e.payload, clock_timestamp()
       FROM unnest($3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[])
         AS e (event_id, attempt_id, type, at, payload)
       ON CONFLICT (tenant_id, carrier_id, event_id) DO NOTHING
       RETURNING event_id)
     SELECT array_agg(event_id) AS stored FROM stored`,
    [
      tx.tenantId,
      carrierId,
      events.map((event) => event.eventId),
      events.map((event) => event.attemptId),
      events.map((event) => event.type),
      events.map((event) => toIso(event.at)),
      events.map((event) => JSON.stringify(payloadOf(event))),
    ],
  );
  const stored = rows[0]?.stored ?? [];
  if (stored.length > 0) await notifyWork(tx);
  return stored;
}

function payloadOf(event: ReceivedCallEvent): CallEventPayload {
  const { reference, digits, end, machine, agentId } = event;
  return {
    reference,
    digits,
    end,
    ...(machine === null || machine === undefined ? {} : { machine }),
    ...(agentId === null || agentId === undefined ? {} : { agentId }),
  };
}
