import { metrics } from '@opentelemetry/api';
import type { Database } from '../db/client.ts';
import { showNearMisses } from '../db/telemetry.ts';
import type { EngineConfig } from '../runtime/config.ts';
import { startTracing } from '../runtime/telemetry/tracing.ts';
import { startMetrics, type Metrics } from '../runtime/telemetry/metrics.ts';
import { startOpsServer, type OpsServer, type Readiness } from '../runtime/telemetry/ops-server.ts';
import { VERSION } from './client/version.ts';

/** What a serving process is watched by. */
export interface Telemetry {
  readonly metrics: Metrics;
  /** Open the port for probes and metrics; null where none is configured. */
  serve(readiness: () => Promise<Readiness>): Promise<OpsServer | null>;
  stop(): Promise<void>;
}

/** @param also further metrics to answer with (runtime/telemetry/metrics.ts) */
export function startTelemetry(config: EngineConfig, name: string, also?: () => Promise<string>): Telemetry {
  const service = { name, version: VERSION };
  const measured = startMetrics(service, also);
  showNearMisses();
  const tracing = config.tracing === null ? null : startTracing(config.tracing, service);
  return {
    metrics: measured,
    serve: async (readiness) =>
      config.metrics === null ? null : startOpsServer({ ...config.metrics, metrics: measured, readiness }),
    stop: async () => {
      await tracing?.stop();
      await measured.stop();
    },
  };
}

/** How the database's pool stands. */
export function observePool(db: Database): void {
  metrics
    .getMeter('rightcall')
    .createObservableGauge('rightcall.db.connections', {
      description: 'Connections of the pool by state; `waiting` are callers without one',
    })
    .addCallback((result) => {
      const { open, idle, waiting } = db.connections();
      result.observe(open - idle, { state: 'used' });
      result.observe(idle, { state: 'idle' });
      result.observe(waiting, { state: 'waiting' });
    });
}
