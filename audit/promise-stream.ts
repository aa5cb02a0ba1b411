import type { Tx } from '../db/client.ts';
import type { StoredPromise } from './records.ts';
import type { Scope } from './streams.ts';

const PAGE_ROWS = 1_000;

/** Callbacks with the attempts that bear on them. */
export async function* promisesOf(tx: Tx, scope: Scope): AsyncGenerator<StoredPromise> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await tx.query<StoredPromise>(
      `SELECT b.id, b.contact_id AS "contactId", b.from_at AS "fromAt", b.until_at AS "untilAt", b.status, b.reason, b.steps,
              b.settled_at AS "settledAt", c.state AS "contactState",
              b.due_asked_at IS NOT NULL OR EXISTS (
                SELECT FROM decisions d WHERE d.tenant_id = $1 AND d.contact_id = b.contact_id
                  AND d.at >= b.from_at AND d.at < b.until_at) AS "askedWhenDue",
              (SELECT d.recorded_real FROM decisions d
               WHERE d.tenant_id = $1 AND d.at >= b.until_at AND b.status = 'promised' AND NOT EXISTS (
                 SELECT FROM attempts a WHERE a.tenant_id = $1 AND a.contact_id = b.contact_id
                   AND a.state IN ('claimed', 'sending', 'unknown'))
               ORDER BY d.at LIMIT 1) AS "passedReal",
              (SELECT a.sending_at FROM attempts a
               WHERE a.tenant_id = $1 AND a.id = b.attempt_id AND a.contact_id = b.contact_id) AS "keptAt",
              (SELECT a.id FROM attempts a
               WHERE a.tenant_id = $1 AND a.contact_id = b.contact_id AND a.state IN ('sent', 'ended')
                 AND a.sending_at >= b.from_at AND a.sending_at < b.until_at ORDER BY a.n LIMIT 1) AS "sentInWindow"
       FROM callbacks b
       JOIN contacts c ON c.tenant_id = b.tenant_id AND c.id = b.contact_id
       WHERE b.tenant_id = $1 AND b.id > $2 AND ($3::uuid IS NULL OR b.campaign_id = $3)
       ORDER BY b.id LIMIT ${PAGE_ROWS}`,
      [tx.tenantId, after, scope.campaignId],
    );
    yield* rows;
    if (rows.length < PAGE_ROWS) return;
    after = rows.at(-1)!.id;
  }
}
