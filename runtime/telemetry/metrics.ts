import { metrics } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { observeProcess } from './process-metrics.ts';

export interface Metrics {
  /** Everything measured until now, in Prometheus' text format. */
  text(): Promise<string>;
  stop(): Promise<void>;
}

/** Prometheus' own name for its text format (exposition format 0.0.4). */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Measure from now on. Instruments are made through @opentelemetry/api wherever something is measured; made before
 * this was called, they measure nothing. Labels never hold ids of people, nor anything that grows with their number.
 * @param also further text to answer with, such as the Temporal SDK's own metrics; one that fails is left out
 */
export function startMetrics(
  service: { readonly name: string; readonly version: string },
  also: () => Promise<string> = () => Promise.resolve(''),
): Metrics {
  const reader = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': service.name, 'service.version': service.version }),
    readers: [reader],
  });
  metrics.setGlobalMeterProvider(provider);
  const stopObserving = observeProcess();
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  return {
    text: async () => {
      const [{ resourceMetrics }, more] = await Promise.all([reader.collect(), also().catch(() => '')]);
      return `${serializer.serialize(resourceMetrics).trimEnd()}\n${more}`;
    },
    stop: async () => {
      stopObserving();
      await provider.shutdown();
      metrics.disable();
    },
  };
}
