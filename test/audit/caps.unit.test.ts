import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkCaps, type Cap } from '../../audit/checks/caps.ts';
import { periodName, wallMs } from '../../audit/local-wall.ts';
import type { CappedAttempt } from '../../audit/records.ts';
import type { AttemptFact, DialFacts } from '../../domain/facts.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/time.ts';
import { compilePolicySet, evaluate } from '../../policies/index.ts';
import { facts, housePack, inZones, pack, rule } from '../policies/support.ts';
import { AT, capped } from './records.ts';

const cap = (more: Partial<Cap> = {}): Cap => ({
  count: 2,
  window: { rolling: { hours: 24 } },
  unit: 'attempt',
  key: 'person',
  countPurposes: [],
  ...more,
});
const over = (attempts: CappedAttempt[], one: Cap) => checkCaps(attempts, () => one).violations;

describe('I5 caps', () => {
  it('allows as many as the cap and catches the next within the window, both ends included', () => {
    const two = [capped('a', AT), capped('b', AT + HOUR_MS)];
    expect(over(two, cap())).toEqual([]);
    expect(over([...two, capped('c', AT + DAY_MS)], cap())).toHaveLength(1);
    expect(over([...two, capped('c', AT + DAY_MS + 1)], cap())).toEqual([]);
  });
  it('counts from the latest instant an earlier call may have rung', () => {
    const unknown = capped('a', AT, { state: 'unknown', rangAt: AT + HOUR_MS, rungAt: [] });
    const later = [
      capped('b', AT + 2 * HOUR_MS, { rungAt: [] }),
      capped('c', AT + DAY_MS + HOUR_MS, { rungAt: [] }),
    ];
    expect(over([unknown, ...later], cap())).toHaveLength(1);
  });
  it("catches by the carrier's log what our own record hides", () => {
    const hidden = ['a', 'b', 'c'].map((id, i) =>
      capped(id, AT + i * 2 * DAY_MS, { rungAt: [AT + i * HOUR_MS] }),
    );
    expect(over(hidden, cap())[0]?.what).toContain("carrier's log");
  });
  it('finds each call too many once, also when two rang at the same instant', () => {
    expect(over([capped('a', AT), capped('b', AT + 13), capped('c', AT + 13)], cap())).toHaveLength(1);
  });
  it('counts neither what rang nowhere nor what a cap leaves out', () => {
    const at = (i: number) => AT + i * HOUR_MS;
    const nowhere = capped('a', at(0), { state: 'abandoned', sendingAt: null, rungAt: [] });
    expect(over([nowhere, capped('b', at(1)), capped('c', at(2))], cap())).toEqual([]);
    const otherNumber = capped('a', at(0), { number: 'bb' });
    const three = [otherNumber, capped('b', at(1)), capped('c', at(2))];
    expect(over(three, cap({ key: 'number' }))).toEqual([]);
    expect(over(three, cap())).toHaveLength(1);
    const survey = three.map((one, i) => (i === 0 ? { ...one, purpose: 'survey' as const } : one));
    expect(over(survey, cap({ countPurposes: ['marketing'] }))).toEqual([]);
  });
  it('counts connections and conversations where the cap says so', () => {
    const talked = { connectedAt: AT, conversation: true };
    const calls = [capped('a', AT, talked), capped('b', AT + HOUR_MS), capped('c', AT + 2 * HOUR_MS)];
    expect(over(calls, cap({ unit: 'conversation' }))).toEqual([]);
    expect(over(calls, cap({ unit: 'conversation', count: 1 }))).toHaveLength(2);
    expect(over(calls, cap({ unit: 'connect', count: 1 }))).toHaveLength(2);
  });
  it('counts by debt and by subject where both are known to differ, else over the person', () => {
    const about = (...debts: (string | null)[]) => debts.map((debt, i) => capped(`d/${i}`, AT + i, { debt }));
    const perDebt = cap({ count: 1, key: 'debt' });
    expect(over(about('d1', 'd2', 'd3'), perDebt)).toEqual([]);
    expect(over(about('d1', 'd2', 'd1'), perDebt)).toHaveLength(1);
    expect(over(about('d1', null), perDebt)).toHaveLength(1);
    expect(over(about('d1', 'd2'), cap({ count: 1, key: 'subject' }))).toHaveLength(1);
    expect(over(about('d1', 'd2'), cap({ count: 1 }))).toHaveLength(1);
  });
  it('counts local days in every candidate zone', () => {
    const perDay = cap({ count: 1, window: { calendar: 'day' } });
    const late = Date.parse('2026-11-23T15:59:59Z'); // 23:59:59 in Shanghai
    const pair = (zones: string[]) => [capped('a', late, { zones }), capped('b', late + 1_000, { zones })];
    expect(over(pair(['Asia/Shanghai']), perDay)).toEqual([]);
    expect(over(pair(['Asia/Shanghai', 'America/New_York']), perDay)).toHaveLength(1);
  });
  it('takes days as wall-clock days too, where the clocks change', () => {
    // 2026-11-01 has 25 hours in New York.
    const one = cap({ count: 1, window: { rolling: { days: 1 } } });
    const first = Date.parse('2026-10-31T16:00:00Z');
    const pair = (afterMs: number) =>
      ['a', 'b'].map((id, i) => capped(id, first + i * afterMs, { zones: ['America/New_York'] }));
    expect(over(pair(25 * HOUR_MS), one)).toHaveLength(1);
    expect(over(pair(25 * HOUR_MS + 1), one)).toEqual([]);
  });
  it('names a cap that it cannot read instead of passing over it', () => {
    expect(checkCaps([capped('a', AT)], () => null)).toEqual({
      checked: 0,
      violations: [],
      unreadable: ['p/cap'],
    });
  });
});

