import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';

/** What one call adds to the figures that caps on abandonment are held to. */
export interface CountedCall {
  readonly campaignId: string;
  /** When it was answered, or over (engine clock): the hour and the day (UTC) that it counts in. */
  readonly at: EpochMs;
  readonly answered: boolean;
  /** By a person. */
  readonly live: boolean;
  /** No agent came, or none in time. */
  readonly abandoned: boolean;
}

/** Raise the hour's and the day's row, in the transaction that knows what became of the call. */
export async function countCall(tx: Statements, call: CountedCall): Promise<void> {
  await tx.prepared(
    'answer_count',
    `INSERT INTO answer_counts AS n (tenant_id, campaign_id, width, from_at, calls, answers, live_answers, abandoned)
     SELECT $1, $2, w, date_trunc(w, $3::timestamptz, 'UTC'), 1, $4, $5, $6
     FROM unnest(ARRAY['hour', 'day']) AS w
     ON CONFLICT (tenant_id, campaign_id, width, from_at) DO UPDATE SET calls = n.calls + 1,
       answers = n.answers + excluded.answers, live_answers = n.live_answers + excluded.live_answers,
       abandoned = n.abandoned + excluded.abandoned`,
    [
      tx.tenantId,
      call.campaignId,
      toIso(call.at),
      Number(call.answered),
      Number(call.live),
      Number(call.abandoned),
    ],
  );
}
