import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  context,
  createContextKey,
  propagation,
  trace,
  type Attributes,
  type Span,
} from '@opentelemetry/api';
import { contextOfAttempt, traceIdsOf, type AttemptKey } from '../db/attempt-trace.ts';
import { messageOf } from '../domain/failures.ts';

/** As runtime/telemetry/tracing.ts names it: the same text is the same key. */
const GIVEN_IDS = createContextKey('rightcall.span-ids');

/** Spans of attempts (db/attempt-trace.ts). Attributes are ids and codes (I8). */
const tracer = () => trace.getTracer('rightcall');

/**
 * The whole of placing a call. The first time it is the trace's root; run again, a span beneath it.
 * @param first whether this is the first run for this admission
 */
export function tracePlaceCall<T>(
  attempt: AttemptKey & { readonly campaignId: string },
  first: boolean,
  work: () => Promise<T>,
): Promise<T> {
  const parent = first ? ROOT_CONTEXT.setValue(GIVEN_IDS, traceIdsOf(attempt)) : contextOfAttempt(attempt);
  const span = context.with(parent, () =>
    tracer().startSpan(first ? 'place-call' : 'place-call again', {
      attributes: {
        'rightcall.tenant': attempt.tenantId,
        'rightcall.campaign': attempt.campaignId,
        'rightcall.contact': attempt.contactId,
        'rightcall.admission': attempt.admission,
      },
    }),
  );
  return running(span, work);
}

/** A step of what is being done just now. @param resultOf the step's outcome, a code */
export function traceStep<T>(
  name: string,
  work: () => Promise<T>,
  resultOf: (result: T) => Attributes = () => ({}),
  kind: SpanKind = SpanKind.INTERNAL,
): Promise<T> {
  const span = tracer().startSpan(name, { kind });
  return running(span, async () => {
    const result = await work();
    span.setAttributes(resultOf(result));
    return result;
  });
}

/** Name the attempt that what is being done just now came to: the place-call does not know it before its gate. */
export function nameAttempt(attemptId: string): void {
  trace.getActiveSpan()?.setAttribute('rightcall.attempt', attemptId);
}

/** Do something apart from placing the call, so that its steps stand in the attempt's trace. */
export function withinAttempt<T>(attempt: AttemptKey, work: () => Promise<T>): Promise<T> {
  return context.with(contextOfAttempt(attempt), work);
}

/** A step of an attempt that is done apart from placing its call. */
export function traceOfAttempt<T>(
  attempt: AttemptKey,
  name: string,
  attributes: Attributes,
  work: () => Promise<T>,
): Promise<T> {
  return running(tracer().startSpan(name, { attributes }, contextOfAttempt(attempt)), work);
}

/**
 * Tie what is being done just now to the request that started or resumed its campaign.
 * @param traceParent as stored with the campaign (W3C); null: nobody traced it
 */
export function linkToRequest(traceParent: string | null): void {
  const span = trace.getActiveSpan();
  if (span === undefined || traceParent === null) return;
  const linked = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent: traceParent }));
  if (linked !== undefined) span.addLink({ context: linked, attributes: { 'rightcall.link': 'campaign' } });
}

async function running<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    // Without the ids that its root was given: steps have their own.
    return await context.with(trace.setSpan(context.active().deleteValue(GIVEN_IDS), span), work);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error).slice(0, 200) });
    throw error;
  } finally {
    span.end();
  }
}
