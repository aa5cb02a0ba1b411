import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../domain/decision.ts';
import { compilePolicySet, ENGINE_VERSION, evaluate } from '../../policies/index.ts';
import type { PackDocument } from '../../policies/index.ts';
import { ask, at, MORNING, facts, housePack, inZones, pack, resultOf, rule } from './support.ts';

type RuleInput = PackDocument['rules'][number];
const DAY = 86_400_000;

const hours = (id: string, daily: string[], more: object = {}): RuleInput =>
  rule(id, 'calling_window', { windows: { daily } }, more);
const registered = (id: string, name: string): RuleInput => rule(id, 'registration', { register: name });
const from = (name: string, t: number, until: number | null = null) => ({
  kind: 'registration',
  name,
  from: new Date(t).toISOString(),
  until: until === null ? null : new Date(until).toISOString(),
});

function said({ verdict, reasons }: Evaluation): string {
  const until =
    verdict.kind === 'deny'
      ? ''
      : ` ${verdict.until === null ? 'for ever' : new Date(verdict.until).toISOString()}`;
  return `${verdict.kind}${until}${reasons.length > 0 ? ` ${reasons.join(' ')}` : ''}`;
}

describe('a verdict over several rules', () => {
  const two = [hours('a', ['08:00-12:00', '14:00-18:00']), hours('b', ['11:00-15:00'])];
  it('is to the first instant at which one of them ends', () => {
    expect(said(ask(two, {}, '2026-11-23T03:30:00Z'))).toBe('allow 2026-11-23T04:00:00.000Z');
    expect(said(ask([hours('a', ['00:00-24:00'])]))).toBe('allow for ever');
    expect(said(ask([]))).toBe('allow for ever');
  });
  it('waits for the first instant at which all of them hold, for the whole horizon', () => {
    expect(said(ask(two))).toBe('defer 2026-11-23T03:00:00.000Z no.b');
    expect(said(ask(two, {}, '2026-11-23T04:00:00Z'))).toBe('defer 2026-11-23T06:00:00.000Z no.a');
    expect(said(ask(two, {}, '2026-11-23T03:59:59Z', 999))).toBe('allow 2026-11-23T04:00:00.000Z');
    expect(said(ask(two, {}, '2026-11-23T03:59:59Z', 1_000))).toBe('defer 2026-11-23T06:00:00.000Z no.a');
    // They have an hour in common twice a day, and both ends of a horizon count.
    expect(said(ask(two, {}, MORNING, 3_599_999))).toBe('defer 2026-11-23T03:00:00.000Z no.b');
    expect(said(ask(two, {}, MORNING, 3_600_000))).toBe('deny no.b no_permitted_instant');
  });
  it('is a denial where one of them denies, whatever the others say', () => {
    expect(said(ask([...two, rule('c', 'consent', { level: 'express' })]))).toBe('deny no.b no.c.missing');
  });
  it('asks a rule that allows the instant and not its whole horizon about what it leaves out', () => {
    const { inputs } = resultOf(ask(two, {}, '2026-11-23T03:59:59Z', 5_000), 'a');
    expect(inputs).toEqual({ localTimes: { 'Asia/Shanghai': 'Mon 2026-11-23 12:00:00' } });
  });
  it('and about the first instant that it leaves out, over days that touch', () => {
    const windows = Object.fromEntries(['wed', 'thu', 'fri'].map((day) => [day, ['00:00-24:00']]));
    const week = [rule('w', 'calling_window', { windows })];
    // Wednesday, a second before midnight in Shanghai; the call may be sent for two days and an hour.
    const asked = ask(week, {}, '2026-11-25T15:59:59Z', 49 * 3_600_000);
    expect(resultOf(asked, 'w').inputs).toEqual({
      localTimes: { 'Asia/Shanghai': 'Sat 2026-11-28 00:00:00' },
    });
    expect(said(ask(week, {}, '2026-11-25T15:59:59Z', 48 * 3_600_000))).toBe(
      'allow 2026-11-27T16:00:00.000Z',
    );
  });
  it('names its engine, set, instant and horizon', () => {
    const policySet = compilePolicySet([pack(two)]);
    expect(evaluate({ policySet, facts: facts(), at: at(MORNING), horizonMs: 7 })).toMatchObject({
      engine: ENGINE_VERSION,
      policySetHash: policySet.hash,
      at: at(MORNING),
      horizonMs: 7,
    });
  });
  it('a result has its own end or beginning, and duties only where it lays some', () => {
    const evaluation = ask([...two, rule('d', 'disclosure', { items: ['purpose'] })]);
    expect(resultOf(evaluation, 'a')).toEqual({
      pack: 'test-law',
      rule: 'a',
      type: 'calling_window',
      outcome: 'pass',
      reason: null,
      until: at('2026-11-23T04:00:00Z'),
      inputs: { localTimes: { 'Asia/Shanghai': 'Mon 2026-11-23 08:00:00' } },
      unverified: false,
    });
    expect(resultOf(evaluation, 'b')).toMatchObject({
      outcome: 'defer',
      reason: 'no.b',
      until: at('2026-11-23T03:00:00Z'),
    });
    expect(resultOf(evaluation, 'd')).toMatchObject({
      outcome: 'pass',
      until: null,
      duties: [{ kind: 'disclose' }],
    });
  });
});

