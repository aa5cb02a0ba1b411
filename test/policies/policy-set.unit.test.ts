import { describe, expect, it } from 'vitest';
import type { LocationEvidence } from '../../domain/facts.ts';
import { RightcallError } from '../../domain/failures.ts';
import type { PolicyDocument } from '../../policies/index.ts';
import {
  bundledDocuments,
  calendarsEndingSoon,
  compilePolicySet,
  documentHash,
  evaluate,
} from '../../policies/index.ts';
import { at, facts, housePack, inZones, pack, resultOf, rule } from './support.ts';

const hours = (windows: object = { daily: ['09:00-20:00'] }, more = {}) =>
  rule('hours', 'calling_window', { windows }, more);

/** The faults that compiling gives, as `field: fault`. */
function faultsOf(...documents: unknown[]): string[] {
  try {
    compilePolicySet(documents);
  } catch (error) {
    if (error instanceof RightcallError)
      return error.faults.map((f) => `${f.field}: ${f.fault}; ${f.expected}`);
    throw error;
  }
  return [];
}

describe('what ships', () => {
  it('compiles, and covers China and the United States', () => {
    const set = compilePolicySet(bundledDocuments());
    expect(set.covers('CN', 'marketing')).toBe(true);
    expect(set.covers('US', 'marketing')).toBe(true);
    expect(set.covers('US', 'political')).toBe(false);
  });
  it('no rule from memory or of doubtful source counts as verified', () => {
    const set = compilePolicySet(bundledDocuments());
    for (const { rule: one } of set.rules) expect(['P', 'S', 'M', 'C']).toContain(one.confidence);
    expect(set.rules.filter((r) => r.rule.confidence === 'M').map((r) => r.rule.id)).toContain(
      'cn.life-insurance.hours',
    );
  });
  it('the calendar has the days of the State Council’s notice for 2026, and no others', () => {
    const calendar = bundledDocuments().find((document) => document.id === 'cn-statutory-holidays');
    if (calendar?.kind !== 'calendar') throw new Error('missing');
    const off = calendar.daysOff
      .filter((d) => d.from.startsWith('2026'))
      .map((d) => `${d.from}/${d.to ?? d.from}`);
    expect(off).toEqual([
      '2026-01-01/2026-01-03',
      '2026-02-15/2026-02-23',
      '2026-04-04/2026-04-06',
      '2026-05-01/2026-05-05',
      '2026-06-19/2026-06-21',
      '2026-09-25/2026-09-27',
      '2026-10-01/2026-10-07',
    ]);
    expect(calendar.workdays.filter((d) => d.startsWith('2026'))).toEqual([
      '2026-01-04',
      '2026-02-14',
      '2026-02-28',
      '2026-05-09',
      '2026-09-20',
      '2026-10-10',
    ]);
  });
  it('warns from 60 days before a calendar ends', () => {
    const set = compilePolicySet(bundledDocuments());
    expect(calendarsEndingSoon(set, at('2026-10-31T12:00:00Z'))).toEqual([]);
    expect(calendarsEndingSoon(set, at('2026-11-01T12:00:00Z')).map((c) => c.id)).toEqual([
      'cn-statutory-holidays',
      'us-ut-holidays',
    ]);
  });
});

describe('hashes', () => {
  it('do not depend on the order of documents or keys, and do on every value', () => {
    const documents = bundledDocuments();
    const { hash } = compilePolicySet(documents);
    const reordered = documents
      .toReversed()
      .map((d) => Object.fromEntries(Object.entries(d).reverse()) as PolicyDocument);
    expect(compilePolicySet(reordered).hash).toBe(hash);
    const changed = documents.map((d) => (d.id === 'cn' ? { ...d, version: d.version + 1 } : d));
    expect(compilePolicySet(changed).hash).not.toBe(hash);
  });
  it('a document keeps its hash through JSON', () => {
    for (const document of bundledDocuments()) {
      expect(documentHash(JSON.parse(JSON.stringify(document)) as PolicyDocument)).toBe(
        documentHash(document),
      );
    }
  });
  it('an evaluation names the set it was made with', () => {
    const set = compilePolicySet([pack([hours()])]);
    expect(evaluate({ policySet: set, facts: facts(), at: 0, horizonMs: 0 }).policySetHash).toBe(set.hash);
  });
});

