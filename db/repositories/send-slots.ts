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

/**
 * Take an owner's next free slot that begins before `notAfter`.
 * @param ownerId the carrier, or a campaign with a limit of its own.
 * @returns when to send (real ms), or null when the line is longer than that; nothing is taken then.
 */
export async function takeSendSlot(
  tx: Statements,
  ownerId: string,
  callsPerSecond: number,
  notAfter: EpochMs,
): Promise<EpochMs | null> {
  const spacingS = (1_000 + SLOT_TOLERANCE_MS) / 1_000 / callsPerSecond;
  const rows = await tx.prepared<{ slot: number }>(
    'take_send_slot',
    `INSERT INTO send_pace AS p (tenant_id, owner_id, next_slot_real)
     VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
     ON CONFLICT (tenant_id, owner_id) DO UPDATE
       SET next_slot_real = greatest(p.next_slot_real, clock_timestamp()) + make_interval(secs => $3)
       WHERE greatest(p.next_slot_real, clock_timestamp()) <= $4
     RETURNING (next_slot_real - make_interval(secs => $3)) AS slot`,
    [tx.tenantId, ownerId, spacingS, toIso(notAfter)],
  );
  return rows[0]?.slot ?? null;
}
