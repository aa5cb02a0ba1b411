import { describe, expect, it } from 'vitest';
import type { DialFacts } from '../../domain/facts.ts';
import { compilePolicySet, evaluate } from '../../policies/index.ts';
import { at, facts, HOLIDAYS, judged, NOON, pack, resultOf, rule, said } from './support.ts';

/** Outcome and instant of one rule, of facts that no case’s shorthand can say. */
function saidOf(type: string, params: object, change: Partial<DialFacts>): string {
  const policySet = compilePolicySet([pack([rule('x', type, params, { reasonCode: 'no' })])]);
  const evaluation = evaluate({ policySet, facts: { ...facts(), ...change }, at: at(NOON), horizonMs: 0 });
  const { outcome, until } = resultOf(evaluation, 'x');
  return until === null ? outcome : `${outcome} ${new Date(until).toISOString()}`;
}
const inPlaces = (...places: [jurisdiction: string, zone: string][]) => ({
  country: places[0]![0].slice(0, 2),
  locations: places.map(([jurisdiction, zone]) => ({ jurisdiction, zone })),
});

describe('calendar_block', () => {
  it('days off on a Sunday are kept on Monday too, on other days alone, where that is asked', () => {
    const observed = { calendar: HOLIDAYS, observedShift: 'nearest_weekday' };
    // The holiday of 2026-02-15 begins on a Sunday and goes on; that of 2026-01-01 to 03 ends on a Saturday.
    expect(said('calendar_block', observed, {}, '2026-01-02T04:00:00Z')).toBe(
      'defer 2026-01-03T16:00:00.000Z no',
    );
    // 2026-09-25 to 27 is Friday to Sunday: Monday the 28th is kept.
    expect(said('calendar_block', observed, {}, '2026-09-28T04:00:00Z')).toBe(
      'defer 2026-09-28T16:00:00.000Z no',
    );
    expect(said('calendar_block', { calendar: HOLIDAYS }, {}, '2026-09-28T04:00:00Z')).toBe(
      'pass 2026-09-30T16:00:00.000Z',
    );
    expect(judged('calendar_block', observed, {}, '2026-09-28T04:00:00Z').inputs['why']).toBe(
      '中秋节 2026 (observed)',
    );
  });
  it('weekdays in a row are blocked as one, by the clock of each zone', () => {
    const weekend = { calendar: null, weekdays: ['sat', 'sun'] };
    expect(said('calendar_block', weekend, {}, '2026-11-28T04:00:00Z')).toBe(
      'defer 2026-11-29T16:00:00.000Z no',
    );
    expect(said('calendar_block', weekend, {}, '2026-11-27T15:59:59.999Z')).toBe(
      'pass 2026-11-27T16:00:00.000Z',
    );
    expect(said('calendar_block', weekend, {}, '2026-11-29T16:00:00Z')).toBe('pass 2026-12-04T16:00:00.000Z');
    const both = inPlaces(['CN', 'Asia/Shanghai'], ['CN', 'America/New_York']);
    expect(said('calendar_block', weekend, both, '2026-11-29T20:00:00Z')).toBe(
      'defer 2026-11-30T05:00:00.000Z no',
    );
    expect(judged('calendar_block', weekend, both, '2026-11-29T20:00:00Z').inputs).toMatchObject({
      why: 'sun',
    });
  });
  it('before its coverage it waits for the first open day, after it for nothing', () => {
    expect(said('calendar_block', { calendar: HOLIDAYS }, {}, '2024-12-31T15:59:59Z')).toBe(
      'defer 2025-01-01T16:00:00.000Z calendar.uncovered',
    );
    expect(said('calendar_block', { calendar: HOLIDAYS }, {}, '2026-12-31T15:59:59.999Z')).toBe(
      'pass 2026-12-31T16:00:00.000Z',
    );
    expect(said('calendar_block', { calendar: HOLIDAYS }, {}, '2026-12-31T16:00:00Z')).toBe(
      'deny calendar.uncovered',
    );
    expect(
      judged('calendar_block', { calendar: HOLIDAYS }, {}, '2026-12-31T16:00:00Z').inputs['coveredTo'],
    ).toBe('2026-12-31');
  });
  it('the first and last day of its coverage are known, the days beside them are not', () => {
    const told = (iso: string) => {
      const { reason, inputs } = judged('calendar_block', { calendar: HOLIDAYS, weekdays: ['thu'] }, {}, iso);
      return [reason, inputs['why']];
    };
    const beyond = ['calendar.uncovered', 'outside the calendar’s coverage'];
    expect(told('2024-12-31T04:00:00Z')).toEqual(beyond);
    expect(told('2025-01-01T04:00:00Z')).toEqual(['no', '元旦 2025']);
    expect(told('2027-01-01T04:00:00Z')).toEqual(beyond);
  });
  it('weekdays of a calendar that are open by a make-up workday, and days off that are none', () => {
    const swapped = { calendar: HOLIDAYS, weekdays: ['sat', 'sun'], workdaySwap: 'treat_as_workday' };
    expect(said('calendar_block', swapped, {}, '2026-10-10T04:00:00Z')).toBe('pass 2026-10-10T16:00:00.000Z');
    expect(said('calendar_block', swapped, {}, '2026-10-17T04:00:00Z')).toBe(
      'defer 2026-10-18T16:00:00.000Z no',
    );
  });
  it('a last open day before a blocked end is denied where nothing follows within the coverage', () => {
    const rest = { calendar: HOLIDAYS, weekdays: ['thu'] };
    // 2026-12-31, the last day covered, is a Thursday.
    expect(said('calendar_block', rest, {}, '2026-12-31T04:00:00Z')).toBe('deny calendar.uncovered');
    expect(judged('calendar_block', rest, {}, '2026-12-31T04:00:00Z').inputs['why']).toBe('thu');
  });
});

