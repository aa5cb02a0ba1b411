import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSharedReading } from '../../api/live/shared-reading.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

function readingOf(cost: number) {
  const reads = { n: 0 };
  const read = async () => {
    reads.n += 1;
    const { n } = reads;
    await new Promise((resolve) => setTimeout(resolve, cost));
    return n;
  };
  return { reads, read };
}

async function after<T>(promise: Promise<T>, ms: number): Promise<T> {
  await vi.advanceTimersByTimeAsync(ms);
  return promise;
}

test('those who ask at once share one reading', async () => {
  const readings = createSharedReading<number>();
  const { reads, read } = readingOf(500);
  const all = Promise.all([readings.get('a', read), readings.get('a', read, true), readings.get('a', read)]);
  expect(await after(all, 500)).toEqual([1, 1, 1]);
  expect(reads.n).toBe(1);
});

test('what was costly is kept for ten times its cost, and asked anew on request', async () => {
  const readings = createSharedReading<number>();
  const { read } = readingOf(500);
  expect(await after(readings.get('a', read), 500)).toBe(1);
  expect(await after(readings.get('a', read), 4_000)).toBe(1);
  expect(await after(readings.get('a', read, true), 500)).toBe(2);
  await vi.advanceTimersByTimeAsync(5_001);
  expect(await after(readings.get('a', read), 500)).toBe(3);
});

test('what was cheap is read anew each time', async () => {
  const readings = createSharedReading<number>();
  const { read } = readingOf(20);
  expect(await after(readings.get('a', read), 20)).toBe(1);
  expect(await after(readings.get('a', read), 20)).toBe(2);
});

test('a reading that fails is not kept', async () => {
  const readings = createSharedReading<number>();
  await expect(readings.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await readings.get('a', () => Promise.resolve(7))).toBe(7);
});
