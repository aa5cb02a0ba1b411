import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { contactWorkflowId } from '../domain/ids.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';
import type { WorkflowCensus } from './workflow-census.ts';

/** Runs in one answer; the server's own limit is 1,000. */
const PAGE_SIZE = 500;
/** Real ms between two pages: a namespace takes some ten such requests a second from all who ask. */
const PAGE_EVERY_MS = 200;
/** Tenant ids are written into a query: nothing else may be. */
const UUID = /^[0-9a-f-]{36}$/;

/** The census on a Temporal client. Only runs that bear a tenant's search attribute are that tenant's (I12). */
export function createTemporalCensus(client: Client): WorkflowCensus {
  let pageNotBefore = 0;
  return {
    running: async (tenantId, from) => {
      if (!UUID.test(tenantId)) throw new TypeError('tenant id is not a UUID');
      const now = performance.now();
      const at = Math.max(now, pageNotBefore);
      pageNotBefore = at + PAGE_EVERY_MS;
      if (at > now) await delay(at - now);
      const answer = await client.workflowService.listWorkflowExecutions({
        namespace: client.options.namespace,
        pageSize: PAGE_SIZE,
        ...(from === null ? {} : { nextPageToken: from }),
        query:
          `${SEARCH_ATTRIBUTES.tenant} = '${tenantId}' AND ExecutionStatus = 'Running' ` +
          `AND WorkflowType IN ('contactWorkflow', 'campaignWorkflow')`,
      });
      const runs = (answer.executions ?? []).flatMap(({ execution }) =>
        execution?.workflowId && execution.runId
          ? [{ workflowId: execution.workflowId, runId: execution.runId }]
          : [],
      );
      const next = answer.nextPageToken;
      return { runs, next: next === null || next === undefined || next.length === 0 ? null : next };
    },
    isRunning: async (campaign, contactId) => {
      try {
        const handle = client.workflow.getHandle(contactWorkflowId(campaign.campaignId, contactId));
        return (await handle.describe()).status.name === 'RUNNING';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
    end: async ({ workflowId, runId }, reason) => {
      try {
        await client.workflow.getHandle(workflowId, runId).terminate(reason);
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
  };
}