describe('how far ahead is looked', () => {
  const now = at(MORNING);
  const bound = now + 400 * DAY;
  it('what begins 400 days from now is waited for, what begins later is not', () => {
    const one = [registered('a', 'dlt')];
    expect(said(ask(one, { attestations: [from('dlt', bound)] }))).toBe(
      `defer ${new Date(bound).toISOString()} no.a.expired`,
    );
    expect(said(ask(one, { attestations: [from('dlt', bound + 1)] }))).toBe(
      'deny no.a.expired no_permitted_instant',
    );
  });
  it('an end beyond the 400 days is told where it is', () => {
    const attestations = [from('dlt', now - DAY, bound + 5 * DAY)];
    expect(said(ask([registered('a', 'dlt')], { attestations }))).toBe(
      `allow ${new Date(bound + 5 * DAY).toISOString()}`,
    );
  });
  it('where no instant serves all, the trace says at which rule and instant the search ended', () => {
    const attestations = [from('one', now + DAY, now + 2 * DAY), from('two', now + 2 * DAY)];
    const evaluation = ask([registered('a', 'one'), registered('b', 'two')], { attestations });
    expect(said(evaluation)).toBe('deny no.a.expired no.b.expired no_permitted_instant');
    expect(evaluation.results.at(-1)).toEqual({
      pack: 'engine',
      rule: 'engine.search',
      type: 'guard',
      outcome: 'deny',
      reason: 'no_permitted_instant',
      until: null,
      inputs: { rule: 'a', because: 'no.a.expired', lastTried: now + 2 * DAY, bound },
      unverified: false,
    });
  });
});

describe('what must be known before any rule is trusted', () => {
  const guard = (shorthand: Record<string, unknown>, name: 'jurisdiction' | 'zone') => {
    const { outcome, reason, inputs } = resultOf(ask([], shorthand), `engine.${name}`);
    return { said: `${outcome}${reason === null ? '' : ` ${reason}`}`, inputs };
  };
  const nowhere = { country: null, locations: [] };
  it('a jurisdiction', () => {
    expect(guard(nowhere, 'jurisdiction')).toEqual({
      said: 'deny jurisdiction.unknown',
      inputs: { candidates: [], from: {} },
    });
    expect(guard({ country: null, locations: [{ zone: 'Asia/Shanghai' }] }, 'jurisdiction').said).toBe(
      'deny jurisdiction.unknown',
    );
    expect(guard({ country: null }, 'jurisdiction').said).toBe('pass');
    const twice = { locations: Array(2).fill({ jurisdiction: 'CN', zone: 'Asia/Shanghai' }) };
    expect(guard(twice, 'jurisdiction').inputs).toEqual(guard({}, 'jurisdiction').inputs);
    expect(guard({}, 'jurisdiction').inputs).toEqual({
      candidates: ['CN'],
      from: { CN: ['declared/medium'] },
    });
  });
  it('a pack of the law that covers each country for the purpose', () => {
    const abroad = { locations: [{ jurisdiction: 'FR-IDF', zone: 'Asia/Shanghai' }] };
    expect(guard(abroad, 'jurisdiction')).toEqual({
      said: 'deny jurisdiction.uncovered',
      inputs: {
        candidates: ['CN', 'FR-IDF'],
        uncovered: ['FR'],
        purpose: 'marketing',
        from: { CN: ['country/high'], 'FR-IDF': ['declared/medium'] },
      },
    });
    const policySet = compilePolicySet([
      pack([], { covers: [{ jurisdiction: 'CN', purposes: ['survey'] }] }),
      housePack([]),
    ]);
    const verdict = (purpose: string) =>
      evaluate({ policySet, facts: facts({ purpose }), at: at(MORNING), horizonMs: 0 }).verdict.kind;
    expect([verdict('survey'), verdict('marketing')]).toEqual(['allow', 'deny']);
  });
  it('a zone, and each that is named', () => {
    expect(guard(nowhere, 'zone')).toEqual({
      said: 'deny zone.unknown',
      inputs: { candidates: [], from: {} },
    });
    const named = [
      { jurisdiction: 'CN', zone: 'Asia/Shanghai' },
      { jurisdiction: 'CN', zone: 'Asia/Nowhere' },
    ];
    expect(guard({ locations: named }, 'zone')).toEqual({
      said: 'deny zone.unknown',
      inputs: {
        candidates: ['Asia/Nowhere', 'Asia/Shanghai'],
        unknown: ['Asia/Nowhere'],
        from: { 'Asia/Nowhere': ['declared/medium'], 'Asia/Shanghai': ['declared/medium'] },
      },
    });
    expect(guard({ ...inZones('America/Boise'), country: 'US' }, 'zone').said).toBe('pass');
    expect(resultOf(ask([]), 'engine.zone')).toMatchObject({
      pack: 'engine',
      type: 'guard',
      until: null,
      unverified: false,
    });
    // Rules are asked about the zones that are known.
    const evaluation = ask([hours('a', ['08:00-12:00'])], { locations: named });
    expect(said(evaluation)).toBe('deny zone.unknown');
    expect(resultOf(evaluation, 'a').inputs).toEqual({
      localTimes: { 'Asia/Shanghai': 'Mon 2026-11-23 08:00:00' },
    });
  });
});

