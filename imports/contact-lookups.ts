import type { Tx } from '../db/client.ts';
import { LEFT_OUT } from '../db/repositories/campaign-rules.ts';
import type { LocationEvidence } from '../domain/facts.ts';
import type { Matter } from '../domain/matter.ts';
import { byteaArray, textArray, uuidArray } from './binary-arrays.ts';

export interface KnownContact {
  readonly id: string;
  readonly personId: string;
  readonly erased: boolean;
  readonly profile: Buffer | null;
  readonly state: string;
  /** Its campaign's rules left it out, by what was known of it before. */
  readonly leftOut: boolean;
  readonly externalId: string | null;
  readonly attributes: Buffer | null;
  readonly priority: number;
  readonly importId: string | null;
  readonly matter: Matter | null;
}

export interface KnownNumber {
  readonly numberHash: Buffer;
  readonly personId: string;
  readonly erased: boolean;
  readonly profile: Buffer | null;
  readonly locations: readonly LocationEvidence[];
  /** The person's contact in this campaign. */
  readonly contact: KnownContact | null;
}

const CONTACT_COLUMNS = `c.id AS contact_id, c.state, c.external_id, c.attributes,
  coalesce(c.own_priority, c.priority) AS priority, c.import_id, c.matter,
  (c.state = 'denied' AND coalesce(c.state_reason, '') IN ${LEFT_OUT})
    AS left_out`;

interface ContactColumns {
  contact_id: string | null;
  person_id: string;
  erased: boolean;
  profile: Buffer | null;
  state: string;
  left_out: boolean;
  external_id: string | null;
  attributes: Buffer | null;
  priority: number;
  import_id: string | null;
  matter: Matter | null;
}

function contactOf(row: ContactColumns): KnownContact | null {
  if (row.contact_id === null) return null;
  return {
    id: row.contact_id,
    personId: row.person_id,
    erased: row.erased,
    profile: row.profile,
    state: row.state,
    leftOut: row.left_out,
    externalId: row.external_id,
    attributes: row.attributes,
    priority: row.priority,
    importId: row.import_id,
    matter: row.matter,
  };
}

/**
 * Each value wanted is one probe of one index, whatever the planner knows. Of a table that has just been filled it
 * knows nothing: plain joins were seen to compare every row with every row, and plain equalities to walk a whole
 * campaign for each id, by a smaller index. LATERAL makes it go value by value; "the first from here on, in order"
 * can, with sorting switched off (planner.ts), only be asked of the index that has that order.
 */
export const FIND_NUMBERS = `
  SELECT n.number_hash, n.person_id, n.locations, p.erased_real IS NOT NULL AS erased, p.profile, ${CONTACT_COLUMNS}
  FROM unnest($3::bytea[]) AS wanted (number_hash)
  CROSS JOIN LATERAL (SELECT * FROM person_numbers
    WHERE tenant_id = $1 AND number_hash >= wanted.number_hash ORDER BY number_hash LIMIT 1) AS n
  CROSS JOIN LATERAL (SELECT * FROM persons WHERE tenant_id = $1 AND id = n.person_id LIMIT 1) AS p
  LEFT JOIN LATERAL (SELECT * FROM contacts
    WHERE tenant_id = $1 AND (campaign_id, person_id) >= ($2, n.person_id)
    ORDER BY campaign_id, person_id LIMIT 1) AS c
    ON c.campaign_id = $2 AND c.person_id = n.person_id
  WHERE n.number_hash = wanted.number_hash`;

export const FIND_BY_EXTERNAL_ID = `
  SELECT c.person_id, p.erased_real IS NOT NULL AS erased, p.profile, ${CONTACT_COLUMNS}
  FROM unnest($3::text[]) AS wanted (id)
  CROSS JOIN LATERAL (SELECT * FROM contacts
    WHERE tenant_id = $1 AND campaign_id = $2 AND external_id >= wanted.id ORDER BY external_id LIMIT 1) AS c
  CROSS JOIN LATERAL (SELECT * FROM persons WHERE tenant_id = $1 AND id = c.person_id LIMIT 1) AS p
  WHERE c.external_id = wanted.id`;

/** The numbers that are known, each with its person and the person's contact in the campaign. */
export async function findNumbers(
  tx: Tx,
  campaignId: string,
  hashes: readonly Buffer[],
): Promise<KnownNumber[]> {
  if (hashes.length === 0) return [];
  const rows = await tx.prepared<ContactColumns & { number_hash: Buffer; locations: LocationEvidence[] }>(
    'import_find_numbers',
    FIND_NUMBERS,
    [tx.tenantId, campaignId, byteaArray(hashes)],
  );
  return rows.map((row) => ({
    numberHash: row.number_hash,
    personId: row.person_id,
    erased: row.erased,
    profile: row.profile,
    locations: row.locations,
    contact: contactOf(row),
  }));
}

/** The campaign's contacts that have one of these external ids. */
export async function findByExternalId(
  tx: Tx,
  campaignId: string,
  externalIds: readonly string[],
): Promise<KnownContact[]> {
  if (externalIds.length === 0) return [];
  const rows = await tx.prepared<ContactColumns>('import_find_external', FIND_BY_EXTERNAL_ID, [
    tx.tenantId,
    campaignId,
    textArray([...new Set(externalIds)]),
  ]);
  return rows.map(contactOf).filter((contact) => contact !== null);
}

/** A further number that is on record, whoever's it is. */
export interface KnownFurther {
  readonly numberHash: Buffer;
  readonly personId: string;
  readonly isPrimary: boolean;
  /** Null: it is not tried. */
  readonly place: number | null;
  readonly locations: readonly LocationEvidence[];
}

/** Value by value, as above: numbers by their hashes, and those that these persons have beside their primary one. */
const FIND_FURTHER = `
  SELECT n.number_hash AS "numberHash", n.person_id AS "personId", n.is_primary AS "isPrimary",
         n.further_place AS place, n.locations
  FROM unnest($2::bytea[]) AS wanted (number_hash)
  CROSS JOIN LATERAL (SELECT * FROM person_numbers
    WHERE tenant_id = $1 AND number_hash >= wanted.number_hash ORDER BY number_hash LIMIT 1) AS n
  WHERE n.number_hash = wanted.number_hash
  UNION
  SELECT n.number_hash, n.person_id, n.is_primary, n.further_place, n.locations
  FROM unnest($3::uuid[]) AS of (person_id)
  CROSS JOIN LATERAL (SELECT * FROM person_numbers WHERE tenant_id = $1 AND person_id = of.person_id OFFSET 0) AS n
  WHERE n.further_place IS NOT NULL`;

/** Further numbers that are on record: these, and those of these persons. */
export async function findFurther(
  tx: Tx,
  hashes: readonly Buffer[],
  personIds: readonly string[],
): Promise<KnownFurther[]> {
  if (hashes.length + personIds.length === 0) return [];
  return tx.query<KnownFurther>(FIND_FURTHER, [tx.tenantId, byteaArray(hashes), uuidArray(personIds)]);
}
