import { sql } from 'drizzle-orm';
import { index, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { AttestationFact, DialFacts } from '../../domain/facts.ts';
import { bytea, instant, tenantId } from './columns.ts';

/**
 * What the tenant put on record about itself or the world (domain/attestation.ts). Append-only: what was said stays; that
 * it was retracted, or that a newer reading took its place, is added.
 */
export const attestedFacts = pgTable(
  'attested_facts',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    kind: text('kind').$type<AttestationFact['kind']>().notNull(),
    name: text('name').notNull(),
    jurisdiction: text('jurisdiction'),
    detail: jsonb('detail').$type<AttestationFact['detail']>().notNull(),
    validFrom: instant('valid_from').notNull(),
    validUntil: instant('valid_until'),
    recordedAt: instant('recorded_at').notNull(),
    recordedBy: text('recorded_by').notNull(),
    /** From here on (engine clock) decisions do not see it. */
    retractedAt: instant('retracted_at'),
    retractedBy: text('retracted_by'),
    /** A newer reading of the same feed was recorded; decisions see that one. */
    supersededAt: instant('superseded_at'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('attested_facts_live')
      .on(t.tenantId, t.kind, t.name)
      .where(sql`retracted_at IS NULL AND superseded_at IS NULL`),
  ],
);

/** A number that a campaign shows, as decisions see it; the tenant's own, so it stands here as in the definition. */
export const callerNumbers = pgTable(
  'caller_numbers',
  {
    tenantId: tenantId(),
    /** E.164, as `definition.callerId`. */
    number: text('number').notNull(),
    numberHash: bytea('number_hash').notNull(),
    country: text('country'),
    numberType: text('number_type').$type<DialFacts['number']['type']>().notNull(),
    /** First digits of the national number, six at most. */
    prefix: text('prefix').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.number] })],
);
