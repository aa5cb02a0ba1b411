import type { Database } from '../../db/client.ts';
import type { WorkflowGateway } from '../workflow-gateway.ts';

/**
 * Campaigns as the database has them → their workflows. A campaign's status is changed by whoever may, in the
 * database alone; here its workflow is started, or told, and told again now and then, so that neither a lost notice
 * nor a Temporal that was away leaves a running campaign without its pacer.
 */
export interface Conductor {
  round(tenantId: string): Promise<boolean>;
}

/** Real ms after which an unchanged campaign's workflow is seen to again. */
const ENSURE_MS = 30_000;

export function createConductor(deps: {
  readonly db: Database;
  readonly workflows: WorkflowGateway;
}): Conductor {
  const told = new Map<string, { version: string; atReal: number }>();
  return {
    round: async (tenantId) => {
      const rows = await deps.db.single(tenantId, (tx) =>
        tx.prepared<{ id: string; status: string; version: string }>(
          'conduct_campaigns',
          // xmin changes with every update of the row, so that a pause and a resume between two rounds are noticed too.
          `SELECT id, status, xmin::text AS version FROM campaigns WHERE tenant_id = $1 AND status IN ('running', 'paused')
           UNION ALL
           SELECT k.id, k.status, k.xmin::text FROM campaigns k
           WHERE k.tenant_id = $1 AND k.status IN ('stopped', 'completed') AND EXISTS (
             SELECT 1 FROM contacts c WHERE c.tenant_id = $1 AND c.campaign_id = k.id AND c.state = 'waiting')`,
          [tenantId],
        ),
      );
      for (const row of rows) {
        const key = `${tenantId}/${row.id}`;
        const before = told.get(key);
        const campaign = { tenantId, campaignId: row.id };
        if (before?.version === row.version) {
          // Only seen to: a signal would make the workflow's history grow for as long as the campaign lasts.
          if (row.status === 'paused' || Date.now() - before.atReal <= ENSURE_MS) continue;
          await deps.workflows.ensureCampaign(campaign);
        } else if (row.status === 'paused' && before === undefined) {
          // A paused campaign that this process never saw running has nobody to tell.
          continue;
        } else {
          await deps.workflows.campaignChanged(campaign);
        }
        told.set(key, { version: row.version, atReal: Date.now() });
      }
      return false;
    },
  };
}
