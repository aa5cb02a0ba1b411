import type { ContactState } from '../../domain/vocabulary.ts';
import type { Tx } from '../client.ts';
import { CALLED_NUMBER } from './called-number.ts';

/** Which contacts of a campaign are asked about; null: whatever it is. */
export interface CohortFilter {
  readonly states: readonly ContactState[] | null;
  /** Reasons that the contacts have on record. */
  readonly reasons: readonly string[] | null;
  readonly contactIds: readonly string[] | null;
  /** Names of the hopper's cohorts: places that are under the same hours. */
  readonly cohorts: readonly string[] | null;
  readonly zones: readonly string[] | null;
  /** `US` takes in `US-FL`. */
  readonly jurisdictions: readonly string[] | null;
}

export interface StateGroup {
  readonly state: ContactState;
  readonly reason: string | null;
  readonly count: number;
  readonly samples: readonly string[];
}

/** `$1` tenant, `$2` campaign, then what the filter gives. */
interface Where {
  readonly text: string;
  readonly values: readonly unknown[];
}

function whereOf(tx: Tx, campaignId: string, filter: CohortFilter, ofPlace: readonly string[] | null): Where {
  const values: unknown[] = [tx.tenantId, campaignId];
  const given = (value: unknown) => `$${values.push(value)}`;
  const parts = ['c.tenant_id = $1', 'c.campaign_id = $2'];
  if (filter.states !== null) parts.push(`c.state = ANY (${given(filter.states)}::text[])`);
  if (filter.reasons !== null) parts.push(`c.state_reason = ANY (${given(filter.reasons)}::text[])`);
  if (filter.contactIds !== null) parts.push(`c.id = ANY (${given(filter.contactIds)}::uuid[])`);
  if (filter.cohorts !== null) parts.push(`c.cohort = ANY (${given(filter.cohorts)}::text[])`);
  if (ofPlace !== null) {
    // Contacts that were not put into a cohort yet are looked up one by one; there are few.
    const unplaced = `EXISTS (SELECT FROM person_numbers n WHERE n.tenant_id = $1 AND n.person_id = c.person_id
                                AND ${CALLED_NUMBER} AND ${placeSql('n', filter, given)})`;
    parts.push(`(c.cohort = ANY (${given(ofPlace)}::text[]) OR (c.cohort = '' AND ${unplaced}))`);
  }
  return { text: parts.join(' AND '), values };
}

/** Condition on a number's evidence (alias `n`): one of its places is among those asked for. */
function placeSql(alias: string, filter: CohortFilter, given: (value: unknown) => string): string {
  const places: string[] = [];
  if (filter.zones !== null) places.push(`l->>'zone' = ANY (${given(filter.zones)}::text[])`);
  if (filter.jurisdictions !== null) {
    const jurisdictions = given(filter.jurisdictions);
    places.push(
      `EXISTS (SELECT FROM unnest(${jurisdictions}::text[]) AS j
                WHERE l->>'jurisdiction' = j OR l->>'jurisdiction' LIKE j || '-%')`,
    );
  }
  return `EXISTS (SELECT FROM jsonb_array_elements(${alias}.locations) AS l WHERE ${places.join(' AND ')})`;
}

/**
 * The cohorts whose places are asked for: all contacts of one have the same places, so one of each is looked at.
 * @returns null where no place is asked for
 */
async function cohortsOfPlace(tx: Tx, campaignId: string, filter: CohortFilter): Promise<string[] | null> {
  if (filter.zones === null && filter.jurisdictions === null) return null;
  const values: unknown[] = [tx.tenantId, campaignId];
  const given = (value: unknown) => `$${values.push(value)}`;
  const rows = await tx.query<{ cohort: string }>(
    `SELECT one.cohort
     FROM (SELECT cohort, (array_agg(id))[1] AS id FROM contacts
           WHERE tenant_id = $1 AND campaign_id = $2 AND cohort <> '' GROUP BY cohort) AS one
     JOIN contacts c ON c.tenant_id = $1 AND c.id = one.id
     JOIN person_numbers n ON n.tenant_id = $1 AND n.person_id = c.person_id AND ${CALLED_NUMBER}
     WHERE ${placeSql('n', filter, given)}`,
    values,
  );
  return rows.map((row) => row.cohort);
}

/** Every contact asked about in one group of state and reason, with some of each by id. */
export async function cohortGroups(
  tx: Tx,
  campaignId: string,
  filter: CohortFilter,
  samples: number,
): Promise<StateGroup[]> {
  const where = whereOf(tx, campaignId, filter, await cohortsOfPlace(tx, campaignId, filter));
  return tx.query<StateGroup>(
    `SELECT c.state, c.state_reason AS reason, count(*) AS count,
            (array_agg(c.id ORDER BY c.id) FILTER (WHERE c.state <> 'waiting'))[1:$${where.values.length + 1}] AS samples
     FROM (SELECT state, CASE WHEN state <> 'waiting' THEN state_reason END AS state_reason, id
           FROM contacts c WHERE ${where.text}) c
     GROUP BY 1, 2`,
    [...where.values, samples],
  );
}

/** The waiting ones among them, or a simple random sample of so many. */
export async function cohortWaiting(
  tx: Tx,
  campaignId: string,
  filter: CohortFilter,
  limit: number,
): Promise<string[]> {
  const where = whereOf(tx, campaignId, filter, await cohortsOfPlace(tx, campaignId, filter));
  const rows = await tx.query<{ id: string }>(
    `SELECT c.id FROM contacts c WHERE ${where.text} AND c.state = 'waiting' ORDER BY random()
     LIMIT $${where.values.length + 1}`,
    [...where.values, limit],
  );
  return rows.map((row) => row.id);
}

/** How long the campaign's latest calls kept a line (s, engine clock), and how many they are; null where there were none. */
export async function recentHold(
  tx: Tx,
  campaignId: string,
  calls: number,
): Promise<{ readonly calls: number; readonly meanS: number | null }> {
  const rows = await tx.query<{ calls: number; mean: number | null }>(
    `SELECT count(*) AS calls, avg(extract(epoch FROM ended_at - claimed_at))::float8 AS mean
     FROM (SELECT ended_at, claimed_at FROM attempts
           WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'ended' ORDER BY claimed_at DESC LIMIT $3) AS latest`,
    [tx.tenantId, campaignId, calls],
  );
  return { calls: rows[0]!.calls, meanS: rows[0]!.mean };
}
