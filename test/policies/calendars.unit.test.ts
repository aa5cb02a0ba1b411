import { describe, expect, it } from 'vitest';
import type { CalendarDocument } from '../../policies/index.ts';
import { bundledDocuments } from '../../policies/index.ts';

const DAY_MS = 86_400_000;

function calendarNamed(id: string): CalendarDocument {
  const found = bundledDocuments().find((document) => document.id === id);
  if (found?.kind !== 'calendar') throw new Error(`no calendar ${id}`);
  return found;
}

/** Easter Sunday by Gauss’s rule, UTC midnight. Independent of what the calendars say. */
function easter(year: number): number {
  const a = year % 19;
  const century = Math.floor(year / 100);
  const p = Math.floor((13 + 8 * century) / 25);
  const m = (15 - p + century - Math.floor(century / 4)) % 30;
  const n = (4 + century - Math.floor(century / 4)) % 7;
  const d = (19 * a + m) % 30;
  const e = (2 * (year % 4) + 4 * (year % 7) + 6 * d + n) % 7;
  let afterMarch22 = d + e;
  if (d === 29 && e === 6) afterMarch22 = 28;
  else if (d === 28 && e === 6 && (11 * m + 11) % 30 < 19) afterMarch22 = 27;
  return Date.UTC(year, 2, 22) + afterMarch22 * DAY_MS;
}

const dateOf = (t: number) => new Date(t).toISOString().slice(0, 10);
const fixed = (year: number, ...days: [month: number, day: number][]) =>
  days.map(([month, day]) => dateOf(Date.UTC(year, month - 1, day)));
const fromEaster = (year: number, ...days: number[]) =>
  days.map((day) => dateOf(easter(year) + day * DAY_MS));
const daysOf = (calendar: CalendarDocument) => calendar.daysOff.map((off) => off.from).sort();

describe('days that are worked out', () => {
  const years = [2025, 2026, 2027];

  it('Easter Sundays are those of the church', () => {
    expect([1981, 2024, 2025, 2026, 2027, 2038].map((year) => dateOf(easter(year)))).toEqual([
      '1981-04-19',
      '2024-03-31',
      '2025-04-20',
      '2026-04-05',
      '2027-03-28',
      '2038-04-25',
    ]);
  });

  it('France has its eleven days each year', () => {
    const expected = years.flatMap((year) => [
      ...fixed(year, [1, 1], [5, 1], [5, 8], [7, 14], [8, 15], [11, 1], [11, 11], [12, 25]),
      ...fromEaster(year, 1, 39, 50),
    ]);
    expect(daysOf(calendarNamed('fr-public-holidays'))).toEqual(expected.sort());
  });

  it('Australia has its seven days each year, and weekdays in lieu of those on a weekend', () => {
    const expected = years.flatMap((year) => {
      const inLieu: string[] = [];
      const named = fixed(year, [1, 1], [1, 26], [12, 25], [12, 26]);
      for (const date of named) {
        const isFree = (t: number) => {
          const weekday = new Date(t).getUTCDay();
          return weekday === 0 || weekday === 6 || [...named, ...inLieu].includes(dateOf(t));
        };
        let t = Date.parse(date);
        if (![0, 6].includes(new Date(t).getUTCDay())) continue;
        while (isFree(t)) t += DAY_MS;
        inLieu.push(dateOf(t));
      }
      return [...named, ...inLieu, ...fixed(year, [4, 25]), ...fromEaster(year, -2, 1)];
    });
    expect(daysOf(calendarNamed('au-national-holidays'))).toEqual(expected.sort());
  });
});

describe('holidays of the United States that fall on weekdays of a month', () => {
  const years = [2025, 2026, 2027];
  /** The days of a month, UTC, that fall on a weekday (0: Sunday), in their order. */
  const weekdaysOf = (year: number, month: number, weekday: number) =>
    Array.from({ length: 31 }, (_, day) => new Date(Date.UTC(year, month - 1, day + 1)))
      .filter((date) => date.getUTCMonth() === month - 1 && date.getUTCDay() === weekday)
      .map((date) => dateOf(date.getTime()));
  const floating = (year: number) => [
    weekdaysOf(year, 1, 1)[2]!,
    weekdaysOf(year, 2, 1)[2]!,
    weekdaysOf(year, 5, 1).at(-1)!,
    weekdaysOf(year, 9, 1)[0]!,
    weekdaysOf(year, 10, 1)[1]!,
    weekdaysOf(year, 11, 4)[3]!,
  ];

  it('the federal list has its eleven days each year, and the eve of 2028, a Saturday', () => {
    const expected = years.flatMap((year) => [
      ...floating(year),
      ...fixed(year, [1, 1], [6, 19], [7, 4], [11, 11], [12, 25]),
    ]);
    expect(daysOf(calendarNamed('us-federal-holidays'))).toEqual([...expected, '2027-12-31'].sort());
  });

  it('Rhode Island adds its own, general elections, and Mondays after fixed days on a Saturday', () => {
    const expected = years.flatMap((year) => [
      ...floating(year),
      ...fixed(year, [1, 1], [5, 4], [6, 19], [7, 4], [11, 11], [12, 25]),
      weekdaysOf(year, 8, 1)[1]!,
    ]);
    const more = ['2026-07-06', '2026-11-03', '2027-12-27', '2027-12-31'];
    expect(daysOf(calendarNamed('us-ri-holidays'))).toEqual([...expected, ...more].sort());
  });

  it('Utah adds Pioneer Day and Easter, keeps Juneteenth on a Monday, and ends with 2026', () => {
    const expected = [2025, 2026].flatMap((year) => [
      ...floating(year),
      ...fixed(year, [1, 1], [7, 4], [7, 24], [11, 11], [12, 25]),
      ...fromEaster(year, 0),
    ]);
    const calendar = calendarNamed('us-ut-holidays');
    expect(daysOf(calendar)).toEqual([...expected, '2025-06-16', '2026-06-15'].sort());
    expect(calendar.coverage.to).toBe('2026-12-31');
  });
});

describe('China’s arrangement of 2025', () => {
  const calendar = calendarNamed('cn-statutory-holidays');

  it('has the days off and make-up workdays of the notice, and no others', () => {
    const off = calendar.daysOff.filter((day) => day.from.startsWith('2025'));
    expect(off.map((day) => [day.from, day.to ?? day.from].join('/'))).toEqual([
      '2025-01-01/2025-01-01',
      '2025-01-28/2025-02-04',
      '2025-04-04/2025-04-06',
      '2025-05-01/2025-05-05',
      '2025-05-31/2025-06-02',
      '2025-10-01/2025-10-08',
    ]);
    expect(calendar.workdays.filter((day) => day.startsWith('2025'))).toEqual([
      '2025-01-26',
      '2025-02-08',
      '2025-04-27',
      '2025-09-28',
      '2025-10-11',
    ]);
  });

  it('every make-up workday is a Saturday or Sunday', () => {
    for (const day of calendar.workdays) expect([0, 6]).toContain(new Date(day).getUTCDay());
  });
});

it('every calendar covers whole years, and says where each came from', () => {
  for (const document of bundledDocuments()) {
    if (document.kind !== 'calendar') continue;
    expect(document.coverage.from).toMatch(/-01-01$/);
    expect(document.coverage.to).toMatch(/-12-31$/);
    expect(document.sources.length).toBeGreaterThan(0);
  }
});
