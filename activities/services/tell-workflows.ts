import type { PlaceCallResult } from '../../domain/carrier.ts';
import type { Clock } from '../../domain/clock.ts';
import { reach } from '../../domain/steps.ts';
import type { Database } from '../../db/client.ts';
import { markClosed, markReported } from '../../db/repositories/workflow-notes.ts';
import type { WorkflowGateway } from '../workflow-gateway.ts';

const BATCH = 100;

interface TellDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly workflows: WorkflowGateway;
}

interface UnreportedRow {
  id: string;
  contact_id: string;
  campaign_id: string;
  admission: number;
  result: PlaceCallResult;
}

/**
 * Tell contacts' workflows what their calls came to. The row is marked only after Temporal took it, so a crash in
 * between tells it twice, which is harmless.
 */
export async function reportResults(deps: TellDeps, tenantId: string): Promise<boolean> {
  const rows = await deps.db.single(tenantId, (tx) =>
    tx.prepared<UnreportedRow>(
      'unreported_attempts',
      `SELECT id, contact_id, campaign_id, admission, result FROM attempts
       WHERE tenant_id = $1 AND reported_real IS NULL AND result IS NOT NULL LIMIT ${BATCH}`,
      [tenantId],
    ),
  );
  if (rows.length === 0) return false;
  await Promise.all(
    rows.map(async (row) => {
      await reach('result.tell', row.id);
      await deps.workflows.reportCall(
        { tenantId, campaignId: row.campaign_id },
        row.contact_id,
        row.admission,
        row.result,
      );
      await reach('result.told', row.id);
    }),
  );
  await deps.db.single(tenantId, (tx) =>
    markReported(
      tx,
      rows.map((row) => row.id),
      deps.clock.now(),
    ),
  );
  for (const row of rows) await reach('result.marked', row.id);
  return rows.length === BATCH;
}

/** Tell workflows whose contact became final without them. */
export async function closeWorkflows(deps: TellDeps, tenantId: string): Promise<boolean> {
  const rows = await deps.db.single(tenantId, (tx) =>
    tx.prepared<{ id: string; campaign_id: string; state: string; state_reason: string | null }>(
      'wake_pending',
      `SELECT id, campaign_id, state, state_reason FROM contacts
       WHERE tenant_id = $1 AND wake_pending LIMIT ${BATCH}`,
      [tenantId],
    ),
  );
  if (rows.length === 0) return false;
  // A contact that was put back into the hopper meanwhile needs no telling: its next admission does that.
  const final = rows.filter((row) => row.state !== 'waiting' && row.state !== 'admitted');
  await Promise.all(
    final.map((row) =>
      deps.workflows.close({ tenantId, campaignId: row.campaign_id }, row.id, {
        state: row.state,
        reason: row.state_reason,
      }),
    ),
  );
  await deps.db.single(tenantId, (tx) =>
    markClosed(
      tx,
      rows.map((row) => row.id),
      deps.clock.now(),
    ),
  );
  return rows.length === BATCH;
}
