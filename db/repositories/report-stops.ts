import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import type { stopRequests } from '../schema/index.ts';

export interface StopQuery {
  /** Stops asked for from here on and before there (engine clock). */
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Figures of some stops; times are real ms from the request to the acknowledgement. */
export interface StopFigures {
  readonly count: number;
  /** Of them, not acknowledged as yet. */
  readonly open: number;
  /** Acknowledged with every call that rang confirmed to be down. */
  readonly complete: number;
  /** Acknowledged where a hang-up could not be confirmed within its bound; nothing was sent all the same. */
  readonly incomplete: number;
  readonly revoked: number;
  readonly inFlight: number;
  readonly hungUp: number;
  /** Null: none is acknowledged. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly slowestMs: number | null;
}

export interface StopReportRow extends StopFigures {
  readonly kind: StopKind;
  readonly scope: StopScope;
}

type StopRow = typeof stopRequests.$inferSelect;
export type StopKind = StopRow['kind'];
export type StopScope = StopRow['scope'];

const MS = 'extract(epoch FROM acknowledged_real - requested_real)::float8 * 1000';
const PERCENTILE = (share: number) =>
  `percentile_cont(${share}) WITHIN GROUP (ORDER BY ${MS}) FILTER (WHERE acknowledged_real IS NOT NULL)`;

/** Stops by kind and scope, most first, and all together. */
export async function reportStops(
  tx: Tx,
  query: StopQuery,
): Promise<{ rows: StopReportRow[]; total: StopFigures }> {
  // The row over all comes first; there is one also where there is no stop.
  const [all, ...rows] = await tx.query<StopReportRow>(
    `SELECT kind, scope, count(*) AS count, count(*) FILTER (WHERE acknowledged_real IS NULL) AS open,
            count(*) FILTER (WHERE complete) AS complete, count(*) FILTER (WHERE NOT complete) AS incomplete,
            coalesce(sum(revoked), 0) AS revoked, coalesce(sum(in_flight), 0) AS "inFlight",
            coalesce(sum(hung_up), 0) AS "hungUp", ${PERCENTILE(0.5)} AS "p50Ms", ${PERCENTILE(0.95)} AS "p95Ms",
            ${PERCENTILE(0.99)} AS "p99Ms", max(${MS}) AS "slowestMs"
     FROM stop_requests WHERE tenant_id = $1 AND at >= $2 AND at < $3
     GROUP BY GROUPING SETS ((kind, scope), ()) ORDER BY kind NULLS FIRST, count(*) DESC, scope`,
    [tx.tenantId, toIso(query.from), toIso(query.to)],
  );
  const { kind: _kind, scope: _scope, ...total } = all!;
  return { rows, total };
}
