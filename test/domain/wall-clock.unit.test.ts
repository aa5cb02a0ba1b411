import { expect, it } from 'vitest';
import { isZone, minutesOf, wallClock } from '../../domain/wall-clock.ts';

it.each([
  [
    'Asia/Shanghai',
    '2026-11-22T16:00:00Z',
    { weekday: 'mon', date: '2026-11-23', hour: 0, minute: 0, second: 0 },
  ],
  [
    'Asia/Kathmandu',
    '2026-11-22T18:15:07Z',
    { weekday: 'mon', date: '2026-11-23', hour: 0, minute: 0, second: 7 },
  ],
  [
    'America/New_York',
    '2026-03-08T06:59:59Z',
    { weekday: 'sun', date: '2026-03-08', hour: 1, minute: 59, second: 59 },
  ],
  [
    'America/New_York',
    '2026-03-08T07:00:00Z',
    { weekday: 'sun', date: '2026-03-08', hour: 3, minute: 0, second: 0 },
  ],
])('clocks of %s at %s show what its own tables say', (zone, at, shown) => {
  expect(wallClock(zone, Date.parse(at))).toEqual(shown);
});

it('a bare offset, an empty name and a place of nowhere are no zones', () => {
  expect(['+08:00', '', 'Nowhere/Land', 'Asia/Shanghai'].map(isZone)).toEqual([false, false, false, true]);
  expect(() => wallClock('Nowhere/Land', 0)).toThrow('Nowhere/Land is not known');
});

it('a time of day is minutes since midnight, up to the end of the day', () => {
  expect(['00:00', '09:30', '24:00'].map(minutesOf)).toEqual([0, 570, 1_440]);
});
