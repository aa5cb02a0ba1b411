import type { Tx } from '../../../db/client.ts';
import { lastStepAt } from '../../../db/repositories/attempt-lists.ts';
import { latestDecisionAt } from '../../../db/repositories/decisions.ts';
import type { EpochMs } from '../../../domain/time.ts';

/** What is on record of a contact, up to the instant asked about. */
export interface OnRecord {
  readonly decision: Awaited<ReturnType<typeof latestDecisionAt>>;
  readonly lastStep: Awaited<ReturnType<typeof lastStepAt>>;
}

/** Of somebody who is no contact. */
export const NOTHING: OnRecord = { decision: null, lastStep: null };

export async function onRecord(tx: Tx, contactId: string, at: EpochMs): Promise<OnRecord> {
  return {
    decision: await latestDecisionAt(tx, contactId, at),
    lastStep: await lastStepAt(tx, contactId, at),
  };
}
