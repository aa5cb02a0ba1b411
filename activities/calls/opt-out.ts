import { toIso } from '../../domain/time.ts';
import { v7 as uuidv7 } from 'uuid';
import type { Clock } from '../../domain/clock.ts';
import { CHANNELS, PURPOSES } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { appendConsentEvent } from '../../db/repositories/consents.ts';
import { endContactsOfPerson } from '../../db/repositories/contacts.ts';
import { upsertSuppression } from '../../db/repositories/suppressions.ts';

/** Who the record says it was: the script that ran the call, on the person's own word. */
const RECORDED_BY = 'call';

/**
 * The person asked, in a call, not to be called again (谢绝来电): a withdrawal for every purpose, an entry on the
 * internal list, and the end of all their contacts, at once. The caller holds the person's row, so no permit for
 * them can be made meanwhile; one that another campaign holds is taken back here.
 */
export async function recordOptOut(
  tx: Tx,
  clock: Clock,
  call: { readonly attemptId: string; readonly personId: string; readonly numberHash: Buffer },
): Promise<void> {
  const at = clock.now();
  const recorded = { at, by: RECORDED_BY };
  await appendConsentEvent(
    tx,
    {
      personId: call.personId,
      kind: 'withdrawal',
      purposes: [...PURPOSES],
      channels: [...CHANNELS],
      level: 'express',
      basis: 'opt_out_in_call',
      source: `attempt ${call.attemptId}`,
      evidenceHash: null,
      occurredAt: at,
      expiresAt: null,
      widens: [],
    },
    recorded,
  );
  await upsertSuppression(
    tx,
    {
      numberHash: call.numberHash,
      list: 'internal',
      scope: 'tenant',
      campaignId: null,
      purpose: null,
      source: `attempt ${call.attemptId}`,
      requestedByPerson: true,
      validFrom: at,
      validUntil: null,
    },
    recorded,
  );
  await endContactsOfPerson(tx, {
    personId: call.personId,
    state: 'withdrawn',
    reason: 'disposition.opted_out',
    purposes: null,
    channels: null,
    campaignId: null,
    at,
  });
  const revoked = await tx.query(
    `UPDATE attempts SET state = 'revoked', fence = fence + 1, ended_at = $3, reason = 'opted out in another call'
     WHERE tenant_id = $1 AND person_id = $2 AND reported_real IS NULL AND state = 'claimed' RETURNING id`,
    [tx.tenantId, call.personId, toIso(at)],
  );
  // Binding and quiet at once: the gate makes no second attempt while a person is on a call, and this call is over.
  await tx.query(
    `INSERT INTO stop_requests (tenant_id, id, kind, scope, target_id, at, requested_real, committed_real,
                                acknowledged_real, revoked, in_flight, requested_by, detail)
     VALUES ($1, $2, 'withdrawal', 'person', $3, $4, statement_timestamp(), statement_timestamp(),
             statement_timestamp(), $5, 0, $6, $7)`,
    [
      tx.tenantId,
      uuidv7(),
      call.personId,
      toIso(at),
      revoked.length,
      RECORDED_BY,
      JSON.stringify({ attemptId: call.attemptId }),
    ],
  );
}
