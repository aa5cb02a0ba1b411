import type { Tx } from './client.ts';

/**
 * The locks of the dial gate. The gate takes the shared side of tenant, campaign and number and the person's row;
 * a stop takes the exclusive side of its own scope, so that it waits for gates already inside and keeps new ones
 * out until it has committed (I3). Everyone takes them in this order: tenant, campaign, carrier, number, person.
 * All are held to the end of the transaction.
 */
const KEY = 'hashtextextended($1, 0)';

export type LockScope = 'tenant' | 'campaign' | 'carrier' | 'number';

function keyText(scope: LockScope, id: string): string {
  return `rightcall:${scope}:${id}`;
}

/**
 * The shared side of everything a gate pass is under, then the person's row: one pass a person at a time (I5).
 * @param scope.carrierId the carrier the campaign dials through; null where there is none, and so nothing to dial.
 */
export async function lockForGate(
  tx: Tx,
  scope: { campaignId: string; carrierId: string | null; numberHash: Buffer; personId: string },
): Promise<void> {
  // The person's row is locked last: row locks are taken on what the join has already put together.
  await tx.prepared(
    'gate_locks',
    `WITH locks AS MATERIALIZED (
       SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0)) AS tenant,
              pg_advisory_xact_lock_shared(hashtextextended($2, 0)) AS campaign,
              pg_advisory_xact_lock_shared(hashtextextended($3, 0)) AS carrier,
              pg_advisory_xact_lock_shared(hashtextextended($4, 0)) AS number)
     SELECT locks.number FROM locks CROSS JOIN persons
     WHERE persons.tenant_id = $5 AND persons.id = $6 FOR NO KEY UPDATE OF persons`,
    [
      keyText('tenant', tx.tenantId),
      keyText('campaign', scope.campaignId),
      keyText('carrier', scope.carrierId ?? 'none'),
      keyText('number', `${tx.tenantId}:${scope.numberHash.toString('hex')}`),
      tx.tenantId,
      scope.personId,
    ],
  );
}

/** The person's row. NO KEY UPDATE: rows that refer to the person may still be added. */
export async function lockPerson(tx: Tx, personId: string): Promise<void> {
  await tx.prepared(
    'lock_person',
    'SELECT 1 FROM persons WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE',
    [tx.tenantId, personId],
  );
}

/** The exclusive side: waits until every gate pass under the scope has ended. */
export async function lockExclusive(tx: Tx, scope: LockScope, id: string): Promise<void> {
  const qualified = scope === 'number' ? `${tx.tenantId}:${id}` : id;
  await tx.query(`SELECT pg_advisory_xact_lock(${KEY})`, [keyText(scope, qualified)]);
}

/**
 * One pacer claims for a campaign at a time, so that two of them together keep to its capacity.
 * @returns false when another holds it now.
 */
export async function tryLockPacer(tx: Tx, campaignId: string): Promise<boolean> {
  const rows = await tx.query<{ locked: boolean }>(`SELECT pg_try_advisory_xact_lock(${KEY}) AS locked`, [
    `rightcall:pacer:${campaignId}`,
  ]);
  return rows[0]?.locked === true;
}
