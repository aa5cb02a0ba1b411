import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { NEAR_MISSES } from '../../domain/near-misses.ts';
import { faultsOfBlock } from '../docs/static-checks.ts';
import { baseOfName, metricNames, read } from './metric-names.ts';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
interface Case {
  readonly promql_expr_test?: readonly { expr: string; exp_samples: readonly unknown[] }[];
}

const RULES = 'ops/alerts.yaml';
const CASES = 'ops/alerts.test.yaml';
const DOCUMENT = 'docs/operations.md';
const root = fileURLToPath(new URL('../..', import.meta.url));

const { groups } = parse(read(RULES)) as { groups: { name: string; rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.filter((rule): rule is Rule & { alert: string } => rule.alert !== undefined);
const cases = parse(read(CASES)) as { tests: Case[]; group_eval_order: string[] };

/** What the grammar makes of an expression: its metrics, its matchers, and the places that it cannot read. */
function readExpression(expr: string) {
  const metrics: string[] = [];
  const matchers: { metric: string; label: string; values: string[] }[] = [];
  const faults: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ type, from, to, node }) => {
      const text = expr.slice(from, to);
      if (type.isError) faults.push(`at ${from}: "${expr.slice(Math.max(0, from - 20), to + 20)}"`);
      if (type.name === 'VectorSelector') {
        const name = node.getChild('Identifier');
        if (name === null) faults.push(`"${text}" names no metric`);
        else metrics.push(expr.slice(name.from, name.to));
      }
      if (/^\w+LabelMatcher$/.test(type.name)) {
        const [, label, value] = /^(\w+)\s*(?:=~|!~|!=|=)\s*"(.*)"$/.exec(text)!;
        matchers.push({ metric: metrics.at(-1)!, label: label!, values: value!.split('|') });
      }
    },
  });
  return { metrics, matchers, faults };
}

describe(RULES, () => {
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
        const there: string[] =
          label === 'kind'
            ? Object.keys(NEAR_MISSES)
            : Object.values(NEAR_MISSES).map((one) => one.invariant);
        for (const value of values) expect(there, value).toContain(value);
      }
    },
  );

  test('the grammar refuses what is no expression', () => {
    expect(readExpression('sum(rate(rightcall_attempts_total[5m]) > 1').faults).not.toEqual([]);
    expect(readExpression('max(rightcall_attempts_open').faults).not.toEqual([]);
  });

  test('every near miss that promises say something about belongs to one that is watched', () => {
    const watched = alerts.flatMap(({ labels }) => labels!['invariant'] ?? []);
    for (const { invariant } of Object.values(NEAR_MISSES)) expect(watched, invariant).toContain(invariant);
  });

  test.each(alerts.map((alert) => [alert.alert, alert] as const))(
    '%s says how urgent it is, what it is, and where to read on',
    (name, { labels, annotations }) => {
      expect(['page', 'ticket']).toContain(labels!['severity']);
      expect(Object.keys(annotations!).sort()).toEqual(['description', 'runbook', 'summary']);
      expect(annotations!['runbook']).toBe(`${DOCUMENT}#${name.toLowerCase()}`);
    },
  );

  test('no alert is told apart by anything that names a person, a contact or a campaign', () => {
    for (const { alert, expr } of alerts)
      for (const [, labels] of expr.matchAll(/by \(([^)]*)\)/g))
        for (const label of labels!.split(',').map((one) => one.trim()))
          expect(
            ['invariant', 'kind', 'tenant', 'le', 'in_flight', 'calendar', 'job', 'instance'],
            alert,
          ).toContain(label);
  });
});

describe(DOCUMENT, () => {
  const sections = [...read(DOCUMENT).matchAll(/^#### (\w+)\n([\s\S]*?)(?=^#{2,4} )/gm)].map(
    ([, name, text]) => [name!, text!] as const,
  );

  test('has a section for every alert, in the order of the rules, and none beside', () => {
    expect(sections.map(([name]) => name)).toEqual(alerts.map(({ alert }) => alert));
  });

  test.each(sections)('%s: what it means, how to look, what to do, what not to do', async (_name, text) => {
    expect([...text.matchAll(/^- \*\*([^*]+)\*\*/gm)].map(([, lead]) => lead)).toEqual([
      'Means',
      'Look',
      'Do',
      'Do not',
    ]);
    for (const [, command] of text.matchAll(/`(rightcall [^`]+)`/g)) {
      const block = { language: 'sh', text: command!.replaceAll(/<([a-z ]+)>/g, '$1'), line: 0 };
      const marker = { name: 'checked', value: 'inline' } as const;
      expect(await faultsOfBlock({ ...block, file: DOCUMENT, marker, followsBlock: false }), command).toEqual(
        [],
      );
    }
  });
});

describe(CASES, () => {
  const asked = cases.tests.flatMap(({ promql_expr_test: tests }) => tests ?? []);

  test.each(alerts.map(({ alert }) => [alert]))(
    '%s has a case in which it fires, and one in which it does not',
    (name) => {
      const about = asked.filter(({ expr }) => expr.includes(`"${name}"`));
      expect(about.some(({ exp_samples }) => exp_samples.length === 0)).toBe(true);
      expect(about.some(({ expr, exp_samples }) => expr.includes('"firing"') && exp_samples.length > 0)).toBe(
        true,
      );
    },
  );

  test('evaluates all groups, the recorded rates first', () => {
    expect(cases.group_eval_order).toEqual(groups.map(({ name }) => name));
  });

  // Where Prometheus is installed its own tool has the last word.
  test.skipIf(!hasPromtool())('promtool takes the rules, and the cases hold', { timeout: 90_000 }, () => {
    const promtool = (...words: string[]) =>
      execFileSync('promtool', words, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
    expect(promtool('check', 'rules', RULES)).toContain('SUCCESS');
    expect(promtool('test', 'rules', CASES)).toContain('SUCCESS');
  });
});

function hasPromtool(): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
