import { drawsFrom, type Draws } from './draws.ts';
import { castOf, HELPERS, STOP_KINDS, type StopKind } from './cast.ts';
import type { Lane } from './ground.ts';
import { GAP, openLine } from './line.ts';
import { judge, type Verdict } from './judge.ts';
import { makePeople } from './people.ts';
import { carrierGoesOn, passTime, type Scene } from './scene.ts';
import type { Actor, Stage, Token } from './turns.ts';
import { WORKDAY_MORNING_CN } from '../support/engine.ts';

/** One interleaving, as it went. */
export interface Played extends Verdict {
  readonly seed: number;
  /** What happened, in order: enough to see it again with the same seed. */
  readonly schedule: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  /** `<stop> at <step>`: a stop became binding while a call stood at that step. */
  readonly pairs: ReadonlySet<string>;
}

/** Choices before everyone is let run to their end. */
const CHOICES = 90;
/** Share of interleavings in which the residual risk is tried: a freeze in the gap, a request held up. */
const RISKY = 0.15;
/** Share of interleavings whose network holds back the first request, within its lease. */
const SLOW = 0.2;
const CRASHES = 2;
/** Somebody who will be called stands here, or is being called. */
const SENDING: ReadonlySet<string> = new Set([
  'claim.committed',
  'send.slot_taken',
  'send.begin',
  'send.begun',
  GAP,
  'carrier.taken',
  'send.answered',
]);
/** Where a lease is about to be used: time is likelier to pass there. */
const PRESSED: ReadonlySet<string> = new Set(['send.begin', 'send.begun', 'claim.committed']);
/** Steps between which somebody else may do something that matters. */
const HELD_AT = [
  'claim.commit',
  'claim.committed',
  'send.begin',
  'send.begun',
  GAP,
  'carrier.taken',
  'send.answered',
  'stop.commit',
  'stop.committed',
  'stop.quiet',
  'expire.commit',
  'event.apply',
  'reconcile.ask',
  'reconcile.answered',
  'hangup.ask',
] as const;
/** Real ms that pass at once: past the leases (2 s), past what "no such call" waits for (5 s), past silence (15 s). */
const PASSING_MS = [2_500, 2_500, 6_000, 20_000] as const;

