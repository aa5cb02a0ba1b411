import type { Clock } from '../domain/clock.ts';
import type { EpochMs } from '../domain/time.ts';
import { CHANNELS, PURPOSES } from '../domain/vocabulary.ts';
import type { Tx } from './client.ts';
import { upsertSuppression } from './repositories/suppressions.ts';
import { withdrawWithin } from './withdrawal.ts';

/**
 * "Do not call me again" (谢绝来电), by whatever way a person says it in a call. A way that comes later, such as a
 * message or speech, is one more word here and one more caller of `saidStop`.
 */
export type SaidBy =
  /** A key pressed in a call, which its script says means that. */
  | 'keypress'
  /** The dialogue of a call, as the carrier tells of it at its end. */
  | 'dialogue'
  /** To the agent they talk to, who put it down. */
  | 'agent';

export interface SaidStop {
  readonly personId: string;
  readonly numberHash: Buffer;
  readonly by: SaidBy;
  /** Basis of the withdrawal, such as `opt_out_in_call`. */
  readonly basis: string;
  /** What shows that they said it, such as `attempt <id>`: what was said there is recorded once. */
  readonly evidence: string;
  /** When they said it (engine clock). */
  readonly saidAt: EpochMs;
  /** When the engine came to know (real); left out: now. */
  readonly heardReal?: number;
  /** The call that they said it in, where it goes on. */
  readonly exceptAttemptId?: string;
  /** Who records it. */
  readonly recordedBy: string;
}

/**
 * The person said stop: an entry on the internal list and a withdrawal for every purpose and channel, at once. Permits
 * that other campaigns hold are taken back, other calls that ring are hung up, the person's contacts end. The caller holds
 * the person's row, so no permit for them can be made meanwhile. The same evidence again changes nothing.
 * @returns whether it is new.
 */
export async function saidStop(tx: Tx, clock: Clock, said: SaidStop): Promise<boolean> {
  if (await isOnRecord(tx, said)) return false;
  const at = clock.now();
  const { recordedBy, personId, evidence, saidAt } = said;
  const entry = { numberHash: said.numberHash, source: evidence, validFrom: Math.min(saidAt, at) };
  await keepOff(tx, entry, { at, by: recordedBy });
  await withdrawWithin(
    tx,
    clock,
    { by: recordedBy, requestId: null },
    {
      personId,
      purposes: [...PURPOSES],
      channels: [...CHANNELS],
      level: 'express',
      basis: said.basis,
      source: evidence,
      evidenceHash: null,
      // A carrier's clock may be ahead of ours, and nobody has said anything in the future.
      occurredAt: Math.min(saidAt, at),
      expiresAt: null,
      widens: [],
      endsAs: 'disposition.opted_out',
    },
    {
      detail: { saidBy: said.by },
      ...(said.heardReal === undefined ? {} : { requestedReal: said.heardReal }),
      ...(said.exceptAttemptId === undefined ? {} : { exceptAttemptId: said.exceptAttemptId }),
    },
  );
  return true;
}

/** An entry on the internal list, at the person's own request: for everything, for good. */
export async function keepOff(
  tx: Tx,
  entry: { readonly numberHash: Buffer; readonly source: string; readonly validFrom: EpochMs },
  recorded: { readonly at: EpochMs; readonly by: string },
): Promise<void> {
  await upsertSuppression(
    tx,
    {
      ...entry,
      list: 'internal',
      scope: 'tenant',
      campaignId: null,
      purpose: null,
      requestedByPerson: true,
      validUntil: null,
    },
    recorded,
  );
}

async function isOnRecord(tx: Tx, { personId, basis, evidence }: SaidStop): Promise<boolean> {
  const rows = await tx.prepared(
    'said_stop_on_record',
    `SELECT 1 AS one FROM consent_events
     WHERE tenant_id = $1 AND person_id = $2 AND kind = 'withdrawal' AND basis = $3 AND source = $4 LIMIT 1`,
    [tx.tenantId, personId, basis, evidence],
  );
  return rows.length > 0;
}
