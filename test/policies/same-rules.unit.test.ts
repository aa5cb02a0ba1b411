import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RightcallError } from '../../domain/failures.ts';
import {
  bundledDocuments,
  compilePolicySet,
  evaluate,
  evaluateBoth,
  sameRules,
} from '../../policies/index.ts';
import type { CompiledPolicySet, PolicyDocument } from '../../policies/index.ts';
import { facts, housePack, rule } from './support.ts';

const AT = Date.parse('2026-03-02T02:00:00Z');
/** Enough of them that rules of every reach are there: all take too long to be compiled a hundred times. */
const bundled = bundledDocuments().filter(
  ({ kind, id }) => kind === 'calendar' || /^(cn|us-federal|us-fl|us-ny|house-marketing(-cn)?)$/.test(id),
);
const base = compilePolicySet(bundled);
const without = (id: string) => bundled.filter((one) => one.id !== id);
const ids = bundled.map(({ id }) => id);

const people = [
  facts(),
  facts({ consents: [] }),
  facts({ purpose: 'collection', sector: 'online_loan' }),
  ...['US', 'US-NY', 'US-FL', 'US-CA'].map((jurisdiction) =>
    facts({ country: 'US', locations: [{ jurisdiction, zone: 'America/New_York' }] }),
  ),
];

function saysTheSame(candidate: CompiledPolicySet): void {
  const isSame = sameRules(base, candidate);
  const both = evaluateBoth(base, candidate);
  for (const one of people) {
    for (const at of [AT, AT + 9 * 3_600_000]) {
      const separately = [base, candidate].map((policySet) =>
        evaluate({ policySet, facts: one, at, horizonMs: 800 }),
      );
      const { before, after } = both(one, at, 800);
      expect([before, after]).toEqual(separately);
    }
    if (!isSame(one)) continue;
    for (const at of [AT, AT + 9 * 3_600_000, AT + 40 * 86_400_000]) {
      const { policySetHash: _before, ...before } = evaluate({
        policySet: base,
        facts: one,
        at,
        horizonMs: 800,
      });
      const { policySetHash: _after, ...after } = evaluate({
        policySet: candidate,
        facts: one,
        at,
        horizonMs: 800,
      });
      expect(after).toEqual(before);
    }
  }
}

describe('sets that bind by the same rules', () => {
  it('evaluate to the same, whatever other rules, packs and calendars differ; asked together, each as by itself', () => {
    const places = ['*', 'CN', 'US', 'US-NY', 'US-FL', 'FR'];
    const change = fc.record({
      removed: fc.subarray(ids, { maxLength: 2 }),
      place: fc.constantFrom(...places),
      purpose: fc.subarray(['marketing', 'collection'] as const),
      from: fc.integer({ min: 6, max: 11 }),
    });
    fc.assert(
      fc.property(change, ({ removed, place, purpose, from }) => {
        const hours = [`${String(from).padStart(2, '0')}:00-18:00`];
        const windows = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [day, hours]));
        const extra = rule('extra.hours', 'calling_window', { windows }, { jurisdiction: [place], purpose });
        const kept = bundled.filter(({ id }) => !removed.includes(id));
        const documents: PolicyDocument[] = [...kept, housePack([extra])];
        try {
          saysTheSame(compilePolicySet(documents));
        } catch (error) {
          // A calendar was taken away that a rule asks for.
          if (!(error instanceof RightcallError)) throw error;
          saysTheSame(compilePolicySet([...bundled, housePack([extra])]));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('are found for the places that a change leaves alone, and not for those that it binds', () => {
    const windows = { mon: ['10:00-12:00'] };
    const extra = rule('extra.hours', 'calling_window', { windows }, { jurisdiction: ['US-NY'] });
    const isSame = sameRules(base, compilePolicySet([...bundled, housePack([extra])]));
    const inState = (jurisdiction: string) =>
      facts({ country: 'US', locations: [{ jurisdiction, zone: 'America/New_York' }] });
    expect(isSame(inState('US-NY'))).toBe(false);
    expect(isSame(inState('US-FL'))).toBe(true);
    expect(isSame(facts())).toBe(true);
  });

  it('are not the same where a calendar that a rule names says something else', () => {
    const calendar = bundled.find((one) => one.kind === 'calendar' && one.id.startsWith('cn-'));
    if (calendar?.kind !== 'calendar') throw new Error('no calendar of China is shipped');
    const other = { ...calendar, version: calendar.version + 1 };
    const isSame = sameRules(base, compilePolicySet([...without(calendar.id), other]));
    expect(people.some((one) => !isSame(one))).toBe(true);
    expect(
      isSame(facts({ country: 'US', locations: [{ jurisdiction: 'US', zone: 'America/New_York' }] })),
    ).toBe(true);
  });

  it('are not the same where one covers a country that the other does not', () => {
    const law = bundled.find((one) => one.kind === 'pack' && one.id === 'cn')!;
    const uncovered = { ...law, covers: [] } as PolicyDocument;
    const isSame = sameRules(base, compilePolicySet([...without('cn'), uncovered]));
    expect(isSame(facts())).toBe(false);
  });
});