describe('calling_window', () => {
  const windows = { daily: ['09:00-12:00', '14:00-20:00'] };
  it('the longest delay of all places that somebody may be in counts', () => {
    const delayed = { windows, habitualOffsetMinutes: { 'CN-XJ': 120, 'CN-XZ': 60, 'Asia/Urumqi': 90 } };
    const open = (...places: [string, string][]) =>
      said('calling_window', delayed, inPlaces(...places), '2026-11-23T00:00:00Z');
    expect(open(['CN', 'Asia/Shanghai'])).toBe('defer 2026-11-23T01:00:00.000Z no');
    expect(open(['CN-XZ', 'Asia/Shanghai'])).toBe('defer 2026-11-23T02:00:00.000Z no');
    expect(open(['CN-XJ', 'Asia/Shanghai'], ['CN-XZ', 'Asia/Shanghai'])).toBe(
      'defer 2026-11-23T03:00:00.000Z no',
    );
    expect(open(['CN-XZ', 'Asia/Shanghai'], ['CN-XJ', 'Asia/Shanghai'])).toBe(
      'defer 2026-11-23T03:00:00.000Z no',
    );
    // By the clock of Urumqi itself, two hours behind.
    expect(open(['CN', 'Asia/Urumqi'])).toBe('defer 2026-11-23T04:30:00.000Z no');
  });
  it('a consent widens by its own windows, while it lasts, where it names the rule', () => {
    const widened = { windows, widenedWindows: { daily: ['12:00-13:00'] } };
    const consent = (more: object) => ({ consents: [{ widens: ['x'], ...more }] });
    expect(said('calling_window', widened, consent({}))).toBe('exempt 2026-11-23T05:00:00.000Z');
    expect(said('calling_window', widened, consent({ expiresAt: '2026-11-23T04:30:00Z' }))).toBe(
      'exempt 2026-11-23T04:30:00.000Z',
    );
    for (const not of [
      { widens: ['y'] },
      { widens: [] },
      { level: 'implied' },
      { purposes: ['survey'] },
      { expiresAt: NOON },
    ])
      expect([not, said('calling_window', widened, consent(not))]).toEqual([
        not,
        'defer 2026-11-23T06:00:00.000Z no',
      ]);
    // In the usual hours nothing special is made use of.
    expect(said('calling_window', widened, consent({}), '2026-11-23T03:00:00Z')).toBe(
      'pass 2026-11-23T05:00:00.000Z',
    );
    expect(said('calling_window', { windows }, consent({}))).toBe('defer 2026-11-23T06:00:00.000Z no');
    // All the places somebody may be in must lie within the wider hours.
    const two = { ...consent({}), ...inPlaces(['CN', 'Asia/Shanghai'], ['CN', 'Asia/Tokyo']) };
    expect(said('calling_window', widened, two)).toBe('defer 2026-11-23T06:00:00.000Z no');
  });
  it('hours of days off are theirs alone, and unknown days are closed at both ends', () => {
    const holidays = { windows, holidayWindows: { calendar: HOLIDAYS, windows: { daily: ['10:00-11:00'] } } };
    expect(said('calling_window', holidays, {}, '2024-12-31T15:59:00Z')).toBe(
      'defer 2025-01-01T02:00:00.000Z calendar.uncovered',
    );
    expect(said('calling_window', holidays, {}, '2026-12-31T04:00:00Z')).toBe(
      'defer 2026-12-31T06:00:00.000Z no',
    );
    expect(said('calling_window', holidays, {}, '2026-12-31T12:00:00Z')).toBe('deny no');
    expect(said('calling_window', holidays, {}, '2026-12-31T16:00:00Z')).toBe('deny calendar.uncovered');
    const both = inPlaces(['CN', 'Asia/Shanghai'], ['CN', 'America/New_York']);
    // Where it is New Year already nothing is known.
    expect(said('calling_window', holidays, both, '2026-12-31T16:00:00Z')).toBe('deny calendar.uncovered');
  });
});

