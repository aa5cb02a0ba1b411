import type { Database } from '../../db/client.ts';
import { WORK_CHANNEL } from '../../db/notify.ts';
import { createEventPurge, nudgeDeliveries } from '../deliver/nudge.ts';
import { createPolicyReader } from '../../gate/policy-source.ts';
import { settleDuePromises } from './callbacks.ts';
import { createConductor } from './conduct.ts';
import { startLoop, type Loop, type ServiceLog } from './loop.ts';
import { runNextPreview } from './previews.ts';
import { createSealer, type Sealing } from './seal.ts';
import { retimeWaiting } from './retime.ts';
import { settlePendingEvents } from './settle-events.ts';
import {
  carryOutHangups,
  retellAdmissions,
  sweepAttempts,
  sweepSilentCalls,
  type SweepDeps,
} from './sweep.ts';
import { closeWorkflows, reportResults } from './tell-workflows.ts';

export interface Services {
  /** Resolves when there may be work for the tenant, or after `ms` (real). */
  readonly waitForWork: (tenantId: string, ms: number) => Promise<void>;
  stop(): Promise<void>;
}

/**
 * What a worker does beside its activities, for every tenant: makes something of the carrier's events, tells the
 * workflows, hangs up, sweeps, conducts, seals. Any number of workers may do so at once.
 */
export async function startServices(
  deps: SweepDeps & {
    readonly log: ServiceLog;
    /** Null: decisions are not sealed. */
    readonly sealing: Sealing | null;
  },
): Promise<Services> {
  const { db, log } = deps;
  const tenants = cachedTenants(db);
  const waiting = new Set<{ tenantId: string; wake: () => void }>();
  const conductor = createConductor(deps);
  const promiseDeps = { db, clock: deps.clock, policies: createPolicyReader() };
  const purgeEvents = createEventPurge(deps);

  const loops: Loop[] = [];
  const everyTenant =
    (...works: ((tenantId: string) => Promise<boolean>)[]) =>
    async (): Promise<boolean> => {
      let more = false;
      for (const tenantId of await tenants()) {
        for (const work of works) more = (await work(tenantId)) || more;
      }
      return more;
    };
  // Events and what follows from them: what people wait for.
  loops.push(
    startLoop(
      'events',
      1_000,
      log,
      everyTenant(
        (tenantId) => carryOutHangups(deps, tenantId),
        (tenantId) => settlePendingEvents(deps, tenantId),
        (tenantId) => reportResults(deps, tenantId),
      ),
    ),
    startLoop(
      'conductor',
      2_000,
      log,
      everyTenant(
        (tenantId) => conductor.round(tenantId),
        (tenantId) => closeWorkflows(deps, tenantId),
      ),
    ),
  );
  const nudged = loops.length;
  loops.push(
    startLoop(
      'deliveries',
      1_000,
      log,
      everyTenant((tenantId) => nudgeDeliveries(deps, tenantId)),
    ),
  );
  // Repair: nobody waits for it, so it is not woken.
  loops.push(
    startLoop(
      'sweeper',
      1_000,
      log,
      everyTenant((tenantId) => sweepAttempts(deps, tenantId)),
    ),
    startLoop(
      'callbacks',
      2_000,
      log,
      everyTenant((tenantId) => settleDuePromises(promiseDeps, tenantId)),
    ),
    startLoop(
      'retiming',
      2_000,
      log,
      everyTenant((tenantId) => retimeWaiting(promiseDeps, tenantId)),
    ),
    startLoop(
      'silent-calls',
      15_000,
      log,
      everyTenant(
        (tenantId) => sweepSilentCalls(deps, tenantId),
        (tenantId) => retellAdmissions(deps, tenantId),
        (tenantId) => purgeEvents(tenantId),
      ),
    ),
  );

  // Minutes of work at a time, so that it has a loop of its own.
  loops.push(
    startLoop('previews', 2_000, log, async (stopping) => {
      let more = false;
      for (const tenantId of await tenants()) {
        if (!stopping.aborted) more = (await runNextPreview(deps, tenantId, stopping)) || more;
      }
      return more;
    }),
  );
  if (deps.sealing !== null) {
    const sealer = createSealer({ db, ...deps.sealing });
    loops.push(
      startLoop(
        'sealer',
        2_000,
        log,
        everyTenant((tenantId) => sealer.round(tenantId)),
      ),
    );
  }

  const listener = await db.listen(WORK_CHANNEL, (tenantId) => {
    for (const loop of loops.slice(0, nudged)) loop.nudge();
    for (const waiter of waiting) if (tenantId === '' || tenantId === waiter.tenantId) waiter.wake();
  });

  return {
    waitForWork: (tenantId, ms) =>
      new Promise((resolve) => {
        const waiter = { tenantId, wake: () => done() };
        const timer = setTimeout(() => done(), ms);
        const done = () => {
          clearTimeout(timer);
          waiting.delete(waiter);
          resolve();
        };
        waiting.add(waiter);
      }),
    stop: async () => {
      await listener.close();
      await Promise.all(loops.map((loop) => loop.stop()));
      for (const waiter of waiting) waiter.wake();
    },
  };
}

/** Tenants come rarely; asking for them at every round would be most of what an idle worker does. */
function cachedTenants(db: Database): () => Promise<readonly string[]> {
  const FRESH_MS = 5_000;
  let known: readonly string[] = [];
  let readAt = 0;
  return async () => {
    if (Date.now() - readAt > FRESH_MS) {
      known = (await db.tenants()).map((tenant) => tenant.tenantId);
      readAt = Date.now();
    }
    return known;
  };
}
