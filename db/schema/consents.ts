import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { ConsentRecordPart } from '../../domain/consent-record.ts';
import type { SeparateConsent, Technology } from '../../domain/facts.ts';
import { bytea, instant, tenantId } from './columns.ts';
import type { Channel, ConsentKind, ConsentLevel, Purpose } from '../../domain/vocabulary.ts';

/** Consent events (同意): append-only; a withdrawal is a new event and nothing is overwritten (PIPL 14–16). */
export const consentEvents = pgTable(
  'consent_events',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    personId: uuid('person_id').notNull(),
    kind: text('kind').$type<ConsentKind>().notNull(),
    purposes: text('purposes').array().$type<Purpose[]>().notNull(),
    channels: text('channels').array().$type<Channel[]>().notNull(),
    level: text('level').$type<ConsentLevel>().notNull(),
    /** The basis as the source named it, such as `explicit`. */
    basis: text('basis').notNull(),
    source: text('source').notNull(),
    /** SHA-256 of the text shown or the recording, where there is one. */
    evidenceHash: bytea('evidence_hash'),
    occurredAt: instant('occurred_at').notNull(),
    recordedAt: instant('recorded_at').notNull(),
    expiresAt: instant('expires_at'),
    widens: text('widens').array().notNull(),
    recordedBy: text('recorded_by').notNull(),
    /** Says the same event twice is one event: a hash over what it states. */
    dedupeKey: bytea('dedupe_key').notNull(),
    /** Whom it allows to sell, as it names them; null: nobody. */
    seller: text('seller'),
    technologies: text('technologies').array().$type<Technology[]>().notNull().default([]),
    /** What was asked for and granted by itself (PIPL 23, 25, 29, 39). */
    separate: text('separate').array().$type<SeparateConsent[]>().notNull().default([]),
    /** The person who gave it as the guardian; null: the person themself. */
    guardianId: uuid('guardian_id'),
    /** The number that it is for; null: the person, whatever the number. */
    numberHash: bytea('number_hash'),
    ownershipVerifiedAt: instant('ownership_verified_at'),
    /** The grant that this one renews. */
    renewedFrom: uuid('renewed_from'),
    noticeId: text('notice_id'),
    noticeVersion: integer('notice_version'),
    /** What is on record beside (domain/consent-record.ts); empty: nothing. */
    record: jsonb('record').$type<Partial<ConsentRecordPart>>().notNull().default({}),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('consent_events_dedupe').on(t.tenantId, t.dedupeKey),
    index('consent_events_person').on(t.tenantId, t.personId),
    index('consent_events_expiry')
      .on(t.tenantId, t.expiresAt, t.id)
      .where(sql`expires_at IS NOT NULL AND kind = 'grant'`),
    index('consent_events_recorded').on(t.tenantId, t.recordedAt, t.id),
  ],
);

/** Texts that people were shown (告知书), in immutable versions. */
export const consentNotices = pgTable(
  'consent_notices',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    version: integer('version').notNull(),
    language: text('language').notNull(),
    title: text('title').notNull(),
    text: text('text').notNull(),
    /** SHA-256 of the text as UTF-8. */
    textHash: bytea('text_hash').notNull(),
    items: text('items').array().notNull(),
    publishedAt: instant('published_at').notNull(),
    publishedBy: text('published_by').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.id, t.version] })],
);
