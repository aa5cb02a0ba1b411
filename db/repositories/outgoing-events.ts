import { TEST_EVENT, type DeliveryFault, type DeliveryState } from '../../domain/outgoing.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements, Tx } from '../client.ts';

/** An event as the outbox keeps it; its content is ids, codes and instants. */
export interface OutgoingEvent {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly orderKey: string;
  readonly at: EpochMs | null;
  readonly recordedReal: EpochMs;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface DeliveryRow {
  readonly id: number;
  readonly endpointId: string;
  readonly type: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly createdReal: EpochMs;
  readonly dueReal: EpochMs;
  readonly lastReal: EpochMs | null;
  readonly lastStatus: number | null;
  readonly lastFault: DeliveryFault | null;
  readonly replayed: boolean;
  readonly event: OutgoingEvent;
}

export interface DeliveryQuery {
  readonly endpointId: string;
  readonly state: DeliveryState | null;
  /** Id of the last one seen; null: from the newest. */
  readonly before: number | null;
  readonly limit: number;
}

const COLUMNS = `d.id, d.endpoint_id AS "endpointId", d.type, d.state, d.attempts, d.created_real AS "createdReal",
  d.due_real AS "dueReal", d.last_real AS "lastReal", d.last_status AS "lastStatus", d.last_fault AS "lastFault",
  d.replayed, e.seq, e.id AS "eventId", e.subject, e.order_key AS "orderKey", e.at, e.recorded_real AS "recordedReal",
  e.data`;

type FlatRow = Omit<DeliveryRow, 'event'> & Omit<OutgoingEvent, 'id' | 'type'> & { readonly eventId: string };

function nested(row: FlatRow): DeliveryRow {
  const { seq, eventId, subject, orderKey, at, recordedReal, data, ...delivery } = row;
  return {
    ...delivery,
    event: { seq, id: eventId, type: delivery.type, subject, orderKey, at, recordedReal, data },
  };
}

/** Newest first. */
export async function listDeliveries(tx: Tx, query: DeliveryQuery): Promise<DeliveryRow[]> {
  const rows = await tx.query<FlatRow>(
    `SELECT ${COLUMNS} FROM deliveries d JOIN outgoing_events e ON e.tenant_id = d.tenant_id AND e.seq = d.event_seq
     WHERE d.tenant_id = $1 AND d.endpoint_id = $2 AND ($3::bigint IS NULL OR d.id < $3)
       ${query.state === null ? '' : 'AND d.state = $5'}
     ORDER BY d.id DESC LIMIT $4`,
    [
      tx.tenantId,
      query.endpointId,
      query.before,
      query.limit,
      ...(query.state === null ? [] : [query.state]),
    ],
  );
  return rows.map(nested);
}

export async function deliveryById(tx: Tx, endpointId: string, id: number): Promise<DeliveryRow | null> {
  const rows = await tx.query<FlatRow>(
    `SELECT ${COLUMNS} FROM deliveries d JOIN outgoing_events e ON e.tenant_id = d.tenant_id AND e.seq = d.event_seq
     WHERE d.tenant_id = $1 AND d.endpoint_id = $2 AND d.id = $3`,
    [tx.tenantId, endpointId, id],
  );
  return rows[0] === undefined ? null : nested(rows[0]);
}

/** What an endpoint has still to be told, and what was given up. */
export async function countUndelivered(
  tx: Tx,
  endpointId: string,
): Promise<{ pending: number; dead: number }> {
  const rows = await tx.query<{ pending: number; dead: number }>(
    `SELECT count(*) FILTER (WHERE state = 'pending') AS pending, count(*) FILTER (WHERE state = 'dead') AS dead
     FROM deliveries WHERE tenant_id = $1 AND endpoint_id = $2 AND state IN ('pending', 'dead')`,
    [tx.tenantId, endpointId],
  );
  return rows[0]!;
}

/** An event for this endpoint alone, and its delivery. @returns the delivery's id */
export async function addTestEvent(tx: Tx, endpointId: string, at: EpochMs): Promise<number> {
  const rows = await tx.query<{ id: number }>(
    `WITH event AS (
       INSERT INTO outgoing_events (tenant_id, type, subject, order_key, at, data)
       VALUES ($1, '${TEST_EVENT}', 'endpoints/' || $2::text, 'test', $3, jsonb_build_object('endpointId', $2::text))
       RETURNING seq)
     INSERT INTO deliveries (tenant_id, endpoint_id, event_seq, type, order_key)
     SELECT $1, $2::uuid, seq, '${TEST_EVENT}', 'test' FROM event RETURNING id`,
    [tx.tenantId, endpointId, toIso(at)],
  );
  return rows[0]!.id;
}

export interface ReplayQuery {
  readonly endpointId: string;
  /** Types the endpoint wants; an event of any other is not replayed to it. `*`: all. */
  readonly wanted: readonly string[];
  /** Only these types; null: all that it wants. */
  readonly types: readonly string[] | null;
  /** Events recorded at or after, and before (real). */
  readonly from: EpochMs;
  readonly until: EpochMs;
  /** Only those that were given up. */
  readonly deadOnly: boolean;
  readonly limit: number;
}

/**
 * Deliver events of a time again, in their order, whether they were delivered or never meant for the endpoint at the
 * time. What still waits to be delivered is not doubled.
 * @returns how many deliveries were made; and, where there may be more, when (real) the last event was recorded.
 */
export async function replayEvents(
  tx: Tx,
  query: ReplayQuery,
): Promise<{ count: number; continueFrom: EpochMs | null }> {
  const rows = await tx.query<{ count: number; last: EpochMs | null }>(
    `WITH again AS (
       SELECT e.seq, e.type, e.order_key, e.recorded_real FROM outgoing_events e
       WHERE e.tenant_id = $1 AND e.recorded_real >= $3 AND e.recorded_real < $4
         AND e.type <> '${TEST_EVENT}' AND (e.type = ANY ($5) OR '*' = ANY ($5)) AND ($6::text[] IS NULL OR e.type = ANY ($6))
         AND NOT EXISTS (SELECT FROM deliveries d WHERE d.tenant_id = $1 AND d.event_seq = e.seq AND d.endpoint_id = $2
                           AND (d.state = 'pending' OR ($7 AND d.state = 'delivered')))
         AND (NOT $7 OR EXISTS (SELECT FROM deliveries d WHERE d.tenant_id = $1 AND d.event_seq = e.seq
                                  AND d.endpoint_id = $2 AND d.state = 'dead'))
       ORDER BY e.recorded_real, e.seq LIMIT $8),
     made AS (
       INSERT INTO deliveries (tenant_id, endpoint_id, event_seq, type, order_key, replayed)
       SELECT $1, $2, seq, type, order_key, true FROM again ORDER BY seq)
     SELECT count(*) AS count, max(recorded_real) AS last FROM again`,
    [
      tx.tenantId,
      query.endpointId,
      toIso(query.from),
      toIso(query.until),
      query.wanted,
      query.types,
      query.deadOnly,
      query.limit,
    ],
  );
  const { count, last } = rows[0]!;
  return { count, continueFrom: count < query.limit ? null : last };
}

/** Deliver these again, in the order of their events; those that still wait are left as they are. */
export async function replayDeliveries(
  tx: Tx,
  endpointId: string,
  ids: readonly number[],
): Promise<{ known: number; count: number }> {
  const known = await tx.query(
    'SELECT 1 FROM deliveries WHERE tenant_id = $1 AND endpoint_id = $2 AND id = ANY ($3)',
    [tx.tenantId, endpointId, ids],
  );
  const made = await tx.query(
    `INSERT INTO deliveries (tenant_id, endpoint_id, event_seq, type, order_key, replayed)
     SELECT $1, $2, o.event_seq, o.type, o.order_key, true FROM (
       SELECT DISTINCT event_seq, type, order_key FROM deliveries
       WHERE tenant_id = $1 AND endpoint_id = $2 AND id = ANY ($3)) AS o
     WHERE NOT EXISTS (SELECT FROM deliveries d WHERE d.tenant_id = $1 AND d.event_seq = o.event_seq
                         AND d.endpoint_id = $2 AND d.state = 'pending')
     ORDER BY o.event_seq RETURNING 1`,
    [tx.tenantId, endpointId, ids],
  );
  return { known: known.length, count: made.length };
}

const PURGE_BATCH = 1_000;

/**
 * Remove events recorded before `beforeReal`, with their deliveries, but for those that still wait.
 * @returns whether there may be more.
 */
export async function purgeEvents(tx: Tx, beforeReal: EpochMs): Promise<boolean> {
  const rows = await tx.query(
    `WITH old AS (
       SELECT e.seq FROM outgoing_events e
       WHERE e.tenant_id = $1 AND e.recorded_real < $2
         AND NOT EXISTS (SELECT FROM deliveries d WHERE d.tenant_id = $1 AND d.event_seq = e.seq AND d.state = 'pending')
       ORDER BY e.recorded_real LIMIT ${PURGE_BATCH}),
     told AS (DELETE FROM deliveries d USING old WHERE d.tenant_id = $1 AND d.event_seq = old.seq)
     DELETE FROM outgoing_events e USING old WHERE e.tenant_id = $1 AND e.seq = old.seq RETURNING 1`,
    [tx.tenantId, toIso(beforeReal)],
  );
  return rows.length === PURGE_BATCH;
}

/** The endpoints that have something to deliver now and nobody who does. */
export async function endpointsToDrain(st: Statements): Promise<string[]> {
  const rows = await st.prepared<{ id: string }>(
    'endpoints_to_drain',
    `SELECT e.id FROM endpoints e
     LEFT JOIN endpoint_drains d ON d.tenant_id = e.tenant_id AND d.endpoint_id = e.id
     WHERE e.tenant_id = $1 AND e.enabled AND e.removed_at IS NULL
       AND (d.held_until_real IS NULL OR d.held_until_real < clock_timestamp())
       AND (d.not_before_real IS NULL OR d.not_before_real <= clock_timestamp())
       AND EXISTS (SELECT FROM deliveries w WHERE w.tenant_id = $1 AND w.endpoint_id = e.id AND w.state = 'pending'
                     AND w.due_real <= clock_timestamp())`,
    [st.tenantId],
  );
  return rows.map((row) => row.id);
}

/** How things stand with an endpoint for the one that drains it. */
export interface Drain {
  readonly failuresInRow: number;
  /** Real ms during which nothing may be sent to it; 0: now. */
  readonly restMs: number;
}

/**
 * Take, or keep, the hold on an endpoint: only its holder delivers to it, so that order holds. A hold that is not
 * renewed runs out. @returns null while somebody else has it.
 */
export async function holdEndpoint(
  st: Statements,
  endpointId: string,
  holder: string,
  holdMs: number,
): Promise<Drain | null> {
  const rows = await st.prepared<{ failuresInRow: number; restMs: number }>(
    'hold_endpoint',
    `INSERT INTO endpoint_drains AS d (tenant_id, endpoint_id, holder, held_until_real)
     VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
     ON CONFLICT (tenant_id, endpoint_id) DO UPDATE SET holder = excluded.holder, held_until_real = excluded.held_until_real
       WHERE d.holder = excluded.holder OR d.holder IS NULL OR d.held_until_real < clock_timestamp()
     RETURNING failures_in_row AS "failuresInRow",
       greatest(0, coalesce(extract(epoch FROM not_before_real - clock_timestamp()) * 1000, 0))::float8 AS "restMs"`,
    [st.tenantId, endpointId, holder, holdMs / 1_000],
  );
  return rows[0] ?? null;
}

export async function releaseEndpoint(st: Statements, endpointId: string, holder: string): Promise<void> {
  await st.prepared(
    'release_endpoint',
    `UPDATE endpoint_drains SET holder = NULL, held_until_real = NULL
     WHERE tenant_id = $1 AND endpoint_id = $2 AND holder = $3`,
    [st.tenantId, endpointId, holder],
  );
}

/** A delivery that is to be tried now. */
export interface DueDelivery {
  readonly id: number;
  readonly attempts: number;
  /** Real ms since it was made. */
  readonly ageMs: number;
  readonly event: OutgoingEvent;
}

interface DueRow extends Omit<OutgoingEvent, 'id'> {
  readonly id: number;
  readonly attempts: number;
  readonly ageMs: number;
  readonly eventId: string;
}

const DUE_COLUMNS = `d.id, d.attempts, (extract(epoch FROM clock_timestamp() - d.created_real) * 1000)::float8 AS "ageMs",
  e.id AS "eventId", e.seq, e.type, e.subject, e.order_key AS "orderKey", e.at, e.recorded_real AS "recordedReal", e.data`;

function dueOf({ id, attempts, ageMs, eventId, ...event }: DueRow): DueDelivery {
  return { id, attempts, ageMs, event: { ...event, id: eventId } };
}

/**
 * Deliveries that are due, the longest due first. Where order holds: the first of each contact alone; one that is due
 * but stands behind another is put off until that one is due, so that what is held back is not looked at over and over.
 * @param busy ids of deliveries (order `none`) or order keys (order `contact`) that are under way
 * @returns them, and whether anything was due at all.
 */
export async function dueDeliveries(
  st: Statements,
  endpointId: string,
  options: { readonly ordered: boolean; readonly busy: readonly string[]; readonly limit: number },
): Promise<{ due: DueDelivery[]; looked: boolean }> {
  const values = [st.tenantId, endpointId, options.busy, options.limit];
  if (!options.ordered) {
    const rows = await st.prepared<DueRow>('due_deliveries', UNORDERED_SQL, values);
    return { due: rows.map(dueOf), looked: rows.length > 0 };
  }
  const rows = await st.prepared<DueRow & { looked: number; id: number | null }>(
    'due_deliveries_ordered',
    ORDERED_SQL,
    values,
  );
  return {
    due: rows.filter((row) => row.id !== null).map(({ looked: _looked, ...row }) => dueOf(row)),
    looked: (rows[0]?.looked ?? 0) > 0,
  };
}

/** Due deliveries looked at in one go: behind a receiver that is down most of them stand behind another. */
const LOOK_AT = 1_000;

const UNORDERED_SQL = `
SELECT ${DUE_COLUMNS}
FROM deliveries d JOIN outgoing_events e ON e.tenant_id = d.tenant_id AND e.seq = d.event_seq
WHERE d.tenant_id = $1 AND d.endpoint_id = $2 AND d.state = 'pending' AND d.due_real <= clock_timestamp()
  AND NOT d.id = ANY ($3::bigint[])
ORDER BY d.due_real, d.id LIMIT $4`;

const ORDERED_SQL = `
WITH due AS (
  SELECT id, order_key, due_real FROM deliveries
  WHERE tenant_id = $1 AND endpoint_id = $2 AND state = 'pending' AND due_real <= clock_timestamp()
    AND NOT order_key = ANY ($3::text[])
  ORDER BY due_real, id LIMIT ${LOOK_AT}),
placed AS (
  SELECT due.id, due.due_real, head.id AS head_id, head.due_real AS head_due
  FROM due CROSS JOIN LATERAL (
    SELECT h.id, h.due_real FROM deliveries h
    WHERE h.tenant_id = $1 AND h.endpoint_id = $2 AND h.state = 'pending' AND h.order_key = due.order_key
    ORDER BY h.id LIMIT 1) AS head),
put_off AS (
  UPDATE deliveries d SET due_real = greatest(placed.head_due, clock_timestamp()) FROM placed
  WHERE d.tenant_id = $1 AND d.id = placed.id AND placed.id <> placed.head_id)
SELECT l.looked, heads.*
FROM (SELECT count(*) AS looked FROM due) AS l
LEFT JOIN (
  SELECT ${DUE_COLUMNS}
  FROM (SELECT id FROM placed WHERE id = head_id ORDER BY due_real, id LIMIT $4) AS placed
  JOIN deliveries d ON d.tenant_id = $1 AND d.id = placed.id
  JOIN outgoing_events e ON e.tenant_id = $1 AND e.seq = d.event_seq) AS heads ON true`;

/** How a try ended, as it is kept. */
export interface TryRecord {
  readonly state: DeliveryState;
  /** Real ms until the next try; for a pending one. */
  readonly nextInMs: number;
  readonly status: number | null;
  readonly fault: DeliveryFault | null;
}

/**
 * Keep how a try ended.
 * @param follow whether the next one of the same order key is wanted, if it may be tried now
 */
export async function recordTry(
  st: Statements,
  endpointId: string,
  delivery: { readonly id: number; readonly orderKey: string },
  tried: TryRecord,
  follow: boolean,
): Promise<DueDelivery | null> {
  const rows = await st.prepared<DueRow>(
    'record_try',
    `WITH tried AS (
       UPDATE deliveries SET state = $4, attempts = attempts + 1, last_real = clock_timestamp(), last_status = $5,
              last_fault = $6, due_real = clock_timestamp() + make_interval(secs => $7)
       WHERE tenant_id = $1 AND id = $3 AND state = 'pending')
     SELECT ${DUE_COLUMNS} FROM (
       SELECT * FROM deliveries WHERE tenant_id = $1 AND endpoint_id = $2 AND state = 'pending' AND order_key = $8
         AND id > $3 AND $9 ORDER BY id LIMIT 1) AS d
     JOIN outgoing_events e ON e.tenant_id = d.tenant_id AND e.seq = d.event_seq
     WHERE d.attempts = 0 OR d.due_real <= clock_timestamp()`,
    [
      st.tenantId,
      endpointId,
      delivery.id,
      tried.state,
      tried.status,
      tried.fault,
      tried.nextInMs / 1_000,
      delivery.orderKey,
      follow,
    ],
  );
  return rows[0] === undefined ? null : dueOf(rows[0]);
}

/** @param restMs real ms during which nothing is sent to the endpoint; 0: go on */
export async function recordEndpointState(
  st: Statements,
  endpointId: string,
  state: { readonly failuresInRow: number; readonly restMs: number },
): Promise<void> {
  await st.prepared(
    'record_endpoint_state',
    `UPDATE endpoint_drains SET failures_in_row = $3,
            not_before_real = CASE WHEN $4 > 0 THEN greatest(not_before_real, clock_timestamp() + make_interval(secs => $4))
                                   WHEN $3 = 0 THEN NULL ELSE not_before_real END
     WHERE tenant_id = $1 AND endpoint_id = $2`,
    [st.tenantId, endpointId, state.failuresInRow, state.restMs / 1_000],
  );
}

/** Real ms until the endpoint's next delivery is due; null: there is none. */
export async function nextDueInMs(st: Statements, endpointId: string): Promise<number | null> {
  const rows = await st.prepared<{ ms: number | null }>(
    'next_delivery',
    `SELECT (extract(epoch FROM min(due_real) - clock_timestamp()) * 1000)::float8 AS ms FROM deliveries
     WHERE tenant_id = $1 AND endpoint_id = $2 AND state = 'pending'`,
    [st.tenantId, endpointId],
  );
  const ms = rows[0]?.ms ?? null;
  return ms === null ? null : Math.max(0, Math.ceil(ms));
}
