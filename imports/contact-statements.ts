import type { Tx } from '../db/client.ts';
import { holdBriefly } from '../db/locks.ts';
import { LEFT_OUT, RULES_PENDING } from '../db/repositories/campaign-rules.ts';
import type { EpochMs } from '../domain/time.ts';
import { byteaArray, instantArray, int2Array, textArray, uuidArray } from './binary-arrays.ts';
import type { StatedConsent } from './consents.ts';

/**
 * The statements of a contact import, each for a whole batch. Tables under row-level security take no COPY, so rows
 * go in by INSERT … SELECT from arrays.
 */

/**
 * Thrown when another writer took a number in between; the batch is done again and finds it. Import batches of one
 * tenant take turns, so it was not one of them.
 */
export class NumberTakenMeanwhile extends Error {}

export interface RowsToWrite {
  persons: { id: string; profile: Buffer | null }[];
  numbers: {
    hash: Buffer;
    personId: string;
    sealedNumber: Buffer;
    country: string | null;
    numberType: string;
    /** JSON. */
    locations: string;
  }[];
  /** Numbers that persons get beside their primary one. */
  further: {
    hash: Buffer;
    personId: string;
    place: number;
    sealedNumber: Buffer;
    country: string | null;
    numberType: string;
    /** JSON. */
    locations: string;
  }[];
  /** Further numbers that are there, with the place among them that they have now. */
  furtherKnown: { hash: Buffer; personId: string; place: number | null; locations: string }[];
  /** Persons whose new number takes the place of the one they had. */
  correctedPersons: string[];
  locations: { hash: Buffer; locations: string }[];
  profiles: { personId: string; profile: Buffer }[];
  contacts: {
    id: string;
    personId: string;
    externalId: string | null;
    attributes: Buffer | null;
    priority: number;
    rank: number;
    cohort: string;
    /** JSON. */
    matter: string | null;
  }[];
  updates: {
    id: string;
    externalId: string | null;
    attributes: Buffer | null;
    priority: number;
    /** JSON. */
    matter: string | null;
  }[];
  /** Contacts the file names and that stay as they are. */
  seen: string[];
  consents: { id: string; personId: string; consent: StatedConsent; dedupeKey: Buffer }[];
  /** Persons that withdraw a consent. */
  withdrawn: Set<string>;
}

export function emptyRows(): RowsToWrite {
  return {
    persons: [],
    numbers: [],
    further: [],
    furtherKnown: [],
    correctedPersons: [],
    locations: [],
    profiles: [],
    contacts: [],
    updates: [],
    seen: [],
    consents: [],
    withdrawn: new Set(),
  };
}

/** @returns how many of the consent events were new. */
export async function writeRows(
  context: { tx: Tx; campaignId: string; importId: string; importedBy: string; now: EpochMs },
  rows: RowsToWrite,
): Promise<number> {
  const { tx, campaignId, importId } = context;
  const now = new Date(context.now).toISOString();
  await updateExisting(context, rows, now);
  if (rows.persons.length > 0) {
    await tx.prepared(
      'import_persons',
      `INSERT INTO persons (tenant_id, id, profile, created_real, updated_real)
       SELECT $1, id, profile, now(), now() FROM unnest($2::uuid[], $3::bytea[]) AS r (id, profile)`,
      [tx.tenantId, uuidArray(rows.persons.map((r) => r.id)), byteaArray(rows.persons.map((r) => r.profile))],
    );
  }
  if (rows.numbers.length > 0) {
    const { rowCount } = await tx.client.query({
      name: 'import_numbers',
      text: `INSERT INTO person_numbers
         (tenant_id, number_hash, person_id, sealed_number, country, number_type, is_primary, locations, created_real)
       SELECT $1, hash, person_id, sealed, country, number_type, true, locations::jsonb, now()
       FROM unnest($2::bytea[], $3::uuid[], $4::bytea[], $5::text[], $6::text[], $7::text[])
         AS r (hash, person_id, sealed, country, number_type, locations)
       ON CONFLICT DO NOTHING`,
      values: [
        tx.tenantId,
        byteaArray(rows.numbers.map((r) => r.hash)),
        uuidArray(rows.numbers.map((r) => r.personId)),
        byteaArray(rows.numbers.map((r) => r.sealedNumber)),
        textArray(rows.numbers.map((r) => r.country)),
        textArray(rows.numbers.map((r) => r.numberType)),
        textArray(rows.numbers.map((r) => r.locations)),
      ],
    });
    if (rowCount !== rows.numbers.length) throw new NumberTakenMeanwhile();
  }
  await writeFurther(tx, rows);
  if (rows.contacts.length > 0) {
    await tx.prepared(
      'import_contacts',
      `INSERT INTO contacts
         (tenant_id, id, campaign_id, person_id, external_id, attributes, state, rank, priority, ready_at, admissions,
          attempts, counted_attempts, workflow_open, wake_pending, import_id, created_at, updated_at, cohort, matter)
       SELECT $1, id, $2, person_id, external_id, attributes, 'waiting', rank, priority, $3, 0, 0, 0, false, false, $4,
              $3, $3, cohort, matter::jsonb
       FROM unnest($5::uuid[], $6::uuid[], $7::text[], $8::bytea[], $9::int2[], $10::int2[], $11::text[],
                   $12::text[])
         AS r (id, person_id, external_id, attributes, rank, priority, cohort, matter)`,
      [
        tx.tenantId,
        campaignId,
        now,
        importId,
        uuidArray(rows.contacts.map((r) => r.id)),
        uuidArray(rows.contacts.map((r) => r.personId)),
        textArray(rows.contacts.map((r) => r.externalId)),
        byteaArray(rows.contacts.map((r) => r.attributes)),
        int2Array(rows.contacts.map((r) => r.rank)),
        int2Array(rows.contacts.map((r) => r.priority)),
        textArray(rows.contacts.map((r) => r.cohort)),
        textArray(rows.contacts.map((r) => r.matter)),
      ],
    );
  }
  return insertConsents(context, rows.consents, now);
}

