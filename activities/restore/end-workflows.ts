import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { RightcallError } from '../../domain/failures.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.ts';

/** Real ms for the server to end them and to say so; visibility runs a second or so behind. */
const WITHIN_MS = 300_000;
const LOOK_AGAIN_MS = 500;

/**
 * End the contacts' workflows of a tenant, which may have come further than its database: a workflow that has seen a later
 * admission than the next one does not hear it. The rows say everything that a new one needs; workers start them.
 * @returns how many there were
 * @throws RightcallError `unavailable` when Temporal does not end them in time
 */
export async function endContactWorkflows(client: Client, tenantId: string): Promise<number> {
  const query = `WorkflowType = 'contactWorkflow' AND ExecutionStatus = 'Running' AND ${SEARCH_ATTRIBUTES.tenant} = '${tenantId}'`;
  const namespace = client.options.namespace;
  const running = async () => (await client.workflow.count(query)).count;
  const before = await running();
  const until = Date.now() + WITHIN_MS;
  for (let left = before; left > 0; left = await running()) {
    if (Date.now() > until) {
      throw new RightcallError(
        'unavailable',
        `Temporal still runs ${left} workflows of contacts; run this again`,
      );
    }
    await client.workflowService
      .startBatchOperation({
        namespace,
        visibilityQuery: query,
        jobId: randomUUID(),
        reason: 'the database was restored to an earlier state',
        terminationOperation: { identity: 'rightcall restore' },
      })
      .catch((error: unknown) => {
        // One is under way: the server takes few of them at once.
        if (!String(error).includes('RESOURCE_EXHAUSTED') && !String(error).includes('limit')) throw error;
      });
    for (let n = 0; n < 6 && (await running()) > 0; n++) await delay(LOOK_AGAIN_MS);
  }
  return before;
}
