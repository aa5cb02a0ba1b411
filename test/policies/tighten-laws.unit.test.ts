import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePolicySet, evaluate } from '../../policies/index.ts';
import { loosenings } from '../../policies/tighten.ts';
import { facts, pack, rule } from './support.ts';

describe('the law of it: what is not found looser lets nothing new through', () => {
  const quarter = fc.integer({ min: 0, max: 24 });
  const window = fc
    .tuple(quarter, quarter)
    .filter(([a, b]) => a !== b)
    .map(([a, b]) =>
      [Math.min(a, b), Math.max(a, b)].map((h) => `${String(h).padStart(2, '0')}:00`).join('-'),
    );
  const kinds: fc.Arbitrary<{ type: string; params: object }>[] = [
    fc
      .record({
        daily: fc.array(window, { minLength: 1, maxLength: 1 }),
        sun: fc.array(window, { maxLength: 1 }),
      })
      .map((windows) => ({ type: 'calling_window', params: { windows } })),
    fc
      .record({
        count: fc.integer({ min: 1, max: 4 }),
        window: fc.constantFrom(
          { rolling: { days: 3 } },
          { rolling: { days: 7 } },
          { rolling: { hours: 72 } },
          { calendar: 'day' },
          { calendar: 'week' },
        ),
        unit: fc.constantFrom('attempt', 'connect', 'conversation'),
        key: fc.constantFrom('number', 'person', 'debt'),
        countPurposes: fc.constantFrom([], ['marketing'], ['marketing', 'service']),
      })
      .map((one) => ({ type: 'frequency_cap', params: one })),
    fc
      .record({
        trigger: fc.constantFrom('conversation', 'refusal'),
        duration: fc.constantFrom(
          { days: 2 },
          { days: 3 },
          { hours: 48 },
          { calendarDays: 2 },
          { calendarDays: 4 },
        ),
        key: fc.constantFrom('person', 'debt'),
      })
      .map((one) => ({ type: 'cooldown', params: one })),
    fc
      .record({
        level: fc.constantFrom('implied', 'express', 'written'),
        maxAgeDays: fc.constantFrom(null, 30, 300),
        sellerBound: fc.boolean(),
        forNumber: fc.boolean(),
        relationship: fc.constantFrom(null, { kinds: ['contract'], withinDays: 10 }),
      })
      .map((one) => ({ type: 'consent', params: one })),
  ];
  /** Two versions of one rule. */
  const versions = fc.oneof(...kinds.map((kind) => fc.tuple(kind, kind)));
  const purposes = fc.constantFrom([], ['marketing'], ['marketing', 'service']);
  const NOW = Date.UTC(2026, 10, 23, 4);
  const HOUR = 3_600_000;
  const near = fc.integer({ min: -15 * 24, max: 24 }).map((h) => new Date(NOW + h * HOUR).toISOString());
  const subject = fc.record({
    purpose: fc.constantFrom('marketing', 'service'),
    debt: fc.constantFrom(null, 'd1'),
    seller: fc.constantFrom(null, 'acme'),
    consents: fc.array(
      fc.record({
        level: fc.constantFrom('implied', 'express', 'written'),
        purposes: fc.constant(['marketing', 'service']),
        at: near,
        seller: fc.constantFrom(null, 'acme'),
        number: fc.constantFrom(null, 'number-2'),
      }),
      { maxLength: 2 },
    ),
    relationships: fc.array(fc.record({ kind: fc.constant('contract'), at: near }), { maxLength: 1 }),
    attempts: fc.array(
      fc.record({
        at: near,
        conversation: fc.boolean(),
        debt: fc.constantFrom(null, 'd1', 'd2'),
        number: fc.constantFrom('number-1', 'number-2'),
        purpose: fc.constantFrom('marketing', 'service'),
      }),
      { maxLength: 5 },
    ),
  });

  it('for any two versions of a rule and any facts', () => {
    let stricter = 0;
    const property = fc.property(
      versions,
      purposes,
      purposes,
      fc.array(subject, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 96 }),
      ([before, after], from, to, subjects, hours) => {
        const old = pack([rule('x', before.type, before.params, { purpose: from as never })]);
        const changed = pack([rule('x', after.type, after.params, { purpose: to as never })]);
        if (loosenings([old], [changed]).length > 0) return;
        stricter += 1;
        const [oldSet, newSet] = [compilePolicySet([old]), compilePolicySet([changed])];
        for (const shorthand of subjects) {
          const asked = { facts: facts(shorthand), at: NOW + hours * HOUR, horizonMs: 0 };
          const was = evaluate({ ...asked, policySet: oldSet }).verdict.kind;
          const is = evaluate({ ...asked, policySet: newSet }).verdict.kind;
          if (was !== 'allow') expect([was, is]).not.toEqual([was, 'allow']);
        }
      },
    );
    fc.assert(property, { numRuns: 2_500 });
    expect(stricter).toBeGreaterThan(100);
  });
});
