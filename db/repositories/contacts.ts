import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Channel, ContactState, Purpose } from '../../domain/vocabulary.ts';
import type { Matter } from '../../domain/matter.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { contacts, personNumbers, persons } from '../schema/index.ts';
import { RANK } from './hopper.ts';

export type ContactRow = typeof contacts.$inferSelect;

/** SQL of `rankOf` (hopper.ts) for a row of contacts `c` that waits again: a retry where it was called before. */
const RANK_ANEW = `CASE WHEN c.attempts > 0 THEN ${RANK.retry} ELSE ${RANK.fresh} END + 9 - c.priority`;

export interface PersonNumber {
  readonly numberHash: Buffer;
  readonly personId: string;
  readonly sealedNumber: Buffer;
  readonly isPrimary: boolean;
}

export async function contactById(tx: Tx, id: string): Promise<ContactRow | null> {
  const rows = await tx.orm
    .select()
    .from(contacts)
    .where(and(eq(contacts.tenantId, tx.tenantId), eq(contacts.id, id)));
  return rows[0] ?? null;
}

/** What was on record before is kept by a trigger (fact_history). */
export async function setContactMatter(
  tx: Tx,
  contactId: string,
  matter: Matter | null,
  at: EpochMs,
): Promise<void> {
  await tx.query('UPDATE contacts SET matter = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2', [
    tx.tenantId,
    contactId,
    matter,
    toIso(at),
  ]);
}

/** Whom it belongs to; null: nobody. */
export async function setPreferredAgent(
  tx: Tx,
  contactId: string,
  agentId: string | null,
  at: EpochMs,
): Promise<void> {
  await tx.query(
    'UPDATE contacts SET preferred_agent_id = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2',
    [tx.tenantId, contactId, agentId, toIso(at)],
  );
}

/** By the customer's own id, or by the person who has the number. */
export async function findContact(
  tx: Tx,
  campaignId: string,
  by: { externalId: string } | { numberHash: Buffer },
): Promise<ContactRow | null> {
  const rows = await tx.orm
    .select()
    .from(contacts)
    .where(
      and(
        eq(contacts.tenantId, tx.tenantId),
        eq(contacts.campaignId, campaignId),
        'externalId' in by
          ? eq(contacts.externalId, by.externalId)
          : eq(
              contacts.personId,
              sql`(SELECT person_id FROM person_numbers WHERE tenant_id = ${tx.tenantId} AND number_hash = ${by.numberHash})`,
            ),
      ),
    );
  return rows[0] ?? null;
}

export async function contactsOfPerson(tx: Tx, personId: string): Promise<ContactRow[]> {
  return tx.orm
    .select()
    .from(contacts)
    .where(and(eq(contacts.tenantId, tx.tenantId), eq(contacts.personId, personId)))
    .orderBy(asc(contacts.id));
}

export async function personExists(tx: Tx, personId: string): Promise<boolean> {
  const rows = await tx.orm
    .select({ id: persons.id })
    .from(persons)
    .where(and(eq(persons.tenantId, tx.tenantId), eq(persons.id, personId)));
  return rows.length > 0;
}

/** Who has the number, or null. */
export async function personOfNumber(tx: Tx, numberHash: Buffer): Promise<string | null> {
  const rows = await tx.orm
    .select({ personId: personNumbers.personId })
    .from(personNumbers)
    .where(and(eq(personNumbers.tenantId, tx.tenantId), eq(personNumbers.numberHash, numberHash)));
  return rows[0]?.personId ?? null;
}

/** Numbers of these persons, the primary one first. */
export async function numbersOfPersons(tx: Tx, personIds: readonly string[]): Promise<PersonNumber[]> {
  if (personIds.length === 0) return [];
  const rows = await tx.orm
    .select({
      numberHash: personNumbers.numberHash,
      personId: personNumbers.personId,
      sealedNumber: personNumbers.sealedNumber,
      isPrimary: personNumbers.isPrimary,
    })
    .from(personNumbers)
    .where(and(eq(personNumbers.tenantId, tx.tenantId), inArray(personNumbers.personId, [...personIds])))
    .orderBy(sql`is_primary DESC`, asc(personNumbers.createdReal));
  return rows;
}

/** Numbers by their keyed hashes; those that belong to no person are left out. */
export async function numbersByHash(tx: Tx, hashes: readonly Buffer[]): Promise<PersonNumber[]> {
  if (hashes.length === 0) return [];
  return tx.query<PersonNumber>(
    `SELECT number_hash AS "numberHash", person_id AS "personId", sealed_number AS "sealedNumber",
            is_primary AS "isPrimary"
     FROM person_numbers WHERE tenant_id = $1 AND number_hash = ANY($2::bytea[])`,
    [tx.tenantId, hashes],
  );
}

/**
 * End a person's contacts that are not final, in campaigns of these purposes and channels. Their workflows are told.
 * @returns how many ended.
 */
export async function endContactsOfPerson(
  tx: Tx,
  change: {
    personId: string;
    state: 'withdrawn' | 'suppressed';
    reason: string;
    /** Null: all purposes. */
    purposes: readonly Purpose[] | null;
    /** Null: all channels. */
    channels: readonly Channel[] | null;
    /** Null: all campaigns. */
    campaignId: string | null;
    at: EpochMs;
  },
): Promise<number> {
  const rows = await tx.query(
    `UPDATE contacts c
     SET state = $3, state_reason = $4, wake_pending = c.workflow_open, updated_at = $5
     FROM campaigns k
     WHERE c.tenant_id = $1 AND c.person_id = $2 AND c.state IN ('waiting', 'admitted')
       AND k.tenant_id = c.tenant_id AND k.id = c.campaign_id
       AND ($6::text[] IS NULL OR k.definition->>'purpose' = ANY($6))
       AND ($7::text[] IS NULL OR k.definition->>'channel' = ANY($7))
       AND ($8::uuid IS NULL OR c.campaign_id = $8)
     RETURNING c.id`,
    [
      tx.tenantId,
      change.personId,
      change.state,
      change.reason,
      toIso(change.at),
      change.purposes,
      change.channels,
      change.campaignId,
    ],
  );
  return rows.length;
}

