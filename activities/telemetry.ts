import { metrics, type Attributes } from '@opentelemetry/api';
import { countNearMiss } from '../db/telemetry.ts';
import { nearMissOfReason } from '../domain/near-misses.ts';
import type { Repair } from '../domain/recovery.ts';

/**
 * What the gate, the sending and the settling are measured by. Labels are codes, never ids: a label for each campaign
 * or person would grow without end.
 */
interface Instruments {
  decision(attributes: Attributes): void;
  attempt(attributes: Attributes): void;
  duty(attributes: Attributes): void;
  gate(seconds: number, attributes: Attributes): void;
  carrier(seconds: number, attributes: Attributes): void;
  sealed(count: number): void;
  repair(count: number, attributes: Attributes): void;
}

/** Seconds; the gate takes milliseconds, a carrier's answer up to its time-out of 1.5 s. */
const BUCKETS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

let made: Instruments | undefined;

/** Made at first use: an instrument that is made before the entry point has set up metrics measures nothing, ever. */
function instruments(): Instruments {
  if (made !== undefined) return made;
  const meter = metrics.getMeter('rightcall');
  const advice = { explicitBucketBoundaries: BUCKETS };
  const decisions = meter.createCounter('rightcall.decisions', {
    description: 'Decisions of the dial gate, by verdict and leading reason',
  });
  const attempts = meter.createCounter('rightcall.attempts', {
    description: 'Attempts that came to their end, by state and outcome',
  });
  const duties = meter.createCounter('rightcall.duties', {
    description: 'Duties of calls that were checked after them, by kind and whether they were met',
  });
  const gate = meter.createHistogram('rightcall.gate.duration.seconds', {
    description: 'One pass of the dial gate, from the first lock to the commit',
    unit: 's',
    advice,
  });
  const carrier = meter.createHistogram('rightcall.carrier.request.duration.seconds', {
    description: "From the request to the carrier's answer, or to giving it up",
    unit: 's',
    advice,
  });
  const sealed = meter.createCounter('rightcall.evidence.sealed', {
    description: 'Decisions that were sealed into the evidence log',
  });
  const repairs = meter.createCounter('rightcall.repairs', {
    description: 'What was found stuck and was brought on, by kind of repair',
  });
  made = {
    decision: (attributes) => decisions.add(1, attributes),
    attempt: (attributes) => attempts.add(1, attributes),
    duty: (attributes) => duties.add(1, attributes),
    gate: (seconds, attributes) => gate.record(seconds, attributes),
    carrier: (seconds, attributes) => carrier.record(seconds, attributes),
    sealed: (count) => sealed.add(count),
    repair: (count, attributes) => repairs.add(count, attributes),
  };
  return made;
}

/** @param reason code of the leading reason; null for an allow */
export function countDecision(verdict: string, reason: string | null): void {
  instruments().decision({ verdict, reason: reason ?? 'none' });
}

/**
 * Count what the leading reason of a denial or deferral is a near miss of. A cap that the screening finds reached is an
 * ordinary answer; at the gate it means that another call came between.
 */
export function countReason(stage: 'admission' | 'dial', reason: string | null): void {
  const kind = nearMissOfReason(reason);
  if (kind !== null && (kind !== 'cap_reached' || stage === 'dial')) countNearMiss(kind);
}

export function countAttempt(state: string, outcome: string | null): void {
  instruments().attempt({ state, outcome: outcome ?? 'none' });
}

export function countDuty(kind: string, outcome: string): void {
  instruments().duty({ kind, outcome });
}

export function countSealed(count: number): void {
  instruments().sealed(count);
}

export function countRepair(kind: Repair, count = 1): void {
  if (count > 0) instruments().repair(count, { kind });
}

/** @param resultOf the label of what came of it */
export async function timeGate<T>(work: () => Promise<T>, resultOf: (result: T) => string): Promise<T> {
  return timed('gate', work, resultOf);
}

export async function timeCarrier<T>(work: () => Promise<T>, resultOf: (result: T) => string): Promise<T> {
  return timed('carrier', work, resultOf);
}

async function timed<T>(
  what: 'gate' | 'carrier',
  work: () => Promise<T>,
  resultOf: (result: T) => string,
): Promise<T> {
  const began = performance.now();
  let label = 'error';
  try {
    const result = await work();
    label = resultOf(result);
    return result;
  } finally {
    instruments()[what]((performance.now() - began) / 1_000, { result: label });
  }
}
