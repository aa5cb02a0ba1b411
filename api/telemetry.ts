import {
  SpanKind,
  SpanStatusCode,
  context,
  metrics,
  propagation,
  trace,
  type Span,
} from '@opentelemetry/api';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { ApiDeps } from './deps.ts';
import type { ApiEnv } from './env.ts';

/** Seconds, finer where the promise is (p99 < 100 ms). */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Asked every few seconds by machines: said only to those who debug. */
const PROBES = /^\/(healthz|readyz|metrics|health|health\/live)$/;

/**
 * Every request is measured and told in one line, by its route's template and never by its path: whatever a caller
 * writes into a path stays out of metrics and logs (I8).
 */
export function observed(deps: Pick<ApiDeps, 'logger'>): MiddlewareHandler<ApiEnv> {
  const duration = metrics.getMeter('rightcall').createHistogram('http.server.request.duration.seconds', {
    description: 'From the request to the beginning of its answer',
    unit: 's',
    advice: { explicitBucketBoundaries: BUCKETS },
  });
  const under = metrics.getMeter('rightcall').createUpDownCounter('http.server.active_requests', {
    description: 'Requests that are being answered',
  });
  return async (c, next) => {
    const began = performance.now();
    const span = beginSpan(c);
    under.add(1);
    try {
      await context.with(trace.setSpan(context.active(), span), next);
    } finally {
      under.add(-1);
      const ms = performance.now() - began;
      const route = templateOf(c);
      const { status } = c.res;
      duration.record(ms / 1_000, {
        'http.request.method': c.req.method,
        'http.route': route,
        'http.response.status_code': status,
      });
      endSpan(span, c, route);
      const fields = {
        requestId: c.get('requestId'),
        method: c.req.method,
        route,
        status,
        ms: Math.round(ms * 10) / 10,
        actor: c.get('actor'),
        tenantId: c.get('tenantId'),
      };
      if (PROBES.test(route)) deps.logger.debug(fields, 'request');
      else deps.logger.info(fields, 'request');
    }
  };
}

/** Beneath the caller's own trace where it sent one (W3C `traceparent`). */
function beginSpan(c: Context<ApiEnv>): Span {
  const parent = propagation.extract(context.active(), { traceparent: c.req.header('traceparent') });
  return trace.getTracer('rightcall').startSpan(c.req.method, { kind: SpanKind.SERVER }, parent);
}

function endSpan(span: Span, c: Context<ApiEnv>, route: string): void {
  const { status } = c.res;
  span.updateName(`${c.req.method} ${route}`);
  span.setAttributes({
    'http.request.method': c.req.method,
    'http.route': route,
    'http.response.status_code': status,
    'rightcall.request': c.get('requestId'),
    'rightcall.tenant': c.get('tenantId'),
  });
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** What became of carriers' events that were sent to us; only `stored` are new. */
export type WebhookResult = 'stored' | 'duplicate' | 'forged' | 'outdated' | 'unreadable';

export interface WebhookMeter {
  count(result: WebhookResult, times: number): void;
  /** @param seconds real, from the instant that the event bears to its receipt */
  delay(seconds: number): void;
}

/** Seconds: an event comes within one; one that a carrier sends again may come after minutes or hours. */
const DELAY_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600];

/** How carriers' events come in: requests that were refused count once, events of those taken one by one. */
export function webhookMeter(): WebhookMeter {
  const meter = metrics.getMeter('rightcall');
  const events = meter.createCounter('rightcall.carrier.events', {
    description: "Carriers' events that came in, by what became of them",
  });
  const delays = meter.createHistogram('rightcall.carrier.event.delay.seconds', {
    description: "From the instant that a carrier's event bears to its receipt, real time; new events alone",
    unit: 's',
    advice: { explicitBucketBoundaries: DELAY_BUCKETS },
  });
  const results: readonly WebhookResult[] = ['stored', 'duplicate', 'forged', 'outdated', 'unreadable'];
  for (const result of results) events.add(0, { result });
  return {
    count: (result, times) => events.add(times, { result }),
    delay: (seconds) => delays.record(Math.max(0, seconds)),
  };
}

/** W3C `traceparent` of the request being answered, to be stored with what it sets going; null where nobody traces. */
export function currentTraceParent(): string | null {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? null;
}

/** The route that answered, such as `/v1/campaigns/{campaignId}`; `unmatched` where none did. */
export function templateOf(c: Context): string {
  const route = matchedRoutes(c).findLast(({ path }) => !path.endsWith('*'));
  return route === undefined ? 'unmatched' : route.path.replaceAll(/:([A-Za-z]+)(\{[^}]*\})?/g, '{$1}');
}
