import type { Database } from '../../db/client.ts';
import { endpointsToDrain, purgeEvents } from '../../db/repositories/outgoing-events.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import type { WorkflowGateway } from '../workflow-gateway.ts';

/** Tell the workflow of each endpoint that has something to deliver and nobody who does; starts it if it is not running. */
export async function nudgeDeliveries(
  deps: { readonly db: Database; readonly workflows: WorkflowGateway },
  tenantId: string,
): Promise<boolean> {
  const endpointIds = await deps.db.single(tenantId, endpointsToDrain);
  await Promise.all(endpointIds.map((endpointId) => deps.workflows.deliver({ tenantId, endpointId })));
  return false;
}

/** How long (real) events are kept for replay; docs/events.md states it. */
export const KEEP_EVENTS_MS = 30 * DAY_MS;
const PURGE_EVERY_MS = HOUR_MS;

/** Removes events that are too old to be replayed, now and then. */
export function createEventPurge(deps: { readonly db: Database }): (tenantId: string) => Promise<boolean> {
  const purgedReal = new Map<string, number>();
  return async (tenantId) => {
    const now = Date.now();
    if (now - (purgedReal.get(tenantId) ?? 0) < PURGE_EVERY_MS) return false;
    const more = await deps.db.inTenant(tenantId, (tx) => purgeEvents(tx, now - KEEP_EVENTS_MS));
    if (!more) purgedReal.set(tenantId, now);
    return more;
  };
}