describe('cooldown', () => {
  const cool = { trigger: 'conversation', duration: { hours: 1 } };
  const talk = (more: object) => ({
    attempts: [
      { ...facts({ attempts: [{ at: '2026-11-23T03:10:00Z', conversation: true }] }).attempts[0]!, ...more },
    ],
  });
  it('runs from the end of a talk, else from when it was answered, else from when it was made', () => {
    const endedAt = at('2026-11-23T03:30:00Z');
    const connectedAt = at('2026-11-23T03:20:00Z');
    expect(saidOf('cooldown', cool, talk({ endedAt, connectedAt }))).toBe('defer 2026-11-23T04:30:00.001Z');
    expect(saidOf('cooldown', cool, talk({ endedAt: null, connectedAt }))).toBe(
      'defer 2026-11-23T04:20:00.001Z',
    );
    expect(saidOf('cooldown', cool, talk({ endedAt: null, connectedAt: null }))).toBe(
      'defer 2026-11-23T04:10:00.001Z',
    );
    expect(saidOf('cooldown', cool, talk({ conversation: false }))).toBe('pass');
    expect(saidOf('cooldown', { ...cool, trigger: 'refusal' }, talk({}))).toBe('pass');
  });
  it('by debt, subject and purpose, of talks as of what was recorded', () => {
    expect(
      said(
        'cooldown',
        { ...cool, triggerPurposes: ['survey'] },
        { attempts: [{ at: '2026-11-23T03:10:00Z', conversation: true }] },
      ),
    ).toBe('pass');
    const of = (key: string, more: object) =>
      said(
        'cooldown',
        { ...cool, key },
        {
          debt: 'd1',
          subject: 's1',
          attempts: [{ at: '2026-11-23T03:10:00Z', conversation: true, ...more }],
        },
      ).slice(0, 5);
    expect([of('debt', { debt: 'd2' }), of('debt', { debt: 'd1', subject: 's2' }), of('debt', {})]).toEqual([
      'pass',
      'defer',
      'defer',
    ]);
    expect([of('subject', { subject: 's2' }), of('subject', { debt: 'd2', subject: 's1' })]).toEqual([
      'pass',
      'defer',
    ]);
    expect(of('person', { debt: 'd2', subject: 's2' })).toBe('defer');
  });
  it('the latest end of all that happened counts, of local days in the zone that is last', () => {
    const two = {
      triggers: ['2026-11-23T03:40:00Z', '2026-11-23T03:20:00Z'].map((when) => ({
        kind: 'conversation',
        at: when,
      })),
    };
    expect(said('cooldown', cool, two)).toBe('defer 2026-11-23T04:40:00.001Z no');
    const days = { trigger: 'conversation', duration: { calendarDays: 2 } };
    expect(
      said('cooldown', days, { ...two, ...inPlaces(['CN', 'Asia/Shanghai'], ['CN', 'America/New_York']) }),
    ).toBe('defer 2026-11-24T16:00:00.000Z no');
    expect(said('cooldown', days, { ...two, locations: [{ jurisdiction: 'CN' }] })).toBe(
      'defer 2026-11-26T03:40:00.000Z no',
    );
  });
});

