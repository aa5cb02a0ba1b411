import type { DialResult } from '../../carriers/port.ts';
import type { Database } from '../../db/client.ts';
import { noteLineAnswer, noteLineFailure } from '../../db/repositories/line-rests.ts';
import { CONGESTION_REST_MS, LINE_REST_PLAN, RETRY_AFTER_MAX_MS } from '../../domain/line.ts';
import type { LineLoad } from './line-load.ts';

/**
 * What an answer says of the line: where the carrier takes nothing, it is left alone for longer and longer, so that
 * neither contacts nor permits are used up on a line that is down. After the attempt itself is on record.
 */
export async function noteLine(
  db: Database,
  tenantId: string,
  carrierId: string,
  load: LineLoad,
  result: DialResult,
): Promise<void> {
  if (isFailure(result)) {
    load.take(
      await db.single(tenantId, (st) => noteLineFailure(st, carrierId, LINE_REST_PLAN, askedMs(result))),
    );
  } else if (load.isFailing()) {
    load.take({ failuresInRow: 0, restsUntilReal: null });
    await db.single(tenantId, (st) => noteLineAnswer(st, carrierId));
  }
}

/** Nothing was taken, or it cannot be known; and neither the number nor what was asked is why. */
function isFailure(result: DialResult): boolean {
  if (result.kind !== 'rejected') return result.kind === 'unknown';
  return result.rejection.kind === 'transient' || result.rejection.kind === 'rate_limited';
}

/** Real ms that the carrier wants to be left alone for. */
function askedMs(result: DialResult): number {
  if (result.kind !== 'rejected') return 0;
  const { kind, retryAfterMs } = result.rejection;
  const otherwise = kind === 'rate_limited' ? CONGESTION_REST_MS : 0;
  return Math.min(RETRY_AFTER_MAX_MS, retryAfterMs ?? otherwise);
}
