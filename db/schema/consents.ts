import { index, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
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
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('consent_events_dedupe').on(t.tenantId, t.dedupeKey),
    index('consent_events_person').on(t.tenantId, t.personId),
  ],
);