describe('frequency_cap', () => {
  const cap = (unit: string, more: object = {}) => ({
    count: 1,
    window: { rolling: { hours: 1 } },
    unit,
    key: 'person',
    ...more,
  });
  const call = (more: object) => ({
    attempts: [{ ...facts({ attempts: [{ at: '2026-11-23T03:10:00Z' }] }).attempts[0]!, ...more }],
  });
  const [connectedAt, endedAt] = [at('2026-11-23T03:20:00Z'), at('2026-11-23T03:30:00Z')];
  it('counts an attempt from when it was made, what was picked up or talked from when it was answered', () => {
    const answered = { connectedAt, endedAt, outcome: 'answered', conversation: true } as const;
    expect(saidOf('frequency_cap', cap('attempt'), call(answered))).toBe('defer 2026-11-23T04:10:00.001Z');
    expect(saidOf('frequency_cap', cap('connect'), call(answered))).toBe('defer 2026-11-23T04:20:00.001Z');
    expect(saidOf('frequency_cap', cap('conversation'), call(answered))).toBe(
      'defer 2026-11-23T04:20:00.001Z',
    );
    expect(saidOf('frequency_cap', cap('conversation'), call({ ...answered, connectedAt: null }))).toBe(
      'defer 2026-11-23T04:10:00.001Z',
    );
    expect(saidOf('frequency_cap', cap('conversation'), call({ ...answered, conversation: false }))).toBe(
      'pass',
    );
  });
  it('counts what is still open, or of unknown end, as picked up and talked', () => {
    for (const open of [
      { outcome: null, endedAt: null },
      { outcome: 'unknown', endedAt },
    ] as const) {
      expect(saidOf('frequency_cap', cap('connect'), call(open))).toBe('defer 2026-11-23T04:10:00.001Z');
      expect(saidOf('frequency_cap', cap('conversation'), call({ ...open, connectedAt }))).toBe(
        'defer 2026-11-23T04:20:00.001Z',
      );
    }
    expect(saidOf('frequency_cap', cap('connect'), call({ outcome: null, endedAt }))).toBe('pass');
    expect(saidOf('frequency_cap', cap('connect'), call({ outcome: 'no_answer', endedAt: null }))).toBe(
      'pass',
    );
  });
  it('over a number, a debt, a subject or the person; for the purposes that count', () => {
    const counted = (more: object, attempt: object) =>
      said('frequency_cap', cap('attempt', more), {
        debt: 'd1',
        subject: 's1',
        attempts: [{ at: '2026-11-23T03:10:00Z', ...attempt }],
      }).slice(0, 5);
    expect([counted({ key: 'number' }, { number: 'number-2' }), counted({ key: 'number' }, {})]).toEqual([
      'pass',
      'defer',
    ]);
    expect([
      counted({ key: 'debt' }, { debt: 'd2' }),
      counted({ key: 'debt' }, { debt: 'd1', subject: 's2' }),
    ]).toEqual(['pass', 'defer']);
    expect([
      counted({ key: 'subject' }, { subject: 's2' }),
      counted({ key: 'subject' }, { debt: 'd2' }),
    ]).toEqual(['pass', 'defer']);
    expect(counted({ key: 'person' }, { number: 'number-2', debt: 'd2', subject: 's2' })).toBe('defer');
    expect([
      counted({ countPurposes: ['survey'] }, {}),
      counted({ countPurposes: ['survey', 'marketing'] }, {}),
    ]).toEqual(['pass', 'defer']);
  });
  it('of several the one that ends last but enough decides', () => {
    const attempts = ['2026-11-23T03:10:00Z', '2026-11-23T03:50:00Z', '2026-11-23T03:30:00Z'].map((when) => ({
      at: when,
    }));
    expect(said('frequency_cap', cap('attempt', { count: 3 }), { attempts })).toBe(
      'defer 2026-11-23T04:10:00.001Z no',
    );
    expect(said('frequency_cap', cap('attempt', { count: 2 }), { attempts })).toBe(
      'defer 2026-11-23T04:30:00.001Z no',
    );
    expect(said('frequency_cap', cap('attempt', { count: 4 }), { attempts })).toBe('pass');
  });
});
