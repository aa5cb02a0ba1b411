import type { Clock } from '../domain/clock.ts';
import { notFound } from '../domain/failures.ts';
import type { Database, Tx } from './client.ts';
import { notifyWork } from './notify.ts';
import { recordChange, type Author } from './repositories/changes.ts';
import { carrierById, setCarrierPaused, type CarrierRow } from './repositories/carriers.ts';
import { liftPauses, stopDialling, type StopAck } from './stop.ts';

/** What a change of a carrier is recorded as: its settings, without secrets. */
export function carrierForRecord(row: CarrierRow): Record<string, unknown> {
  return {
    name: row.name,
    kind: row.kind,
    vendor: row.vendor ?? row.kind,
    baseUrl: row.config.baseUrl,
    callsPerSecond: row.callsPerSecond,
    maxConcurrentCalls: row.maxConcurrentCalls,
    paused: row.pausedReal !== null,
    pauseReason: row.pauseReason,
    revision: row.revision,
  };
}

interface Pause extends Author {
  readonly tenantId: string;
  readonly carrierId: string;
  /** In words that people will read later. */
  readonly reason: string | null;
}

/**
 * Use a carrier no more: when this resolves nothing is sent through it (I3), whichever campaign dials by it. Permits
 * not used yet are taken back, what is being sent is waited for, what rings is hung up. Pausing again is safe.
 * @throws RightcallError `not_found` where there is no such carrier.
 */
export async function pauseCarrier(
  deps: { readonly db: Database; readonly clock: Clock },
  pause: Pause,
): Promise<{ carrier: CarrierRow; stop: StopAck }> {
  const { tenantId, carrierId, reason, by } = pause;
  let carrier: CarrierRow | undefined;
  const stop = await stopDialling(
    deps.db,
    deps.clock,
    {
      tenantId,
      kind: 'pause',
      scope: 'carrier',
      targetId: carrierId,
      by,
      detail: reason === null ? {} : { reason },
    },
    async (tx) => {
      const before = await carrierById(tx, carrierId);
      if (before === null) throw notFound('the carrier');
      carrier = await setCarrierPaused(tx, carrierId, { reason, by });
      await record(tx, deps.clock, pause, 'pauseCarrier', before, carrier);
    },
  );
  return { carrier: carrier!, stop };
}

/** Use it again. Resuming one that is in use changes nothing. */
export async function resumeCarrier(
  deps: { readonly db: Database; readonly clock: Clock },
  resume: Pause,
): Promise<CarrierRow> {
  return deps.db.inTenant(resume.tenantId, async (tx) => {
    const before = await carrierById(tx, resume.carrierId);
    if (before === null) throw notFound('the carrier');
    if (before.pausedReal === null) return before;
    const carrier = await setCarrierPaused(tx, resume.carrierId, null);
    await liftPauses(tx, carrier.id, 'carrier');
    await record(tx, deps.clock, resume, 'resumeCarrier', before, carrier);
    await notifyWork(tx);
    return carrier;
  });
}

async function record(
  tx: Tx,
  clock: Clock,
  { by, requestId, reason }: Pause,
  action: string,
  before: CarrierRow,
  after: CarrierRow,
): Promise<void> {
  if (before.revision === after.revision) return;
  await recordChange(tx, {
    by,
    requestId,
    action,
    resource: 'carrier',
    resourceId: after.id,
    before: carrierForRecord(before),
    after: carrierForRecord(after),
    reason,
    at: clock.now(),
  });
}
