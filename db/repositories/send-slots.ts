import type { Statements } from '../client.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';

/**
 * The carrier's calls per second, kept by the engine itself at the moment of sending (a task queue's rate limit
 * overshoots). Slots are handed out evenly spaced, by real time, over all workers.
 */

/**
 * A slot's holder may be this late (real ms) and still use it; later it must take another. Slots are spaced so that
 * even with the first of a second this late and the last on time, no sliding second holds more than the limit.
 */
export const SLOT_TOLERANCE_MS = 100;

/** A line may stand idle for this long (real ms) for a campaign's sake. */
const IDLE_MS = 20;
const spacingOf = (callsPerSecond: number): number => (1_000 + SLOT_TOLERANCE_MS) / 1_000 / callsPerSecond;

/** Real ms on the database's clock. */
export interface SendSlot {
  readonly slot: EpochMs;
  /** When it was handed out. */
  readonly now: EpochMs;
}

/**
 * Take an owner's next free slot that begins before `notAfter`.
 * @param ownerId the carrier
 * @returns when to send, and when that was said; null when the line is longer than that: nothing is taken then.
 */
export async function takeSendSlot(
  tx: Statements,
  ownerId: string,
  callsPerSecond: number,
  notAfter: EpochMs,
): Promise<SendSlot | null> {
  const spacingS = spacingOf(callsPerSecond);
  const rows = await tx.prepared<SendSlot>(
    'take_send_slot',
    `INSERT INTO send_pace AS p (tenant_id, owner_id, next_slot_real)
     VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
     ON CONFLICT (tenant_id, owner_id) DO UPDATE
       SET next_slot_real = greatest(p.next_slot_real, clock_timestamp()) + make_interval(secs => $3)
       WHERE greatest(p.next_slot_real, clock_timestamp()) <= $4
     RETURNING (next_slot_real - make_interval(secs => $3)) AS slot, clock_timestamp() AS now`,
    [tx.tenantId, ownerId, spacingS, toIso(notAfter)],
  );
  return rows[0] ?? null;
}

/**
 * Take one slot of a line and of a campaign with a limit of its own, together: the call counts for both at the instant at
 * which it is sent. A slot of the campaign that was taken before the wait for the line would be long past by then, and
 * calls that waited for different times would leave together.
 *
 * Nothing is taken while it is the campaign that must wait: it keeps nobody else from the line.
 * @returns when to send (`taken`) or to ask again, or null when that is not before `notAfter`
 */
export async function takeSlotOfBoth(
  tx: Statements,
  line: { readonly id: string; readonly callsPerSecond: number },
  campaign: { readonly id: string; readonly callsPerSecond: number },
  notAfter: EpochMs,
): Promise<(SendSlot & { readonly taken: boolean }) | null> {
  for (;;) {
    const [row] = await tx.prepared<{ known: number; slot: number; now: number; taken: boolean }>(
      'take_slot_of_both',
      // In the order of ids, as every transaction of two rows here: none waits for one that waits for it.
      `WITH locked AS MATERIALIZED (
         SELECT owner_id, greatest(next_slot_real, clock_timestamp()) AS next FROM send_pace
         WHERE tenant_id = $1 AND owner_id IN ($2, $3) ORDER BY owner_id FOR UPDATE),
       pair AS (
         SELECT count(*) AS known, max(next) AS slot, max(next) FILTER (WHERE owner_id = $2) AS line FROM locked),
       taken AS (
         UPDATE send_pace p
         SET next_slot_real = b.slot + make_interval(secs => CASE WHEN p.owner_id = $2 THEN $4::float8 ELSE $5::float8 END)
         FROM pair b
         WHERE p.tenant_id = $1 AND p.owner_id IN ($2, $3) AND b.known = 2 AND b.slot <= $6
           AND b.slot <= b.line + make_interval(secs => $7)
         RETURNING 1)
       SELECT known, slot, clock_timestamp() AS now, EXISTS (SELECT FROM taken) AS taken FROM pair`,
      [
        tx.tenantId,
        line.id,
        campaign.id,
        spacingOf(line.callsPerSecond),
        spacingOf(campaign.callsPerSecond),
        toIso(notAfter),
        IDLE_MS / 1_000,
      ],
    );
    const { known, slot, now, taken } = row!;
    if (known === 2) return slot > notAfter ? null : { slot, now, taken };
    await tx.query(
      `INSERT INTO send_pace (tenant_id, owner_id, next_slot_real)
       SELECT $1, o, clock_timestamp() FROM unnest($2::uuid[]) AS o ORDER BY o ON CONFLICT DO NOTHING`,
      [tx.tenantId, [line.id, campaign.id]],
    );
  }
}

/**
 * When a slot is on this machine's clock, which may be wrong: the database's hands the slots out. Where both could be right
 * within the round trip, they are taken to be.
 * @param asked, answered this machine's clock before and after the round trip
 */
export function slotHere({ slot, now }: SendSlot, asked: EpochMs, answered: EpochMs): EpochMs {
  if (now < asked) return slot + (asked - now);
  return now > answered ? slot - (now - answered) : slot;
}
