import { reach } from '../../domain/steps.ts';
import { lockPerson } from '../../db/locks.ts';
import { countNearMiss } from '../../db/telemetry.ts';
import { expire } from '../calls/place-call.ts';
import { hangUp } from '../calls/send.ts';
import { settleAttempt } from '../calls/settle.ts';
import { countRepair } from '../telemetry.ts';
import { withinAttempt } from '../tracing.ts';
import type { WorkflowGateway } from '../workflow-gateway.ts';
import { allOrFault } from './all-or-fault.ts';
import { askAboutSilent, askAboutUnknown, carriersToAsk, type LookUpDeps } from './look-ups.ts';

export interface SweepDeps extends LookUpDeps {
  readonly workflows: WorkflowGateway;
}

/** Attempts looked at in one round. */
const BATCH = 50;
/** Of these, at once: each is two short transactions. */
const AT_ONCE = 8;
/** Real ms after which an admission that made no attempt is taken for lost. Its activity would have begun long ago. */
const LOST_ADMISSION_AFTER_MS = 30_000;

/**
 * Find what got stuck and bring it on: leases that ran out, attempts whose fate only the carrier knows, results that
 * were never drawn. Every step may be repeated and may be done by two workers. The worker's loops do the same, each
 * carrier by itself.
 */
export async function sweepAttempts(deps: SweepDeps, tenantId: string): Promise<boolean> {
  const carriers = await carriersToAsk(deps, tenantId);
  await Promise.all(carriers.map((carrierId) => askAboutUnknown(deps, tenantId, carrierId)));
  return sweepLeases(deps, tenantId);
}

/** Ask the carriers about calls of which nothing was heard for a while: a webhook may have been lost. */
export async function sweepSilentCalls(deps: SweepDeps, tenantId: string): Promise<boolean> {
  const rows = await deps.db.single(tenantId, (tx) =>
    tx.prepared<{ carrier_id: string }>(
      'silent_carriers',
      `SELECT DISTINCT carrier_id FROM attempts WHERE tenant_id = $1 AND reported_real IS NULL AND state = 'sent'`,
      [tenantId],
    ),
  );
  await Promise.all(rows.map((row) => askAboutSilent(deps, tenantId, row.carrier_id, [])));
  return false;
}

/**
 * Leases that ran out, and attempts that are over and from which nothing was drawn, but for those that their agents write
 * down (agent-upkeep.ts). Asks the database alone, so that no
 * carrier holds it up: what a dead worker held is free again within its lease and the second after it.
 */
export async function sweepLeases(deps: Pick<SweepDeps, 'db' | 'clock'>, tenantId: string): Promise<boolean> {
  const rows = await deps.db.single(tenantId, (tx) =>
    tx.prepared<{ id: string; person_id: string; state: string }>(
      'sweep_leases',
      `SELECT id, person_id, state FROM attempts WHERE tenant_id = $1 AND reported_real IS NULL
         AND ((state IN ('claimed', 'sending') AND lease_until_real < clock_timestamp())
              OR (state IN ('revoked', 'abandoned', 'rejected', 'ended') AND result IS NULL
                  AND NOT EXISTS (SELECT 1 FROM agent_calls g WHERE g.tenant_id = $1 AND g.attempt_id = attempts.id
                                    AND (g.state = 'wrap_up' OR g.disposed_at IS NOT NULL))))
       ORDER BY claimed_real LIMIT ${BATCH}`,
      [tenantId],
    ),
  );
  for (let i = 0; i < rows.length; i += AT_ONCE) {
    await allOrFault(rows.slice(i, i + AT_ONCE).map((row) => bringOn(deps, tenantId, row)));
  }
  return rows.length === BATCH;
}

async function bringOn(
  deps: Pick<SweepDeps, 'db' | 'clock'>,
  tenantId: string,
  row: { readonly id: string; readonly person_id: string; readonly state: string },
): Promise<void> {
  if (row.state === 'claimed' || row.state === 'sending') {
    const now = await deps.db.inTenant(tenantId, (tx) => expire(tx, deps, row.id));
    await reach('expire.committed', row.id);
    if (now !== 'held') countRepair('lease_expired');
  }
  const drawn = await deps.db.inTenant(tenantId, async (tx) => {
    await lockPerson(tx, row.person_id);
    return settleAttempt(tx, deps.clock, row.id);
  });
  if (drawn !== null) countRepair('attempt_settled');
}

/** Carriers that have calls to hang up. */
export async function carriersToHangUpAt(deps: SweepDeps, tenantId: string): Promise<string[]> {
  const rows = await deps.db.single(tenantId, (tx) =>
    tx.prepared<{ carrier_id: string }>(
      'hangup_carriers',
      `SELECT DISTINCT carrier_id FROM attempts
       WHERE tenant_id = $1 AND hangup_requested_real IS NOT NULL AND hangup_done_real IS NULL AND state = 'sent'`,
      [tenantId],
    ),
  );
  return rows.map((row) => row.carrier_id);
}

/**
 * Hang up what a stop asked for and has not been answered, until there is none or the carrier does not take it; an
 * answered call is left to its people. In no order, so that some that cannot be hung up keep the others from nothing.
 * @param carrierId of one carrier; left out: of all
 */
export async function carryOutHangups(
  deps: SweepDeps,
  tenantId: string,
  carrierId: string | null = null,
): Promise<boolean> {
  for (;;) {
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
           AND ($2::uuid IS NULL OR a.carrier_id = $2)
         ORDER BY random() LIMIT ${BATCH}`,
        [tenantId, carrierId],
      ),
    );
    const done = await Promise.all(
      rows.map((row) =>
        withinAttempt({ tenantId, contactId: row.contact_id, admission: row.admission }, () =>
          hangUp(deps, tenantId, row.id, row.carrier_id, row.carrier_ref),
        ),
      ),
    );
    if (rows.length < BATCH || !done.includes(true)) return false;
  }
}

/**
 * Contacts that were admitted and of which nothing came: the pacer died before it told the workflow, or Temporal was
 * away. The workflow is told again; the admission's number makes that harmless.
 */
export async function retellAdmissions(deps: SweepDeps, tenantId: string): Promise<boolean> {
  const rows = await deps.db.single(tenantId, (tx) =>
    tx.prepared<{ id: string; campaign_id: string; admissions: number }>(
      'lost_admissions',
      `WITH lost AS MATERIALIZED (
         SELECT d.id FROM contacts d
         WHERE d.tenant_id = $1 AND d.state = 'admitted'
           AND d.admitted_real < clock_timestamp() - make_interval(secs => $2)
           AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.tenant_id = d.tenant_id AND a.contact_id = d.id
                             AND a.admission = d.admissions)
           AND NOT EXISTS (SELECT 1 FROM previews v WHERE v.tenant_id = d.tenant_id AND v.contact_id = d.id
                             AND v.admission = d.admissions AND v.acted_real IS NULL)
         LIMIT ${BATCH} FOR NO KEY UPDATE SKIP LOCKED)
       UPDATE contacts c SET admitted_real = clock_timestamp()
       WHERE c.tenant_id = $1 AND c.id IN (SELECT id FROM lost)
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
  countRepair('admission_retold', rows.length);
  return rows.length === BATCH;
}
