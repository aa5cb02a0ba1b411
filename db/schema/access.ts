import { sql } from 'drizzle-orm';
import { index, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { Permission, Role } from '../../domain/access.ts';
import { bytea, instant, tenantId } from './columns.ts';

/** Keys of the API. Of the key itself only a digest is kept. */
export const apiKeys = pgTable(
  'api_keys',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    /** Changes made with it are recorded as `key:<name>`. */
    name: text('name').notNull(),
    /** SHA-256 of the key. A slow hash is for secrets that people think up; this one is 256 random bits. */
    hash: bytea('hash').notNull(),
    /** Its first characters, by which people tell keys apart. */
    prefix: text('prefix').notNull(),
    roles: text('roles').array().$type<Role[]>().notNull(),
    /** What of its roles' permissions it has; null: all of them. */
    scopes: text('scopes').array().$type<Permission[]>(),
    revision: integer('revision').notNull(),
    createdReal: instant('created_real').notNull(),
    createdBy: text('created_by').notNull(),
    expiresReal: instant('expires_real'),
    revokedReal: instant('revoked_real'),
    /** To the minute or so. */
    lastUsedReal: instant('last_used_real'),
    /** The key that takes its place. */
    successor: uuid('successor'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('api_keys_hash').on(t.tenantId, t.hash),
    uniqueIndex('api_keys_name')
      .on(t.tenantId, t.name)
      .where(sql`revoked_real IS NULL AND successor IS NULL`),
  ],
);

/** Writes sent under an Idempotency-Key, and what they were answered with; kept for a day. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    tenantId: tenantId(),
    actor: text('actor').notNull(),
    /** Keyed digests: a key may be an order's number, and a body holds personal data. */
    keyHash: bytea('key_hash').notNull(),
    operation: text('operation').notNull(),
    fingerprint: bytea('fingerprint').notNull(),
    /** Goes up whenever the request is begun again; who holds an older one may not commit any more. */
    fence: integer('fence').notNull(),
    createdReal: instant('created_real').notNull(),
    leaseUntilReal: instant('lease_until_real').notNull(),
    /** Set in the transaction that did the work. */
    appliedReal: instant('applied_real'),
    answeredReal: instant('answered_real'),
    sealedAnswer: bytea('sealed_answer'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.actor, t.keyHash] }),
    index('idempotency_keys_created').on(t.tenantId, t.createdReal),
  ],
);
