import type { Evaluation } from '../../domain/decision.ts';
import type { DialFacts } from '../../domain/facts.ts';
import { factsOfCase } from '../../policies/case-file.ts';
import type { PackDocument, PolicyDocument } from '../../policies/index.ts';
import { bundledDocuments, compilePolicySet, evaluate } from '../../policies/index.ts';

type RuleInput = PackDocument['rules'][number];

/** A rule of the law that binds everywhere, with what the test is about filled in. */
export function rule(id: string, type: string, params: unknown, more: Partial<RuleInput> = {}): RuleInput {
  return {
    id,
    version: 1,
    type,
    label: id,
    jurisdiction: ['*'],
    strength: 'law',
    citation: { instrument: 'made up for a test', article: '1', url: null, checkedOn: '2026-11-22' },
    confidence: 'P',
    reasonCode: `no.${id.replaceAll(/[^a-z]/g, '_')}`,
    params,
    ...more,
  };
}

/** A pack of the law that covers CN and US for every purpose. */
export function pack(rules: RuleInput[], more: Partial<PackDocument> = {}): PackDocument {
  const purposes = ['marketing', 'service', 'collection', 'survey', 'political'] as const;
  return {
    kind: 'pack',
    id: 'test-law',
    version: 1,
    title: 'Made up for a test',
    authority: 'law',
    covers: [
      { jurisdiction: 'CN', purposes: [...purposes] },
      { jurisdiction: 'US', purposes: [...purposes] },
    ],
    rules,
    ...more,
  };
}

/** A pack of house rules. */
export function housePack(rules: RuleInput[], id = 'test-house'): PackDocument {
  const house = rules.map((one) => ({ ...one, strength: 'house' as const }));
  return { kind: 'pack', id, version: 1, title: 'Made up for a test', authority: 'house', rules: house };
}

/** Complete facts from a case's shorthand; in China by default. */
export function facts(shorthand: Record<string, unknown> = {}): DialFacts {
  return factsOfCase(shorthand);
}

export function inZones(...zones: string[]): { country: string; locations: object[] } {
  return { country: 'US', locations: zones.map((zone) => ({ jurisdiction: 'US', zone })) };
}

export function resultOf(evaluation: Evaluation, id: string): Evaluation['results'][number] {
  const result = evaluation.results.find((one) => one.rule === id);
  if (result === undefined) throw new Error(`no result of ${id}`);
  return result;
}

export function at(iso: string): number {
  const instant = Date.parse(iso);
  if (Number.isNaN(instant)) throw new Error(`not an instant: ${iso}`);
  return instant;
}

/** Monday, 12:00 in Shanghai. */
export const NOON = '2026-11-23T04:00:00Z';

/** The same day, 8:00 in Shanghai. */
export const MORNING = '2026-11-23T00:00:00Z';

/** What rules of the law come to together. */
export function ask(
  rules: RuleInput[],
  shorthand: Record<string, unknown> = {},
  iso = MORNING,
  horizonMs = 0,
): Evaluation {
  return evaluate({
    policySet: compilePolicySet([pack(rules)]),
    facts: facts(shorthand),
    at: at(iso),
    horizonMs,
  });
}

/** China's calendar, for rules that name it. */
export const HOLIDAYS = 'cn-statutory-holidays';
let holidays: readonly PolicyDocument[] | undefined;

/** What one rule of the law says by itself; its reason code is `no`. */
export function judged(
  type: string,
  params: object,
  shorthand: Record<string, unknown> = {},
  iso = NOON,
  horizonMs = 0,
): Evaluation['results'][number] {
  const one = pack([rule('x', type, params, { reasonCode: 'no' })]);
  const named = JSON.stringify(params).includes(HOLIDAYS);
  if (named) holidays ??= bundledDocuments().filter(({ id }) => id === HOLIDAYS);
  const policySet = compilePolicySet([one, ...(named ? holidays! : [])]);
  return resultOf(evaluate({ policySet, facts: facts(shorthand), at: at(iso), horizonMs }), 'x');
}

/** Outcome, instant and reason of one rule, such as `defer 2026-11-23T06:00:00.000Z no`. */
export function said(...question: Parameters<typeof judged>): string {
  const { outcome, until, reason } = judged(...question);
  return [
    outcome,
    ...(until === null ? [] : [new Date(until).toISOString()]),
    ...(reason === null ? [] : [reason]),
  ].join(' ');
}
