import { openFloor, type Floor } from '../../../cli/local/agents/floor.ts';
import type { Team } from '../../../cli/local/agents/hire.ts';
import { AGENT_LOST_MS } from '../../../domain/agent.ts';
import type { Seeded } from '../seeded.ts';
import type { ApiClient } from './client.ts';

/** How long what agents do takes, real ms: what they meet within a run is worth more than likeness to people. */
const WRITE_MS = { min: 300, max: 3_000 };
const BREAK_MS = { min: 1_000, max: 4_000 };
/** Between two desktops that die, and for how long: long enough that whoever had one is lost. */
const GAP_MS = { min: 8_000, max: 20_000 };
const GONE_MS = { min: AGENT_LOST_MS + 3_000, max: AGENT_LOST_MS + 8_000 };

/** Agents at work as long as a run lasts: they take calls, write them down or are too late, take breaks, and vanish. */
export async function workAndVanish(of: {
  readonly client: ApiClient;
  readonly team: Team;
  readonly speed: number;
  readonly draw: Seeded;
  readonly lengthMs: number;
  /** Resolves so many real ms after dialling began; false: it is over. */
  readonly until: (atMs: number) => Promise<boolean>;
}): Promise<Floor> {
  const { client, team, speed, draw, lengthMs, until } = of;
  const simulated = ({ min, max }: typeof WRITE_MS) => ({
    min: (min * speed) / 1_000,
    max: (max * speed) / 1_000,
  });
  const floor = openFloor({
    api: client,
    team,
    speed,
    seed: String(draw.between(0, 1_000_000)),
    habits: { writeS: simulated(WRITE_MS), breakS: simulated(BREAK_MS) },
  });
  for (let atMs = draw.between(GAP_MS.min, GAP_MS.max); atMs < lengthMs;) {
    if (!(await until(atMs))) break;
    floor.vanish(draw.between(0, team.agents.length - 1), draw.between(GONE_MS.min, GONE_MS.max));
    atMs += draw.between(GAP_MS.min, GAP_MS.max);
  }
  return floor;
}
