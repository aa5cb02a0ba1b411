import type { LineRest } from '../../db/repositories/line-rests.ts';
import type { EpochMs } from '../../domain/time.ts';
import { createTurns, type Turns } from '../../domain/turns.ts';

/**
 * Requests that may be under way to one carrier from one worker, and as many that wait for one of these places: of the
 * 160 dials of a worker (cli/worker/workers.ts) no carrier that hangs takes more than its part. At a carrier's answer
 * in 0.1 s it is 480 calls a second.
 */
export const LINE_PLACES = 48;
/** Real ms that a permit waits for a place; the rest of its lease of 2 s is for its slot and the send. */
const PLACE_WAIT_MS = 800;

/** What one worker knows of a carrier's line from asking it. In memory: nothing is promised by it. */
export interface LineLoad {
  /** Places for requests under way. */
  readonly places: Turns;
  /** No place is free, and permits wait: one more would only wait as well. */
  isFull(): boolean;
  /** Real ms for which the carrier is left alone from now on; 0: it may be asked. */
  restMs(): number;
  /** Something failed since it last answered. */
  isFailing(): boolean;
  /** What the database says, for all workers. */
  take(rest: LineRest): void;
}

export function createLineLoad(nowReal: () => EpochMs = () => Date.now()): LineLoad {
  const places = createTurns({ atOnce: LINE_PLACES, waiting: LINE_PLACES, waitMs: PLACE_WAIT_MS });
  let known: LineRest = { failuresInRow: 0, restsUntilReal: null };
  return {
    places,
    isFull: () => places.now().waiting > 0,
    restMs: () => Math.max(0, (known.restsUntilReal ?? 0) - nowReal()),
    isFailing: () => known.failuresInRow > 0,
    take: (rest) => {
      known = rest;
    },
  };
}
