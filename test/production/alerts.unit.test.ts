import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { NEAR_MISSES } from '../../domain/near-misses.ts';
import { faultsOfBlock } from '../docs/static-checks.ts';
import { alertsOf, groupsOf } from './alert-rules.ts';
import { read } from './metric-names.ts';

interface Case {
  readonly promql_expr_test?: readonly { expr: string; exp_samples: readonly unknown[] }[];
}

const RULES = 'ops/alerts.yaml';
const CASES = 'ops/alerts.test.yaml';
const DOCUMENT = 'docs/operations.md';
const root = fileURLToPath(new URL('../..', import.meta.url));

const groups = groupsOf(RULES);
const alerts = alertsOf(groups);
const cases = parse(read(CASES)) as { tests: Case[]; group_eval_order: string[] };

describe(RULES, () => {
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