describe('compiling refuses, naming field, fault and what would be right', () => {
  it.each([
    [{ mon: ['12:00-09:00'] }, 'mon[0]: ends at or before its start'],
    [{ mon: ['09:00-09:00'] }, 'mon[0]: ends at or before its start'],
    [{ mon: ['9-12'] }, 'mon[0]: is not a window'],
    [{ mon: ['09:00-24:30'] }, 'mon[0]: is not a window'],
    [{ mon: ['09:00-13:00', '12:00-14:00'] }, 'mon: has windows that overlap'],
    [{ mon: [] }, 'windows: has no window on any day'],
    [{ funday: ['09:00-12:00'] }, 'windows.funday: is not a known field'],
  ])('windows %j', (windows, expected) => {
    const [fault] = faultsOf(pack([hours(windows)]));
    expect(fault).toContain('test-law.rules[0].params.windows');
    expect(fault).toContain(expected);
  });
  it.each([
    [
      'an unknown rule type',
      pack([rule('x', 'horoscope', {})]),
      'test-law.rules[0].type: horoscope is not a rule type',
    ],
    [
      'a missing calendar',
      pack([rule('x', 'calendar_block', { calendar: 'nowhere' })]),
      'names nowhere, which is not in the set',
    ],
    [
      'a calendar rule that blocks nothing',
      pack([rule('x', 'calendar_block', { calendar: null })]),
      'blocks nothing',
    ],
    [
      'a calendar rule that blocks every day',
      pack([
        rule('x', 'calendar_block', {
          calendar: null,
          weekdays: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
        }),
      ]),
      'names all seven days',
    ],
    [
      'a cap of nothing',
      pack([
        rule('x', 'frequency_cap', { count: 0, window: { calendar: 'day' }, unit: 'attempt', key: 'person' }),
      ]),
      'params.count: is too small',
    ],
    ['a rule that is used twice', pack([hours(), hours()]), 'test-law.rules[1].id: hours is used twice'],
    ['a bad date', pack([hours(undefined, { effectiveFrom: '2026-02-30' })]), 'effectiveFrom'],
    [
      'a rule that ends before it begins',
      pack([hours(undefined, { effectiveFrom: '2026-03-01', effectiveTo: '2026-02-01' })]),
      'is before effectiveFrom',
    ],
    [
      'a missing fact that would allow',
      pack([hours(undefined, { onMissingFact: 'allow' })]),
      'onMissingFact',
    ],
    ['something that is no document', { hello: 1 }, 'document.kind: is neither pack nor calendar'],
  ])('%s', (_, document, expected) => {
    expect(faultsOf(document).join('\n')).toContain(expected);
  });
  it('the same pack twice', () => {
    expect(faultsOf(pack([]), pack([], { version: 2 })).join()).toContain('is the id of two packs');
  });
  it('all faults at once', () => {
    expect(faultsOf(pack([rule('a', 'horoscope', {}), rule('b', 'tarot', {})]))).toHaveLength(2);
  });
  it('a calendar whose days lie outside what it covers', () => {
    const calendar = bundledDocuments().find((document) => document.kind === 'calendar')!;
    expect(faultsOf({ ...calendar, coverage: { from: '2026-01-01', to: '2026-12-31' } }).join()).toContain(
      'lies outside the coverage',
    );
  });
});

