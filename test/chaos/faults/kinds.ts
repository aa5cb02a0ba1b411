import { STEPS, type Step } from '../../../domain/steps.ts';
import { APIS, ENGINE, WORKERS, type EngineName } from '../fleet/members.ts';
import type { Seeded } from '../seeded.ts';

/** What can be made to go wrong, by the names that `--only` takes. */
export const FAULT_KINDS = [
  /** SIGKILL at a step, and SIGSTOP at a step until past lease and heartbeat. */
  'kill',
  'freeze',
  'carrier-lost-answer',
  'carrier-5xx',
  'carrier-429',
  'carrier-slow',
  'carrier-down',
  'carrier-kill',
  'webhooks-twice',
  'webhooks-reordered',
  'webhooks-late',
  'webhooks-missing',
  'webhooks-forged',
  'temporal-kill',
  'postgres-kill',
  'postgres-cut',
  'network-delay',
  'network-stall',
  'network-cut',
  'network-black-hole',
  'network-half-open',
  'disk-full',
  'clock',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export const LINKS = ['carrier', 'postgres', 'temporal', 'webhooks'] as const;
export type Link = (typeof LINKS)[number];

/** A fault that comes at a time. */
export interface TimedFault {
  readonly kind: Exclude<FaultKind, 'kill' | 'freeze'>;
  readonly atMs: number;
  readonly forMs: number;
  readonly link: Link;
  /** Whose wire or clock; null: everybody's. */
  readonly member: EngineName | null;
  readonly delayMs: number;
  readonly offsetMs: number;
}

/** A fault that comes when a process reaches a step. */
export interface SteppedFault {
  readonly kind: 'kill' | 'freeze';
  readonly step: Step;
  readonly member: EngineName;
  readonly skip: number;
  /** Of a freeze, real ms. */
  readonly forMs: number;
}

/** Steps that the API goes through; all others are a worker's. */
const API_STEPS: ReadonlySet<Step> = new Set<Step>([
  'event.store',
  'event.stored',
  'stop.commit',
  'stop.committed',
  'stop.quiet',
  'stop.acknowledged',
]);

export interface FaultPlan {
  readonly timed: readonly TimedFault[];
  /**
   * Faults that come in turn, each when the process before is back; without end. Of the APIs one is down at a time, as in
   * a deployment that keeps its promise to be there.
   */
  readonly stepped: readonly (() => SteppedFault | null)[];
}

/** Between two timed faults, and how long one lasts; real ms. */
const GAP_MS = { min: 800, max: 3_000 };
const LASTS_MS = { min: 800, max: 4_500 };
/** Past the lease (2 s) and, now and then, past a pacer's heartbeat (10 s). */
const FREEZE_MS = { min: 2_300, max: 5_500 };
const LONG_FREEZE_MS = { min: 11_000, max: 16_000 };
/** How wrong a clock may be, real ms. */
export const CLOCK_OFFSET_MAX_MS = 2_000;

/** Where faults are aimed; left out: everywhere. */
export interface FaultAim {
  /** Steps at which processes are killed or frozen. */
  readonly steps?: readonly Step[];
  /** Wires that are delayed, stalled and cut. */
  readonly links?: readonly Link[];
  /** How long a freeze lasts, real ms. */
  readonly freezeMs?: { readonly min: number; readonly max: number };
}

/** Everything that will go wrong, from a seed: kinds and steps come as cards off a deck, so that each comes before one comes twice. */
export function planFaults(
  draw: Seeded,
  lengthMs: number,
  kinds: readonly FaultKind[],
  aim: FaultAim = {},
): FaultPlan {
  const timedKinds = kinds.filter((kind): kind is TimedFault['kind'] => kind !== 'kill' && kind !== 'freeze');
  const steppedKinds = kinds.filter(
    (kind): kind is SteppedFault['kind'] => kind === 'kill' || kind === 'freeze',
  );
  return {
    timed:
      timedKinds.length === 0
        ? []
        : timedFaults(draw.fork('timed'), lengthMs, timedKinds, aim.links ?? LINKS),
    stepped: [APIS, ...WORKERS.map((name) => [name])].map((members) => {
      const isApi = members === APIS;
      const own = (aim.steps ?? STEPS).filter((step) => API_STEPS.has(step) === isApi);
      return stepped(draw.fork(members.join('+')), own, members, steppedKinds, aim.freezeMs);
    }),
  };
}

function timedFaults(
  draw: Seeded,
  lengthMs: number,
  kinds: readonly TimedFault['kind'][],
  links: readonly Link[],
): TimedFault[] {
  const faults: TimedFault[] = [];
  const next = deck(draw, kinds);
  for (let atMs = 1_500; ;) {
    atMs += draw.between(GAP_MS.min, GAP_MS.max);
    const forMs = draw.between(LASTS_MS.min, LASTS_MS.max);
    if (atMs + forMs > lengthMs) return faults;
    const sign = draw.next() < 0.5 ? -1 : 1;
    faults.push({
      kind: next(),
      atMs,
      forMs,
      link: draw.pick(links),
      member: draw.next() < 0.7 ? draw.pick(ENGINE) : null,
      delayMs: draw.between(50, 900),
      offsetMs: sign * draw.between(300, CLOCK_OFFSET_MAX_MS),
    });
  }
}

function stepped(
  draw: Seeded,
  steps: readonly Step[],
  members: readonly EngineName[],
  kinds: readonly SteppedFault['kind'][],
  freezeMs: FaultAim['freezeMs'],
): () => SteppedFault | null {
  const nextStep = deck(draw, steps);
  return () => {
    if (kinds.length === 0 || steps.length === 0) return null;
    const kind = kinds.length === 1 ? kinds[0]! : draw.next() < 0.75 ? 'kill' : 'freeze';
    const long = draw.next() < 0.15;
    const range = freezeMs ?? (long ? LONG_FREEZE_MS : FREEZE_MS);
    return {
      kind,
      step: nextStep(),
      member: draw.pick(members),
      skip: draw.between(0, 2),
      forMs: draw.between(range.min, range.max),
    };
  };
}

function deck<T>(draw: Seeded, cards: readonly T[]): () => T {
  let left: T[] = [];
  return () => {
    if (left.length === 0) left = draw.shuffled(cards);
    return left.pop()!;
  };
}