describe('days in force', () => {
  const one = (more: object) => [hours('a', ['23:00-23:30'], more)];
  it('a rule binds from its first day on, in the widest reading', () => {
    const rules = one({ effectiveFrom: '2026-11-25' });
    // UTC+14 is the first to see the day.
    expect(said(ask(rules, {}, '2026-11-24T09:59:59.999Z'))).toBe('allow 2026-11-24T10:00:00.000Z');
    expect(said(ask(rules, {}, '2026-11-24T10:00:00Z'))).toBe('defer 2026-11-24T15:00:00.000Z no.a');
  });
  it('from its very first instant on the rule itself is asked', () => {
    const open = [hours('a', ['00:00-23:00'], { effectiveFrom: '2026-11-25' })];
    const inputs = (iso: string) => resultOf(ask(open, {}, iso), 'a').inputs;
    expect(inputs('2026-11-24T09:59:59.999Z')).toEqual({ inForceFrom: '2026-11-25' });
    expect(inputs('2026-11-24T10:00:00Z')).toHaveProperty('localTimes');
  });
  it('and to the end of its last, when it is no longer asked', () => {
    const rules = one({ effectiveTo: '2026-11-25' });
    expect(said(ask(rules, {}, '2026-11-26T11:00:00Z'))).toBe('defer 2026-11-26T12:00:00.000Z no.a');
    expect(ask(rules, {}, '2026-11-26T12:00:00Z').results).toHaveLength(2);
    expect(ask(rules, {}, '2026-11-26T11:59:59.999Z').results).toHaveLength(3);
  });
  it('one yet to begin owes nothing, exempts nothing, and is doubted by nobody', () => {
    const later = { effectiveFrom: '2026-12-25', confidence: 'M' as const };
    const exemptions = [
      {
        kind: 'callee' as const,
        calleeType: 'consumer' as const,
        why: 'w',
        citation: { instrument: 'made up', article: null, url: null, checkedOn: '2026-11-22' },
        confidence: 'M' as const,
      },
    ];
    const evaluation = ask([rule('d', 'disclosure', { items: ['purpose'] }, { ...later, exemptions })]);
    expect(resultOf(evaluation, 'd')).toEqual({
      pack: 'test-law',
      rule: 'd',
      type: 'disclosure',
      outcome: 'pass',
      reason: null,
      until: null,
      inputs: { inForceFrom: '2026-12-25' },
      unverified: false,
    });
  });
});

describe('who withdrew consent', () => {
  const open = compilePolicySet([
    pack([rule('w', 'calling_window', { windows: { daily: ['00:00-24:00'] } })]),
  ]);
  const verdictOf = (consents: unknown[]) =>
    evaluate({
      policySet: open,
      facts: facts({ consents }),
      at: at('2026-11-23T10:00:00+08:00'),
      horizonMs: 0,
    });
  const withdrawal = (rest: object = {}) => ({ kind: 'withdrawal', at: '2026-11-01T00:00:00Z', ...rest });

  it('is not called for that purpose, also where no rule asks for consent', () => {
    expect(verdictOf([]).verdict.kind).toBe('allow');
    const found = verdictOf([{ at: '2026-10-01T00:00:00Z' }, withdrawal()]);
    expect(found.verdict.kind).toBe('deny');
    expect(resultOf(found, 'engine.withdrawal')).toMatchObject({
      outcome: 'deny',
      reason: 'consent.withdrawn',
    });
    expect(verdictOf([withdrawal({ purposes: ['marketing'] })]).verdict.kind).toBe('deny');
  });

  it('is called for other purposes, by other channels, and again once they granted anew', () => {
    expect(verdictOf([withdrawal({ purposes: ['survey'] })]).verdict.kind).toBe('allow');
    expect(verdictOf([withdrawal({ channels: ['sms'] })]).verdict.kind).toBe('allow');
    expect(verdictOf([withdrawal(), { at: '2026-11-02T00:00:00Z' }]).verdict.kind).toBe('allow');
    // A grant given before the withdrawal and recorded after it, such as with a later list, is ended by it all the same.
    const late = { at: '2026-09-01T00:00:00Z', recordedAt: '2026-11-20T00:00:00Z' };
    expect(verdictOf([withdrawal(), late]).verdict.kind).toBe('deny');
  });
});
