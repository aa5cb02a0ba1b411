import { describe, expect, test } from 'vitest';
import { METRIC, metricNames, read } from './metric-names.ts';

describe('docs/operations.md', () => {
  const code = metricNames();
  const [table] = /\| metric[\s\S]*?\n\n/.exec(read('docs/operations.md'))!;
  const listed = [...table.matchAll(METRIC)].map(([name]) => name);

  test('names metrics that there are', () => {
    expect(code.length).toBeGreaterThan(15);
    for (const name of listed) expect(code, name).toContain(name);
  });

  test('names every metric of the engine', () => {
    for (const name of code.filter((one) => one.startsWith('rightcall_')))
      expect(listed, name).toContain(name);
  });
});
