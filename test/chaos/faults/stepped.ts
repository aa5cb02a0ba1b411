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
const REST_MS = 1_200;
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
  const members = fault.members.map((name) => fleet.members.get(name)!);
  const trap = { id: randomUUID(), step: fault.step, skip: fault.skip, act: fault.kind };
  const sprungNow = (): { member: Member; sprung: Sprung }[] =>
    members.flatMap((member) =>
      member.sprung().flatMap((sprung) => (sprung.id === trap.id ? [{ member, sprung }] : [])),
    );
  for (const member of members) member.orders({ traps: [trap] });
  const until = Date.now() + WAIT_FOR_STEP_MS;
  let found = sprungNow();
  while (found.length === 0 && Date.now() < until && !over()) {
    await pause(LOOK_MS);
    found = sprungNow();
  }
  for (const member of members) member.orders({ traps: [] });
  // Orders are read every 100 ms: the other one may have sprung it too, or one of them at the last moment.
  await pause(250);
  found.push(...sprungNow());
  await Promise.all(found.map(({ member, sprung }) => seeThrough(deps, fault, member, sprung)));
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
