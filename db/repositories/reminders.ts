import type { EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';

/** A promised callback that its agent was reminded of. */
export interface Reminder {
  readonly id: string;
  readonly contactId: string;
  readonly campaignId: string;
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
  readonly topic: string | null;
}

/** Shown at once; whoever has more that are due sees the first ones, which are not called yet. */
const SHOWN = 50;

/** What an agent was reminded of and is still to come, next one first. */
export async function remindedOf(tx: Statements, agentId: string): Promise<Reminder[]> {
  return tx.prepared<Reminder>(
    'reminders_of',
    `SELECT id, contact_id AS "contactId", campaign_id AS "campaignId", from_at AS "fromAt", until_at AS "untilAt", topic
     FROM callbacks
     WHERE tenant_id = $1 AND owner = 'agent:' || $2::text AND status = 'promised' AND reminded_at IS NOT NULL
     ORDER BY from_at, id LIMIT ${SHOWN}`,
    [tx.tenantId, agentId],
  );
}

/**
 * What tells a seat's reminders apart from those of another moment; of the seat `s`. No ids where there are none, which is
 * nearly always: one probe of an index.
 */
export const REMINDERS_VERSION = `(
  SELECT string_agg(concat_ws(' ', b.id, extract(epoch FROM b.from_at), extract(epoch FROM b.until_at), b.topic), ','
                    ORDER BY b.from_at, b.id)
  FROM callbacks b WHERE b.tenant_id = $1 AND b.owner = 'agent:' || s.agent_id::text AND b.status = 'promised'
    AND b.reminded_at IS NOT NULL)`;
