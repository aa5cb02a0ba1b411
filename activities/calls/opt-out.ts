import type { Clock } from '../../domain/clock.ts';
import { CHANNELS, PURPOSES } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { upsertSuppression } from '../../db/repositories/suppressions.ts';
import { withdrawWithin } from '../../db/withdrawal.ts';

/** Who the record says it was: the script that ran the call, on the person's own word. */
const RECORDED_BY = 'call';

/**
 * The person asked, in a call, not to be called again (谢绝来电): a withdrawal for every purpose and channel, and an
 * entry on the internal list, at once. The caller holds the person's row, so no permit for them can be made meanwhile;
 * one that another campaign holds is taken back here.
 */
export async function recordOptOut(
  tx: Tx,
  clock: Clock,
  call: { readonly attemptId: string; readonly personId: string; readonly numberHash: Buffer },
): Promise<void> {
  const at = clock.now();
  await keepOffNumber(tx, clock, call);
  await withdrawWithin(
    tx,
    clock,
    { by: RECORDED_BY, requestId: null },
    {
      personId: call.personId,
      purposes: [...PURPOSES],
      channels: [...CHANNELS],
      level: 'express',
      basis: 'opt_out_in_call',
      source: sourceOf(call.attemptId),
      evidenceHash: null,
      occurredAt: at,
      expiresAt: null,
      widens: [],
      endsAs: 'disposition.opted_out',
    },
  );
}

/** The entry on the internal list alone, for a number whose person is not known. */
export async function keepOffNumber(
  tx: Tx,
  clock: Clock,
  call: { readonly attemptId: string; readonly numberHash: Buffer },
): Promise<void> {
  const at = clock.now();
  await upsertSuppression(
    tx,
    {
      numberHash: call.numberHash,
      list: 'internal',
      scope: 'tenant',
      campaignId: null,
      purpose: null,
      source: sourceOf(call.attemptId),
      requestedByPerson: true,
      validFrom: at,
      validUntil: null,
    },
    { at, by: RECORDED_BY },
  );
}

function sourceOf(attemptId: string): string {
  return `attempt ${attemptId}`;
}
