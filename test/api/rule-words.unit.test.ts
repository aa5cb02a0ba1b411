import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LANGUAGES, MESSAGES, reasonWord, type Messages } from '../../api/story/messages/index.ts';
import type { ToldRule } from '../../api/story/messages/rules.ts';
import { dutyText, remedyText, ruleText } from '../../api/story/rules.ts';
import { tellingOf } from '../../api/story/telling.ts';
import { dutySchema, type Duty } from '../../domain/decision.ts';
import { COHORT_OUTCOMES } from '../../gate/cohort.ts';
import { RULE_BLOCKS } from '../../gate/rules/holds.ts';
import { CAMPAIGN_STATUSES } from '../../domain/vocabulary.ts';
import { bundledDocuments, type Remedy } from '../../policies/index.ts';
import { RULE_TYPE_NAMES } from '../../policies/registry.ts';

const AT = Date.parse('2026-11-20T12:00:00+08:00');
const call = { at: AT, purpose: 'marketing', channel: 'voice', zones: ['Asia/Shanghai'] };

/** Dotted codes in the source of what gives reasons, so that none can be given without words for it. */
function codesInSource(): string[] {
  const folder = new URL('../../policies/', import.meta.url);
  const files = [
    ...readdirSync(new URL('rules/', folder)).map((name) => `rules/${name}`),
    'binding.ts',
    'evaluate.ts',
  ];
  const codes = files.flatMap((name) => {
    const source = readFileSync(new URL(name, folder), 'utf8');
    return [...source.matchAll(/'([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+)'/g)].map((match) => match[1]!);
  });
  return [...new Set([...codes, 'no_permitted_instant'])].filter(
    (code) => !/^(engine|supposed)\./.test(code),
  );
}

