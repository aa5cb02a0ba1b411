import { withoutNumbers } from '../../domain/mask.ts';
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
  /** In words of whoever asked; a telephone number in it is left out. */
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
      change.reason === null || change.reason === undefined ? null : withoutNumbers(change.reason),
    ],
  );
}

export interface ChangeRow {
  readonly id: number;
  readonly at: EpochMs;
  readonly recordedReal: EpochMs;
  readonly actor: string;
  readonly requestId: string | null;
  readonly action: string;
  readonly resource: string;
  readonly resourceId: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly reason: string | null;
}

export interface ChangeFilters {
  readonly resource: string | null;
  readonly resourceId: string | null;
  readonly actor: string | null;
  readonly action: string | null;
  /** Engine clock; from inclusive, to exclusive. */
  readonly from: EpochMs | null;
  readonly to: EpochMs | null;
}

/** Newest first. @param before instant and id of the last one seen */
export async function listChanges(
  tx: Statements,
  query: ChangeFilters & {
    readonly before: { readonly at: EpochMs; readonly id: number } | null;
    readonly limit: number;
  },
): Promise<ChangeRow[]> {
  const values: unknown[] = [tx.tenantId];
  const put = (value: unknown) => `$${values.push(value)}`;
  const equal = (column: string, value: string | null) =>
    value === null ? [] : [`${column} = ${put(value)}`];
  const conditions = [
    'tenant_id = $1',
    ...equal('resource', query.resource),
    ...equal('resource_id', query.resourceId),
    ...equal('actor', query.actor),
    ...equal('action', query.action),
    ...(query.from === null ? [] : [`at >= ${put(toIso(query.from))}`]),
    ...(query.to === null ? [] : [`at < ${put(toIso(query.to))}`]),
    ...(query.before === null
      ? []
      : [`(at, id) < (${put(toIso(query.before.at))}::timestamptz, ${put(query.before.id)}::bigint)`]),
  ];
  return tx.query<ChangeRow>(
    `SELECT id, at, recorded_real AS "recordedReal", actor, request_id AS "requestId", action, resource,
            resource_id AS "resourceId", before, after, reason
     FROM changes WHERE ${conditions.join(' AND ')} ORDER BY at DESC, id DESC LIMIT ${put(query.limit)}`,
    values,
  );
}
