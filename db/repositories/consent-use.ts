import { COUNTED_ATTEMPT_STATES } from '../../domain/vocabulary.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';

/**
 * When calls last relied on consents, by the consent's id: the latest decision that allowed an attempt which rang or may
 * have, and of which a rule's result names the consent as what it passed by (`event`), or as what widened its hours
 * (`widenedBy`). Worked out from the decisions as they stand; nothing of it is stored, since consent events never
 * change. One statement, by the index of the persons' attempts.
 * @param consents of any number of persons
 * @returns those that were ever used
 */
export async function lastUseOf(
  tx: Tx,
  consents: readonly { readonly id: string; readonly personId: string }[],
): Promise<ReadonlyMap<string, EpochMs>> {
  if (consents.length === 0) return new Map();
  const rows = await tx.query<{ event: string; at: EpochMs }>(LAST_USE, [
    tx.tenantId,
    [...new Set(consents.map(({ personId }) => personId))],
    consents.map(({ id }) => id),
    COUNTED_ATTEMPT_STATES,
  ]);
  return new Map(rows.map(({ event, at }) => [event, at]));
}

/**
 * `$1` the tenant, `$2` persons, `$3` consents, `$4` states of attempts. Each attempt looks its decision up by key: the
 * limit keeps the planner from joining all allowed decisions where it has no statistics of them.
 */
export const LAST_USE = `
  SELECT used.event, max(d.at) AS at
  FROM attempts a
  CROSS JOIN LATERAL (
    SELECT * FROM decisions WHERE tenant_id = a.tenant_id AND id = a.decision_id LIMIT 1
  ) AS d
  CROSS JOIN LATERAL jsonb_array_elements(d.results) AS r(result)
  CROSS JOIN LATERAL (VALUES (r.result->'inputs'->>'event'), (r.result->'inputs'->>'widenedBy')) AS used(event)
  WHERE a.tenant_id = $1 AND a.person_id = ANY($2::uuid[]) AND a.state = ANY($4::text[])
    AND d.verdict = 'allow' AND used.event = ANY($3::text[])
  GROUP BY used.event`;
