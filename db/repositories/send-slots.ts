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

/** Real ms on the database's clock. */
export interface SendSlot {
  readonly slot: EpochMs;
  /** When it was handed out. */
  readonly now: EpochMs;
}

/**
 * Take an owner's next free slot that begins before `notAfter`.
 * @param ownerId the carrier, or a campaign with a limit of its own.
 * @returns when to send, and when that was said; null when the line is longer than that: nothing is taken then.
 */
export async function takeSendSlot(
  tx: Statements,
  ownerId: string,
  callsPerSecond: number,
  notAfter: EpochMs,
): Promise<SendSlot | null> {
  const spacingS = (1_000 + SLOT_TOLERANCE_MS) / 1_000 / callsPerSecond;
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
 * When a slot is on this machine's clock, which may be wrong: the database's hands the slots out. Where both could be right
 * within the round trip, they are taken to be.
 * @param asked, answered this machine's clock before and after the round trip
 */
export function slotHere({ slot, now }: SendSlot, asked: EpochMs, answered: EpochMs): EpochMs {
  if (now < asked) return slot + (asked - now);
  return now > answered ? slot - (now - answered) : slot;
}