/**
 * SQL: somebody stopped the contact for good, whether or not it had ended by then; what ends it stays as it was, and nothing
 * brings it back. Read under the person's row, which stops hold. `$1` is the tenant.
 */
const stoppedForGoodSql = (contact: string) =>
  `EXISTS (SELECT FROM stop_requests s WHERE s.tenant_id = $1 AND s.target_id = ${contact}
             AND s.scope = 'contact' AND s.kind = 'stop')`;

export async function isStoppedForGood(tx: Tx, contactId: string): Promise<boolean> {
  const rows = await tx.query<{ stopped: boolean }>(`SELECT ${stoppedForGoodSql('$2::uuid')} AS stopped`, [
    tx.tenantId,
    contactId,
  ]);
  return rows[0]!.stopped;
}

/**
 * Put a person's contacts that were denied for want of consent back into the hopper, where their campaign goes on:
 * the gate decides again by what is known now. A grant that has ended by now, or was withdrawn at its instant or since,
 * puts none back where it is told of late.
 * @returns how many wait again.
 */
export async function reopenForConsent(
  tx: Tx,
  change: {
    personId: string;
    purposes: readonly Purpose[];
    channels: readonly Channel[];
    occurredAt: EpochMs;
    expiresAt: EpochMs | null;
    at: EpochMs;
  },
): Promise<number> {
  if (change.expiresAt !== null && change.expiresAt <= change.at) return 0;
  const rows = await tx.query(
    `UPDATE contacts c
     SET state = 'waiting', state_reason = 'consent.granted', ready_at = $5, updated_at = $5,
         rank = ${RANK_ANEW}
     FROM campaigns k
     WHERE c.tenant_id = $1 AND c.person_id = $2 AND c.state = 'denied' AND starts_with(c.state_reason, 'consent.')
       AND k.tenant_id = c.tenant_id AND k.id = c.campaign_id AND k.status IN ('running', 'paused')
       AND k.definition->>'purpose' = ANY($3) AND k.definition->>'channel' = ANY($4)
       AND NOT ${stoppedForGoodSql('c.id')}
       AND NOT EXISTS (
         SELECT 1 FROM consent_events w
         WHERE w.tenant_id = c.tenant_id AND w.person_id = c.person_id AND w.kind = 'withdrawal'
           AND w.occurred_at >= $6
           AND (w.purposes = '{}' OR k.definition->>'purpose' = ANY(w.purposes))
           AND (w.channels = '{}' OR k.definition->>'channel' = ANY(w.channels)))
     RETURNING c.id`,
    [
      tx.tenantId,
      change.personId,
      change.purposes,
      change.channels,
      toIso(change.at),
      toIso(change.occurredAt),
    ],
  );
  return rows.length;
}

/** Contacts of a person that a decision put off or denied, in campaigns that go on; not those promised a call or left out. */
export async function heldContactsOf(
  tx: Tx,
  personId: string,
  now: EpochMs,
): Promise<{ readonly id: string; readonly state: ContactState; readonly reason: string | null }[]> {
  return tx.query(
    `SELECT c.id, c.state, c.state_reason AS reason FROM contacts c
     JOIN campaigns k ON k.tenant_id = c.tenant_id AND k.id = c.campaign_id AND k.status IN ('running', 'paused')
     WHERE c.tenant_id = $1 AND c.person_id = $2
       AND (c.state = 'denied' AND NOT starts_with(coalesce(c.state_reason, ''), 'campaign.') OR c.state = 'waiting' AND c.ready_at > $3 AND c.rank >= ${RANK.retry})`,
    [tx.tenantId, personId, toIso(now)],
  );
}

/** Have contacts looked at again at once; the gate decides by what is known then. Those denied wait again. */
export async function lookAgain(
  tx: Tx,
  contactIds: readonly string[],
  change: { readonly reason: string; readonly at: EpochMs },
): Promise<void> {
  if (contactIds.length === 0) return;
  await tx.query(
    `UPDATE contacts c SET state = 'waiting', state_reason = $3, ready_at = $4, updated_at = $4,
            rank = ${RANK_ANEW}
     WHERE tenant_id = $1 AND id = ANY ($2) AND state IN ('waiting', 'denied')`,
    [tx.tenantId, contactIds, change.reason, toIso(change.at)],
  );
}

/**
 * End the waiting contacts of a campaign that is over, so many at a time that no transaction is long. Those admitted are ended
 * by the engine when their call has come to its end.
 * @returns how many ended; fewer than `limit` when none are left.
 */
export async function endWaitingContacts(
  tx: Tx,
  campaignId: string,
  change: { reason: string; at: EpochMs; limit: number },
): Promise<number> {
  const rows = await tx.query(
    `UPDATE contacts SET state = 'stopped', state_reason = $3, wake_pending = workflow_open, updated_at = $4
     WHERE tenant_id = $1 AND id IN (
       SELECT id FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting'
       LIMIT $5 FOR NO KEY UPDATE SKIP LOCKED)
     RETURNING 1`,
    [tx.tenantId, campaignId, change.reason, toIso(change.at), change.limit],
  );
  return rows.length;
}
