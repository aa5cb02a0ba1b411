import type { RestPlan } from '../../domain/line.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';

/** How a carrier's line is doing (schema/carriers.ts), for all processes. */
export interface LineRest {
  readonly failuresInRow: number;
  /** Real; null: it does not rest. */
  readonly restsUntilReal: EpochMs | null;
}

/**
 * Count a request that the carrier did not take, or whose answer was lost, and let its line rest where the plan says so.
 * Requests that were under way together fail together: what fails while the line rests already is not counted again.
 * @param askedMs real ms that the carrier itself asked to be left alone for; 0: it did not
 * @returns how it stands now
 */
export async function noteLineFailure(
  st: Statements,
  carrierId: string,
  plan: RestPlan,
  askedMs: number,
): Promise<LineRest> {
  const [row] = await st.prepared<LineRest>(
    'line_failure',
    `WITH noted AS (
       INSERT INTO send_pace AS p (tenant_id, owner_id, next_slot_real, failures_in_row, rests_until_real)
       VALUES ($1, $2, clock_timestamp(), 1, clock_timestamp() + nullif(make_interval(secs => $5), interval '0'))
       ON CONFLICT (tenant_id, owner_id) DO UPDATE
         SET failures_in_row = p.failures_in_row + 1,
             rests_until_real = clock_timestamp() + nullif(greatest(
               make_interval(secs => $5),
               CASE WHEN p.failures_in_row + 1 >= $3 THEN make_interval(secs =>
                 ($4::float8[])[least(p.failures_in_row + 2 - $3, cardinality($4::float8[]))]) END), interval '0')
         WHERE p.rests_until_real IS NULL OR p.rests_until_real <= clock_timestamp()
       RETURNING failures_in_row, rests_until_real)
     SELECT failures_in_row AS "failuresInRow", rests_until_real AS "restsUntilReal" FROM noted
     UNION ALL
     SELECT failures_in_row, rests_until_real FROM send_pace
     WHERE tenant_id = $1 AND owner_id = $2 AND NOT EXISTS (SELECT FROM noted)`,
    [st.tenantId, carrierId, plan.afterFailures, plan.restMs.map((ms) => ms / 1_000), askedMs / 1_000],
  );
  return row!;
}

/** The carrier answered: whatever failed before is over. */
export async function noteLineAnswer(st: Statements, carrierId: string): Promise<void> {
  await st.prepared(
    'line_answer',
    `UPDATE send_pace SET failures_in_row = 0, rests_until_real = NULL
     WHERE tenant_id = $1 AND owner_id = $2 AND failures_in_row > 0`,
    [st.tenantId, carrierId],
  );
}

/** Real ms for which nothing is asked of the carrier from now on; 0: it does not rest. */
export async function lineRestMs(st: Statements, carrierId: string): Promise<number> {
  const [row] = await st.prepared<{ ms: number }>(
    'line_rest',
    `SELECT ${REST_MS_SQL} AS ms FROM (VALUES (1)) AS one
     LEFT JOIN send_pace p ON p.tenant_id = $1 AND p.owner_id = $2`,
    [st.tenantId, carrierId],
  );
  return row!.ms;
}

/** The same of the row `p` of send_pace, as an expression. */
export const REST_MS_SQL = `coalesce(ceil(greatest(0,
  extract(epoch FROM p.rests_until_real - clock_timestamp()) * 1000)), 0)::int`;
