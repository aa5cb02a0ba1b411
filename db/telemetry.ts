import { metrics, trace, type Attributes } from '@opentelemetry/api';
import { NEAR_MISSES, type NearMiss } from '../domain/near-misses.ts';
import { contextOfAttempt, type AttemptKey } from './attempt-trace.ts';

/**
 * What stops and near misses are measured by, wherever they happen: in the API, in a worker, in the database's own
 * refusals. Labels are codes, never ids (I8).
 */
interface Instruments {
  nearMiss(times: number, attributes: Attributes): void;
  acknowledged(seconds: number, attributes: Attributes): void;
}

/** Seconds; promised are 0.05 with nothing in flight, and 3 with calls in flight. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10];
/** Attempts that a stop's span is linked to at most: OpenTelemetry's own limit of links. */
const LINKS_MAX = 128;

let made: Instruments | undefined;

/** Made at first use, as in activities/telemetry.ts. */
function instruments(): Instruments {
  if (made !== undefined) return made;
  const meter = metrics.getMeter('rightcall');
  const misses = meter.createCounter('rightcall.near_misses', {
    description: 'What a promise withstood, by invariant and kind',
  });
  const acknowledgements = meter.createHistogram('rightcall.stop.duration.seconds', {
    description:
      'From the request of a stop to its acknowledgement, by kind, scope and whether calls were in flight',
    unit: 's',
    advice: { explicitBucketBoundaries: BUCKETS },
  });
  made = {
    nearMiss: (times, attributes) => misses.add(times, attributes),
    acknowledged: (seconds, attributes) => acknowledgements.record(seconds, attributes),
  };
  return made;
}

export function countNearMiss(kind: NearMiss, times = 1): void {
  instruments().nearMiss(times, { invariant: NEAR_MISSES[kind].invariant, kind });
}

/** Show every kind as 0 from the start: the first of a kind is else no increase, and no alert sees it. */
export function showNearMisses(): void {
  for (const kind of Object.keys(NEAR_MISSES) as NearMiss[]) countNearMiss(kind, 0);
}

/** PostgreSQL's `insufficient_privilege`: a policy of row-level security, or a right the role has not. */
const REFUSED = '42501';

/** Count what the database refused, whatever wrapped it on the way. */
export function countRefusal(error: unknown): void {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ((at as { code?: unknown }).code === REFUSED) return countNearMiss('row_refused');
  }
}

/** An acknowledged stop, as it is measured. */
export interface AcknowledgedStop {
  readonly tenantId: string;
  readonly stopId: string;
  readonly kind: string;
  readonly scope: string;
  readonly revoked: number;
  readonly inFlight: number;
  readonly hungUp: number;
  readonly complete: boolean;
  readonly requestedReal: number;
  readonly committedReal: number;
  readonly acknowledgedReal: number;
  /** Whether requests on their way were waited for. */
  readonly waited: boolean;
  /** Those that it met in flight. */
  readonly attempts: readonly (AttemptKey & { readonly id: string })[];
}

/**
 * Measure a stop, and trace it: its span is a child of the request that asked for it, with links into the traces of the
 * attempts that it met in flight. There stand their requests to the carrier, and their hanging up.
 */
export function recordStop(stop: AcknowledgedStop): void {
  const { kind, scope, requestedReal, acknowledgedReal } = stop;
  const attributes = { kind, scope, in_flight: stop.inFlight > 0 };
  instruments().acknowledged((acknowledgedReal - requestedReal) / 1_000, attributes);
  if (stop.waited) countNearMiss('stop_waited');
  if (!stop.complete) countNearMiss('stop_incomplete');
  const links = stop.attempts.slice(0, LINKS_MAX).flatMap((attempt) => {
    const context = trace.getSpanContext(contextOfAttempt(attempt));
    return context === undefined ? [] : [{ context, attributes: { 'rightcall.attempt': attempt.id } }];
  });
  const span = trace.getTracer('rightcall').startSpan('stop', {
    startTime: requestedReal,
    attributes: {
      'rightcall.tenant': stop.tenantId,
      'rightcall.stop': stop.stopId,
      'rightcall.stop.kind': kind,
      'rightcall.stop.scope': scope,
      'rightcall.stop.revoked': stop.revoked,
      'rightcall.stop.in_flight': stop.inFlight,
      'rightcall.stop.hung_up': stop.hungUp,
      'rightcall.stop.complete': stop.complete,
      'rightcall.stop.committed_ms': stop.committedReal - requestedReal,
    },
    links,
  });
  span.end(acknowledgedReal);
}
