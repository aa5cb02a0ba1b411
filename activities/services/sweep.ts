import { SpanKind } from '@opentelemetry/api';
import type { Clock } from '../../domain/clock.ts';
import type { CallEndPayload } from '../../domain/carrier.ts';
import { HOUR_MS, type EpochMs } from '../../domain/time.ts';
import type { LookupResult } from '../../carriers/port.ts';
import { reach } from '../../domain/steps.ts';
import type { Database, Tx } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import { markNotRung, markSent } from '../../db/repositories/attempts.ts';
import type { CarrierSource } from '../calls/carrier-source.ts';
import { countNearMiss } from '../../db/telemetry.ts';
import { applyCallEvents, MADE_UP_ID } from '../calls/events.ts';
import { expire } from '../calls/place-call.ts';
import { hangUp } from '../calls/send.ts';
import { settleAttempt } from '../calls/settle.ts';
import { traceStep, withinAttempt } from '../tracing.ts';
import type { WorkflowGateway } from '../workflow-gateway.ts';

export interface SweepDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly carriers: CarrierSource;
  readonly workflows: WorkflowGateway;
}

/** Attempts looked at in one round. */
const BATCH = 50;
/**
 * Real ms after the send before the carrier's "I have no such call" is believed: a request may still be on its way.
 * Longer than the send lease, which bounds how long our own process may take over it.
 */
const NOT_FOUND_AFTER_MS = 5_000;
/** Real ms after the send before the carrier is asked about a call whose events have not come. */
const SILENT_AFTER_MS = 15_000;
/** No call lasts this long (engine clock); one the carrier knows nothing of any more has ended unheard. */
const FORGOTTEN_AFTER_MS = 4 * HOUR_MS;
/** Real ms after which an admission that made no attempt is taken for lost. Its activity would have begun long ago. */
const LOST_ADMISSION_AFTER_MS = 30_000;

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

/**
 * Find what got stuck and bring it on: leases that ran out, attempts whose fate only the carrier knows, calls whose
 * end was never told, results that were never drawn. Every step may be repeated and may be done by two workers.
 */
export async function sweepAttempts(deps: SweepDeps, tenantId: string): Promise<boolean> {
  return sweep(
    deps,
    tenantId,
    'sweep_attempts',
    `(state IN ('claimed', 'sending') AND lease_until_real < clock_timestamp())
     OR state = 'unknown'
     OR (state IN ('revoked', 'abandoned', 'rejected', 'ended') AND result IS NULL)`,
  );
}

/** Ask the carrier about calls of which nothing was heard for a while: a webhook may have been lost. */
export async function sweepSilentCalls(deps: SweepDeps, tenantId: string): Promise<boolean> {
  return sweep(
    deps,
    tenantId,
    'sweep_silent',
    `state = 'sent' AND sending_real < clock_timestamp() - make_interval(secs => ${SILENT_AFTER_MS / 1_000})`,
  );
}

async function sweep(deps: SweepDeps, tenantId: string, name: string, condition: string): Promise<boolean> {
  const rows = await deps.db.single(tenantId, (tx) =>
    tx.prepared<OpenAttempt>(
      name,
      `SELECT id, contact_id, admission, person_id, carrier_id, carrier_ref, state, quarantine_until, rang_at,
              coalesce(sending_real, claimed_real) < clock_timestamp() - make_interval(secs => $2) AS believable
       FROM attempts WHERE tenant_id = $1 AND reported_real IS NULL AND (${condition})
       ORDER BY claimed_real LIMIT ${BATCH}`,
      [tenantId, NOT_FOUND_AFTER_MS / 1_000],
    ),
  );
  for (const row of rows) {
    if (row.state === 'claimed' || row.state === 'sending') {
      await deps.db.inTenant(tenantId, (tx) => expire(tx, deps, row.id));
      await reach('expire.committed', row.id);
    }
    if (row.state === 'sending' || row.state === 'unknown' || row.state === 'sent') {
      const attempt = { tenantId, contactId: row.contact_id, admission: row.admission };
      await withinAttempt(attempt, () => reconcile(deps, tenantId, row));
    }
    await deps.db.inTenant(tenantId, async (tx) => {
      await lockPerson(tx, row.person_id);
      await settleAttempt(tx, deps.clock, row.id);
    });
  }
  return false;
}

