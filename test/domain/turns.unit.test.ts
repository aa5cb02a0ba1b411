import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { NoPlace, createTurns, type Turns } from '../../domain/turns.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Let everything that is ready go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Ask for a place and note what came of it. */
function ask(turns: Turns, owner: string, log: string[], label = owner) {
  const asked: { leave: (() => void) | null; state: 'waiting' | 'in' | 'refused' } = {
    leave: null,
    state: 'waiting',
  };
  void turns.enter(owner).then(
    (leave) => {
      asked.leave = leave;
      asked.state = 'in';
      log.push(label);
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(NoPlace);
      asked.state = 'refused';
    },
  );
  return asked;
}

test('whatever comes and goes, there are never more at once than places, nor more waiting than there is room', async () => {
  const step = fc.record({ enter: fc.boolean(), owner: fc.nat(3), which: fc.nat() });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 6 }),
      fc.array(step, { maxLength: 60 }),
      async (atOnce, waiting, steps) => {
        const turns = createTurns({ atOnce, waiting, waitMs: null });
        const all: ReturnType<typeof ask>[] = [];
        for (const { enter, owner, which } of steps) {
          const inside = all.filter(({ state }) => state === 'in');
          if (enter) all.push(ask(turns, `owner ${owner}`, []));
          else if (inside.length > 0) {
            const leaving = inside[which % inside.length]!;
            leaving.leave!();
            leaving.leave!();
            leaving.state = 'refused';
          }
          await settle();
          const now = turns.now();
          expect(now.active).toBe(all.filter(({ state }) => state === 'in').length);
          expect(now.waiting).toBe(all.filter(({ state }) => state === 'waiting').length);
          expect(now.active).toBeLessThanOrEqual(atOnce);
          expect(now.waiting).toBeLessThanOrEqual(waiting);
          // Nobody waits while a place is free.
          if (now.waiting > 0) expect(now.active).toBe(atOnce);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('owners who wait take turns, however much one of them brought first', async () => {
  const turns = createTurns({ atOnce: 1, waiting: 100, waitMs: null });
  const log: string[] = [];
  const leave = await turns.enter('first');
  const big = Array.from({ length: 50 }, (_, i) => ask(turns, 'big', log, `big ${i}`));
  const small = [ask(turns, 'small', log, 'small 0'), ask(turns, 'small', log, 'small 1')];
  leave();
  for (let i = 0; i < 4; i++) {
    await settle();
    [...big, ...small].find(({ state }) => state === 'in')!.leave!();
    for (const asked of [...big, ...small]) if (asked.state === 'in') asked.state = 'refused';
  }
  expect(log.slice(0, 4)).toEqual(['big 0', 'small 0', 'big 1', 'small 1']);
});

test('where the room to wait is full, whoever has most of it gives way, and nobody else', async () => {
  const turns = createTurns({ atOnce: 1, waiting: 4, waitMs: null });
  await turns.enter('first');
  const big = Array.from({ length: 4 }, () => ask(turns, 'big', []));
  const small = [ask(turns, 'small', []), ask(turns, 'small', []), ask(turns, 'small', [])];
  await settle();
  expect(big.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'refused', 'refused']);
  expect(small.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'refused']);
});

test('where places become fewer what is under way goes on, and where they become more all of them are used', async () => {
  let places = 3;
  const turns = createTurns({ atOnce: () => places, waiting: 10, waitMs: null });
  const first = await Promise.all(['a', 'b', 'c'].map((owner) => turns.enter(owner)));
  const later = ['d', 'e', 'f'].map((owner) => ask(turns, owner, []));
  places = 1;
  first[0]!();
  first[1]!();
  await settle();
  expect(turns.now()).toEqual({ active: 1, waiting: 3 });
  places = 3;
  first[2]!();
  await settle();
  expect(later.map(({ state }) => state)).toEqual(['in', 'in', 'in']);
});

test('what finds no room is refused at once', async () => {
  const turns = createTurns({ atOnce: 1, waiting: 0, waitMs: null });
  const leave = await turns.enter('a');
  await expect(turns.enter('b')).rejects.toThrow('1 are under way and 0 wait already');
  leave();
  await expect(turns.enter('b')).resolves.toBeTypeOf('function');
});

test('nobody waits longer than is allowed, and the place of one who gave up goes to the next', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const turns = createTurns({ atOnce: 1, waiting: 10, waitMs: 2_000 });
  const leave = await turns.enter('a');
  const early = ask(turns, 'a', []);
  vi.advanceTimersByTime(1_500);
  const late = ask(turns, 'b', []);
  await settle();
  vi.advanceTimersByTime(500);
  await settle();
  expect([early.state, late.state]).toEqual(['refused', 'waiting']);
  leave();
  await settle();
  expect(late.state).toBe('in');
  vi.advanceTimersByTime(10_000);
  await settle();
  expect(turns.now()).toEqual({ active: 1, waiting: 0 });
});

test('whoever is gone waits no longer, and keeps no place', async () => {
  const turns = createTurns({ atOnce: 1, waiting: 10, waitMs: null });
  const leave = await turns.enter('a');
  const gone = new AbortController();
  const waiting = turns.enter('b', () => gone.signal);
  gone.abort();
  await expect(waiting).rejects.toThrow(NoPlace);
  leave();
  expect(turns.now()).toEqual({ active: 0, waiting: 0 });
});

test('a place comes free again whatever became of the work', async () => {
  const turns = createTurns({ atOnce: 1, waiting: 0, waitMs: null });
  await expect(turns.run('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await expect(turns.run('a', () => Promise.resolve(7))).resolves.toBe(7);
});
