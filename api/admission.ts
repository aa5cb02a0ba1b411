import { metrics } from '@opentelemetry/api';
import { createMiddleware } from 'hono/factory';
import { RightcallError } from '../domain/failures.ts';
import { NoPlace, createTurns, type Turns } from '../domain/turns.ts';
import { API_CONNECTIONS, WORK_CLASSES, admissionLimits, type WorkClass } from './admission-limits.ts';
import type { ApiDeps } from './deps.ts';
import type { ApiEnv } from './env.ts';
import { isStop, type OperationTraits } from './limits.ts';
import { onceDatabase } from './once.ts';

/** Stops of many at once, of which each takes as long as its list. */
const BULK_STOPS: readonly string[] = [
  'recordConsents',
  'importConsentRecords',
  'addSuppressions',
  'stopContacts',
];

/** What the class of an operation is told by. */
export type CountedOperation = OperationTraits & { readonly path: string };

/** @returns null for what is not counted: probes, which must tell that the process lives although it is busy. */
export function workClassOf(operation: CountedOperation): WorkClass | null {
  if (operation.path.startsWith('/v1/webhooks/')) return 'carrier';
  if (operation.permission === 'open') return null;
  if (BULK_STOPS.includes(operation.operationId)) return 'bulk_stops';
  if (isStop(operation)) return 'stops';
  return operation.method === 'post' && operation.path.endsWith('/imports') ? 'imports' : 'other';
}

/** What an operation of this class works with: where the class has connections of its own, on those. */
export function depsOf(deps: ApiDeps, workClass: WorkClass | null): ApiDeps {
  const { reserved } = deps;
  if (reserved === undefined || (workClass !== 'stops' && workClass !== 'carrier')) return deps;
  return { ...deps, db: onceDatabase(reserved[workClass]) };
}

/** Real ms by which a process runs late, on average over a quarter of a second, from which on it has much to compute. */
const LATE_MS = 10;
/** Other requests at once in a process that is very late: enough that one computes while the other's statement runs. */
const AT_LEAST = 2;

/**
 * Other requests at once in a process that runs late by so much. A stop takes some ten turns of the event loop, and each
 * turn as long as what is done in it for others: half as much at once where turns are twice as long.
 */
export function atOnceWhenLate(atOnce: number, lateMs: number): number {
  if (lateMs <= LATE_MS) return atOnce;
  return Math.min(atOnce, Math.max(AT_LEAST, Math.floor((atOnce * LATE_MS) / lateMs)));
}

/** Other requests at once, as it stands. */
function otherAtOnce(deps: ApiDeps): () => number {
  const { atOnce } = limitsOf(deps).other;
  return () => atOnceWhenLate(typeof atOnce === 'number' ? atOnce : atOnce(), deps.lateness?.() ?? 0);
}

/**
 * Whether what can wait is better refused unread: the process is late, and as many wait already as are worked on at
 * once. Late although few wait is a machine that is busy with something else: then whatever comes is read.
 */
export function tooMuchToDo(deps: ApiDeps): () => boolean {
  const { lateness } = deps;
  if (lateness === undefined) return () => false;
  const { other } = admissionOf(deps);
  const atOnce = otherAtOnce(deps);
  return () => lateness() > LATE_MS && other.now().waiting >= atOnce();
}

/** Seconds after which it makes sense to try again: what waits is done with by then. */
const RETRY_AFTER_S: Readonly<Record<WorkClass, number>> = {
  stops: 1,
  bulk_stops: 5,
  carrier: 1,
  imports: 30,
  other: 1,
};

type Admission = Readonly<Record<WorkClass, Turns>>;

const admissions = new WeakMap<object, Admission>();

const limitsOf = (deps: ApiDeps) => deps.limits.admission ?? admissionLimits(API_CONNECTIONS);

/** The one admission of these dependencies: every operation counts in it. */
export function admissionOf(deps: ApiDeps): Admission {
  const known = admissions.get(deps);
  if (known !== undefined) return known;
  const limits = limitsOf(deps);
  const other = { ...limits.other, atOnce: otherAtOnce(deps) };
  const made = Object.fromEntries(
    WORK_CLASSES.map((name) => [name, createTurns(name === 'other' ? other : limits[name])]),
  ) as unknown as Admission;
  admissions.set(deps, made);
  observe(made);
  return made;
}

/** Let in as much of a class at once as it has places; refuse what finds no room to wait. */
export function admitted(deps: ApiDeps, workClass: WorkClass) {
  const turns = admissionOf(deps)[workClass];
  const shed = countShed();
  return createMiddleware<ApiEnv>(async (c, next) => {
    const leave = await turns
      .enter(c.get('tenantId') ?? '', () => c.req.raw.signal)
      .catch((error: unknown) => {
        if (!(error instanceof NoPlace)) throw error;
        shed.add(1, { class: workClass });
        throw new Overloaded(RETRY_AFTER_S[workClass]);
      });
    try {
      await next();
    } finally {
      leave();
    }
  });
}

/** Counts what is turned away, by class. */
export function countShed() {
  return metrics.getMeter('rightcall').createCounter('rightcall.api.shed', {
    description: 'Requests that were turned away because the process had as much to do as it can, by class',
  });
}

/** Turned away unseen. Expected where there is too much to do: told by a metric, and no fault of the engine's. */
export class Overloaded extends RightcallError {
  constructor(retryAfterS: number) {
    super('unavailable', 'the API has as much to do as it can at the moment; nothing was done', {
      retryAfterS,
    });
    this.name = 'Overloaded';
  }
}

function observe(admission: Admission): void {
  metrics
    .getMeter('rightcall')
    .createObservableGauge('rightcall.api.requests', {
      description: 'Requests by class of work: being worked on (active), or waiting for a place',
    })
    .addCallback((result) => {
      for (const [name, turns] of Object.entries(admission)) {
        const { active, waiting } = turns.now();
        result.observe(active, { class: name, state: 'active' });
        result.observe(waiting, { class: name, state: 'waiting' });
      }
    });
}
