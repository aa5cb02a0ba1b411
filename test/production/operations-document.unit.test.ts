import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const read = (name: string) => readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');
const document = read('docs/operations.md');

/** Where instruments are made. */
const SOURCES = [
  'api/telemetry.ts',
  'activities/telemetry.ts',
  'cli/telemetry.ts',
  'db/telemetry.ts',
  'cli/worker/gauges.ts',
  'runtime/telemetry/process-metrics.ts',
];

/** Names as Prometheus sees them: a counter's ends in _total. */
function namesInCode(): string[] {
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

/** Without what Prometheus adds to a histogram's name. */
const base = (name: string) => name.replace(/_(count|sum|bucket)$/, '');
const METRIC = /\b(?:rightcall|http_server|process|nodejs|v8js)_[a-z0-9_]*[a-z0-9]\b/g;

describe('docs/operations.md', () => {
  const code = namesInCode();
  const [table] = /\| metric[\s\S]*?\n\n/.exec(document)!;
  const listed = [...table.matchAll(METRIC)].map(([name]) => name);

  test('names metrics that there are', () => {
    expect(code.length).toBeGreaterThan(15);
    for (const name of listed) expect(code, name).toContain(name);
  });

  test('names every metric of the engine', () => {
    for (const name of code.filter((one) => one.startsWith('rightcall_')))
      expect(listed, name).toContain(name);
  });

  test('alerts about metrics that there are', () => {
    const [, text] = /```yaml\n([\s\S]*?)```/.exec(document)!;
    const { groups } = parse(text!) as { groups: { rules: { alert: string; expr: string }[] }[] };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(5);
    for (const { alert, expr } of rules) {
      const used = [...expr.matchAll(METRIC)].map(([name]) => base(name));
      expect(used.length, alert).toBeGreaterThan(0);
      for (const name of used) expect(code, `${alert}: ${name}`).toContain(name);
    }
  });
});
