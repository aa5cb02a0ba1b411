import { setTimeout as delay } from 'node:timers/promises';
import { SpanKind } from '@opentelemetry/api';
import type { CallEndPayload } from '../../domain/carrier.ts';
import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../domain/failures.ts';
import type { Repair } from '../../domain/recovery.ts';
import { reach } from '../../domain/steps.ts';
import { HOUR_MS, toIso, type EpochMs } from '../../domain/time.ts';
import type { Carrier, LookupResult } from '../../carriers/port.ts';
import type { Database, Tx } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import { countNearMiss } from '../../db/telemetry.ts';
import { markNotRung, markSent } from '../../db/repositories/attempts.ts';
import type { CarrierSource } from '../calls/carrier-source.ts';
import { applyCallEvents, MADE_UP_ID } from '../calls/events.ts';
import { settleAttempt } from '../calls/settle.ts';
import { countRepair } from '../telemetry.ts';
import { traceStep, withinAttempt } from '../tracing.ts';
import { allOrFault } from './all-or-fault.ts';
import { pendingEventsOf } from './settle-events.ts';

/**
 * What became of attempts that only the carrier can tell of: those whose answer was lost, and calls of which nothing is
 * heard. The carrier is asked; the call is never made again.
 */
export interface LookUpDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly carriers: CarrierSource;
}

/** Questions that one carrier is asked at once: enough for a thousand a minute at half a second each. */
const AT_ONCE = 8;
/** Attempts asked about in one round of a carrier. */
const ROUND_MAX = 200;
/** Real ms after which a question is given up, whatever the adapter does. */
const ANSWER_TIMEOUT_MS = 6_000;
/**
 * Real ms after the send before the carrier's "I have no such call" is believed: a request may still be on its way.
 * Longer than the send lease, which bounds how long our own process may take over it.
 */
const NOT_FOUND_AFTER_MS = 5_000;
/** Real ms after the send before the carrier is asked about a call whose events have not come. */
const SILENT_AFTER_MS = 15_000;
/** No call lasts this long (engine clock); one the carrier knows nothing of any more has ended unheard. */
const FORGOTTEN_AFTER_MS = 4 * HOUR_MS;

/**
 * How long (real seconds) the carrier is left alone after the n-th question about an attempt, as SQL of `look_ups`. An
 * answer that was lost is asked for at once a few times, since most are to be had within seconds; then less and less.
 * In a quarantine of ten minutes this comes to some 28 questions instead of 600.
 */
const UNKNOWN_PAUSE_S = 'CASE WHEN look_ups < 5 THEN 0 ELSE least(30, 2 ^ least(look_ups - 5, 5)) END';
/** A call that is up says nothing for minutes: 15 s, 30 s, 1 min, 2 min, then every 4 min. */
const SILENT_PAUSE_S = '15 * 2 ^ least(look_ups, 4)';

interface OpenAttempt {
  id: string;
  contact_id: string;
  admission: number;
  person_id: string;
  carrier_id: string;
  carrier_ref: string | null;
  state: string;
  rang_at: EpochMs;
  believable: boolean;
  quarantine_until: EpochMs | null;
}

/** Carriers that have something to tell of a tenant's attempts. */
export async function carriersToAsk(deps: LookUpDeps, tenantId: string): Promise<string[]> {
  const rows = await deps.db.single(tenantId, (tx) =>
    tx.prepared<{ carrier_id: string }>(
      'look_up_carriers',
      `SELECT DISTINCT carrier_id FROM attempts
       WHERE tenant_id = $1 AND reported_real IS NULL AND state = 'unknown'`,
      [tenantId],
    ),
  );
  return rows.map((row) => row.carrier_id);
}

/** Ask a carrier about attempts whose answer was lost; those it never answers for count at the end of their quarantine. */
export async function askAboutUnknown(
  deps: LookUpDeps,
  tenantId: string,
  carrierId: string,
  stopping?: AbortSignal,
): Promise<void> {
  await askInTurn(deps, tenantId, carrierId, {
    name: 'look_ups_unknown',
    condition: `state = 'unknown' AND (look_up_after_real IS NULL OR look_up_after_real <= clock_timestamp()
                                       OR quarantine_until <= $4) AND NOT id = ANY ($5)`,
    pauseS: UNKNOWN_PAUSE_S,
    over: deps.clock.now(),
    except: [],
    stopping,
  });
}

