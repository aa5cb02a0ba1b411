import type { Clock } from '../../domain/clock.ts';
import type { PlaceCallResult } from '../../domain/carrier.ts';
import { MINUTE_MS, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../../db/client.ts';
import { finishContact, returnToHopper } from '../../db/repositories/hopper.ts';
import {
  lockQuotaCounts,
  readQuotaCounts,
  type QuotaCountRow,
  type QuotaKey,
} from '../../db/repositories/quota-counts.ts';
import type { ContactDossier } from '../../gate/dossier.ts';
import { quotasAt, roomIn, type QuotaNow } from '../../gate/rules/quotas.ts';

/** A contact of a segment whose room may all be taken by calls that are up looks again after this long (engine clock). */
const BUSY_DELAY_MS = MINUTE_MS;

/** What keeps a contact from being called by a quota. */
export interface QuotaHold {
  readonly quota: string;
  /** `campaign.quota`: nothing will change it but the rules. */
  readonly reason: 'campaign.quota' | 'campaign.quota_day' | 'campaign.quota_busy';
  /** When to look again; null: never. */
  readonly until: EpochMs | null;
}

const keyOf = ({ quota, from }: QuotaNow): QuotaKey => ({ quota: quota.name, counts: quota.counts, from });

/** The quotas that a contact counts towards, now. */
function quotasOf(dossier: ContactDossier, at: EpochMs): QuotaNow[] {
  if (dossier.contact.quotas.length === 0) return [];
  return quotasAt(dossier.campaign.definition, at).filter(({ quota }) =>
    dossier.contact.quotas.includes(quota.name),
  );
}

/** What holds the contact back as the counters are now, without keeping anybody else from them. */
export async function quotaInTheWay(tx: Tx, dossier: ContactDossier, at: EpochMs): Promise<QuotaHold | null> {
  const quotas = quotasOf(dossier, at);
  if (quotas.length === 0) return null;
  return holdOf(quotas, await readQuotaCounts(tx, dossier.campaign.id, quotas.map(keyOf)), at);
}

/** The counters of its quotas, locked, to be taken from; or what holds it back. */
export async function lockQuotas(
  tx: Tx,
  dossier: ContactDossier,
  at: EpochMs,
): Promise<{ readonly hold: QuotaHold } | { readonly keys: readonly QuotaKey[] }> {
  const quotas = quotasOf(dossier, at);
  const keys = quotas.map(keyOf);
  if (keys.length === 0) return { keys };
  const hold = holdOf(quotas, await lockQuotaCounts(tx, dossier.campaign.id, keys), at);
  return hold === null ? { keys } : { hold };
}

function holdOf(
  quotas: readonly QuotaNow[],
  counts: readonly QuotaCountRow[],
  at: EpochMs,
): QuotaHold | null {
  const holds = quotas.flatMap((now): QuotaHold[] => {
    const { quota, from, until } = now;
    const room = roomIn(
      now,
      counts.find((row) => row.quota === quota.name && row.counts === quota.counts && row.from === from),
    );
    if (room === 'free') return [];
    if (room === 'busy') {
      return [{ quota: quota.name, reason: 'campaign.quota_busy', until: at + BUSY_DELAY_MS }];
    }
    const reason = until === null ? 'campaign.quota' : 'campaign.quota_day';
    return [{ quota: quota.name, reason, until }];
  });
  // The one that lasts longest.
  return holds.reduce<QuotaHold | null>((longest, hold) => {
    if (longest === null) return hold;
    return (hold.until ?? Infinity) > (longest.until ?? Infinity) ? hold : longest;
  }, null);
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
