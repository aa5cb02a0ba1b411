import { describe, expect, test } from 'vitest';
import type { Shift } from '../../domain/agent.ts';
import { isOnShift, nextShiftAt } from '../../domain/shift.ts';

const at = (text: string) => Date.parse(text);
const WEEKDAYS: Shift = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', until: '18:00' };
const NIGHT: Shift = { days: ['sat'], from: '22:00', until: '24:00' };
const SHANGHAI = 'Asia/Shanghai';

describe('a shift', () => {
  test.each([
    ['2026-03-02T08:59:59+08:00', false],
    ['2026-03-02T09:00:00+08:00', true],
    ['2026-03-02T17:59:59+08:00', true],
    ['2026-03-02T18:00:00+08:00', false],
    ['2026-03-01T10:00:00+08:00', false],
  ])('holds from its first minute to its last: %s is %s', (instant, expected) => {
    expect(isOnShift([WEEKDAYS], SHANGHAI, at(instant))).toBe(expected);
  });

  test('is on the clock of the agent’s zone', () => {
    expect(isOnShift([WEEKDAYS], 'America/New_York', at('2026-03-02T09:30:00-05:00'))).toBe(true);
    expect(isOnShift([WEEKDAYS], SHANGHAI, at('2026-03-02T09:30:00-05:00'))).toBe(false);
  });

  test('may end with the day', () => {
    expect(isOnShift([NIGHT], SHANGHAI, at('2026-03-07T23:59:00+08:00'))).toBe(true);
    expect(isOnShift([NIGHT], SHANGHAI, at('2026-03-08T00:00:00+08:00'))).toBe(false);
  });

  test('that nobody named binds nobody; an empty list lets nobody be ready', () => {
    expect(isOnShift(null, SHANGHAI, 0)).toBe(true);
    expect(isOnShift([], SHANGHAI, at('2026-03-02T10:00:00+08:00'))).toBe(false);
  });
});

describe('the next shift', () => {
  test.each([
    ['2026-03-02T08:00:00+08:00', '2026-03-02T09:00:00+08:00'],
    ['2026-03-02T09:00:00+08:00', '2026-03-03T09:00:00+08:00'],
    ['2026-03-06T19:00:30+08:00', '2026-03-07T22:00:00+08:00'],
    ['2026-03-07T23:00:00+08:00', '2026-03-09T09:00:00+08:00'],
  ])('after %s begins at %s', (now, expected) => {
    expect(nextShiftAt([WEEKDAYS, NIGHT], SHANGHAI, at(now))).toBe(at(expected));
  });

  test('begins at its hour on the clock also where the clock is changed before it', () => {
    // Clocks in New York go forward on Sunday 2026-03-08 and back on 2026-11-01.
    expect(nextShiftAt([WEEKDAYS], 'America/New_York', at('2026-03-06T19:00:00-05:00'))).toBe(
      at('2026-03-09T09:00:00-04:00'),
    );
    expect(nextShiftAt([WEEKDAYS], 'America/New_York', at('2026-10-30T19:00:00-04:00'))).toBe(
      at('2026-11-02T09:00:00-05:00'),
    );
  });

  test('is none where there is none', () => {
    expect(nextShiftAt(null, SHANGHAI, 0)).toBeNull();
    expect(nextShiftAt([], SHANGHAI, 0)).toBeNull();
  });
});
