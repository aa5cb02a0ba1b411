import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';

/** Who makes a change, as it is recorded with it. */
export interface Author {
  /** The principal, such as `key:crm` or `user:…`. */
  readonly by: string;
  /** Of the request that made it; null where no request did. */
  readonly requestId: string | null;
}

export interface Change extends Author {
  /** The operation by its id, such as `changeCampaign`. */
  readonly action: string;
  /** Kind of what is changed, such as `campaign`. */
  readonly resource: string;
  readonly resourceId: string;
  /** State before and after; null: there was, or is, none. Neither may hold a number or a name. */
  readonly before: unknown;
  readonly after: unknown;
  readonly reason?: string | null;
  readonly at: EpochMs;
}

/** Record who changed what, in the transaction that changes it, so that neither stands without the other. */
export async function recordChange(tx: Statements, change: Change): Promise<void> {
  const json = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value));
  await tx.prepared(
    'record_change',
    `INSERT INTO changes (tenant_id, at, recorded_real, actor, request_id, action, resource, resource_id, before, after,
                          reason)
     VALUES ($1, $2, clock_timestamp(), $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      tx.tenantId,
      toIso(change.at),
      change.by,
      change.requestId,
      change.action,
      change.resource,
      change.resourceId,
      json(change.before),
      json(change.after),
      change.reason ?? null,
    ],
  );
}
