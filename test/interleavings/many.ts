import type { Broken } from './broken.ts';
import { inVirtualTime, openGround } from './ground.ts';
import { play, type Played } from './play.ts';
import { takeTurns, type TurnsOptions } from './turns.ts';

export interface ManyOptions extends Omit<TurnsOptions, 'waitingForLocks'> {
  readonly seed: number;
  readonly count: number;
  readonly lanes: number;
  /** Told of each as it ends; false: no further one is begun. */
  readonly onPlayed: (played: Played) => boolean;
}

/** Play `count` interleavings of the seeds from `seed` on. @param url of a migrated database, as a superuser */
export async function playMany(url: string, options: ManyOptions): Promise<void> {
  const { seed, count, lanes, onPlayed, rewrite, ...rest } = options;
  const ground = await openGround(url, lanes);
  const turns = takeTurns({
    ...rest,
    waitingForLocks: ground.waitingForLocks,
    rewrite: (sql) => inVirtualTime(rewrite?.(sql) ?? sql),
  });
  let next = 0;
  try {
    await Promise.all(
      ground.lanes.map(async (lane) => {
        while (next < count) {
          const mine = seed + next;
          next += 1;
          if (!onPlayed(await play(lane, turns.newStage(lane.time), mine))) next = count;
        }
      }),
    );
  } finally {
    turns.end();
    await ground.close();
  }
}

/** Play the broken code until its guard is missed. */
export async function untilViolated(
  url: string,
  many: Pick<ManyOptions, 'seed' | 'count' | 'lanes'>,
  { guard, breaks, missed, ...broken }: Broken,
): Promise<{ played: number; violation: string | null }> {
  let played = 0;
  let violation: string | null = null;
  await playMany(url, {
    ...many,
    ...broken,
    onPlayed: ({ seed, violations }) => {
      played += 1;
      const shown = violations.find((text) => breaks.some((law) => text.startsWith(law)));
      if (shown !== undefined) violation ??= `seed ${seed}: ${shown}`;
      return violation === null;
    },
  });
  if (violation === null && missed !== undefined && missed.size > 0)
    throw new Error(`${guard} was not taken away: no statement has ${[...missed].join(', ')}`);
  return { played, violation };
}
