import { context, createContextKey, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  RandomIdGenerator,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  type IdGenerator,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';

export interface Tracing {
  /** Sends what is left. */
  stop(): Promise<void>;
}

/**
 * Under this key a context names the ids that its next root span is to have: those of an attempt, which every process
 * that has to do with the attempt computes alike (activities/tracing.ts).
 */
const GIVEN_IDS = createContextKey('rightcall.span-ids');

/** How long (real ms) an ending process waits for the collector; nobody's call waits for it. */
const EXPORT_TIMEOUT_MS = 3_000;

/**
 * Trace from now on: spans are made through @opentelemetry/api wherever something is done, and cost next to nothing
 * where this was never called. They hold ids and codes, nothing about people (I8).
 * @param tracing.endpoint OTLP over HTTP, without `/v1/traces`
 * @param exporter for tests: each span is given to it as soon as it ends
 */
export function startTracing(
  tracing: { readonly endpoint: string; readonly share: number },
  service: { readonly name: string; readonly version: string },
  exporter?: SpanExporter,
): Tracing {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service.name, 'service.version': service.version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(tracing.share) }),
    idGenerator: givenOrRandom(new RandomIdGenerator()),
    spanProcessors: [
      exporter === undefined
        ? new BatchSpanProcessor(
            new OTLPTraceExporter({
              url: `${tracing.endpoint}/v1/traces`,
              timeoutMillis: EXPORT_TIMEOUT_MS,
            }),
          )
        : new SimpleSpanProcessor(exporter),
    ],
  });
  // W3C trace context and baggage; the latter is not ours to pass on, but harmless.
  provider.register();
  return {
    stop: async () => {
      // A collector that is away must not fail a process that ends.
      await provider.shutdown().catch(() => undefined);
      trace.disable();
      context.disable();
    },
  };
}

function givenOrRandom(random: RandomIdGenerator): IdGenerator {
  const given = () =>
    context.active().getValue(GIVEN_IDS) as { readonly traceId: string; readonly spanId: string } | undefined;
  return {
    generateTraceId: () => given()?.traceId ?? random.generateTraceId(),
    generateSpanId: () => given()?.spanId ?? random.generateSpanId(),
  };
}
