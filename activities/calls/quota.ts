import type { Clock } from '../../domain/clock.ts';
import type { PlaceCallResult } from '../../domain/carrier.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Tx } from '../../db/client.ts';
import { finishContact, returnToHopper } from '../../db/repositories/hopper.ts';
import { lockQuotaCounts, type QuotaKey } from '../../db/repositories/quota-counts.ts';
import type { ContactDossier } from '../../gate/dossier.ts';
import {
  countQuotas,
  holdsOf,
  keyOf,
  quotasOf,
  withCounts,
  type QuotaHold,
} from '../../gate/rules/quotas.ts';

/** What holds the contact back as the counters are now, without keeping anybody else from them. */
export async function quotaInTheWay(
  tx: Tx,
  { campaign, contact }: ContactDossier,
  at: EpochMs,
): Promise<QuotaHold | null> {
  const quotas = quotasOf(campaign.definition, contact, at);
  return holdsOf(await countQuotas(tx, campaign.id, quotas), at)[0] ?? null;
}

/** The counters of its quotas, locked, to be taken from; or what holds it back. */
export async function lockQuotas(
  tx: Tx,
  { campaign, contact }: ContactDossier,
  at: EpochMs,
): Promise<{ readonly hold: QuotaHold } | { readonly keys: readonly QuotaKey[] }> {
  const quotas = quotasOf(campaign.definition, contact, at);
  const keys = quotas.map(keyOf);
  if (keys.length === 0) return { keys };
  const [hold] = holdsOf(withCounts(quotas, await lockQuotaCounts(tx, campaign.id, keys)), at);
  return hold === undefined ? { keys } : { hold };
}

/** Put the contact back, or end it, as the quota says. */
export async function holdByQuota(
  tx: Tx,
  clock: Clock,
  contact: Parameters<typeof returnToHopper>[2],
  { until, reason }: QuotaHold,
): Promise<PlaceCallResult> {
  return until === null
    ? finishContact(tx, clock, contact.id, 'denied', reason)
    : returnToHopper(tx, clock, contact, until, reason);
}
