import { createHash } from 'node:crypto';
import { ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api';

/**
 * One trace an attempt: passing the gate, the request to the carrier, and what is made of the carrier's events, which
 * may be another process's doing and minutes later. Nothing has to be stored for that: the trace's ids are computed
 * from the attempt's, by whoever has to do with it.
 */
export interface AttemptKey {
  readonly tenantId: string;
  readonly contactId: string;
  readonly admission: number;
}

/** Ids of the trace and of its root span. */
export function traceIdsOf(attempt: AttemptKey): { traceId: string; spanId: string } {
  const digest = createHash('sha256')
    .update(`rightcall/attempt|${attempt.tenantId}|${attempt.contactId}|${attempt.admission}`)
    .digest('hex');
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) };
}

/** The context that spans of an attempt belong to, wherever they are made. */
export function contextOfAttempt(attempt: AttemptKey): Context {
  // Whether it is kept follows from the trace's id alone, so that all processes keep the same traces.
  return trace.setSpanContext(ROOT_CONTEXT, { ...traceIdsOf(attempt), traceFlags: 1, isRemote: true });
}