describe('a house pack only tightens (I9)', () => {
  const exemption = {
    kind: 'consent' as const,
    level: 'implied' as const,
    why: 'we would like to',
    citation: { instrument: 'none', article: null, url: null, checkedOn: '2026-11-22' },
    confidence: 'P' as const,
  };
  it('it may not exempt', () => {
    expect(faultsOf(housePack([{ ...hours(), exemptions: [exemption] }])).join()).toContain(
      'are set on a house rule',
    );
  });
  it('nor let a consent widen', () => {
    const widened = rule('x', 'calling_window', {
      windows: { daily: ['09:00-12:00'] },
      widenedWindows: { daily: ['00:00-24:00'] },
    });
    expect(faultsOf(pack([widened]))).toEqual([]);
    expect(faultsOf(housePack([widened])).join()).toContain('lets a consent widen a house rule');
  });
  it('nor cover a country, nor speak as law', () => {
    expect(
      faultsOf({ ...housePack([]), covers: [{ jurisdiction: 'FR', purposes: ['marketing'] }] }).join(),
    ).toContain('covers: is set in a house pack');
    expect(faultsOf({ ...housePack([]), rules: [hours()] }).join()).toContain('is law in a house pack');
  });
  it('a vendor’s rule in a law pack may not exempt either', () => {
    expect(faultsOf(pack([{ ...hours(), strength: 'vendor', exemptions: [exemption] }])).join()).toContain(
      'are set on a vendor rule',
    );
  });
});

describe('which rules bind', () => {
  const t = at('2026-11-23T02:00:00Z');
  const rulesSeen = (one: ReturnType<typeof rule>, shorthand: object) => {
    const policySet = compilePolicySet([pack([one])]);
    const { results } = evaluate({
      policySet,
      facts: facts(shorthand as Record<string, unknown>),
      at: t,
      horizonMs: 0,
    });
    return results.filter((result) => result.pack !== 'engine').length;
  };
  const florida = { country: 'US', locations: [{ jurisdiction: 'US-FL', zone: 'America/New_York' }] };

  it('a country’s rule binds its states; a state’s rule binds that state alone', () => {
    expect(rulesSeen(hours(undefined, { jurisdiction: ['US'] }), florida)).toBe(1);
    expect(rulesSeen(hours(undefined, { jurisdiction: ['US-FL'] }), florida)).toBe(1);
    expect(rulesSeen(hours(undefined, { jurisdiction: ['US-FL'] }), inZones('America/New_York'))).toBe(0);
    expect(rulesSeen(hours(undefined, { jurisdiction: ['US-NY'] }), florida)).toBe(0);
    expect(rulesSeen(hours(undefined, { jurisdiction: ['CN'] }), florida)).toBe(0);
    expect(rulesSeen(hours(undefined, { jurisdiction: ['*'] }), florida)).toBe(1);
  });
  it('purpose, channel and sector limit a rule; leaving them out does not', () => {
    expect(rulesSeen(hours(undefined, { purpose: ['survey'] }), {})).toBe(0);
    expect(rulesSeen(hours(undefined, { channel: ['sms'] }), {})).toBe(0);
    expect(rulesSeen(hours(undefined, { sector: ['online_loan'] }), {})).toBe(0);
    expect(rulesSeen(hours(undefined, { sector: ['online_loan'] }), { sector: 'online_loan' })).toBe(1);
    expect(rulesSeen(hours(), { sector: 'online_loan' })).toBe(1);
  });
  it('a rule yet to come into force binds from the first instant its day begins anywhere', () => {
    const policySet = compilePolicySet([
      pack([hours({ daily: ['23:00-23:30'] }, { effectiveFrom: '2026-11-25' })]),
    ]);
    const { verdict, results } = evaluate({ policySet, facts: facts(), at: t, horizonMs: 0 });
    expect(verdict).toEqual({ kind: 'allow', until: at('2026-11-24T10:00:00Z') });
    expect(results.at(-1)?.inputs).toEqual({ inForceFrom: '2026-11-25' });
  });
  it('a rule that has ended binds until its day has ended everywhere, and then is not in the trace', () => {
    const one = hours({ daily: ['23:00-23:30'] }, { effectiveTo: '2026-11-22' });
    const policySet = compilePolicySet([pack([one])]);
    const ask = (iso: string) => evaluate({ policySet, facts: facts(), at: at(iso), horizonMs: 0 });
    expect(ask('2026-11-23T11:59:59.999Z').verdict).toEqual({
      kind: 'defer',
      until: at('2026-11-23T12:00:00Z'),
    });
    expect(ask('2026-11-23T12:00:00Z').results.map((r) => r.rule)).toEqual([
      'engine.jurisdiction',
      'engine.zone',
    ]);
  });
});

