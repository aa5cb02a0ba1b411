import type { Clock } from '../../domain/clock.ts';
import type { PlaceCallResult } from '../../domain/carrier.ts';
import type { EpochMs } from '../../domain/time.ts';
import { isTerminalContactState, type ContactState } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { HELD_BRIEFLY } from '../../db/locks.ts';
import { recheckInMs, returnToHopper } from '../../db/repositories/hopper.ts';
import { countRepair } from '../telemetry.ts';

/** A contact that waits longer than planned is, most of all, in a paused campaign: looking hourly (real) is enough. */
const OVERDUE_RECHECK_MS = 3_600_000;
/** Real ms after which an admission without an attempt is taken back. */
const LOST_AFTER_MS = 60_000;

interface Row {
  state: ContactState;
  state_reason: string | null;
  priority: number;
  attempts: number;
  ready_at: EpochMs;
  lost: boolean;
}

/** Where a contact is whose workflow heard nothing for too long; one that was lost is put back into the hopper (I10). */
export async function rejoinHopper(tx: Tx, clock: Clock, contactId: string): Promise<PlaceCallResult> {
  const rows = await tx.query<Row>(
    `SELECT state, state_reason, priority, attempts, ready_at, ${HELD_BRIEFLY},
            (state = 'admitted' AND admitted_real < clock_timestamp() - make_interval(secs => $3)
             AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.tenant_id = $1 AND a.contact_id = c.id
                               AND a.admission = c.admissions)
             AND NOT EXISTS (SELECT 1 FROM previews v WHERE v.tenant_id = $1 AND v.contact_id = c.id
                               AND v.admission = c.admissions AND v.acted_real IS NULL)) AS lost
     FROM contacts c WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE`,
    [tx.tenantId, contactId, LOST_AFTER_MS / 1_000],
  );
  const row = rows[0];
  if (row === undefined) return { kind: 'final', state: 'stopped', reason: 'contact.missing' };
  if (isTerminalContactState(row.state)) return { kind: 'final', state: row.state, reason: row.state_reason };
  if (row.lost) {
    const contact = { id: contactId, priority: row.priority, attempts: row.attempts };
    countRepair('admission_taken_back');
    return returnToHopper(tx, clock, contact, clock.now(), 'admission.lost');
  }
  return {
    kind: 'waiting',
    readyAt: row.ready_at,
    reason: row.state_reason,
    recheckInMs: Math.max(OVERDUE_RECHECK_MS, recheckInMs(clock, row.ready_at)),
  };
}
