import type { Seeded } from '../seeded.ts';
import { addWave, type World } from './campaigns.ts';
import type { ApiClient } from './client.ts';
import { WAVES_MAX } from './people.ts';

/** Real ms after which most of a wave's contacts are over, at the slowest clock. */
const WAVE_MS = 4 * 60_000;

/**
 * In a run that is longer than its people last, more of them come, with campaigns of their own: made and started while
 * everything fails. What could not be made is left out.
 */
export async function comeInWaves(asked: {
  readonly client: ApiClient;
  readonly world: World;
  readonly draw: Seeded;
  readonly contacts: number;
  readonly lengthMs: number;
  /** Resolves so many real ms after dialling began; false: it is over. */
  readonly until: (atMs: number) => Promise<boolean>;
  readonly noted: (what: string) => (error: unknown) => void;
}): Promise<void> {
  const { client, world, draw, contacts, until, noted } = asked;
  const everyMs = Math.max(WAVE_MS, asked.lengthMs / WAVES_MAX);
  for (let wave = 1; wave < WAVES_MAX && wave * everyMs < asked.lengthMs; wave += 1) {
    if (!(await until(wave * everyMs))) return;
    const of = {
      contacts,
      wave,
      which: world.team === null ? ('without agents' as const) : ('all' as const),
    };
    await addWave(client, draw.fork(`wave ${wave}`), of, (campaign) => world.campaigns.push(campaign)).catch(
      noted(`wave ${wave}`),
    );
  }
}
