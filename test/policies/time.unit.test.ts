import { Settings } from 'luxon';
import { describe, expect, it } from 'vitest';
import { compileCalendar, isBusinessDay } from '../../policies/calendar.ts';
import { countInPeriods, countRolling, fullPeriods, rolling } from '../../policies/counting.ts';
import { durationMs, lastInstantOf } from '../../policies/durations.ts';
import { always } from '../../policies/intervals.ts';
import { isLonger, periodEnd } from '../../policies/periods.ts';
import { liesWithin, scheduleIn, scheduleSchema } from '../../policies/schedule.ts';
import {
  dateOfDay,
  dayOfDate,
  instantOfWall,
  instantsWithin,
  isKnownZone,
  localDayAt,
  localText,
  offsetAt,
  spanOfLocalDays,
  weekdayOf,
} from '../../policies/zones.ts';
import { at } from './support.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NEW_YORK = 'America/New_York';
const SHANGHAI = 'Asia/Shanghai';
const iso = (t: number) => new Date(t).toISOString();
/** A wall-clock time as if it were UTC. */
const wall = (text: string) => at(`${text}Z`);

describe('zones', () => {
  it('are known by their IANA names alone', () => {
    expect(['Asia/Shanghai', 'UTC', 'asia/nowhere', '', '+08:00', '8'].map(isKnownZone)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(() => offsetAt('Asia/Nowhere', 0)).toThrow(RangeError);
  });
  it('change their offset at the very millisecond', () => {
    const change = at('2026-03-08T07:00:00Z');
    expect([change - 1, change].map((t) => offsetAt(NEW_YORK, t) / HOUR)).toEqual([-5, -4]);
    const back = at('2026-11-01T06:00:00Z');
    expect([back - 1, back].map((t) => offsetAt(NEW_YORK, t) / HOUR)).toEqual([-4, -5]);
  });
  it('have local days that begin and end by their own clock', () => {
    const day = dayOfDate('2026-11-23');
    const first = at('2026-11-22T16:00:00Z');
    expect(
      [first - 1, first, first + DAY - 1, first + DAY].map((t) => localDayAt(SHANGHAI, t) - day),
    ).toEqual([-1, 0, 0, 1]);
    expect(dateOfDay(day)).toBe('2026-11-23');
    expect(weekdayOf(day)).toBe('mon');
    expect([-5, -4, -1, 0, 3].map(weekdayOf)).toEqual(['sat', 'sun', 'wed', 'thu', 'sun']);
  });
  it('tell the local time for people', () => {
    expect(localText(NEW_YORK, at('2026-11-19T14:30:05Z'))).toBe('Thu 2026-11-19 09:30:05');
  });
  it('a time that the clock skips is the instant of the change', () => {
    const skipped = wall('2026-03-08T02:30:00');
    expect(iso(instantOfWall(NEW_YORK, skipped, 'earlier'))).toBe('2026-03-08T07:00:00.000Z');
    expect(iso(instantOfWall(NEW_YORK, skipped, 'later'))).toBe('2026-03-08T07:00:00.000Z');
    // Also where the clock goes on at its own midnight.
    expect(iso(instantOfWall('Atlantic/Azores', wall('2026-03-29T00:30:00'), 'later'))).toBe(
      '2026-03-29T01:00:00.000Z',
    );
  });
  it('a day that a zone leaves out is the instant at which it does', () => {
    // Samoa went from 29 to 31 December 2011 at midnight, 10:00Z.
    for (const time of ['00:00', '03:00', '12:00', '23:59']) {
      const skipped = instantOfWall('Pacific/Apia', wall(`2011-12-30T${time}:00`), 'later');
      expect([time, iso(skipped)]).toEqual([time, '2011-12-30T10:00:00.000Z']);
    }
  });
  it('a time that the clock shows twice is the one asked for', () => {
    const twice = wall('2026-11-01T01:30:00');
    expect(iso(instantOfWall(NEW_YORK, twice, 'earlier'))).toBe('2026-11-01T05:30:00.000Z');
    expect(iso(instantOfWall(NEW_YORK, twice, 'later'))).toBe('2026-11-01T06:30:00.000Z');
  });
  it('times just before and after a change are shown once', () => {
    for (const [text, expected] of [
      ['2026-03-08T01:59:59', '2026-03-08T06:59:59.000Z'],
      ['2026-03-08T03:00:00', '2026-03-08T07:00:00.000Z'],
      ['2026-11-01T00:59:59', '2026-11-01T04:59:59.000Z'],
      ['2026-11-01T02:00:00', '2026-11-01T07:00:00.000Z'],
    ] as const) {
      for (const which of ['earlier', 'later'] as const)
        expect([text, iso(instantOfWall(NEW_YORK, wall(text), which))]).toEqual([text, expected]);
    }
  });
  it('spans of days take the wider reading, windows of a day the narrower', () => {
    // Havana puts its clock back from 01:00 to 00:00, so that midnight comes twice.
    const day = dayOfDate('2026-11-01');
    const span = spanOfLocalDays('America/Havana', day, day);
    expect([iso(span.from), iso(span.until)]).toEqual([
      '2026-11-01T04:00:00.000Z',
      '2026-11-02T05:00:00.000Z',
    ]);
    const before = spanOfLocalDays('America/Havana', day - 1, day - 1);
    expect(iso(before.until)).toBe('2026-11-01T05:00:00.000Z');
    const window = instantsWithin('America/Havana', day, 30, 600);
    expect([iso(window.from), iso(window.until)]).toEqual([
      '2026-11-01T05:30:00.000Z',
      '2026-11-01T15:00:00.000Z',
    ]);
    const night = instantsWithin('America/Havana', day, 0, 30);
    expect(night.from).toBeGreaterThan(night.until);
  });
});

describe('durations', () => {
  it('are minutes, hours or days of 24 hours', () => {
    expect([{ minutes: 2 }, { hours: 2 }, { days: 2 }].map(durationMs)).toEqual([120_000, 2 * HOUR, 2 * DAY]);
  });
  it('days last as long as the longest reading, in any zone; hours as long as they are', () => {
    const from = at('2026-10-31T16:00:00Z');
    expect(lastInstantOf(from, { days: 1 }, [SHANGHAI]) - from).toBe(24 * HOUR);
    expect(lastInstantOf(from, { days: 1 }, [SHANGHAI, NEW_YORK]) - from).toBe(25 * HOUR);
    expect(lastInstantOf(from, { days: 1 }, [NEW_YORK, SHANGHAI]) - from).toBe(25 * HOUR);
    expect(lastInstantOf(from, { hours: 24 }, [NEW_YORK]) - from).toBe(24 * HOUR);
    const spring = at('2026-03-07T17:00:00Z');
    expect(lastInstantOf(spring, { days: 1 }, [NEW_YORK]) - spring).toBe(24 * HOUR);
  });
  it('periods end by the calendar', () => {
    expect(iso(periodEnd(at('2028-01-31T00:00:00Z'), { months: 1 }))).toBe('2028-02-29T00:00:00.000Z');
    // Whatever zone this machine is in: a month of 1 November in UTC, and not of 31 October in New York.
    Settings.defaultZone = NEW_YORK;
    try {
      expect(iso(periodEnd(at('2026-11-01T02:00:00Z'), { months: 1 }))).toBe('2026-12-01T02:00:00.000Z');
    } finally {
      Settings.defaultZone = 'system';
    }
    expect(isLonger({ months: 1 }, { days: 30 })).toBe(true);
    expect(isLonger({ months: 1 }, { days: 31 })).toBe(false);
    expect(isLonger({ days: 31 }, { months: 1 })).toBe(false);
  });
});

describe('what counts towards a cap', () => {
  const instants = ['2026-11-01T15:30:00Z', '2026-11-01T16:30:00Z', '2026-11-03T00:00:00Z'].map(at);
  it('over a rolling window: free once so few count that one more fits', () => {
    expect(rolling({ days: 7 }, 4, instants, [SHANGHAI])).toBe(always);
    expect(rolling({ days: 7 }, 3, instants, [SHANGHAI])(0)?.from).toBe(instants[0]! + 7 * DAY + 1);
    expect(rolling({ days: 7 }, 2, instants, [SHANGHAI])(0)?.from).toBe(instants[1]! + 7 * DAY + 1);
    expect(rolling({ days: 7 }, 1, instants.toReversed(), [SHANGHAI])(0)?.from).toBe(
      instants[2]! + 7 * DAY + 1,
    );
    expect(countRolling({ days: 7 }, instants, [SHANGHAI], instants[0]! + 7 * DAY)).toBe(3);
    expect(countRolling({ days: 7 }, instants, [SHANGHAI], instants[0]! + 7 * DAY + 1)).toBe(2);
  });
  it('over a local day, week or month: closed for the rest of it, in every zone', () => {
    const full = (period: 'day' | 'week' | 'month', count: number, ...zones: string[]) =>
      fullPeriods(period, count, instants, zones).map(({ from, until }) => `${iso(from)}/${iso(until)}`);
    // By Shanghai's clock the first was on Sunday 1 November, the second on Monday the 2nd.
    expect(full('day', 2, SHANGHAI)).toEqual([]);
    expect(full('day', 1, SHANGHAI)).toEqual([
      '2026-10-31T16:00:00.000Z/2026-11-01T16:00:00.000Z',
      '2026-11-01T16:00:00.000Z/2026-11-02T16:00:00.000Z',
      '2026-11-02T16:00:00.000Z/2026-11-03T16:00:00.000Z',
    ]);
    expect(full('day', 2, SHANGHAI, 'UTC')).toEqual(['2026-11-01T00:00:00.000Z/2026-11-02T00:00:00.000Z']);
    expect(full('week', 2, SHANGHAI)).toEqual(['2026-11-01T16:00:00.000Z/2026-11-08T16:00:00.000Z']);
    expect(full('week', 2, 'UTC')).toEqual(['2026-10-26T00:00:00.000Z/2026-11-02T00:00:00.000Z']);
    expect(full('month', 3, 'UTC')).toEqual(['2026-11-01T00:00:00.000Z/2026-12-01T00:00:00.000Z']);
    expect(full('month', 4, 'UTC')).toEqual([]);
  });
  it('the zone that counts most tells how many', () => {
    const t = at('2026-11-01T15:45:00Z');
    expect(countInPeriods('day', instants, [SHANGHAI, 'UTC'], t)).toBe(2);
    expect(countInPeriods('day', instants, [SHANGHAI], t)).toBe(1);
    expect(countInPeriods('week', instants, ['UTC'], at('2026-11-02T00:00:00Z'))).toBe(1);
    expect(countInPeriods('month', instants, ['UTC'], at('2026-12-01T00:00:00Z'))).toBe(0);
    expect(countInPeriods('day', instants, [], t)).toBe(0);
  });
});

describe('schedules', () => {
  const read = (windows: object) => scheduleSchema.parse(windows);
  const next = (windows: object, t: string, delay = 0, zone = 'UTC') => {
    const interval = scheduleIn(read(windows))(zone, delay)(at(t));
    return interval === null ? null : `${iso(interval.from)}/${iso(interval.until)}`;
  };
  it('daily stands for the weekdays that are not named, and a named one has its own', () => {
    const windows = { daily: ['09:00-10:00'], mon: ['12:00-13:00'], sun: [] };
    expect(next(windows, '2026-11-22T00:00:00Z')).toBe('2026-11-23T12:00:00.000Z/2026-11-23T13:00:00.000Z');
    expect(next(windows, '2026-11-23T13:00:00Z')).toBe('2026-11-24T09:00:00.000Z/2026-11-24T10:00:00.000Z');
  });
  it('windows are taken in the order of the clock, and to midnight', () => {
    const windows = { daily: ['20:30-24:00', '00:00-01:15'] };
    expect(next(windows, '2026-11-22T00:30:00Z')).toBe('2026-11-22T00:00:00.000Z/2026-11-22T01:15:00.000Z');
    expect(next(windows, '2026-11-22T01:15:00Z')).toBe('2026-11-22T20:30:00.000Z/2026-11-23T00:00:00.000Z');
  });
  it('a delay moves starts and no end; what it moves beyond its end is closed', () => {
    expect(next({ daily: ['09:00-10:00', '14:00-20:00'] }, '2026-11-22T00:00:00Z', 60)).toBe(
      '2026-11-22T15:00:00.000Z/2026-11-22T20:00:00.000Z',
    );
  });
  it('one without a minute left out is always open, unless its starts are delayed', () => {
    const whole = scheduleIn(read({ daily: ['00:00-12:00', '12:00-24:00'] }));
    expect(whole('UTC', 0)).toBe(always);
    expect(whole('UTC', 1)).not.toBe(always);
    for (const windows of [
      { daily: ['00:01-24:00'] },
      { daily: ['00:00-23:59'] },
      { daily: ['00:00-12:00', '12:01-24:00'] },
      { daily: ['00:00-24:00'], sun: [] },
    ])
      expect(scheduleIn(read(windows))('UTC', 0)).not.toBe(always);
  });
  it('a window that one change of the clock takes away is found a week later', () => {
    // 02:00 to 03:00 does not exist in New York on Sunday 8 March 2026.
    expect(next({ sun: ['02:10-02:50'] }, '2026-03-02T12:00:00Z', 0, NEW_YORK)).toBe(
      '2026-03-15T06:10:00.000Z/2026-03-15T06:50:00.000Z',
    );
  });
  it('days that have windows of their own have none of the schedule’s, though it is always open', () => {
    const closed = dayOfDate('2026-11-23');
    const special = (day: number) => (day === closed ? [] : day === closed + 1 ? null : undefined);
    const set = scheduleIn(read({ daily: ['00:00-24:00'] }), special)('UTC', 0);
    expect(set(at('2026-11-22T12:00:00Z'))?.until).toBe(at('2026-11-23T00:00:00Z'));
    expect(set(at('2026-11-23T00:00:00Z'))?.from).toBe(at('2026-11-25T00:00:00Z'));
  });
  it('a weekly window is found over three weeks in which it is closed', () => {
    const first = dayOfDate('2026-11-01');
    const special = (day: number) => (day > first && day < first + 28 ? [] : undefined);
    const set = scheduleIn(read({ sun: ['09:00-10:00'] }), special)('UTC', 0);
    expect(set(at('2026-11-01T10:00:00Z'))?.from).toBe(at('2026-11-29T09:00:00Z'));
  });
  it('one lies within another where each of its minutes does', () => {
    const within = (inner: object, outer: object) => liesWithin(read(inner), read(outer));
    expect(within({ daily: ['09:00-12:00'] }, { daily: ['09:00-12:00'] })).toBe(true);
    expect(within({ daily: ['10:00-11:00'] }, { daily: ['09:00-10:30', '10:30-12:00'] })).toBe(true);
    expect(within({ daily: ['08:59-11:00'] }, { daily: ['09:00-12:00'] })).toBe(false);
    expect(within({ daily: ['09:00-12:01'] }, { daily: ['09:00-12:00'] })).toBe(false);
    expect(within({ daily: ['10:00-11:00'] }, { daily: ['09:00-12:00'], sat: [] })).toBe(false);
    expect(within({ daily: ['10:00-11:00'], sat: [] }, { daily: ['09:00-12:00'], sat: [] })).toBe(true);
  });
});

describe('business days', () => {
  const calendar = compileCalendar({
    kind: 'calendar',
    id: 'days',
    version: 1,
    title: 'Made up',
    jurisdiction: ['CN'],
    coverage: { from: '2026-11-02', to: '2026-11-29' },
    daysOff: [{ name: 'A', from: '2026-11-10', to: '2026-11-11' }],
    workdays: ['2026-11-14'],
    sources: [],
  });
  it('are Monday to Friday but days off, and make-up workdays; beyond the calendar it is not known', () => {
    const is = (date: string) => isBusinessDay(calendar, dayOfDate(date));
    expect(['2026-11-09', '2026-11-10', '2026-11-11', '2026-11-12'].map(is)).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(['2026-11-07', '2026-11-08', '2026-11-14', '2026-11-15'].map(is)).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect(['2026-11-01', '2026-11-02', '2026-11-27', '2026-11-30'].map(is)).toEqual([
      null,
      true,
      true,
      null,
    ]);
    expect(is('2026-11-29')).toBe(false);
  });
  it('without a calendar every Monday to Friday is one', () => {
    expect(
      ['2026-11-06', '2026-11-07', '2026-11-08', '2026-11-09'].map((d) => isBusinessDay(null, dayOfDate(d))),
    ).toEqual([true, false, false, true]);
  });
});
