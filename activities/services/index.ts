import { WORK_CHANNEL } from '../../db/notify.ts';
import { createEventPurge, nudgeDeliveries } from '../deliver/nudge.ts';
import { createPolicyReader } from '../../gate/policy-source.ts';
import { heedPromises } from '../callbacks/heed.ts';
import { settleDuePromises } from './callbacks.ts';
import { listCarriers } from '../../db/repositories/carriers.ts';
import { createConductor } from './conduct.ts';
import { judgeContacts } from './judge-contacts.ts';
import { createLanes } from './lanes.ts';
import { createMismatchWatch } from './mismatches.ts';
import { askAboutUnknown, carriersToAsk } from './look-ups.ts';
import { createCallWatch } from './orphans.ts';
import { startLoop, type ServiceLog } from './loop.ts';
import { endLateWrapUps, freeOverdueSeats, settleWritten } from './agent-upkeep.ts';
import { askForAgents, tendWaiting } from './join-agents.ts';
import { endShifts, freeLostAgents } from './lost-agents.ts';
import { actOnOffers, type OfferDeps } from './offers.ts';
import { runNextPreview } from './previews.ts';
import { acknowledgeOpenStops } from './open-stops.ts';
import { createSealer, type Sealing } from './seal.ts';
import { retimeWaiting } from './retime.ts';
import { createEventSettler } from './settle-events.ts';
import {
  carriersToHangUpAt,
  carryOutHangups,
  retellAdmissions,
  sweepLeases,
  type SweepDeps,
} from './sweep.ts';
import type { WorkflowCensus } from '../workflow-census.ts';
import { closeWorkflows, reportResults } from './tell-workflows.ts';
import { startTenantLoops, type TenantLoops, type TenantWork } from './tenant-loops.ts';

/** Real ms between two looks at which tenants there are; they come rarely. */
const TENANTS_MS = 5_000;

/** Real ms after which waiting calls are looked at again, whatever their time; a round comes sooner anyway. */
const OVERDUE_MAX_MS = 60_000;

export interface Services {
  /** Resolves when there may be work for the tenant, or after `ms` (real). */
  readonly waitForWork: (tenantId: string, ms: number) => Promise<void>;
  stop(): Promise<void>;
}

/**
 * What a worker does beside its activities, for every tenant: makes something of the carrier's events, tells the
 * workflows, hangs up, sweeps, conducts, seals. Any number of workers may do so at once. No tenant waits for another's
 * work, and nothing that waits for a carrier's answer holds up what does not.
 */