/** What a rule type puts after a pack's own code: found in its source, so that none can be added without words. */
function suffixesOf(type: string): string[] {
  const source = readFileSync(
    new URL(`../../policies/rules/${type.replaceAll('_', '-')}.ts`, import.meta.url),
    'utf8',
  );
  if (source.includes('consentFault('))
    return ['missing', 'withdrawn', 'expired', 'too_weak', 'not_covering'];
  const direct = [
    ...source.matchAll(/\bcode\('([a-z_]+)'\)/g),
    ...source.matchAll(/\$\{rule\.reasonCode\}\.([a-z_]+)`/g),
  ];
  // `${rule.reasonCode}.${…}`: the words that are chosen between in the same statement.
  const chosen = [...source.matchAll(/(?:const fault =[^;]*;|\$\{rule\.reasonCode\}\.\$\{[^}]*\})/g)].flatMap(
    (match) => [...match[0].matchAll(/[?:]\s*'([a-z_]+)'/g)],
  );
  return [...new Set([...direct, ...chosen].map((match) => match[1]!))];
}

/** Whether a type gives the pack's code as it is. */
function givesOwnCode(type: string): boolean {
  const url = new URL(`../../policies/rules/${type.replaceAll('_', '-')}.ts`, import.meta.url);
  return /rule\.reasonCode[,;\s)]/.test(readFileSync(url, 'utf8'));
}

test('the suffixes are found in the source of the types', () => {
  expect(suffixesOf('caller_id').sort()).toEqual(['country', 'missing', 'prefix', 'type', 'unproven']);
  expect(suffixesOf('optout_mechanism').sort()).toEqual(['undeclared', 'unscripted']);
  expect(suffixesOf('registration').sort()).toEqual(['expired', 'missing', 'template']);
  expect(suffixesOf('calling_window')).toEqual([]);
  expect(RULE_TYPE_NAMES.filter(givesOwnCode)).toEqual(
    expect.arrayContaining(['calling_window', 'abandonment_cap']),
  );
  expect(givesOwnCode('caller_id')).toBe(false);
});

interface BundledRule {
  readonly id: string;
  readonly type: string;
  readonly reasonCode: string;
  readonly params: Record<string, unknown>;
  readonly label: string;
}
const bundled = bundledDocuments().flatMap((document) =>
  document.kind === 'pack' ? (document.rules as unknown as BundledRule[]) : [],
);

function codesOf(rule: BundledRule): string[] {
  const own = givesOwnCode(rule.type) ? [rule.reasonCode] : [];
  return [...own, ...suffixesOf(rule.type).map((suffix) => `${rule.reasonCode}.${suffix}`)];
}

const REMEDIES: Record<Remedy['code'], Remedy['detail']> = {
  wait: { until: AT },
  'consent.give': { level: 'express', purposes: ['marketing'], channel: 'voice' },
  'consent.renew': { level: 'express', purposes: ['marketing'], channel: 'voice', maxAgeDays: 30 },
  'consent.strengthen': { level: 'written', purposes: ['marketing'], channel: 'voice' },
  'consent.anew': { level: 'express', purposes: ['marketing'], channel: 'voice' },
  'consent.exempts': {
    level: 'express',
    purposes: ['marketing'],
    channel: 'voice',
    why: 'W',
    citation: { instrument: 'I', article: '1', url: null, checkedOn: '2026-11-22' },
  },
  'consent.widens': { level: 'express', purposes: ['marketing'], channel: 'voice', rule: 'r.1' },
  'list.hold': { list: 'L', maxAgeDays: 31 },
  'list.refresh': { list: 'L', maxAgeDays: 31 },
  'list.nothing': { list: 'L', until: null },
  'optout.nothing': { until: AT },
  'place.declare': { what: 'zone' },
  'zone.correct': { zones: ['Asia/Nowhere'] },
  'pack.publish': { countries: ['FR'], purpose: 'marketing' },
  'calendar.publish': { calendar: 'c', coveredTo: '2026-12-31' },
  'rule.see': { rule: 'r.1' },
  'consent.cover': { level: 'written', purposes: ['marketing'], channel: 'voice', names: ['seller'] },
  'consent.separate': { level: 'separate', purposes: ['marketing'], channel: 'voice', separate: 'export' },
  'consent.guardian': { level: 'guardian', purposes: ['marketing'], channel: 'voice' },
  'relationship.record': {
    kinds: ['purchase', 'inquiry'],
    withinDays: 540,
    why: 'W',
    citation: { instrument: 'I', article: null, url: null, checkedOn: '2026-11-22' },
  },
  'callee.record': { what: 'age' },
  'callee.nothing': { why: 'refused' },
  'callerid.show': { want: 'range', allowed: ['CN 400'] },
  attest: { kind: 'licence', name: 'B24', maxAgeDays: 365, detail: {} },
  'emergency.nothing': { until: null },
  'line.declare': {},
  'line.nothing': { vendor: 'V', why: 'use' },
  'data.localise': {},
  'script.declare': {
    items: ['caller_name'],
    withinS: 30,
    optOut: { means: ['keypress'], endWithinS: 10 },
    aiLabel: { modes: ['prompt'], at: ['start'] },
  },
  'ring.longer': { seconds: 15 },
  'abandonment.figures': {},
  'abandonment.lower': { ratePercent: 3 },
};

/** A clause that people can read: whole, in the language, and no bare code. */
function expectClause(text: string, say: Messages, about: string): void {
  expect(text, about).not.toMatch(/undefined|NaN|\[object|\$\{|null/);
  expect(text.trim(), about).not.toBe('');
  if (say.language === 'zh') expect(text, about).toMatch(/\p{Script=Han}/u);
  else expect(text, about).not.toMatch(/\p{Script=Han}/u);
}

describe.each(LANGUAGES)('in %s', (language) => {
  const say = MESSAGES[language];
  const tell = tellingOf(call, say);

  test('every rule type has a name and sentences', () => {
    for (const type of [...RULE_TYPE_NAMES, 'guard']) {
      expectClause(say.rules.types[type] ?? '', say, `types.${type}`);
      expect(say.rules.says[type], `says.${type}`).toBeTypeOf('function');
    }
  });

  test('every reason that a bundled pack or a rule type can give has words', () => {
    for (const code of [...codesInSource(), 'campaign.hours', 'number.missing']) {
      expectClause(reasonWord(code, say) ?? '', say, `reason ${code}`);
    }
    for (const rule of bundled) {
      for (const code of codesOf(rule))
        expectClause(reasonWord(code, say, rule.type) ?? '', say, `reason ${code}`);
    }
    // Packs of one's own choose their codes; what a type puts after them has words all the same.
    for (const type of RULE_TYPE_NAMES) {
      if (givesOwnCode(type)) expectClause(reasonWord('own_code', say, type) ?? '', say, `${type} alone`);
      for (const suffix of suffixesOf(type)) {
        expectClause(reasonWord(`own_code.${suffix}`, say, type) ?? '', say, `${type} ….${suffix}`);
      }
    }
  });

  test('every bundled rule is told for each of its reasons and where it passes, with a trace that says nothing too', () => {
    for (const rule of bundled) {
      const tellIt = (reason: string | null, inputs: ToldRule['inputs']) =>
        ruleText(
          {
            type: rule.type,
            rule: rule.id,
            outcome: reason === null ? 'pass' : 'deny',
            reason,
            until: null,
            inputs,
            params: rule.params,
            label: rule.label,
          },
          tell,
          say,
        );
      for (const reason of [...codesOf(rule), null]) {
        const text = tellIt(reason, {});
        expect(text.trim(), `${rule.id} ${reason}`).not.toBe('');
        if (language === 'zh') expect(text).toMatch(/\p{Script=Han}/u);
        if (reason !== null) expect(text, rule.id).not.toContain(reason);
      }
    }
  });

  test('every type is told for each fault that it knows, also from a trace that is empty', () => {
    for (const type of RULE_TYPE_NAMES) {
      for (const suffix of [null, '', ...suffixesOf(type)]) {
        const reason = suffix === null ? null : suffix === '' ? 'own_code' : `own_code.${suffix}`;
        const outcome = reason === null ? 'pass' : 'deny';
        const label = language === 'zh' ? '标签' : 'Label';
        const rule: ToldRule = {
          type,
          rule: 'r',
          outcome,
          reason,
          until: null,
          inputs: {},
          params: {},
          label,
        };
        const text = ruleText(rule, tell, say);
        expect(text.trim(), `${type} ${reason}`).not.toBe('');
        expect(text, `${type} ${reason}`).not.toMatch(/undefined|NaN|\[object|null|own_code/);
        if (language === 'zh') expect(text, `${type} ${reason}`).toMatch(/\p{Script=Han}/u);
      }
    }
  });

  test('every remedy, block and duty has words', () => {
    for (const [code, detail] of Object.entries(REMEDIES)) {
      expectClause(remedyText({ code, detail, proved: true } as Remedy, tell, say), say, code);
    }
    expect(Object.keys(say.rules.remedies).sort()).toEqual(Object.keys(REMEDIES).sort());
    for (const code of blockCodes()) {
      expectClause(say.rules.blockRemedies[code] ?? '', say, `remedy of ${code}`);
      expectClause(say.words.other[code] ?? '', say, `block ${code}`);
    }
    for (const kind of dutySchema.shape.kind.options) {
      const duty: Duty = { kind, detail: { items: ['name'], means: ['keypress'] }, withinS: 30, dueAt: AT };
      expectClause(dutyText(duty, tell, say), say, kind);
      expect(dutyText(duty, tell, say)).toContain('30');
    }
  });

  test('every outcome and cause of a cohort has words', () => {
    for (const outcome of COHORT_OUTCOMES) expectClause(say.rules.outcomes[outcome], say, outcome);
    for (const [code, text] of Object.entries(say.rules.causes)) expectClause(text, say, code);
    expect(Object.keys(say.rules.causes).sort()).toEqual(Object.keys(MESSAGES.en.rules.causes).sort());
    for (const table of ['terms', 'reasons', 'types', 'blockRemedies'] as const) {
      expect(Object.keys(say.rules[table]).sort()).toEqual(Object.keys(MESSAGES.en.rules[table]).sort());
    }
    for (const type of Object.keys(MESSAGES.en.rules.faults)) {
      expect(Object.keys(say.rules.faults[type]!).sort()).toEqual(
        Object.keys(MESSAGES.en.rules.faults[type]!).sort(),
      );
    }
    const share = say.rules.about({ count: 5, low: 3, high: 9 });
    for (const text of [
      share,
      say.rules.retryAfter({ outcome: language === 'zh' ? '占线' : 'busy' }),
      say.rules.endedWith({ state: language === 'zh' ? '已转化' : 'converted', why: null }),
      say.rules.cohort({ total: '9', dialable: share, main: language === 'zh' ? '原因' : 'a reason' }),
      say.rules.forecast({ eligible: share, dialled: '4', until: 'T' }),
    ]) {
      expectClause(text, say, text);
    }
  });

  test('the sentences carry the numbers, the local times and the ages', () => {
    const cap: ToldRule = {
      type: 'frequency_cap',
      rule: 'r',
      outcome: 'defer',
      reason: 'cap.attempts',
      until: AT,
      inputs: { count: 3, counted: 3, unit: 'attempt', window: { rolling: { days: 30 } } },
      params: {},
      label: 'L',
    };
    expect(ruleText(cap, tell, say)).toBe(
      language === 'zh'
        ? '30 天内已计 3 次呼叫，最多 3 次'
        : 'calls tried: 3 within 30 days already, of at most 3',
    );
    const window: ToldRule = {
      ...cap,
      type: 'calling_window',
      reason: 'window.closed',
      inputs: { localTimes: { 'Asia/Shanghai': 'Fri 2026-11-20 22:10:00' } },
      params: { windows: { mon: ['09:00-12:00'], sat: ['10:00-12:00'], tue: ['09:00-12:00'] } },
    };
    expect(ruleText(window, tell, say)).toBe(
      language === 'zh'
        ? '当地时间 2026-11-20 周五 22:10:00（Asia/Shanghai），允许时段为 周一、周二 09:00–12:00；周六 10:00–12:00'
        : 'it is Fri 2026-11-20 22:10:00 (Asia/Shanghai); calls are allowed Mon, Tue 09:00–12:00; Sat 10:00–12:00',
    );
    expect(remedyText({ code: 'wait', detail: { until: AT }, proved: true }, tell, say)).toBe(
      language === 'zh'
        ? '等到 2026-11-20 周五 12:00（Asia/Shanghai）'
        : 'wait until Fri 2026-11-20 12:00 (Asia/Shanghai)',
    );
  });
});

/** Codes of blocks in the source of what gives them. */
function blockCodes(): string[] {
  const codes = ['contact-blocks.ts', 'campaign-blocks.ts'].flatMap((name) => {
    const source = readFileSync(new URL(`../../gate/${name}`, import.meta.url), 'utf8');
    return [...source.matchAll(/\badd\('([a-z_.]+)'/g)].map((match) => match[1]!);
  });
  const statuses = CAMPAIGN_STATUSES.filter((status) => status !== 'running').map(
    (status) => `campaign.${status}`,
  );
  return [...new Set([...codes, ...statuses, ...RULE_BLOCKS])];
}

test('a rule of a type that is not known here is told by its label, never left out', () => {
  const rule: ToldRule = {
    type: 'something_new',
    rule: 'r',
    outcome: 'deny',
    reason: 'new.reason',
    until: null,
    inputs: {},
    params: {},
    label: 'The label',
  };
  expect(ruleText(rule, tellingOf(call, MESSAGES.en), MESSAGES.en)).toBe('The label (new.reason)');
});
