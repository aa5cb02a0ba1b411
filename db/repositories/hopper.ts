import { createHash } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import type { PlaceCallResult } from '../../domain/carrier.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { ContactState } from '../../domain/vocabulary.ts';
import type { Tx } from '../client.ts';

/**
 * The hopper's writes: a contact goes back into it, or leaves it for good. Both say what the contact's workflow
 * is to be told.
 */

/** First rank of each class; within a class the rank grows as the priority falls (schema/contacts.ts). */
export const RANK = { callback: 0, retry: 10, fresh: 20 } as const;
export type RankClass = keyof typeof RANK;

/** Added to the rank of contacts that an agent is to call, where the campaign's script calls the others. */
export const AGENT_RANK = 30;
/** First ranks and last: of contacts that the campaign's own mode is for, and of those that an agent is to call. */
export const RANKS = { own: [0, 29], escalated: [AGENT_RANK, AGENT_RANK + 29] } as const;
/** SQL: the contact has been promised a call. */
export const PROMISED_RANK = `rank % ${AGENT_RANK} < 10`;

export const isPromised = (rank: number) => rank % AGENT_RANK < 10;

/** @param priority 0 (last) to 9 (first). */
export function rankOf(rankClass: RankClass, priority: number, withAgent = false): number {
  return RANK[rankClass] + 9 - priority + (withAgent ? AGENT_RANK : 0);
}

/**
 * The cohort of a contact (schema/contacts.ts): equal for numbers with the same candidate zones and jurisdictions,
 * whatever the sources of that evidence. Empty is the cohort of those not yet put into one.
 */
export function cohortOf(
  country: string | null,
  locations: readonly { readonly jurisdiction: string | null; readonly zone: string | null }[],
): string {
  const places = new Set(locations.map(({ jurisdiction, zone }) => `${jurisdiction ?? ''} ${zone ?? ''}`));
  return createHash('sha256')
    .update([country ?? '', ...[...places].sort()].join('\n'))
    .digest('base64url')
    .slice(0, 12);
}

/**
 * How much longer (real ms) than the hopper's instant a workflow waits before it looks after its contact itself. Only a
 * lost row or a dead pacer makes it fire, so it may be generous; a busy carrier alone can hold a contact for minutes.
 */
const RECHECK_MARGIN_MS = 120_000;
/** Timers are not set further out than this; the contact is looked after again then. */
const RECHECK_MAX_MS = 30 * 24 * 3_600_000;

/** How long (real ms) a workflow waits for its contact, ready at `readyAt`, before it checks. */
export function recheckInMs(clock: Clock, readyAt: EpochMs): number {
  const wait = clock.toRealMs(Math.max(0, readyAt - clock.now()));
  return Math.ceil(Math.min(RECHECK_MAX_MS, wait + RECHECK_MARGIN_MS));
}

/**
 * Wait in the hopper, not before `readyAt`. A contact that was called before ranks as a retry; one that was promised a
 * call keeps its place before all others, and waits for the promised window if that is still to come.
 */
export async function returnToHopper(
  tx: Tx,
  clock: Clock,
  contact: {
    readonly id: string;
    readonly priority: number;
    readonly attempts: number;
    /** An agent is to make its next call, where the campaign's script makes others'. */
    readonly withAgent?: boolean;
  },
  readyAt: EpochMs,
  reason: string | null,
): Promise<PlaceCallResult> {
  const rows = await tx.prepared<{ ready_at: EpochMs }>(
    'hopper_return',
    `UPDATE contacts SET state = 'waiting', state_reason = $4, updated_at = $6,
            ready_at = coalesce((SELECT b.from_at FROM callbacks b WHERE b.tenant_id = $1 AND b.contact_id = $2
                                   AND b.status = 'promised' AND b.from_at > $6), $3),
            rank = CASE WHEN EXISTS (SELECT 1 FROM callbacks b WHERE b.tenant_id = $1 AND b.contact_id = $2
                                       AND b.status = 'promised') THEN $7 ELSE $5::smallint END
     WHERE tenant_id = $1 AND id = $2 AND state IN ('waiting', 'admitted') RETURNING ready_at`,
    [
      tx.tenantId,
      contact.id,
      toIso(readyAt),
      reason,
      rankOf(contact.attempts > 0 ? 'retry' : 'fresh', contact.priority, contact.withAgent),
      toIso(clock.now()),
      rankOf('callback', contact.priority, contact.withAgent),
    ],
  );
  const dueAt = rows[0]?.ready_at ?? readyAt;
  return { kind: 'waiting', readyAt: dueAt, reason, recheckInMs: recheckInMs(clock, dueAt) };
}

/** The contact is done with in this campaign. A state that is final already stays as it is. */
export async function finishContact(
  tx: Tx,
  clock: Clock,
  contactId: string,
  state: ContactState,
  reason: string | null,
): Promise<PlaceCallResult> {
  const rows = await tx.prepared<{ state: ContactState; state_reason: string | null }>(
    'hopper_finish',
    `UPDATE contacts SET
       state = CASE WHEN state IN ('waiting', 'admitted') THEN $3 ELSE state END,
       state_reason = CASE WHEN state IN ('waiting', 'admitted') THEN $4 ELSE state_reason END,
       workflow_open = false, wake_pending = false, updated_at = $5
     WHERE tenant_id = $1 AND id = $2 RETURNING state, state_reason`,
    [tx.tenantId, contactId, state, reason, toIso(clock.now())],
  );
  return { kind: 'final', state: rows[0]?.state ?? state, reason: rows[0]?.state_reason ?? reason };
}
