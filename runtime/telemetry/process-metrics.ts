import { monitorEventLoopDelay } from 'node:perf_hooks';
import { metrics, type Attributes, type ObservableResult } from '@opentelemetry/api';

/** Names as OpenTelemetry's semantic conventions have them, with the unit at the end as Prometheus' conventions ask. */
export function observeProcess(): () => void {
  const meter = metrics.getMeter('rightcall.process');
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const gauge = (
    name: string,
    unit: string,
    description: string,
    observe: (result: ObservableResult<Attributes>) => void,
  ) => meter.createObservableGauge(name, { unit, description }).addCallback(observe);

  gauge('process.memory.usage.bytes', 'By', 'Resident memory', (result) =>
    result.observe(process.memoryUsage.rss()),
  );
  gauge('v8js.memory.heap.used.bytes', 'By', 'Heap in use', (result) =>
    result.observe(process.memoryUsage().heapUsed),
  );
  gauge('process.uptime.seconds', 's', 'Since the process started', (result) =>
    result.observe(process.uptime()),
  );
  gauge(
    'nodejs.eventloop.delay.p99.seconds',
    's',
    'How late timers fire, 99th percentile since the last look',
    (result) => {
      // A histogram of nothing says NaN.
      result.observe(Number.isFinite(delay.percentile(99)) ? delay.percentile(99) / 1e9 : 0);
      delay.reset();
    },
  );
  meter
    .createObservableCounter('process.cpu.time.seconds', { unit: 's', description: 'Processor time used' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe(user / 1e6, { 'cpu.mode': 'user' });
      result.observe(system / 1e6, { 'cpu.mode': 'system' });
    });
  return () => delay.disable();
}