/** Further numbers, one a place: whichever had it before is not tried any more. */
async function writeFurther(tx: Tx, { further, furtherKnown }: RowsToWrite): Promise<void> {
  const placed = [...further, ...furtherKnown].filter(({ place }) => place !== null);
  if (placed.length > 0) {
    await tx.query(
      `UPDATE person_numbers n SET further_place = NULL
       FROM unnest($2::uuid[], $3::int2[], $4::bytea[]) AS r (person_id, place, hash)
       WHERE n.tenant_id = $1 AND n.person_id = r.person_id AND n.further_place = r.place AND n.number_hash <> r.hash`,
      [
        tx.tenantId,
        uuidArray(placed.map((r) => r.personId)),
        int2Array(placed.map((r) => r.place!)),
        byteaArray(placed.map((r) => r.hash)),
      ],
    );
  }
  if (further.length > 0) {
    const { rowCount } = await tx.client.query({
      name: 'import_further_numbers',
      text: `INSERT INTO person_numbers
         (tenant_id, number_hash, person_id, sealed_number, country, number_type, is_primary, locations, created_real,
          further_place)
       SELECT $1, hash, person_id, sealed, country, number_type, false, locations::jsonb, now(), place
       FROM unnest($2::bytea[], $3::uuid[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::int2[])
         AS r (hash, person_id, sealed, country, number_type, locations, place)
       ON CONFLICT DO NOTHING`,
      values: [
        tx.tenantId,
        byteaArray(further.map((r) => r.hash)),
        uuidArray(further.map((r) => r.personId)),
        byteaArray(further.map((r) => r.sealedNumber)),
        textArray(further.map((r) => r.country)),
        textArray(further.map((r) => r.numberType)),
        textArray(further.map((r) => r.locations)),
        int2Array(further.map((r) => r.place)),
      ],
    });
    if (rowCount !== further.length) throw new NumberTakenMeanwhile();
  }
  if (furtherKnown.length > 0) {
    await tx.query(
      `UPDATE person_numbers n SET further_place = r.place, locations = r.locations::jsonb
       FROM unnest($2::bytea[], $3::int2[], $4::text[]) AS r (hash, place, locations)
       WHERE n.tenant_id = $1 AND n.number_hash = r.hash AND NOT n.is_primary`,
      [
        tx.tenantId,
        byteaArray(furtherKnown.map((r) => r.hash)),
        int2Array(furtherKnown.map((r) => r.place)),
        textArray(furtherKnown.map((r) => r.locations)),
      ],
    );
  }
}

