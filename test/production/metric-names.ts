import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');

/** Where instruments are made. */
const SOURCES = [
  'api/telemetry.ts',
  'activities/telemetry.ts',
  'cli/telemetry.ts',
  'cli/worker/gauges.ts',
  'db/telemetry.ts',
  'runtime/telemetry/process-metrics.ts',
];

/** Names as Prometheus sees them: a counter's ends in _total. */
export function metricNames(): string[] {
  return SOURCES.flatMap((source) =>
    [
      ...read(source).matchAll(
        /(createCounter|createObservableCounter|create\w+|gauge)\(\s*'([a-z0-9._]+)'/g,
      ),
    ].map(
      ([, maker, name]) =>
        `${name!.replaceAll('.', '_')}${/Counter/.test(maker!) && !/UpDown/.test(maker!) ? '_total' : ''}`,
    ),
  );
}

/** Names of the engine's metrics in a text. */
export const METRIC = /\b(?:rightcall|http_server|process|nodejs|v8js)_[a-z0-9_]*[a-z0-9]\b/g;

/** Without what Prometheus adds to a histogram's name. */
export const baseOfName = (name: string): string => name.replace(/_(count|sum|bucket)$/, '');
