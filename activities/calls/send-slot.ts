import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../db/client.ts';
import {
  slotHere,
  SLOT_TOLERANCE_MS,
  takeSendSlot,
  takeSlotOfBoth,
} from '../../db/repositories/send-slots.ts';
import type { Permit } from './claim.ts';

/** Room (real ms) left in the permit's lease for the compare-and-set itself. */
const SLOT_MARGIN_MS = 150;

/**
 * Wait for a slot of the line, and of the campaign where it has a limit of its own, within the permit's lease.
 * @returns false where the line is longer than that. A slot that was overslept is given up for another.
 */
export async function waitForSlot(
  db: Database,
  tenantId: string,
  permit: Permit,
  callsPerSecond: number,
  campaignLimit: number | null,
): Promise<boolean> {
  const notAfter = permit.leaseUntilReal - SLOT_MARGIN_MS;
  for (;;) {
    const asked = Date.now();
    const answer = await db.single(tenantId, (tx) =>
      campaignLimit === null
        ? takeSendSlot(tx, permit.carrierId, callsPerSecond, notAfter)
        : takeSlotOfBoth(
            tx,
            { id: permit.carrierId, callsPerSecond },
            { id: permit.campaignId, callsPerSecond: campaignLimit },
            notAfter,
          ),
    );
    if (answer === null) return false;
    const slot = slotHere(answer, asked, Date.now());
    const wait = slot - Date.now();
    if (wait > 0) await delay(wait);
    const mine = !('taken' in answer) || answer.taken;
    if (mine && Date.now() - slot <= SLOT_TOLERANCE_MS) return true;
  }
}
