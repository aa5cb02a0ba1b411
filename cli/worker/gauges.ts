import { metrics } from '@opentelemetry/api';
import type { Database, Tx } from '../../db/client.ts';
import { unsealedAgeS } from '../../db/repositories/evidence-log.ts';
import { calendarsInForce } from '../../db/repositories/policies.ts';
import type { Clock } from '../../domain/clock.ts';
import { DAY_MS } from '../../domain/time.ts';
import { calendarsEndingSoon } from '../../policies/index.ts';

/**
 * How the work stands, read from the database when metrics are asked for, and at most every few seconds. Every worker
 * says the same of it: take the maximum over workers, not the sum. Each question is answered by an index.
 */
const FRESH_MS = 5_000;

interface Standing {
  /** Attempts on their way, by state. */
  readonly open: ReadonlyMap<string, number>;
  /** Real seconds since the contact that is due longest was due; 0 when none is. */
  readonly lagS: number;
  readonly eventsPending: number;
  readonly eventsOldestS: number;
  readonly resultsUntold: number;
  /** Outgoing events to be delivered, and those that were given up, by state. */
  readonly deliveries: ReadonlyMap<string, number>;
  readonly deliveriesOldestS: number;
  /** Slowest acknowledgement of a stop in the last five minutes, seconds. */
  readonly stopSlowestS: number;
  /** Stops of the last hour, older than ten seconds, of which nobody was told that they hold. */
  readonly stopsUnacknowledged: number;
  /** Real seconds since the send of the oldest attempt of which only the carrier can say whether it rang. */
  readonly unknownOldestS: number;
  /** Age of the oldest decision that is not sealed, real seconds; 0 when all are. */
  readonly unsealedS: number;
  /** Days until the coverage of a calendar in force ends (engine clock), of those that end within 60 days. */
  readonly calendarDays: ReadonlyMap<string, number>;
}

/**
 * Observe every tenant's work from now on; labels are slugs of tenants and codes.
 * @param sealing whether this deployment seals its decisions; without, their age would only grow
 */
export function observeWork(db: Database, clock: Clock, sealing: boolean): void {
  const meter = metrics.getMeter('rightcall');
  const gauge = (name: string, description: string, unit?: string) =>
    meter.createObservableGauge(name, { description, ...(unit === undefined ? {} : { unit }) });
  const open = gauge(
    'rightcall.attempts.open',
    'Attempts on their way, by state; `sent` are calls that are up',
  );
  const lag = gauge(
    'rightcall.queue.lag.seconds',
    'Since the contact that is due longest was due (real time)',
    's',
  );
  const pending = gauge('rightcall.events.pending', "Carriers' events that nothing was made of yet");
  const pendingAge = gauge('rightcall.events.oldest.seconds', 'Age of the oldest of them', 's');
  const untold = gauge('rightcall.results.untold', 'Results of attempts that Temporal was not told yet');
  const deliveries = gauge(
    'rightcall.deliveries',
    'Outgoing events by state of their delivery: pending, dead',
  );
  const deliveryAge = gauge(
    'rightcall.deliveries.overdue.seconds',
    'Since the delivery that is due longest was due',
    's',
  );
  const stops = gauge(
    'rightcall.stop.slowest.seconds',
    'Slowest acknowledgement of a stop in the last five minutes',
    's',
  );
  const unacknowledged = gauge(
    'rightcall.stops.unacknowledged',
    'Stops of the last hour, older than ten seconds, that were never acknowledged',
  );
  const unknownAge = gauge(
    'rightcall.attempts.unknown.oldest.seconds',
    'Since the send of the oldest attempt of which only the carrier can say whether it rang',
    's',
  );
  const unsealed = gauge(
    'rightcall.evidence.unsealed.seconds',
    'Age of the oldest decision that is not sealed into the evidence log',
    's',
  );
  const calendars = gauge(
    'rightcall.policies.calendar.days',
    'Days until a calendar in force says no more, and calls that depend on it are denied; of those that end within 60',
    'd',
  );
  const read = remembering(() => readAll(db, clock, sealing));
  meter.addBatchObservableCallback(
    async (result) => {
      for (const [tenant, standing] of await read()) {
        for (const [state, count] of standing.open) result.observe(open, count, { tenant, state });
        result.observe(lag, standing.lagS, { tenant });
        result.observe(pending, standing.eventsPending, { tenant });
        result.observe(pendingAge, standing.eventsOldestS, { tenant });
        result.observe(untold, standing.resultsUntold, { tenant });
        for (const [state, count] of standing.deliveries)
          result.observe(deliveries, count, { tenant, state });
        result.observe(deliveryAge, standing.deliveriesOldestS, { tenant });
        result.observe(stops, standing.stopSlowestS, { tenant });
        result.observe(unacknowledged, standing.stopsUnacknowledged, { tenant });
        result.observe(unknownAge, standing.unknownOldestS, { tenant });
        if (sealing) result.observe(unsealed, standing.unsealedS, { tenant });
        for (const [calendar, days] of standing.calendarDays)
          result.observe(calendars, days, { tenant, calendar });
      }
    },
    [
      open,
      lag,
      pending,
      pendingAge,
      untold,
      deliveries,
      deliveryAge,
      stops,
      unacknowledged,
      unknownAge,
      unsealed,
      calendars,
    ],
  );
}