describe('a question that makes no sense', () => {
  it.each([
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 0],
    [1.5, 0],
    [0, Number.NaN],
    [0, -1],
  ])('at %d within %d ms is refused, not answered', (t, horizonMs) => {
    const policySet = compilePolicySet([pack([hours()])]);
    expect(() => evaluate({ policySet, facts: facts(), at: t, horizonMs })).toThrow(RightcallError);
  });
});

it.each([
  [1.5, 0, { field: 'at', fault: 'is not an instant', expected: 'whole milliseconds since 1970' }],
  [
    0,
    -1,
    { field: 'horizonMs', fault: 'is not a length of time', expected: 'whole milliseconds, 0 or more' },
  ],
])('the refusal of at %d within %d ms says which is wrong', (t, horizonMs, fault) => {
  const ask = () => evaluate({ policySet: compilePolicySet([]), facts: facts(), at: t, horizonMs });
  expect(ask).toThrow(expect.objectContaining({ faults: [fault] }) as Error);
});

describe('the trace', () => {
  const t = at('2026-11-23T00:00:00Z');
  it('holds every rule after the first refusal, and each reason once, sorted', () => {
    const policySet = compilePolicySet([
      pack([
        rule('b', 'consent', { level: 'express' }, { reasonCode: 'consent' }),
        rule('a', 'consent', { level: 'written' }, { reasonCode: 'consent' }),
        hours({ daily: ['09:00-10:00'] }, { reasonCode: 'window.closed' }),
      ]),
    ]);
    const { results, reasons } = evaluate({ policySet, facts: facts(), at: t, horizonMs: 0 });
    expect(results.map((r) => `${r.rule} ${r.outcome}`)).toEqual([
      'engine.jurisdiction pass',
      'engine.zone pass',
      'a deny',
      'b deny',
      'hours defer',
    ]);
    expect(reasons).toEqual(['consent.missing', 'window.closed']);
  });
  it('names each candidate of place and zone with every source, its confidence and the day it was recorded', () => {
    const policySet = compilePolicySet([pack([hours()])]);
    const evidence = (
      source: LocationEvidence['source'],
      confidence: LocationEvidence['confidence'],
      jurisdiction: string,
      recordedAt: number | null,
    ): LocationEvidence => ({ jurisdiction, zone: 'Asia/Shanghai', source, confidence, recordedAt });
    const locations = [
      evidence('prefix', 'low', 'CN-GD', null),
      evidence('billing', 'medium', 'CN-BJ', at('2026-11-02T00:00:00Z')),
      evidence('address', 'high', 'CN-GD', at('2026-11-01T23:59:59Z')),
    ];
    const traceOf = (given: LocationEvidence[]) =>
      evaluate({ policySet, facts: { ...facts(), locations: given }, at: t, horizonMs: 0 }).results.slice(
        0,
        2,
      );
    const [jurisdiction, zone] = traceOf(locations);
    expect(jurisdiction?.inputs).toEqual({
      candidates: ['CN', 'CN-BJ', 'CN-GD'],
      from: {
        CN: ['country/high'],
        'CN-BJ': ['billing/medium@2026-11-02'],
        'CN-GD': ['address/high@2026-11-01', 'prefix/low'],
      },
    });
    expect(zone?.inputs['from']).toEqual({
      'Asia/Shanghai': ['address/high@2026-11-01', 'billing/medium@2026-11-02', 'prefix/low'],
    });
    expect(JSON.stringify(traceOf(locations.toReversed()))).toBe(JSON.stringify([jurisdiction, zone]));
  });
  it('an unverified rule says so where it decides against, and only there', () => {
    const policySet = compilePolicySet([pack([hours({ daily: ['09:00-10:00'] }, { confidence: 'M' })])]);
    const ask = (iso: string) =>
      resultOf(evaluate({ policySet, facts: facts(), at: at(iso), horizonMs: 0 }), 'hours');
    expect(ask('2026-11-23T00:00:00Z')).toMatchObject({ outcome: 'defer', unverified: true });
    expect(ask('2026-11-23T01:30:00Z')).toMatchObject({ outcome: 'pass', unverified: false });
  });
  it('an exemption from memory is told as such, with why and the event it rests on', () => {
    const policySet = compilePolicySet(bundledDocuments());
    const subject = facts({ ...inZones('America/New_York'), consents: [{}] });
    const evaluation = evaluate({ policySet, facts: subject, at: at('2026-11-23T17:00:00Z'), horizonMs: 0 });
    expect(evaluation.verdict.kind).toBe('allow');
    expect(resultOf(evaluation, 'us.dnc.national')).toMatchObject({
      outcome: 'exempt',
      reason: null,
      unverified: true,
      inputs: { event: 'consent-1', confidence: 'M' },
    });
  });
  it('an exemption that ends within the horizon exempts no more', () => {
    const policySet = compilePolicySet(bundledDocuments());
    const consents = [{ expiresAt: '2026-11-23T17:00:01Z' }];
    const subject = facts({ ...inZones('America/New_York'), consents });
    const ask = (horizonMs: number) =>
      resultOf(
        evaluate({ policySet, facts: subject, at: at('2026-11-23T17:00:00Z'), horizonMs }),
        'us.dnc.national',
      );
    expect(ask(999).outcome).toBe('exempt');
    expect(ask(1_000)).toMatchObject({ outcome: 'deny', reason: 'list.missing' });
  });
  it('what a rule allows by itself to the end of the horizon is a pass, not an exemption that ends before', () => {
    const policySet = compilePolicySet(bundledDocuments());
    const shorthand = { lists: [{ list: 'us-national-dnc', asOf: '2026-11-20T00:00:00Z' }] };
    const consents = [{ expiresAt: '2026-11-23T17:00:01Z' }];
    const subject = facts({ ...inZones('America/New_York'), ...shorthand, consents });
    const ask = (horizonMs: number) =>
      resultOf(
        evaluate({ policySet, facts: subject, at: at('2026-11-23T17:00:00Z'), horizonMs }),
        'us.dnc.national',
      );
    expect(ask(999).outcome).toBe('exempt');
    expect(ask(1_000).outcome).toBe('pass');
  });
  it('holds no number, name or anything else personal', () => {
    const policySet = compilePolicySet(bundledDocuments());
    const { results } = evaluate({
      policySet,
      facts: facts({ attempts: [{ at: '2026-11-22T00:00:00Z' }] }),
      at: t,
      horizonMs: 0,
    });
    expect(JSON.stringify(results)).not.toMatch(/number-1|person-1/);
  });
  it('a bare offset or the name of no zone is an unknown zone', () => {
    const policySet = compilePolicySet([pack([])]);
    for (const zone of ['+08:00', 'UTC+8', 'Mars/Olympus', '']) {
      const { verdict, reasons } = evaluate({ policySet, facts: facts(inZones(zone)), at: t, horizonMs: 0 });
      expect([zone, verdict.kind, reasons]).toEqual([zone, 'deny', ['zone.unknown']]);
    }
  });
});
