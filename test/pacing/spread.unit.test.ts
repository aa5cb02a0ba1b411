import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SPREAD_MS, spreadInstant } from '../../pacing/spread.ts';

const FROM = Date.parse('2026-03-02T10:00:00+08:00');
const ids = (count: number) =>
  Array.from({ length: count }, (_, i) => `0195b3a0-0000-7000-8000-${String(i).padStart(12, '0')}`);

test('contacts set free at one instant come back evenly over the whole spread: no second has twice its share', () => {
  const seconds = new Map<number, number>();
  const count = 30_000;
  for (const id of ids(count)) {
    const second = Math.floor((spreadInstant(id, FROM, null) - FROM) / 1_000);
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
  }
  const share = count / (SPREAD_MS / 1_000);
  expect(seconds.size).toBe(SPREAD_MS / 1_000);
  expect(Math.max(...seconds.values())).toBeLessThan(2 * share);
});

test('asked again it is the same instant, never before it is free, never in the last half of its window', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.option(fc.integer({ min: 0, max: 10 * SPREAD_MS })), (id, length) => {
      const until = length === null ? null : FROM + length;
      const at = spreadInstant(id, FROM, until);
      expect(spreadInstant(id, FROM, until)).toBe(at);
      expect(at).toBeGreaterThanOrEqual(FROM);
      expect(at).toBeLessThanOrEqual(FROM + Math.min(SPREAD_MS, length === null ? SPREAD_MS : length / 2));
    }),
  );
});
