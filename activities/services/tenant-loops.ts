import { createTurns } from '../../domain/turns.ts';
import { startLoop, type Loop, type ServiceLog } from './loop.ts';

/** One of the works of a service, for one tenant. @returns whether it left something undone and wants to go on at once */
export type TenantWork = (tenantId: string, stopping: AbortSignal) => Promise<boolean>;

/** The same service for every tenant, each at its own pace. */
export interface TenantLoops {
  /** Begin for tenants that were not known yet. */
  follow(tenantIds: readonly string[]): void;
  /** There may be work for this tenant; '': for anyone. */
  nudge(tenantId: string): void;
  /** Resolves when what is under way has ended. */
  stop(): Promise<void>;
}

/**
 * A loop for each tenant, so that one with much to do, or one whose carrier is slow to answer, keeps nobody else
 * waiting: a tenant's next round waits for its own last one alone, and for one of the service's places.
 * @param intervalMs real ms between two rounds of a tenant, where nothing nudges
 * @param atOnce tenants worked for at once; those who wait take turns
 */
export function startTenantLoops(
  name: string,
  intervalMs: number,
  atOnce: number,
  log: ServiceLog,
  ...works: readonly TenantWork[]
): TenantLoops {
  // Nobody waits twice: a tenant has one round at a time, so that tenants are all that can stand in line.
  const turns = createTurns({ atOnce, waiting: Infinity, waitMs: null });
  const saying = onceForAll(log);
  const loops = new Map<string, Loop>();

  const roundOf = (tenantId: string) => (stopping: AbortSignal) =>
    turns.run(tenantId, async () => {
      let more = false;
      for (const work of works) {
        if (!stopping.aborted) more = (await work(tenantId, stopping)) || more;
      }
      return more;
    });

  return {
    follow: (tenantIds) => {
      for (const tenantId of tenantIds) {
        if (!loops.has(tenantId))
          loops.set(tenantId, startLoop(name, intervalMs, saying(tenantId), roundOf(tenantId)));
      }
    },
    nudge: (tenantId) => {
      if (tenantId !== '') loops.get(tenantId)?.nudge();
      else for (const loop of loops.values()) loop.nudge();
    },
    stop: async () => {
      await Promise.all([...loops.values()].map((loop) => loop.stop()));
    },
  };
}

/**
 * Where the database is away it is away for all: what fails in the same words is said for the first tenant, and its
 * recovery for the last.
 */
function onceForAll(log: ServiceLog): (tenantId: string) => ServiceLog {
  const failing = new Map<unknown, number>();
  return (tenantId) => {
    let failure: unknown;
    return {
      warn: (fields, message) => {
        failure = (fields as { error?: unknown }).error;
        const others = failing.get(failure) ?? 0;
        failing.set(failure, others + 1);
        if (others === 0) log.warn({ ...fields, tenantId }, message);
      },
      info: (fields, message) => {
        const others = (failing.get(failure) ?? 1) - 1;
        if (others > 0) return void failing.set(failure, others);
        failing.delete(failure);
        log.info({ ...fields, tenantId }, message);
      },
    };
  };
}
