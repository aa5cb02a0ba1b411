import type { Clock } from '../../domain/clock.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { AttemptState, CampaignStatus } from '../../domain/vocabulary.ts';
import type { Database, Tx } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import { countNearMiss } from '../../db/telemetry.ts';
import {
  leavePromise,
  lockCallback,
  PROMISED,
  settlePromise,
  type CallbackRow,
} from '../../db/repositories/callbacks.ts';
import { INSTALLATION_STOPPED } from '../../db/repositories/installation.ts';
import { horizonMsOn, leadingReason } from '../../gate/decide.ts';
import { readDossier } from '../../gate/dossier.ts';
import type { PolicyReader } from '../../gate/policy-source.ts';
import { evaluate } from '../../policies/index.ts';

const BATCH = 50;

export interface PromiseDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly policies: PolicyReader;
}

/**
 * Promises whose window is over: kept where a call was sent in it, else breached, with the reason (I11). Two workers may
 * do so at once: the person's row makes them take turns.
 * @returns whether more may be waiting.
 */
export async function settleDuePromises(deps: PromiseDeps, tenantId: string): Promise<boolean> {
  const due = await deps.db.single(tenantId, (tx) =>
    tx.prepared<{ id: string; personId: string }>(
      'promises_due',
      `SELECT id, person_id AS "personId" FROM callbacks
       WHERE tenant_id = $1 AND status = 'promised' AND until_at <= $2 ORDER BY until_at LIMIT ${BATCH}`,
      [tenantId, toIso(deps.clock.now())],
    ),
  );
  let settled = 0;
  for (const { id, personId } of due) {
    settled += await deps.db.inTenant(tenantId, async (tx) => {
      await lockPerson(tx, personId);
      return settleOne(tx, deps, id);
    });
  }
  return settled === BATCH;
}

/** @returns 1 when it is settled now, 0 when it has to wait for an attempt, or somebody else settled it. */
async function settleOne(tx: Tx, deps: PromiseDeps, id: string): Promise<0 | 1> {
  const at = deps.clock.now();
  const callback = await lockCallback(tx, id);
  if (callback?.status !== 'promised' || callback.untilAt > at) return 0;
  const attempt = await attemptInWindow(tx, callback);
  switch (attempt?.state) {
    case 'sent':
    case 'ended':
      await settlePromise(tx, id, { status: 'kept', reason: null, attemptId: attempt.id, at });
      return 1;
    case 'claimed':
    case 'sending':
    case 'unknown':
      // Whether a phone rang is about to be known: its lease, or its quarantine, bounds it.
      return 0;
    default: {
      const reason = await reasonOfBreach(tx, deps, callback);
      await settlePromise(tx, id, { status: 'breached', reason, attemptId: null, at });
      countNearMiss('promise_breached');
      await leavePromise(tx, callback, 'callback.breached', at);
      return 1;
    }
  }
}

async function attemptInWindow(
  tx: Tx,
  callback: CallbackRow,
): Promise<{ id: string; state: AttemptState } | null> {
  const rows = await tx.prepared<{ id: string; state: AttemptState }>(
    'promise_attempt',
    `SELECT id, state FROM attempts
     WHERE tenant_id = $1 AND contact_id = $2 AND claimed_at < $4
       AND (state = 'claimed' OR (state IN ('sending', 'sent', 'ended', 'unknown') AND sending_at >= $3
                                  AND sending_at < $4))
     ORDER BY (state IN ('sent', 'ended')) DESC, n LIMIT 1`,
    [tx.tenantId, callback.contactId, toIso(callback.fromAt), toIso(callback.untilAt)],
  );
  return rows[0] ?? null;
}

interface Standing {
  status: CampaignStatus;
  installation_stopped: boolean;
  stopped: boolean;
  no_line: boolean;
  state_reason: string | null;
  updated_at: EpochMs;
}

/**
 * Why nobody called: everything stood still, the contact was looked at and put off, the law had no room in the window,
 * or there were not enough lines.
 */
async function reasonOfBreach(tx: Tx, deps: PromiseDeps, callback: CallbackRow): Promise<string> {
  const [standing] = await tx.query<Standing>(
    `SELECT k.status, (${INSTALLATION_STOPPED}) AS installation_stopped,
            t.dialling_stopped_at IS NOT NULL AS stopped, c.state_reason, c.updated_at,
            (r.id IS NULL OR r.paused_real IS NOT NULL) AS no_line
     FROM contacts c
     JOIN campaigns k ON k.tenant_id = c.tenant_id AND k.id = c.campaign_id
     JOIN tenants t ON t.id = c.tenant_id
     LEFT JOIN carriers r ON r.tenant_id = k.tenant_id AND r.id = k.carrier_id
     WHERE c.tenant_id = $1 AND c.id = $2`,
    [tx.tenantId, callback.contactId],
  );
  if (standing === undefined) return 'contact.missing';
  if (standing.status !== 'running') return `campaign.${standing.status}`;
  if (standing.installation_stopped) return 'installation.stopped';
  if (standing.stopped) return 'tenant.stopped';
  if (standing.no_line) return 'carrier.paused';
  const { state_reason: said, updated_at: saidAt } = standing;
  if (said !== null && said !== PROMISED && saidAt >= callback.fromAt) return said;
  return (await reasonOfPolicies(tx, deps, callback)) ?? 'no_capacity';
}

/** What the policies say of the last instant at which the window had room for a send, and of its first; null: allowed. */
async function reasonOfPolicies(tx: Tx, deps: PromiseDeps, callback: CallbackRow): Promise<string | null> {
  const horizonMs = horizonMsOn(deps.clock);
  for (const at of [Math.max(callback.fromAt, callback.untilAt - horizonMs - 1), callback.fromAt]) {
    const dossier = await readDossier(tx, callback.contactId, at);
    if (dossier === null) return 'number.missing';
    const policySet = await deps.policies.forCampaign(tx, dossier.policySetHash, dossier.campaign);
    const evaluation = evaluate({ policySet, facts: dossier.facts, at, horizonMs });
    if (evaluation.verdict.kind !== 'allow') return leadingReason(evaluation);
  }
  return null;
}
