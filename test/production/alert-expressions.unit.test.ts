import { describe, expect, test } from 'vitest';
import { NEAR_MISSES } from '../../domain/near-misses.ts';
import { groupsOf } from './alert-rules.ts';
import { baseOfName, metricNames } from './metric-names.ts';
import { readExpression } from './promql.mjs';

const rules = groupsOf('ops/alerts.yaml').flatMap((group) => group.rules);

/** On every machine, also where promtool is not: the grammar is Prometheus' own. */
describe('expressions of ops/alerts.yaml', () => {
  const recorded = rules.flatMap(({ record }) => (record === undefined ? [] : [record]));
  const known = [...metricNames(), ...recorded];

  test.each(rules.map((rule) => [rule.alert ?? rule.record!, rule.expr] as const))(
    '%s can be read, and asks for metrics that the processes expose',
    (_name, expr) => {
      const { metrics, matchers, faults } = readExpression(expr);
      expect(faults).toEqual([]);
      expect(metrics.length).toBeGreaterThan(0);
      for (const name of metrics) expect(known, name).toContain(baseOfName(name));
      for (const { label, values, metric } of matchers) {
        if (!metric.includes('near_misses')) continue;
        const there: readonly string[] =
          label === 'kind'
            ? Object.keys(NEAR_MISSES)
            : Object.values(NEAR_MISSES).map(({ invariant }) => invariant);
        for (const value of values) expect(there, value).toContain(value);
      }
    },
  );

  test.each([
    'sum(rate(rightcall_attempts_total[5m]) > 1',
    'max(rightcall_attempts_open',
    'rate(rightcall_attempts_total[5 minutes])',
    '{state="sent"}',
  ])('the grammar refuses %s', (expr) => {
    expect(readExpression(expr).faults).not.toEqual([]);
  });
});
