import { messageOf } from '../../domain/failures.ts';
import type { ServiceLog } from './loop.ts';

/** Work that waits on others, each kind and other in a lane of its own, so that one that is slow holds up nobody else. */
export interface Lanes {
  /**
   * Do `work` in the lane `key`, now or once what is under way in it has ended; asked for twice meanwhile is done once.
   * One that fails is said once and not tried again: whoever asks for it does so in every round.
   */
  run(key: string, work: LaneWork): void;
  /** Resolves when nothing is under way any more; nothing is begun after, and what is under way is told. */
  stop(): Promise<void>;
}

/** @param stopping aborted when it should end soon, at a place where that is safe */
export type LaneWork = (stopping: AbortSignal) => Promise<unknown>;

interface Lane {
  /** Asked for while the one before was under way. */
  next: LaneWork | null;
  running: Promise<void>;
}

/** @param name what the log calls them */
export function createLanes(name: string, log: ServiceLog): Lanes {
  const lanes = new Map<string, Lane>();
  const failing = new Set<string>();
  const stopping = new AbortController();

  async function follow(key: string, lane: Lane): Promise<void> {
    while (lane.next !== null && !stopping.signal.aborted) {
      const work = lane.next;
      lane.next = null;
      try {
        await work(stopping.signal);
        if (failing.delete(key)) log.info({ loop: name, lane: key }, `${name}: going on`);
      } catch (error) {
        if (!failing.has(key)) {
          log.warn({ loop: name, lane: key, error: messageOf(error) }, `${name}: failed, trying again`);
        }
        failing.add(key);
      }
    }
    lanes.delete(key);
  }

  return {
    run: (key, work) => {
      if (stopping.signal.aborted) return;
      const busy = lanes.get(key);
      if (busy !== undefined) {
        busy.next = work;
        return;
      }
      const lane: Lane = { next: work, running: Promise.resolve() };
      lanes.set(key, lane);
      lane.running = follow(key, lane);
    },
    stop: async () => {
      stopping.abort();
      await Promise.all([...lanes.values()].map((lane) => lane.running));
    },
  };
}
