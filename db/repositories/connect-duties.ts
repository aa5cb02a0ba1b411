import type { Statements } from '../client.ts';

/** What a call that was allowed owes to whoever answers it: an agent in time, and words where there is none. */
export interface ConnectDuty {
  /** Seconds after the answer; the strictest rule's. Null: no rule says. */
  readonly withinS: number | null;
  /** What every one of the rules wants said: `caller_name`, `call_back_number`, … */
  readonly announce: readonly string[];
}

/** From the Decision by which the call was allowed. */
export async function connectDuty(tx: Statements, attemptId: string): Promise<ConnectDuty> {
  const rows = await tx.prepared<{ within: number | null; announce: string[] | null }>(
    'connect_duty',
    `SELECT min((u.duty->>'withinS')::float8) AS within,
            (SELECT array_agg(DISTINCT m.item ORDER BY m.item) FROM decisions e,
                    jsonb_array_elements(e.results) s (one), jsonb_array_elements(s.one->'duties') v (duty),
                    jsonb_array_elements_text(v.duty->'detail'->'message') m (item)
             WHERE e.tenant_id = $1 AND e.id = a.decision_id AND v.duty->>'kind' = 'connect_agent') AS announce
     FROM attempts a
     LEFT JOIN decisions d ON d.tenant_id = a.tenant_id AND d.id = a.decision_id
     LEFT JOIN LATERAL jsonb_array_elements(d.results) r (one) ON true
     LEFT JOIN LATERAL jsonb_array_elements(r.one->'duties') u (duty) ON u.duty->>'kind' = 'connect_agent'
     WHERE a.tenant_id = $1 AND a.id = $2 GROUP BY a.decision_id`,
    [tx.tenantId, attemptId],
  );
  return { withinS: rows[0]?.within ?? null, announce: rows[0]?.announce ?? [] };
}