/**
 * Ask a carrier about calls of which nothing was heard for a while: an event may have been lost.
 * @param live attempts that its list just now had as under way, and that need no question
 */
export async function askAboutSilent(
  deps: LookUpDeps,
  tenantId: string,
  carrierId: string,
  live: readonly string[],
  stopping?: AbortSignal,
): Promise<void> {
  await askInTurn(deps, tenantId, carrierId, {
    name: 'look_ups_silent',
    condition: `state = 'sent' AND sending_real < clock_timestamp() - make_interval(secs => ${SILENT_AFTER_MS / 1_000})
                AND (look_up_after_real IS NULL OR look_up_after_real <= clock_timestamp() OR rang_at <= $4)
                AND NOT EXISTS (SELECT FROM unnest($5::text[]) AS l (id) WHERE l.id = attempts.id)`,
    pauseS: SILENT_PAUSE_S,
    over: deps.clock.now() - FORGOTTEN_AFTER_MS,
    except: live,
    stopping,
  });
}

interface Question {
  readonly name: string;
  /** SQL; `$4` is `over`, `$5` is `except`. */
  readonly condition: string;
  readonly pauseS: string;
  /** Instant (engine clock) by which an attempt is decided upon, asked or not. */
  readonly over: EpochMs;
  readonly except: readonly string[];
  readonly stopping: AbortSignal | undefined;
}

/** Batch after batch, longest unasked first, until none is due, or the carrier left a whole batch unanswered. */
async function askInTurn(
  deps: LookUpDeps,
  tenantId: string,
  carrierId: string,
  question: Question,
): Promise<void> {
  const { carrier } = await deps.carriers.lineOf(tenantId, carrierId);
  const done = [...question.except];
  for (let asked = 0; asked < ROUND_MAX && question.stopping?.aborted !== true; asked += AT_ONCE) {
    const rows = await takeBatch(deps, tenantId, carrierId, { ...question, except: done });
    const answers = await allOrFault(
      rows.map((row) =>
        withinAttempt({ tenantId, contactId: row.contact_id, admission: row.admission }, () =>
          reconcile(deps, tenantId, carrier, row),
        ),
      ),
    );
    if (rows.length < AT_ONCE || answers.every((answer) => answer === 'nothing')) return;
    done.push(...rows.map((row) => row.id));
  }
}

/** Taken by the statement that puts their next question off: two workers ask about different ones. */
async function takeBatch(
  deps: LookUpDeps,
  tenantId: string,
  carrierId: string,
  { name, condition, pauseS, over, except }: Question,
): Promise<OpenAttempt[]> {
  return deps.db.single(tenantId, (tx) =>
    tx.prepared<OpenAttempt>(
      name,
      // Materialized: as a sub-query it may be run for every row, and takes more than it says.
      `WITH due AS MATERIALIZED (
         SELECT id FROM attempts WHERE tenant_id = $1 AND carrier_id = $2 AND reported_real IS NULL AND ${condition}
         ORDER BY look_up_after_real NULLS FIRST, claimed_real LIMIT ${AT_ONCE} FOR NO KEY UPDATE SKIP LOCKED)
       UPDATE attempts SET look_ups = look_ups + 1,
              look_up_after_real = clock_timestamp() + make_interval(secs => ${pauseS})
       WHERE tenant_id = $1 AND id IN (SELECT id FROM due)
       RETURNING id, contact_id, admission, person_id, carrier_id, carrier_ref, state, quarantine_until, rang_at,
                 coalesce(sending_real, claimed_real) < clock_timestamp() - make_interval(secs => $3) AS believable`,
      [tenantId, carrierId, NOT_FOUND_AFTER_MS / 1_000, toIso(over), except],
    ),
  );
}