/** Ask the carrier what became of an attempt, and believe it. The call is never made again. */
async function reconcile(deps: SweepDeps, tenantId: string, row: OpenAttempt): Promise<void> {
  const line = await deps.carriers.lineOf(tenantId, row.carrier_id);
  await reach('reconcile.ask', row.id);
  const found = await traceStep(
    'carrier.lookup',
    () => line.carrier.lookup(row.id),
    ({ kind }) => ({ 'rightcall.attempt': row.id, 'rightcall.carrier.result': kind }),
    SpanKind.CLIENT,
  );
  await reach('reconcile.answered', row.id);
  await deps.db.inTenant(tenantId, async (tx) => {
    await lockPerson(tx, row.person_id);
    await takeAnswer(tx, deps.clock, row, found);
  });
  await reach('reconcile.committed', row.id);
}

async function takeAnswer(tx: Tx, clock: Clock, row: OpenAttempt, found: LookupResult): Promise<void> {
  const now = clock.now();
  switch (found.kind) {
    case 'live':
      await markSent(tx, row.id, found.reference, now);
      return;
    case 'final':
      if (row.state === 'sent') countNearMiss('end_not_told');
      await synthesize(tx, clock, row, found.reference, found.end);
      return;
    case 'not_found':
      // Not before it is certain that no request of ours is still on its way, and never for a call the carrier took.
      if (row.state === 'unknown' && row.believable) {
        await markNotRung(tx, row.id, 'unknown', 'abandoned', 'carrier.not_found', now);
        return;
      }
      break;
    case 'unknown':
      break;
  }
  const end = row.quarantine_until ?? row.rang_at + FORGOTTEN_AFTER_MS;
  if (row.state !== 'sending' && end <= now) {
    countNearMiss(row.state === 'unknown' ? 'quarantine_ended' : 'end_never_known');
    await synthesize(tx, clock, row, row.carrier_ref ?? 'unknown', lost(now));
  }
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

/** Hang up what a stop asked for and has not been answered; an answered call is left to its people. */
export async function carryOutHangups(deps: SweepDeps, tenantId: string): Promise<boolean> {
  const rows = await deps.db.single(tenantId, (tx) =>
    tx.prepared<{
      id: string;
      contact_id: string;
      admission: number;
      carrier_id: string;
      carrier_ref: string;
    }>(
      'hangups',
      `SELECT a.id, a.contact_id, a.admission, a.carrier_id, a.carrier_ref FROM attempts a
       LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
       WHERE a.tenant_id = $1 AND a.hangup_requested_real IS NOT NULL AND a.hangup_done_real IS NULL
         AND a.state = 'sent' AND a.carrier_ref IS NOT NULL AND k.answered_at IS NULL AND k.ended_at IS NULL
       LIMIT ${BATCH}`,
      [tenantId],
    ),
  );
  await Promise.all(
    rows.map((row) =>
      withinAttempt({ tenantId, contactId: row.contact_id, admission: row.admission }, () =>
        hangUp(deps, tenantId, row.id, row.carrier_id, row.carrier_ref),
      ),
    ),
  );
  return rows.length === BATCH;
}

/**
 * Contacts that were admitted and of which nothing came: the pacer died before it told the workflow, or Temporal was
 * away. The workflow is told again; the admission's number makes that harmless.
 */
export async function retellAdmissions(deps: SweepDeps, tenantId: string): Promise<boolean> {
  const rows = await deps.db.single(tenantId, (tx) =>
    tx.prepared<{ id: string; campaign_id: string; admissions: number }>(
      'lost_admissions',
      `UPDATE contacts c SET admitted_real = clock_timestamp()
       WHERE c.tenant_id = $1 AND c.id IN (
         SELECT d.id FROM contacts d
         WHERE d.tenant_id = $1 AND d.state = 'admitted'
           AND d.admitted_real < clock_timestamp() - make_interval(secs => $2)
           AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.tenant_id = d.tenant_id AND a.contact_id = d.id
                             AND a.admission = d.admissions)
         LIMIT ${BATCH} FOR NO KEY UPDATE SKIP LOCKED)
       RETURNING c.id, c.campaign_id, c.admissions`,
      [tenantId, LOST_ADMISSION_AFTER_MS / 1_000],
    ),
  );
  if (rows.length > 0) countNearMiss('admission_lost', rows.length);
  for (const row of rows) {
    await deps.workflows.admit(
      { tenantId, campaignId: row.campaign_id },
      { contactId: row.id, admission: row.admissions, workflowOpen: true },
    );
  }
  return rows.length === BATCH;
}
