import {
  boolean,
  index,
  integer,
  jsonb,
  pgSchema,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, instant, tenantId } from './columns.ts';
import type { LocationEvidence } from '../../domain/facts.ts';

/** The data subject (个人). Personal fields are one sealed JSON object (AES-256-GCM under the person's key). */
export const persons = pgTable(
  'persons',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    profile: bytea('profile'),
    /** Set when the person's key was destroyed; the row stays so that evidence still refers to something. */
    erasedReal: instant('erased_real'),
    createdReal: instant('created_real').notNull(),
    updatedReal: instant('updated_real').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.id] })],
);

/** A number of a person. Found by keyed hash; the number itself is sealed under the person's key. */
export const personNumbers = pgTable(
  'person_numbers',
  {
    tenantId: tenantId(),
    /** HMAC-SHA-256 of the E.164 number under the tenant's pepper; also its pseudonym in facts (hex). */
    numberHash: bytea('number_hash').notNull(),
    personId: uuid('person_id').notNull(),
    sealedNumber: bytea('sealed_number').notNull(),
    /** ISO 3166-1 of the number plan; null for non-geographic numbers. */
    country: text('country'),
    numberType: text('number_type').notNull(),
    isPrimary: boolean('is_primary').notNull(),
    /** Further numbers in the order in which they are tried; null: the primary one, or one that a later file corrected. */
    furtherPlace: smallint('further_place'),
    /** Evidence of where the number is, with source and age. Zones by name, never offsets (I4). */
    locations: jsonb('locations').$type<LocationEvidence[]>().notNull(),
    createdReal: instant('created_real').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.numberHash] }),
    index('person_numbers_person').on(t.tenantId, t.personId),
  ],
);

export const vault = pgSchema('vault');

/**
 * A person's data key, wrapped by a tenant key. Behind a port of its own (db/vault/): where a second database is
 * configured this table lives only there, so that erasing a key also removes it from the main database's backups.
 */
export const personKeys = vault.table(
  'person_keys',
  {
    tenantId: tenantId(),
    personId: uuid('person_id').notNull(),
    wrappedKey: bytea('wrapped_key').notNull(),
    /** Version of the tenant key that wrapped it. */
    keyVersion: integer('key_version').notNull(),
  },
  (t) => [uniqueIndex('person_keys_pk').on(t.tenantId, t.personId)],
);
