import { RightcallError } from './failures.ts';

/** How much may be under way at once, how much may wait for that, and for how long. */
export interface TurnLimits {
  /** Under way at once, 1 or more; a function where it changes: what is under way when it shrinks goes on. */
  readonly atOnce: number | (() => number);
  /** Waiting at once, over all owners; what comes beyond is refused at once. */
  readonly waiting: number;
  /** Real ms that one may wait before it is refused after all; null: as long as it takes. */
  readonly waitMs: number | null;
}

/** How it stands now. */
export interface TurnsNow {
  readonly active: number;
  readonly waiting: number;
}

/**
 * Places for work, of which there are so many. Owners who wait are served in turn, one piece of work each: whoever
 * brings a thousand waits behind his own, and keeps nobody else waiting for more than one of them. Nor does he keep
 * others from waiting: where the room to wait is full, the one who has most of it gives up his newest.
 */
export interface Turns {
  /**
   * A place, now or when it is this owner's turn.
   * @param signalOf asked only where there is a wait: whoever is gone waits no longer
   * @returns what gives it back; calling it again does nothing
   * @throws NoPlace where too many wait already, or it came to wait too long
   */
  enter(owner: string, signalOf?: () => AbortSignal): Promise<() => void>;
  /** Do `work` in a place. */
  run<T>(owner: string, work: () => Promise<T>): Promise<T>;
  now(): TurnsNow;
}

/** There is more to do than there are places for; nothing was done. */
export class NoPlace extends RightcallError {
  constructor(message: string) {
    super('unavailable', message);
    this.name = 'NoPlace';
  }
}

interface Waiter {
  readonly start: () => void;
  readonly giveUp: (message: string) => void;
}

export function createTurns({ atOnce, waiting: waitingMax, waitMs }: TurnLimits): Turns {
  const placesNow = typeof atOnce === 'number' ? () => atOnce : atOnce;
  /** Owners who wait, in the order of their turns, each with what waits, oldest first. */
  const queues = new Map<string, Set<Waiter>>();
  let active = 0;
  let waiting = 0;

  function place(): () => void {
    let given = true;
    return () => {
      if (!given) return;
      given = false;
      active -= 1;
      next();
    };
  }

  /** Let in as many as there are places for: more than one where there are more places than before. */
  function next(): void {
    while (active < placesNow() && letIn());
  }

  /** @returns whether anybody waited */
  function letIn(): boolean {
    const turn = queues.entries().next().value;
    if (turn === undefined) return false;
    const [owner, queue] = turn;
    const [waiter] = queue;
    leave(owner, queue, waiter!);
    // To the end of the round.
    if (queue.size > 0) {
      queues.delete(owner);
      queues.set(owner, queue);
    }
    active += 1;
    waiter!.start();
    return true;
  }

  function leave(owner: string, queue: Set<Waiter>, waiter: Waiter): void {
    if (!queue.delete(waiter)) return;
    waiting -= 1;
    if (queue.size === 0) queues.delete(owner);
  }

  /** Of those who wait, whoever has more waiting than this owner would have gives way. @throws NoPlace where nobody has */
  function makeRoom(owner: string): void {
    const full = `${active} are under way and ${waitingMax} wait already`;
    let most: Set<Waiter> | undefined;
    for (const queue of queues.values()) if (queue.size > (most?.size ?? 0)) most = queue;
    if (most === undefined || most.size <= (queues.get(owner)?.size ?? 0) + 1) throw new NoPlace(full);
    [...most].at(-1)!.giveUp(full);
  }

  function wait(owner: string, signal: AbortSignal | undefined): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const queue = queues.get(owner) ?? new Set<Waiter>();
      queues.set(owner, queue);
      const stopWaiting = () => {
        clearTimeout(late);
        signal?.removeEventListener('abort', gone);
      };
      const waiter: Waiter = {
        start: () => {
          stopWaiting();
          resolve(place());
        },
        giveUp: (message) => {
          stopWaiting();
          leave(owner, queue, waiter);
          reject(new NoPlace(message));
        },
      };
      const gone = () => waiter.giveUp('whoever asked is gone');
      const late =
        waitMs === null
          ? undefined
          : setTimeout(() => waiter.giveUp(`no place came free in ${waitMs} ms`), waitMs);
      signal?.addEventListener('abort', gone);
      queue.add(waiter);
      waiting += 1;
    });
  }

  const enter: Turns['enter'] = async (owner, signalOf) => {
    if (active < placesNow()) {
      active += 1;
      return place();
    }
    if (waiting >= waitingMax) makeRoom(owner);
    return wait(owner, signalOf?.());
  };

  return {
    enter,
    run: async (owner, work) => {
      const leavePlace = await enter(owner);
      try {
        return await work();
      } finally {
        leavePlace();
      }
    },
    now: () => ({ active, waiting }),
  };
}
