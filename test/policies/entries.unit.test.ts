import { describe, expect, it } from 'vitest';
import { compilePolicySet, evaluate } from '../../policies/index.ts';
import { at, facts, judged, NOON, pack, resultOf, rule } from './support.ts';

describe('do-not-call entries that a trace tells', () => {
  it('of an opt-out: those that bind at that instant', () => {
    const effect = { businessDays: 1, calendar: null };
    const told = (iso: string) =>
      judged(
        'internal_optout',
        { effect },
        { suppressions: [{ at: NOON, until: '2026-11-25T00:00:00Z' }] },
        iso,
      ).inputs['entries'];
    expect(
      [
        '2026-11-23T15:59:59.999Z',
        '2026-11-23T16:00:00Z',
        '2026-11-24T23:59:59.999Z',
        '2026-11-25T00:00:00Z',
      ].map(told),
    ).toEqual([[], ['entry-1'], ['entry-1'], []]);
  });
  it('of a list: those that bind at that instant', () => {
    const told = (iso: string) =>
      judged(
        'suppression_list',
        { list: 'dnd', maxListAgeDays: null },
        { suppressions: [{ list: 'dnd', at: NOON, until: '2026-11-25T00:00:00Z' }] },
        iso,
      ).inputs['entries'];
    expect(
      ['2026-11-23T03:59:59.999Z', NOON, '2026-11-24T23:59:59.999Z', '2026-11-25T00:00:00Z'].map(told),
    ).toEqual([[], ['entry-1'], ['entry-1'], []]);
  });
  it('by their ids in order, whatever the order in which they were recorded', () => {
    const two = { suppressions: [{ list: 'dnd' }, { list: 'dnd' }] };
    const of = (type: string, params: object) => {
      const policySet = compilePolicySet([pack([rule('x', type, params)])]);
      const subject = facts(two);
      const reversed = { ...subject, suppressions: subject.suppressions.toReversed() };
      return resultOf(evaluate({ policySet, facts: reversed, at: at(NOON), horizonMs: 0 }), 'x').inputs[
        'entries'
      ];
    };
    expect(of('internal_optout', { effect: 'immediate' })).toEqual(['entry-1', 'entry-2']);
    expect(of('suppression_list', { list: 'dnd', maxListAgeDays: null })).toEqual(['entry-1', 'entry-2']);
  });
  it('a request runs from the earlier of when it was made and when we learned of it', () => {
    const policySet = compilePolicySet([
      pack([rule('x', 'internal_optout', { effect: 'immediate', minDurationDays: 5 })]),
    ]);
    const [entry] = facts({ suppressions: [{ until: NOON }] }).suppressions;
    const ends = (change: object) => {
      const subject = { ...facts(), suppressions: [{ ...entry!, ...change }] };
      const { until } = resultOf(
        evaluate({ policySet, facts: subject, at: at('2026-11-22T00:00:00Z'), horizonMs: 0 }),
        'x',
      );
      return new Date(until!).toISOString().slice(0, 10);
    };
    const [first, second] = [at('2026-11-20T00:00:00Z'), at('2026-11-21T00:00:00Z')];
    expect(ends({ recordedAt: first, validFrom: second })).toBe('2026-11-25');
    expect(ends({ recordedAt: second, validFrom: first })).toBe('2026-11-25');
    // The tenant's own entry is dated as it says.
    expect(ends({ recordedAt: first, validFrom: second, requestedByPerson: false })).toBe('2026-11-26');
  });
});

describe('the order in which facts were recorded never matters', () => {
  const of = (
    type: string,
    params: object,
    reversed: 'consents' | 'attestations',
    shorthand: Record<string, unknown>,
  ) => {
    const policySet = compilePolicySet([pack([rule('x', type, params, { reasonCode: 'no' })])]);
    const subject = facts(shorthand);
    const other = { ...subject, [reversed]: subject[reversed].toReversed() };
    const [one, two] = [subject, other].map((asked) =>
      resultOf(evaluate({ policySet, facts: asked, at: at(NOON), horizonMs: 0 }), 'x'),
    );
    expect(two).toEqual(one);
    return one!;
  };
  it('for the consents that are told', () => {
    const told = of('consent', { level: 'written' }, 'consents', { consents: [{}, { level: 'implied' }] });
    expect(told).toMatchObject({ reason: 'no.too_weak', inputs: { events: ['consent-1', 'consent-2'] } });
  });
  it('for what was stated of transfers at one instant: the later id holds', () => {
    const stated = [{ exports: true }, { exports: false }].map((detail) => ({
      kind: 'transfer',
      name: 'personal_data',
      detail,
    }));
    const told = of('transfer', { anyOf: ['certification'] }, 'attestations', { attestations: stated });
    expect(told).toMatchObject({ outcome: 'pass', inputs: { stated: 'attestation-2' } });
  });
});
