import type { Tx } from './client.ts';
import { CALLED_NUMBER } from './repositories/called-number.ts';

/**
 * The locks of the dial gate. The gate takes the shared side of installation, tenant, campaign, carrier and number, and
 * the person's row; a stop takes the exclusive side of its own scope, so that it waits for gates already inside and keeps
 * new ones out until it has committed (I3). Everyone takes them in this order: installation, tenant, campaign, carrier,
 * number, person. All are held to the end of the transaction.
 */
const KEY = 'hashtextextended($1, 0)';

/**
 * SQL, beside a lock that a stop may have to wait for: a process that dies or stands still in its transaction keeps the
 * lock for so long and no longer. The database ends its connection, and with it the transaction. As long as a send's
 * lease: neither a claim nor a send by a dead process delays an acknowledgement by more.
 */
export const HELD_BRIEFLY = "set_config('idle_in_transaction_session_timeout', '2000', true)";

export type LockScope = 'installation' | 'tenant' | 'campaign' | 'carrier' | 'number';

function keyText(scope: LockScope, id: string): string {
  return `rightcall:${scope}:${id}`;
}

/** Whom a gate pass is about, as it was before the locks: what decides is read again after them. */
export interface GateTarget {
  readonly personId: string;
  /** The carrier whose lock was taken; null where there is none, and so nothing to dial. */
  readonly carrierId: string | null;
  readonly traceParent: string | null;
}

/**
 * One statement finds whom a contact's gate pass is about and takes the shared side of everything that it is under, then
 * the person's row: one pass a person at a time (I5). A round trip is a tenth of a pass, so there is no second one.
 * @returns null when the contact is not there, or has no number to call; then no lock was needed.
 */
export async function lockForGate(
  tx: Tx,
  of: { readonly contactId: string; readonly campaignId: string },
): Promise<GateTarget | null> {
  // The person's row is locked last: row locks are taken on what the join has already put together.
  const rows = await tx.prepared<{
    person_id: string;
    carrier_id: string | null;
    trace_parent: string | null;
  }>(
    'gate_locks',
    `WITH target AS MATERIALIZED (
       SELECT c.person_id, n.number_hash, k.carrier_id, k.trace_parent FROM contacts c
       JOIN person_numbers n ON n.tenant_id = c.tenant_id AND n.person_id = c.person_id AND ${CALLED_NUMBER}
       JOIN campaigns k ON k.tenant_id = c.tenant_id AND k.id = c.campaign_id
       WHERE c.tenant_id = $1 AND c.id = $2),
     locks AS MATERIALIZED (
       SELECT person_id, carrier_id, trace_parent, ${HELD_BRIEFLY} AS held,
              pg_advisory_xact_lock_shared(hashtextextended('${keyText('installation', '')}', 0)) AS installation,
              pg_advisory_xact_lock_shared(hashtextextended($3, 0)) AS tenant,
              pg_advisory_xact_lock_shared(hashtextextended($4, 0)) AS campaign,
              pg_advisory_xact_lock_shared(
                hashtextextended('${keyText('carrier', '')}' || coalesce(carrier_id::text, 'none'), 0)) AS carrier,
              pg_advisory_xact_lock_shared(
                hashtextextended('${keyText('number', '')}' || $5 || ':' || encode(number_hash, 'hex'), 0)) AS number
       FROM target)
     SELECT locks.person_id, locks.carrier_id, locks.trace_parent FROM locks CROSS JOIN persons
     WHERE persons.tenant_id = $1 AND persons.id = locks.person_id FOR NO KEY UPDATE OF persons`,
    [
      tx.tenantId,
      of.contactId,
      keyText('tenant', tx.tenantId),
      keyText('campaign', of.campaignId),
      tx.tenantId,
    ],
  );
  const row = rows[0];
  return row === undefined
    ? null
    : { personId: row.person_id, carrierId: row.carrier_id, traceParent: row.trace_parent };
}

/** For a row that is locked without SQL of its own: the same, beforehand. */
export async function holdBriefly(tx: Tx): Promise<void> {
  await tx.prepared('hold_briefly', `SELECT ${HELD_BRIEFLY}`, []);
}

/**
 * Before long work that asks nothing of the database, such as compiling policies that this process has not seen yet: for the
 * rest of a transaction that holds such a lock its process may stand for up to half a minute.
 */
export async function holdForComputing(tx: Tx): Promise<void> {
  await tx.prepared(
    'hold_for_computing',
    `SELECT set_config('idle_in_transaction_session_timeout', '30000', true)
     WHERE current_setting('idle_in_transaction_session_timeout') <> '0'`,
    [],
  );
}

/** The person's row. NO KEY UPDATE: rows that refer to the person may still be added. */
export async function lockPerson(tx: Tx, personId: string): Promise<void> {
  await tx.prepared(
    'lock_person',
    `SELECT ${HELD_BRIEFLY} FROM persons WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE`,
    [tx.tenantId, personId],
  );
}

/** The exclusive side: waits until every gate pass under the scope has ended. */
export async function lockExclusive(tx: Tx, scope: LockScope, id: string): Promise<void> {
  const qualified = scope === 'number' ? `${tx.tenantId}:${id}` : id;
  await tx.query(`SELECT ${HELD_BRIEFLY}, pg_advisory_xact_lock(${KEY})`, [keyText(scope, qualified)]);
}

/**
 * One pacer claims for a campaign at a time, so that two of them together keep to its capacity.
 * @returns false when another holds it now.
 */
export async function tryLockPacer(tx: Tx, campaignId: string): Promise<boolean> {
  const rows = await tx.query<{ locked: boolean }>(
    `SELECT ${HELD_BRIEFLY}, pg_try_advisory_xact_lock(${KEY}) AS locked`,
    [`rightcall:pacer:${campaignId}`],
  );
  return rows[0]?.locked === true;
}

/**
 * Pacers count the free agents of a team one after the other, each to the end of its transaction: what one has just admitted
 * is there when the next one counts, so that no two of them place a call for the same agent.
 * @returns false when another one counts some of these now.
 */
export async function tryLockTeams(tx: Tx, teamIds: readonly string[]): Promise<boolean> {
  const rows = await tx.prepared<{ locked: boolean | null }>(
    'lock_teams',
    `SELECT bool_and(pg_try_advisory_xact_lock(hashtextextended('rightcall:team:' || id, 0))) AS locked
     FROM unnest($1::text[]) AS id`,
    [teamIds],
  );
  return rows[0]?.locked !== false;
}
