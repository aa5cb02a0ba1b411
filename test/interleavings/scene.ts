import type { Cast } from './cast.ts';
import type { Draws } from './draws.ts';
import type { Lane } from './ground.ts';
import { GAP, type Line } from './line.ts';
import type { People } from './people.ts';
import type { Stage } from './turns.ts';

/** Everything that one interleaving is made of. */
export interface Scene {
  readonly lane: Lane;
  readonly stage: Stage;
  readonly draws: Draws;
  readonly people: People;
  readonly line: Line;
  readonly cast: Cast;
  /** The residual risk is tried: time passes for a process in the gap, and for a request on the wire. */
  readonly risky: boolean;
  /** What was spent of it: attempts whose process froze in the gap, and requests that were held up. */
  readonly risked: { readonly frozen: Set<string>; late: number };
  note(what: string): void;
  /** The same for what needs no place in the schedule. */
  count(kind: string): void;
}

/** The carrier's clock goes on, and some of what happened there is told: in any order, twice, or never. */
export async function carrierGoesOn(scene: Scene, all = false): Promise<void> {
  const { draws, line, lane, stage, cast } = scene;
  lane.clock.advance(all ? 120_000 : draws.pick([1_000, 8_000, 40_000]));
  line.bringUp();
  if (line.onTheWire.length > 0 && !all && !(line.slow && draws.chance(0.75))) {
    scene.note('late request arrives');
    line.onTheWire.splice(draws.below(line.onTheWire.length), 1)[0]!();
  }
  const events = line.events.splice(0);
  if (events.length === 0) return;
  if (!all && draws.chance(0.2)) {
    scene.note('events lost');
    return;
  }
  if (draws.chance(0.3)) events.reverse();
  if (draws.chance(0.2)) events.push(...events);
  scene.note('begin deliver');
  stage.start('deliver', () => cast.deliver(events));
}

/**
 * Time passes for everyone: leases run out, and who stood still will notice. A request in the gap or on the wire is not
 * overtaken by its lease unless this interleaving is about just that.
 */
export async function passTime(scene: Scene, ms: number): Promise<void> {
  const { stage, lane, line, risky, risked } = scene;
  const inGap = stage.standing().filter(({ at }) => at === GAP);
  if (!risky && inGap.length > 0) return;
  for (const { of } of inGap) {
    scene.note('freeze in the gap');
    risked.frozen.add(of);
  }
  if (line.onTheWire.length > 0) {
    if (!risky) {
      // They arrive before the lease is over, or never.
      for (const arrive of line.onTheWire.splice(0)) if (scene.draws.chance(0.5)) arrive();
    } else {
      scene.note('request held up');
      risked.late += line.onTheWire.length;
    }
  }
  scene.note('time passes');
  lane.time.nowMs += ms;
  await lane.behind.query(
    'UPDATE interleaving_time SET at = to_timestamp($2::float8 / 1000) WHERE tenant_id = $1',
    [lane.tenantId, lane.time.nowMs],
  );
}