/** Ask the carrier what became of an attempt, and believe it. @returns `nothing` where it said none and none was drawn */
async function reconcile(
  deps: LookUpDeps,
  tenantId: string,
  carrier: Carrier,
  row: OpenAttempt,
): Promise<'something' | 'nothing'> {
  await reach('reconcile.ask', row.id);
  const found = await traceStep(
    'carrier.lookup',
    () => lookUp(carrier, row.id),
    ({ kind }) => ({ 'rightcall.attempt': row.id, 'rightcall.carrier.result': kind }),
    SpanKind.CLIENT,
  );
  await reach('reconcile.answered', row.id);
  const repair = await deps.db.inTenant(tenantId, async (tx) => {
    await lockPerson(tx, row.person_id);
    const done = await takeAnswer(tx, deps.clock, row, found);
    await settleAttempt(tx, deps.clock, row.id);
    return done;
  });
  await reach('reconcile.committed', row.id);
  if (repair !== null) countRepair(repair);
  return found.kind === 'unknown' && repair === null ? 'nothing' : 'something';
}

/** The carrier's answer; a carrier that has no look-up, that fails or that says nothing in time does not know. */
export async function lookUp(carrier: Carrier, attemptId: string): Promise<LookupResult> {
  if (carrier.capabilities().lookup === 'none') return { kind: 'unknown', reason: 'it has no look-up' };
  const given = new AbortController();
  try {
    return await Promise.race([
      carrier.lookup(attemptId),
      delay<LookupResult>(
        ANSWER_TIMEOUT_MS,
        { kind: 'unknown', reason: 'it did not answer in time' },
        { signal: given.signal },
      ),
    ]);
  } catch (error) {
    return { kind: 'unknown', reason: messageOf(error) };
  } finally {
    given.abort();
  }
}

async function takeAnswer(
  tx: Tx,
  clock: Clock,
  row: OpenAttempt,
  found: LookupResult,
): Promise<Repair | null> {
  const now = clock.now();
  const rows = await tx.prepared<{ state: string }>(
    'look_up_state',
    'SELECT state FROM attempts WHERE tenant_id = $1 AND id = $2',
    [tx.tenantId, row.id],
  );
  // An event, or another worker, was quicker than the answer.
  if (rows[0]?.state !== row.state) return null;
  // It has told already, and nobody has come to it yet: that is better than any guess of ours.
  const told = await pendingEventsOf(tx, row.id);
  if (told.length > 0) {
    await applyCallEvents(tx, clock, row.id, told);
    return 'attempt_found';
  }
  switch (found.kind) {
    case 'live':
      return (await markSent(tx, row.id, found.reference, now)) === null ? null : 'attempt_found';
    case 'final':
      if (row.state === 'sent') countNearMiss('end_not_told');
      await synthesize(tx, clock, row, found.reference, found.end);
      return row.state === 'sent' ? 'end_fetched' : 'attempt_found';
    case 'not_found':
      // Not before it is certain that no request of ours is still on its way, and never for a call the carrier took.
      if (row.state === 'unknown' && row.believable) {
        const gone = await markNotRung(tx, row.id, 'unknown', 'abandoned', 'carrier.not_found', now);
        return gone ? 'attempt_not_found' : null;
      }
      break;
    case 'unknown':
      break;
  }
  const end = row.quarantine_until ?? row.rang_at + FORGOTTEN_AFTER_MS;
  if (end > now) return null;
  countNearMiss(row.state === 'unknown' ? 'quarantine_ended' : 'end_never_known');
  await synthesize(tx, clock, row, row.carrier_ref ?? 'unknown', lost(now));
  return 'attempt_counted';
}

/** What is written when a carrier never says what became of a call: it counts as one that the person received. */
function lost(at: EpochMs): CallEndPayload {
  return {
    at,
    outcome: 'unknown',
    by: 'carrier',
    sip: null,
    q850: null,
    vendorCode: null,
    talkS: 0,
    ringS: 0,
    disposition: null,
    synthesized: true,
  };
}

/** Apply an end that no event brought, as if it had come. */
async function synthesize(
  tx: Tx,
  clock: Clock,
  row: OpenAttempt,
  reference: string,
  end: CallEndPayload,
): Promise<void> {
  await applyCallEvents(tx, clock, row.id, [
    {
      id: MADE_UP_ID,
      carrierId: row.carrier_id,
      attemptId: row.id,
      type: 'ended',
      at: end.at,
      payload: { reference, digits: null, end },
    },
  ]);
}
