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
  const rows = await tx.query<{ id: string; at: EpochMs }>(LAST_USE, [
    tx.tenantId,
    consents.map(({ id }) => id),
    consents.map(({ personId }) => personId),
    COUNTED_ATTEMPT_STATES,
  ]);
  return new Map(rows.map(({ id, at }) => [id, at]));
}

/** A list of results holds one that names the consent so. */
const names = (input: string) =>
  `d.results @> jsonb_build_array(jsonb_build_object('inputs', jsonb_build_object('${input}', c.id)))`;

/**
 * `$1` the tenant, `$2` consents, `$3` the person of each, `$4` states of attempts. Each consent looks its person's
 * attempts up, and each attempt its decision by key; that both are subqueries of their own keeps the planner from going
 * through all attempts or decisions of the tenant where it has no statistics of them. Results are searched as they lie:
 * taking each of them apart took ten times as long.
 */
export const LAST_USE = `
  SELECT c.id, used.at
  FROM unnest($2::uuid[], $3::uuid[]) AS c(id, person_id)
  CROSS JOIN LATERAL (
    SELECT max(d.at) AS at
    FROM attempts a
    CROSS JOIN LATERAL (
      SELECT * FROM decisions WHERE tenant_id = a.tenant_id AND id = a.decision_id LIMIT 1
    ) AS d
    WHERE a.tenant_id = $1 AND a.person_id = c.person_id AND a.state = ANY($4::text[])
      AND d.verdict = 'allow' AND (${names('event')} OR ${names('widenedBy')})
  ) AS used
  WHERE used.at IS NOT NULL`;
