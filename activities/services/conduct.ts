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

/** Real ms after which an unchanged running campaign is told again. */
const RETELL_MS = 30_000;

export function createConductor(deps: {
  readonly db: Database;
  readonly workflows: WorkflowGateway;
}): Conductor {
  const told = new Map<string, { version: string; atReal: number }>();
  return {
    round: async (tenantId) => {
      const rows = await deps.db.single(tenantId, (tx) =>
        tx.prepared<{ id: string; status: string; revision: number }>(
          'conduct_campaigns',
          `SELECT id, status, revision FROM campaigns WHERE tenant_id = $1 AND status IN ('running', 'paused')
           UNION ALL
           SELECT k.id, k.status, k.revision FROM campaigns k
           WHERE k.tenant_id = $1 AND k.status IN ('stopped', 'completed') AND EXISTS (
             SELECT 1 FROM contacts c WHERE c.tenant_id = $1 AND c.campaign_id = k.id AND c.state = 'waiting')`,
          [tenantId],
        ),
      );
      for (const row of rows) {
        const key = `${tenantId}/${row.id}`;
        const version = `${row.status}/${row.revision}`;
        const before = told.get(key);
        const due =
          before === undefined || before.version !== version || Date.now() - before.atReal > RETELL_MS;
        // A paused campaign that this process never saw running has nobody to tell.
        if (!due || (row.status === 'paused' && before === undefined)) continue;
        await deps.workflows.campaignChanged({ tenantId, campaignId: row.id });
        told.set(key, { version, atReal: Date.now() });
      }
      return false;
    },
  };
}