function remembering<T>(read: () => Promise<T>): () => Promise<T> {
  let known: { readonly value: Promise<T>; readonly at: number } | undefined;
  return () => {
    if (known === undefined || Date.now() - known.at > FRESH_MS) {
      const value = read();
      known = { value, at: Date.now() };
      // What failed is not remembered.
      value.catch(() => (known = undefined));
    }
    return known.value;
  };
}

async function readAll(db: Database, clock: Clock, sealing: boolean): Promise<Map<string, Standing>> {
  const all = new Map<string, Standing>();
  for (const { tenantId, slug } of await db.tenants()) {
    all.set(slug, await db.inTenant(tenantId, (tx) => readStanding(tx, clock, sealing)));
  }
  return all;
}

/** In one transaction, so that the figures belong together. */
export async function readStanding(tx: Tx, clock: Clock, sealing: boolean): Promise<Standing> {
  const attempts = await tx.query<{ state: string; n: number; age: number }>(
    `SELECT state, count(*) AS n,
            extract(epoch FROM clock_timestamp() - min(coalesce(sending_real, claimed_real)))::float8 AS age
     FROM attempts
     WHERE tenant_id = $1 AND state IN ('claimed', 'sending', 'sent', 'unknown') GROUP BY state`,
    [tx.tenantId],
  );
  const open = new Map(['claimed', 'sending', 'sent', 'unknown'].map((state) => [state, 0]));
  for (const { state, n } of attempts) open.set(state, n);
  const unknownOldestS = attempts.find(({ state }) => state === 'unknown')?.age ?? 0;
  const [events] = await tx.query<{ n: number; age: number }>(
    `SELECT count(*) AS n, coalesce(extract(epoch FROM clock_timestamp() - min(received_real)), 0)::float8 AS age
     FROM call_events WHERE tenant_id = $1 AND processed_real IS NULL`,
    [tx.tenantId],
  );
  const [untold] = await tx.query<{ n: number }>(
    'SELECT count(*) AS n FROM attempts WHERE tenant_id = $1 AND reported_real IS NULL AND result IS NOT NULL',
    [tx.tenantId],
  );
  const due = await oldestDue(tx);
  const [undelivered] = await tx.query<{ pending: number; dead: number; overdue: number }>(
    `SELECT count(*) AS pending,
            greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(due_real)), 0))::float8 AS overdue,
            (SELECT count(*) FROM endpoints e JOIN deliveries x ON x.tenant_id = e.tenant_id
               AND x.endpoint_id = e.id AND x.state = 'dead' WHERE e.tenant_id = $1) AS dead
     FROM deliveries WHERE tenant_id = $1 AND state = 'pending'`,
    [tx.tenantId],
  );
  const [stops] = await tx.query<{ slowest: number; open: number }>(
    `SELECT coalesce(max(extract(epoch FROM acknowledged_real - requested_real))
                       FILTER (WHERE committed_real > clock_timestamp() - interval '5 minutes'), 0)::float8 AS slowest,
            count(*) FILTER (WHERE acknowledged_real IS NULL
                               AND committed_real < clock_timestamp() - interval '10 seconds') AS open
     FROM stop_requests WHERE tenant_id = $1 AND committed_real > clock_timestamp() - interval '1 hour'`,
    [tx.tenantId],
  );
  return {
    open,
    lagS: due === null ? 0 : Math.max(0, clock.toRealMs(clock.now() - due) / 1_000),
    eventsPending: events!.n,
    eventsOldestS: events!.age,
    resultsUntold: untold!.n,
    deliveries: new Map([
      ['pending', undelivered!.pending],
      ['dead', undelivered!.dead],
    ]),
    deliveriesOldestS: undelivered!.overdue,
    stopSlowestS: stops!.slowest,
    stopsUnacknowledged: stops!.open,
    unknownOldestS,
    unsealedS: sealing ? ((await unsealedAgeS(tx)) ?? 0) : 0,
    calendarDays: await daysOfEndingCalendars(tx, clock.now()),
  };
}

/** Whole days, 0 on the last day covered and below it afterwards. */
async function daysOfEndingCalendars(tx: Tx, now: number): Promise<ReadonlyMap<string, number>> {
  const ending = calendarsEndingSoon({ calendars: await calendarsInForce(tx, now) }, now);
  const today = Math.floor(now / DAY_MS);
  return new Map(ending.map(({ id, coveredTo }) => [id, Date.parse(coveredTo) / DAY_MS - today]));
}

/**
 * The earliest instant that a waiting contact of a running campaign is due at. The hopper's index has it first within
 * each cohort and rank, of which there are few: each is looked at once, however many contacts wait.
 */
async function oldestDue(tx: Tx): Promise<number | null> {
  const rows = await tx.query<{ due: number | null }>(
    `SELECT min(first.ready_at) AS due FROM campaigns k, LATERAL (
       WITH RECURSIVE step AS (
         (SELECT cohort, rank, ready_at FROM contacts c
          WHERE c.tenant_id = $1 AND c.campaign_id = k.id AND c.state = 'waiting'
          ORDER BY cohort, rank, ready_at LIMIT 1)
         UNION ALL
         SELECT next.* FROM step, LATERAL (
           SELECT cohort, rank, ready_at FROM contacts c
           WHERE c.tenant_id = $1 AND c.campaign_id = k.id AND c.state = 'waiting'
             AND (c.cohort, c.rank) > (step.cohort, step.rank)
           ORDER BY cohort, rank, ready_at LIMIT 1) next)
       SELECT ready_at FROM step) first
     WHERE k.tenant_id = $1 AND k.status = 'running'`,
    [tx.tenantId],
  );
  return rows[0]?.due ?? null;
}
