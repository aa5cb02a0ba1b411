import { describe, expect, it } from 'vitest';
import { ask, MORNING, resultOf, rule } from './support.ts';

describe('an exemption', () => {
  const citation = {
    instrument: 'The act',
    article: null as string | null,
    url: null,
    checkedOn: '2026-11-22',
  };
  const exempting = (exemption: object) => ({
    exemptions: [{ why: 'the act says so', citation, confidence: 'P', ...exemption } as never],
  });
  const relation = { kind: 'relationship', relationships: ['contract'] };
  const wants = (exemption: object) => [rule('c', 'consent', { level: 'express' }, exempting(exemption))];
  it('says why, by what law, and on what it rests', () => {
    const evaluation = ask(wants({ ...relation, citation: { ...citation, article: '7' } }), {
      relationships: [{}],
    });
    expect(resultOf(evaluation, 'c')).toMatchObject({
      outcome: 'exempt',
      reason: null,
      unverified: false,
      inputs: { why: 'the act says so', relationship: 'contract', citation: 'The act 7', confidence: 'P' },
    });
    expect(resultOf(ask(wants(relation), { relationships: [{}] }), 'c').inputs['citation']).toBe('The act');
    const callee = ask(wants({ kind: 'callee', calleeType: 'consumer' }));
    expect(resultOf(callee, 'c').inputs).toMatchObject({ calleeType: 'consumer' });
    const mobile = ask(wants({ kind: 'number_type', numberTypes: ['mobile'] }));
    expect(resultOf(mobile, 'c').inputs).toMatchObject({ numberType: 'mobile' });
  });
  it('by a consent wants its strength and what it must name', () => {
    const consented = { kind: 'consent', level: 'implied', technologies: ['prerecorded'] };
    const outcome = (consent: object) => resultOf(ask(wants(consented), { consents: [consent] }), 'c');
    expect(outcome({ level: 'implied', technologies: ['prerecorded'] })).toMatchObject({
      outcome: 'exempt',
      inputs: { level: 'implied', event: 'consent-1' },
    });
    expect(outcome({ level: 'implied' }).outcome).toBe('deny');
    expect(outcome({ level: 'implied', technologies: ['prerecorded'], purposes: ['survey'] }).outcome).toBe(
      'deny',
    );
  });
  it('must hold for the whole horizon, from its first instant to before its end', () => {
    const relationships = [{ at: '2026-11-23T00:00:00Z', endedAt: '2026-11-23T00:00:10Z' }];
    const asked = (iso: string, horizonMs = 0) =>
      resultOf(ask(wants(relation), { relationships }, iso, horizonMs), 'c').outcome;
    expect(asked(MORNING, 9_999)).toBe('exempt');
    expect(asked(MORNING, 10_000)).toBe('deny');
    expect(asked('2026-11-23T00:00:09.999Z')).toBe('exempt');
    expect(asked('2026-11-23T00:00:10Z')).toBe('deny');
    expect(asked('2026-11-22T23:59:59.999Z')).toBe('defer');
  });
  it('is told where it and the rule would both allow, and then lays no duty on the call', () => {
    const rules = [
      rule('d', 'disclosure', { items: ['purpose'] }, exempting({ kind: 'callee', calleeType: 'consumer' })),
    ];
    expect(resultOf(ask(rules), 'd')).toMatchObject({ outcome: 'exempt' });
    expect('duties' in resultOf(ask(rules), 'd')).toBe(false);
  });
  it('that another beside it does not hold is no matter', () => {
    const both = [
      rule(
        'c',
        'consent',
        { level: 'express' },
        {
          exemptions: [
            ...exempting(relation).exemptions,
            ...exempting({ kind: 'callee', calleeType: 'consumer', why: 'a consumer' }).exemptions,
          ],
        },
      ),
    ];
    expect(resultOf(ask(both), 'c')).toMatchObject({ outcome: 'exempt', inputs: { why: 'a consumer' } });
  });
  it('by a type of number is for each of the types that are named', () => {
    const types = wants({ kind: 'number_type', numberTypes: ['fixed_line', 'mobile'] });
    expect(resultOf(ask(types), 'c').outcome).toBe('exempt');
    expect(resultOf(ask(types, { numberType: 'toll_free' }), 'c').outcome).toBe('deny');
  });
});

describe('a permission that widens a rule that nobody has verified', () => {
  it('is told as such, and the rule where it needs none is not', () => {
    const windows = { daily: ['09:00-12:00'] };
    const params = { windows, widenedWindows: { daily: ['08:00-12:00'] } };
    const rules = [rule('w', 'calling_window', params, { confidence: 'M' })];
    const consents = [{ widens: ['w'] }];
    expect(resultOf(ask(rules, { consents }), 'w')).toMatchObject({ outcome: 'exempt', unverified: true });
    expect(resultOf(ask(rules, { consents }, '2026-11-23T02:00:00Z'), 'w')).toMatchObject({
      outcome: 'pass',
      unverified: false,
    });
  });
});
