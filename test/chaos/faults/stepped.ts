import { randomUUID } from 'node:crypto';
import type { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/child.ts';
import type { Sprung } from '../entries/control.ts';
import type { FaultRecord } from './record.ts';
import type { SteppedFault } from './kinds.ts';

export interface SteppedDeps {
  readonly fleet: Fleet;
  readonly record: FaultRecord;
  readonly pause: (ms: number) => Promise<void>;
  readonly over: () => boolean;
}

/** A step that nobody comes to within this long (real) is left for later. */
const WAIT_FOR_STEP_MS = 5_000;
/** After a process is back, so that it does something before it dies again; real ms. */
const REST_MS = 2_000;
const LOOK_MS = 40;

/** Set one trap after another, each when the process before is back, until it is over. */
export async function springTraps(deps: SteppedDeps, next: () => SteppedFault | null): Promise<void> {
  while (!deps.over()) {
    const fault = next();
    if (fault === null) return;
    await springOne(deps, fault);
    await deps.pause(REST_MS);
  }
}

async function springOne(deps: SteppedDeps, fault: SteppedFault): Promise<void> {
  const { fleet, pause, over } = deps;
  const member = fleet.members.get(fault.member)!;
  const trap = { id: randomUUID(), step: fault.step, skip: fault.skip, act: fault.kind };
  const sprungNow = (): Sprung | undefined => member.sprung().find(({ id }) => id === trap.id);
  member.orders({ traps: [trap] });
  const until = Date.now() + WAIT_FOR_STEP_MS;
  let sprung = sprungNow();
  while (sprung === undefined && Date.now() < until && !over()) {
    await pause(LOOK_MS);
    sprung = sprungNow();
  }
  member.orders({ traps: [] });
  // Orders are read every 100 ms: it may be sprung at the last moment.
  if (sprung === undefined) await pause(250);
  sprung ??= sprungNow();
  if (sprung !== undefined) await seeThrough(deps, fault, member, sprung);
}

async function seeThrough(
  deps: SteppedDeps,
  fault: SteppedFault,
  member: Member,
  sprung: Sprung,
): Promise<void> {
  const { pause, record } = deps;
  if (sprung.act === 'freeze') {
    await pause(Math.max(0, sprung.at + fault.forMs - Date.now()));
    letGoOn(sprung.pid);
  } else {
    while (member.child.pid() === null || member.child.pid() === sprung.pid) await pause(LOOK_MS);
  }
  record.note({
    kind: sprung.act,
    atReal: sprung.at,
    untilReal: Date.now(),
    process: member.name,
    step: sprung.step,
    of: sprung.of,
  });
}

function letGoOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // Ended meanwhile.
  }
}