/** The evaluator and the audit count apart from each other; what the one allows the other must find kept. */
describe('the law that what the evaluator allows keeps the cap', () => {
  const windows = fc.constantFrom<Cap['window']>(
    { rolling: { minutes: 90 } },
    { rolling: { hours: 24 } },
    { rolling: { days: 2 } },
    { calendar: 'day' },
    { calendar: 'week' },
    { calendar: 'month' },
  );
  const zones = fc.uniqueArray(
    fc.constantFrom(
      'Asia/Shanghai',
      'America/New_York',
      'America/Los_Angeles',
      'Europe/London',
      'Australia/Lord_Howe',
    ),
    { minLength: 1, maxLength: 3 },
  );
  // Around the change of clocks of 2026-11-01 in America.
  const starts = fc.array(fc.integer({ min: 0, max: 10 * DAY_MS }), { minLength: 2, maxLength: 14 });
  const base = Date.parse('2026-10-27T00:00:00Z');

  const replay = (gated: boolean, one: Cap, inWhich: string[], offsets: readonly number[]) => {
    const policySet = compilePolicySet([pack([]), housePack([rule('cap', 'frequency_cap', one)])]);
    const made: CappedAttempt[] = [];
    let refused = 0;
    for (const at of [...offsets].sort((a, b) => a - b).map((offset) => base + offset)) {
      const seen: DialFacts = { ...facts(inZones(...inWhich)), attempts: made.map(factOf) };
      const allowed = evaluate({ policySet, facts: seen, at, horizonMs: 0 }).verdict.kind === 'allow';
      if (!allowed) refused += 1;
      if (allowed || !gated)
        made.push(capped(`x/${String(made.length).padStart(2, '0')}`, at, { zones: inWhich }));
    }
    return { violations: over(made, one), refused };
  };
  const factOf = (one: CappedAttempt): AttemptFact => ({
    attemptId: one.id,
    campaignId: 'c',
    purpose: one.purpose,
    channel: 'voice',
    number: one.number,
    vendor: null,
    debt: null,
    subject: null,
    carrierId: 'k',
    at: one.rangAt,
    connectedAt: null,
    endedAt: one.rangAt + MINUTE_MS,
    conversation: false,
    outcome: 'no_answer',
  });

  it('with the gate in place nothing is found', () => {
    fc.assert(
      fc.property(
        windows,
        fc.integer({ min: 1, max: 4 }),
        zones,
        starts,
        (window, count, inWhich, offsets) => {
          expect(replay(true, cap({ window, count }), inWhich, offsets).violations).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });
  it('without the gate, a violation is found for each call that it would have refused', () => {
    fc.assert(
      fc.property(
        windows,
        fc.integer({ min: 1, max: 4 }),
        zones,
        starts,
        (window, count, inWhich, offsets) => {
          const { violations, refused } = replay(false, cap({ window, count }), inWhich, offsets);
          expect(violations).toHaveLength(refused);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('local wall-clock time', () => {
  it('is that of the zone, and null for a zone that does not exist', () => {
    expect(wallMs('Asia/Shanghai', Date.parse('2026-11-23T16:00:00.123Z'))).toBe(
      Date.UTC(2026, 10, 24, 0, 0, 0, 123),
    );
    expect(wallMs('Mars/Olympus', AT)).toBeNull();
  });
  it('names the day, the week from Monday and the month', () => {
    const sunday = Date.UTC(2026, 10, 29, 23, 0);
    expect(periodName('day', sunday)).toBe('2026-11-29');
    expect(periodName('week', sunday)).toBe('2026-11-23');
    expect(periodName('month', sunday)).toBe('2026-11');
  });
});
