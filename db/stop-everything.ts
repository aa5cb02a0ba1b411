import type { Clock } from '../domain/clock.ts';
import { toIso } from '../domain/time.ts';
import type { Database, Tx } from './client.ts';
import { lockExclusive } from './locks.ts';
import { notifyAllWork, notifyWork } from './notify.ts';
import { recordChange, type Author } from './repositories/changes.ts';
import {
  installationState,
  liftInstallationStop,
  standInstallationStop,
  type InstallationState,
  type StandingStop,
} from './repositories/installation.ts';
import { beginStop, type BoundStop, type StopAck } from './stop.ts';

/** Who stops or resumes everything: somebody who runs the installation, by a key of one tenant. */
export interface InstallationAction extends Author {
  readonly tenantId: string;
  /** Every tenant may read it. */
  readonly reason: string | null;
}

interface Deps {
  readonly db: Database;
  readonly clock: Clock;
}

/** What is recorded in tenants other than that of whoever acted: their names are no other tenant's business (I12). */
const FOR_OTHERS: Author = { by: 'installation', requestId: null };
/** Tenants whose permits are being taken back at once: their waits overlap, and most connections stay free for the gate. */
const TENANTS_AT_ONCE = 4;

/**
 * Stop everything that the installation dials, every tenant: binding at once, and when this resolves nothing is sent any
 * more (I3). It binds with one commit, under the lock that every gate pass of every tenant is under; then each tenant's
 * permits are taken back, and what rings is hung up, as by that tenant's own kill switch. Tenants made later are held back
 * as well. Stopping again waits again and is safe, also where a process died on the way.
 */
export async function stopEverything(
  deps: Deps,
  action: InstallationAction,
): Promise<{ state: InstallationState; stop: StopAck }> {
  const requestedReal = Date.now();
  const { db } = deps;
  const standing = await db.inTenant(action.tenantId, async (tx) => {
    await lockExclusive(tx, 'installation', '');
    const stands = await standInstallationStop(tx, {
      at: deps.clock.now(),
      by: action.by,
      reason: action.reason,
    });
    await notifyAllWork(tx);
    return stands;
  });
  const tenants = [...(await db.tenants())];
  const bound: BoundStop[] = [];
  await Promise.all(
    Array.from({ length: TENANTS_AT_ONCE }, async () => {
      for (let tenant = tenants.shift(); tenant !== undefined; tenant = tenants.shift()) {
        bound.push(await bindTenant(deps, action, tenant.tenantId, standing, requestedReal));
      }
    }),
  );
  const acks = await Promise.all(bound.map((one) => one.acknowledged()));
  const total = (count: (ack: StopAck) => number) => acks.reduce((sum, ack) => sum + count(ack), 0);
  const latest = (instant: (ack: StopAck) => number) =>
    acks.reduce((last, ack) => Math.max(last, instant(ack)), requestedReal);
  return {
    state: await db.single(action.tenantId, installationState),
    stop: {
      stopId: standing.id,
      revoked: total((ack) => ack.revoked),
      inFlight: total((ack) => ack.inFlight),
      hungUp: total((ack) => ack.hungUp),
      committedReal: latest((ack) => ack.committedReal),
      acknowledgedReal: latest((ack) => ack.acknowledgedReal),
      complete: acks.every((ack) => ack.complete),
    },
  };
}

/** One tenant's part: its permits, its calls, its evidence. */
function bindTenant(
  deps: Deps,
  action: InstallationAction,
  tenantId: string,
  standing: StandingStop & { readonly stoodBefore: boolean },
  requestedReal: number,
): Promise<BoundStop> {
  const author = authorFor(action, tenantId);
  return beginStop(
    deps.db,
    deps.clock,
    {
      tenantId,
      kind: 'kill',
      scope: 'all',
      targetId: tenantId,
      by: author.by,
      requestedReal,
      detail: {
        installationStopId: standing.id,
        ...(action.reason === null ? {} : { reason: action.reason }),
      },
    },
    async (tx) => {
      const { id, stoppedAt, stoodBefore } = standing;
      const change = { before: stoodBefore ? stoppedAt : null, after: stoppedAt };
      await record(tx, deps, author, 'stopEverything', id, action.reason, change);
      await notifyWork(tx);
    },
  );
}

/**
 * Let the installation dial again: every contact is decided anew. Stops of tenants, campaigns, carriers and people stand
 * as they stood. Where everything is not stopped nothing changes.
 */
export async function resumeEverything(deps: Deps, action: InstallationAction): Promise<InstallationState> {
  const { db, clock } = deps;
  const lifted = await db.inTenant(action.tenantId, async (tx) => {
    const stop = await liftInstallationStop(tx, { at: clock.now(), by: action.by });
    if (stop === null) return null;
    await recordLift(tx, deps, action, stop);
    await notifyAllWork(tx);
    return stop;
  });
  if (lifted !== null) {
    for (const { tenantId } of await db.tenants()) {
      if (tenantId === action.tenantId) continue;
      await db.inTenant(tenantId, (tx) => recordLift(tx, deps, action, lifted));
    }
  }
  return db.single(action.tenantId, installationState);
}

function recordLift(tx: Tx, deps: Deps, action: InstallationAction, stop: StandingStop): Promise<void> {
  const author = authorFor(action, tx.tenantId);
  const change = { before: stop.stoppedAt, after: null };
  return record(tx, deps, author, 'resumeEverything', stop.id, action.reason, change);
}

function authorFor(action: InstallationAction, tenantId: string): Author {
  return tenantId === action.tenantId ? { by: action.by, requestId: action.requestId } : FOR_OTHERS;
}

function record(
  tx: Tx,
  deps: Deps,
  author: Author,
  action: 'stopEverything' | 'resumeEverything',
  stopId: string,
  reason: string | null,
  change: { readonly before: number | null; readonly after: number | null },
): Promise<void> {
  const state = (stoppedAt: number | null) => ({ stoppedAt: stoppedAt === null ? null : toIso(stoppedAt) });
  return recordChange(tx, {
    ...author,
    action,
    resource: 'dialling',
    resourceId: stopId,
    before: state(change.before),
    after: state(change.after),
    reason,
    at: deps.clock.now(),
  });
}