export async function play(lane: Lane, stage: Stage, seed: number): Promise<Played> {
  const draws = drawsFrom(seed);
  const schedule: string[] = [];
  const counts = new Map<string, number>();
  const pairs = new Set<string>();
  const count = (kind: string) => void counts.set(kind, (counts.get(kind) ?? 0) + 1);
  let seq = 0;
  const nextSeq = () => (seq += 1);
  lane.clock.set(WORKDAY_MORNING_CN);
  const people = await makePeople(lane, seed);
  const slow = draws.chance(SLOW);
  const line = openLine(lane.clock, draws, nextSeq, slow);
  const cast = castOf(lane, people, line, nextSeq);
  const scene: Scene = {
    lane,
    stage,
    draws,
    people,
    line,
    cast,
    risky: draws.chance(RISKY),
    risked: { frozen: new Set(), late: 0 },
    note: (what) => {
      schedule.push(what);
      count(what.replace(/ \[.*$/, ''));
    },
    count,
  };
  const waiting = program(scene);
  // In half of them, whoever first comes to some step stands still there while the others go on.
  const heldAt = draws.chance(0.5) ? draws.pick(HELD_AT) : null;
  let held: { readonly token: Token; readonly until: number } | null = null;
  // From everybody in turn to one who mostly goes on while the others stand: either finds what the other does not.
  const goesOn = draws.pick([0, 0.5, 0.8, 0.92]);
  let last: Actor | null = null;
  let crashes = CRASHES;
  // A slow network shows in what is done meanwhile.
  let helpers = draws.below(9) + (slow ? 8 : 0);
  await stage.still();
  for (let choice = 0; choice < CHOICES; choice += 1) {
    const standing = stage.standing();
    const quiet = waiting.length + standing.length === 0;
    if (quiet && helpers === 0) break;
    if (held === null && heldAt !== null) {
      const token = standing.find(({ at }) => at === heldAt);
      if (token !== undefined) {
        held = { token, until: choice + draws.pick([10, 25, 45]) };
        scene.note(`stands still at ${heldAt} [${token.actor.name}]`);
        if (draws.chance(0.5)) await passTime(scene, draws.pick(PASSING_MS));
      }
    }
    const stillHeld = held !== null && choice < held.until ? held.token : null;
    const free = standing.filter((token) => token !== stillHeld);
    const fate = draws.next();
    if (waiting.length > 0 && (standing.length === 0 || fate < 0.2)) {
      // What nobody is about to send, no stop comes too late for.
      const early = !standing.some(({ at }) => SENDING.has(at)) && draws.chance(0.75);
      const next = (early ? waiting.find(({ stops }) => !stops) : undefined) ?? draws.pick(waiting);
      waiting.splice(waiting.indexOf(next), 1);
      next.begin();
    } else if (fate < 0.225 && crashes > 0 && standing.length > 0) {
      crashes -= 1;
      const { actor, at } = draws.pick(standing);
      scene.note(`crash at ${at} [${actor.name}]`);
      stage.kill(actor);
    } else if (fate < (standing.some(({ at }) => PRESSED.has(at)) ? 0.27 : 0.24)) {
      await passTime(scene, draws.pick(PASSING_MS));
    } else if (fate < 0.32) {
      await carrierGoesOn(scene);
    } else if ((quiet || fate < 0.38) && helpers > 0) {
      helpers -= 1;
      if (draws.chance(slow ? 0.5 : 0.35)) {
        // The pacer comes by again: whoever waits may be called.
        const contact = draws.pick(people.contacts);
        scene.note(`begin dial ${contact.name}`);
        stage.start(`dial ${contact.name}`, () => cast.dial(contact));
      } else {
        // What is lost on the way is what sweepers are for.
        const helper = line.onTheWire.length > 0 && draws.chance(0.6) ? 'sweep' : draws.pick(HELPERS);
        scene.note(`begin ${helper}`);
        stage.start(helper, () => cast.help(helper));
      }
    } else if (free.length > 0) {
      const token = chosen(draws, free, last, goesOn);
      last = token.actor;
      noticePairs(token, standing, pairs);
      scene.note(`${token.at} [${token.actor.name}]`);
      token.go();
    }
    await stage.still();
  }
  const verdict = await judge(
    scene,
    waiting.map(({ begin }) => begin),
  );
  line.close();
  return { seed, schedule, counts, pairs, ...verdict };
}

function chosen(draws: Draws, standing: readonly Token[], last: Actor | null, goesOn: number): Token {
  const own = standing.filter(({ actor }) => actor === last);
  return draws.pick(own.length > 0 && draws.chance(goesOn) ? own : standing);
}

/** Somebody who has yet to begin. */
export interface Entrance {
  /** A stop, or its end. */
  readonly stops: boolean;
  readonly begin: () => void;
}

/** Who will take part, each to be begun at some time. */
function program(scene: Scene): Entrance[] {
  const { draws, stage, cast, people } = scene;
  const entrance = (name: string, work: () => Promise<unknown>, stops = false): Entrance => ({
    stops,
    begin: () => {
      scene.note(`begin ${name}`);
      stage.start(name, work);
    },
  });
  const list: Entrance[] = [];
  for (let n = 2 + draws.below(3); n > 0; n -= 1) {
    const contact = draws.pick(people.contacts);
    list.push(entrance(`dial ${contact.name}`, () => cast.dial(contact)));
    if (draws.chance(0.4)) list.push(entrance(`dial again ${contact.name}`, () => cast.dialAgain(contact)));
  }
  for (let n = draws.pick([1, 1, 2]); n > 0; n -= 1) {
    const kind = draws.pick(STOP_KINDS);
    list.push(entrance(kind, () => cast.stop(kind), true));
    if (kind.startsWith('pause') || kind === 'kill') {
      if (draws.chance(0.4)) list.push(entrance(`lift ${kind}`, () => cast.lift(kind), true));
    }
  }
  return list;
}

/** A stop commits now: where do calls stand? */
function noticePairs(token: Token, standing: readonly Token[], pairs: Set<string>): void {
  if (token.at !== 'stop.commit' || !(STOP_KINDS as readonly string[]).includes(token.actor.name)) return;
  const kind = token.actor.name as StopKind;
  for (const other of standing) if (other.actor !== token.actor) pairs.add(`${kind} at ${other.at}`);
}
