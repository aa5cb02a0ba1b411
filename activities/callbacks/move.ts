import { ENGINE, firstWindow, movedTo } from '../../domain/callback.ts';
import { callbacksOf } from '../../domain/campaign-callbacks.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { PlaceCallResult } from '../../domain/carrier.ts';
import type { Clock } from '../../domain/clock.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Tx } from '../../db/client.ts';
import { lockPromised } from '../../db/repositories/callback-progress.ts';
import { changeCallback, type CallbackRow } from '../../db/repositories/callbacks.ts';
import { returnToHopper } from '../../db/repositories/hopper.ts';
import type { ContactDossier } from '../../gate/dossier.ts';

/**
 * The rules allow no call before `allowedFrom`: a promise that has no room before then is moved, with the reason on record,
 * to a window of its length from then on. It is never moved once its window is over, nor further than the campaign says:
 * such a one is breached (I11). The caller holds the person.
 * @returns the promise with its new window; null: it stays where it is
 */
export async function moveBarred(
  tx: Tx,
  clock: Clock,
  callback: CallbackRow,
  definition: CampaignDefinition,
  barred: { readonly allowedFrom: EpochMs; readonly reason: string | null },
): Promise<CallbackRow | null> {
  const settings = callbacksOf(definition);
  const now = clock.now();
  const { endAt } = definition.schedule;
  const window = movedTo(callback, firstWindow(callback, callback.steps), barred.allowedFrom, {
    now,
    moveWithinHours: settings.moveWithinHours,
    endsAt: endAt === null ? null : Date.parse(endAt),
  });
  if (window === null) return null;
  const moved = { window, by: ENGINE, reason: barred.reason ?? 'policy' };
  return changeCallback(tx, callback, { moved }, settings, now);
}

/** A contact waits in the hopper for the instant that the rules gave; what was promised to it moves with it. */
export async function deferContact(
  tx: Tx,
  clock: Clock,
  campaign: Pick<ContactDossier['campaign'], 'definition'>,
  contact: Parameters<typeof returnToHopper>[2],
  allowedFrom: EpochMs,
  reason: string | null,
): Promise<PlaceCallResult> {
  const callback = await lockPromised(tx, contact.id);
  if (callback !== null) await moveBarred(tx, clock, callback, campaign.definition, { allowedFrom, reason });
  return returnToHopper(tx, clock, contact, allowedFrom, reason);
}