/** Persons before contacts, persons in the order of their ids: the order in which the dial gate locks them too. */
async function updateExisting(
  context: { tx: Tx; importId: string },
  rows: RowsToWrite,
  now: string,
): Promise<void> {
  const { tx, importId } = context;
  const touched = new Set([
    ...rows.profiles.map((r) => r.personId),
    ...rows.correctedPersons,
    ...rows.further.map((r) => r.personId),
    ...rows.furtherKnown.map((r) => r.personId),
    ...rows.withdrawn,
  ]);
  if (touched.size > 0) {
    await holdBriefly(tx);
    await tx.query(
      `SELECT 1 FROM persons WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
      [tx.tenantId, uuidArray([...touched])],
    );
  }
  if (rows.profiles.length > 0) {
    await tx.query(
      `UPDATE persons p SET profile = r.profile, updated_real = now()
       FROM unnest($2::uuid[], $3::bytea[]) AS r (id, profile)
       WHERE p.tenant_id = $1 AND p.id = r.id AND p.erased_real IS NULL`,
      [
        tx.tenantId,
        uuidArray(rows.profiles.map((r) => r.personId)),
        byteaArray(rows.profiles.map((r) => r.profile)),
      ],
    );
  }
  if (rows.correctedPersons.length > 0) {
    await tx.query(
      'UPDATE person_numbers SET is_primary = false WHERE tenant_id = $1 AND person_id = ANY ($2::uuid[])',
      [tx.tenantId, uuidArray(rows.correctedPersons)],
    );
    // They are called at the number that the file says, whichever of the others it had come to.
    await tx.query(
      `UPDATE contacts SET number_hash = NULL
       WHERE tenant_id = $1 AND person_id = ANY ($2::uuid[]) AND state IN ('waiting', 'admitted')
         AND number_hash IS NOT NULL`,
      [tx.tenantId, uuidArray(rows.correctedPersons)],
    );
  }
  if (rows.locations.length > 0) {
    await tx.query(
      `UPDATE person_numbers n SET locations = r.locations::jsonb
       FROM unnest($2::bytea[], $3::text[]) AS r (hash, locations)
       WHERE n.tenant_id = $1 AND n.number_hash = r.hash`,
      [
        tx.tenantId,
        byteaArray(rows.locations.map((r) => r.hash)),
        textArray(rows.locations.map((r) => r.locations)),
      ],
    );
  }
  if (rows.updates.length > 0) {
    // The rank keeps its band (callback, retry, fresh) and follows the priority within it. The campaign's rules judge it
    // anew; those that they left out wait for that, unless somebody stopped them for good.
    await tx.query(
      `UPDATE contacts c SET external_id = r.external_id, attributes = r.attributes, priority = r.priority,
         own_priority = NULL, judged_by = NULL,
         rank = c.rank / 10 * 10 + 9 - r.priority, matter = r.matter::jsonb, import_id = $2, updated_at = $3,
         state = CASE WHEN r.again THEN 'waiting' ELSE c.state END,
         state_reason = CASE WHEN r.again THEN '${RULES_PENDING}' ELSE c.state_reason END,
         ready_at = CASE WHEN r.again THEN $3 ELSE c.ready_at END
       FROM (
         SELECT u.*, (d.state = 'denied' AND NOT EXISTS (
                  SELECT FROM stop_requests s WHERE s.tenant_id = $1 AND s.target_id = u.id
                    AND s.scope = 'contact' AND s.kind = 'stop')) AS again
         FROM unnest($4::uuid[], $5::text[], $6::bytea[], $7::int2[], $8::text[])
           AS u (id, external_id, attributes, priority, matter)
         JOIN contacts d ON d.tenant_id = $1 AND d.id = u.id) r
       WHERE c.tenant_id = $1 AND c.id = r.id
         AND (c.state IN ('waiting', 'admitted')
              OR c.state = 'denied' AND c.state_reason IN ${LEFT_OUT})`,
      [
        tx.tenantId,
        importId,
        now,
        uuidArray(rows.updates.map((r) => r.id)),
        textArray(rows.updates.map((r) => r.externalId)),
        byteaArray(rows.updates.map((r) => r.attributes)),
        int2Array(rows.updates.map((r) => r.priority)),
        textArray(rows.updates.map((r) => r.matter)),
      ],
    );
  }
  if (rows.seen.length > 0) {
    // Marks that this file has named them, so that the next row that does counts as a duplicate.
    await tx.query(
      `UPDATE contacts SET import_id = $2, judged_by = CASE WHEN mix_list IS NULL THEN judged_by END
       WHERE tenant_id = $1 AND id = ANY ($3::uuid[])`,
      [tx.tenantId, importId, uuidArray(rows.seen)],
    );
  }
}

async function insertConsents(
  context: { tx: Tx; importedBy: string },
  consents: RowsToWrite['consents'],
  now: string,
): Promise<number> {
  if (consents.length === 0) return 0;
  const { tx } = context;
  const { rowCount } = await tx.client.query({
    name: 'import_consents',
    text: `INSERT INTO consent_events
       (tenant_id, id, person_id, kind, purposes, channels, level, basis, source, evidence_hash, occurred_at,
        recorded_at, expires_at, widens, recorded_by, dedupe_key)
     SELECT $1, id, person_id, kind, string_to_array(purposes, ','), string_to_array(channels, ','), level, basis,
            source, evidence_hash, occurred_at, $2, expires_at, '{}', $3, dedupe_key
     FROM unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                 $12::bytea[], $13::timestamptz[], $14::timestamptz[], $15::bytea[])
       AS r (id, person_id, kind, purposes, channels, level, basis, source, evidence_hash, occurred_at, expires_at,
             dedupe_key)
     ON CONFLICT DO NOTHING`,
    values: [
      tx.tenantId,
      now,
      context.importedBy,
      uuidArray(consents.map((r) => r.id)),
      uuidArray(consents.map((r) => r.personId)),
      textArray(consents.map((r) => r.consent.kind)),
      textArray(consents.map((r) => r.consent.purposes.join(','))),
      textArray(consents.map((r) => r.consent.channels.join(','))),
      textArray(consents.map((r) => r.consent.level)),
      textArray(consents.map((r) => r.consent.basis)),
      textArray(consents.map((r) => r.consent.source)),
      byteaArray(consents.map((r) => r.consent.evidenceHash)),
      instantArray(consents.map((r) => r.consent.occurredAt)),
      instantArray(consents.map((r) => r.consent.expiresAt)),
      byteaArray(consents.map((r) => r.dedupeKey)),
    ],
  });
  return rowCount ?? 0;
}