export async function startServices(
  deps: SweepDeps &
    OfferDeps & {
      readonly log: ServiceLog;
      readonly census: WorkflowCensus;
      /** Null: decisions are not sealed. */
      readonly sealing: Sealing | null;
    },
): Promise<Services> {
  const { db, log } = deps;
  const waiting = new Set<{ tenantId: string; wake: () => void }>();
  const conductor = createConductor(deps);
  const promiseDeps = { db, clock: deps.clock, policies: createPolicyReader() };
  const purgeEvents = createEventPurge(deps);
  const settleEvents = createEventSettler(deps);

  /** Tenants worked for at once, by service: of the worker's connections (docs/sizing.md#budget) most are the gate's. */
  const service = (name: string, intervalMs: number, atOnce: number, ...works: readonly TenantWork[]) =>
    startTenantLoops(name, intervalMs, atOnce, log, ...works);

  // Whatever waits for a carrier's answer has a lane for each carrier, so that one that does not answer holds up neither
  // the others of its tenant nor what the database alone can bring on.
  const lanes = createLanes('carriers', log);
  const calls = createCallWatch(deps);
  const mismatches = createMismatchWatch(deps);
  const atEach =
    (
      what: string,
      carriersOf: (tenantId: string) => Promise<readonly string[]>,
      work: (tenantId: string, carrierId: string, stopping: AbortSignal) => Promise<unknown>,
    ): TenantWork =>
    async (tenantId) => {
      for (const carrierId of await carriersOf(tenantId)) {
        lanes.run(`${what} ${tenantId} ${carrierId}`, (stopping) => work(tenantId, carrierId, stopping));
      }
      return false;
    };

  // Somebody waits on the line: looked at whenever something happens, and when the next one's time is over.
  const overdue = new Map<string, NodeJS.Timeout>();
  const agentCalls: TenantLoops = service('agent-calls', 1_000, 4, async (tenantId) => {
    const next = await tendWaiting(deps, tenantId);
    clearTimeout(overdue.get(tenantId));
    overdue.delete(tenantId);
    if (next !== null) {
      const waitMs = Math.max(0, Math.ceil(deps.clock.toRealMs(next - deps.clock.now())));
      overdue.set(
        tenantId,
        setTimeout(() => agentCalls.nudge(tenantId), Math.min(waitMs, OVERDUE_MAX_MS)),
      );
    }
    await askForAgents(deps, lanes, tenantId);
    return false;
  });

  // What follows from events; they nudge it.
  const results = service(
    'results',
    1_000,
    4,
    (tenantId) => settleWritten(deps, tenantId),
    (tenantId) => reportResults(deps, tenantId),
  );

  const nudged: TenantLoops[] = [
    agentCalls,
    // An agent waits for the call that they said to make.
    service('offers', 1_000, 4, (tenantId) => actOnOffers(deps, tenantId)),
    // A stop waits for it.
    service(
      'hangups',
      1_000,
      8,
      atEach(
        'hang-ups',
        (tenantId) => carriersToHangUpAt(deps, tenantId),
        (tenantId, carrierId) => carryOutHangups(deps, tenantId, carrierId),
      ),
    ),
    // Whoever answered waits for it, and not behind what Temporal is told.
    service('events', 1_000, 4, async (tenantId) => {
      const more = await settleEvents(tenantId);
      results.nudge(tenantId);
      return more;
    }),
    results,
    service(
      'conductor',
      2_000,
      4,
      (tenantId) => conductor.round(tenantId),
      (tenantId) => closeWorkflows(deps, tenantId),
    ),
  ];
  // Repair and what nobody waits for: not woken.
  const others: TenantLoops[] = [
    service('deliveries', 1_000, 2, (tenantId) => nudgeDeliveries(deps, tenantId)),
    service('sweeper', 1_000, 4, (tenantId) => sweepLeases(deps, tenantId)),
    service(
      'look-ups',
      1_000,
      4,
      atEach(
        'look-ups',
        (tenantId) => carriersToAsk(deps, tenantId),
        (tenantId, carrierId, stopping) => askAboutUnknown(deps, tenantId, carrierId, stopping),
      ),
    ),
    service('open-stops', 1_000, 4, (tenantId) => acknowledgeOpenStops(deps, tenantId)),
    service(
      'lost-agents',
      2_000,
      2,
      (tenantId) => freeLostAgents(deps, tenantId),
      (tenantId) => endShifts(deps, tenantId),
    ),
    service(
      'agent-upkeep',
      1_000,
      2,
      (tenantId) => endLateWrapUps(deps, tenantId),
      (tenantId) => freeOverdueSeats(deps, tenantId),
    ),
    service(
      'callbacks',
      2_000,
      2,
      (tenantId) => heedPromises(promiseDeps, tenantId),
      (tenantId) => settleDuePromises(promiseDeps, tenantId),
    ),
    service('rules', 1_000, 2, (tenantId) => judgeContacts(deps, tenantId)),
    service('retiming', 2_000, 2, (tenantId) => retimeWaiting(promiseDeps, tenantId)),
    service(
      'calls',
      15_000,
      4,
      atEach(
        'calls',
        async (tenantId) => (await db.inTenant(tenantId, listCarriers)).map(({ id }) => id),
        (tenantId, carrierId, stopping) => calls.round(tenantId, carrierId, stopping),
      ),
    ),
    service(
      'upkeep',
      15_000,
      2,
      (tenantId) => retellAdmissions(deps, tenantId),
      (tenantId) => purgeEvents(tenantId),
    ),
    // One at a time, for Temporal's sake.
    service('mismatches', 1_000, 1, async (tenantId) => {
      await mismatches.round(tenantId);
      return false;
    }),
    // Minutes of work at a time.
    service('previews', 2_000, 2, (tenantId, stopping) => runNextPreview(deps, tenantId, stopping)),
  ];
  if (deps.sealing !== null) {
    const sealer = createSealer({ db, ...deps.sealing });
    others.push(service('sealer', 2_000, 2, (tenantId) => sealer.round(tenantId)));
  }

  const known = new Set<string>();
  const tenants = startLoop('tenants', TENANTS_MS, log, async () => {
    const ids = (await db.tenants()).map(({ tenantId }) => tenantId);
    for (const id of ids) known.add(id);
    for (const loops of [...nudged, ...others]) loops.follow(ids);
    return false;
  });
  const listener = await db.listen(WORK_CHANNEL, (tenantId) => {
    if (tenantId !== '' && !known.has(tenantId)) tenants.nudge();
    for (const loops of nudged) loops.nudge(tenantId);
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
      await tenants.stop();
      await Promise.all([...nudged, ...others].map((loops) => loops.stop()));
      for (const timer of overdue.values()) clearTimeout(timer);
      await lanes.stop();
      for (const waiter of waiting) waiter.wake();
    },
  };
}
