import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scaledClock } from '../../domain/clock.ts';
import { readClockFile, runClock, startSetting } from '../../runtime/clock-file.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rightcall-clock-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const FROM = Date.parse('2026-11-23T12:55:00Z');
const fail = (error: unknown) => {
  throw error;
};

describe('the clock file', () => {
  it('remembers where simulated time stood when it was stopped', async () => {
    const path = join(dir, 'a.json');
    const running = await runClock(path, startSetting(FROM, 60_000, 0), fail, 5);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await running.stop();
    const kept = await readClockFile(path);
    expect(kept!.lastSimulated).toBeGreaterThan(FROM);
    expect(kept!.lastSimulated).toBeLessThanOrEqual(running.clock.now());
    expect(kept!.setting).toEqual(running.setting);
  });

  it('is written at once, so that a kill right after the start loses nothing', async () => {
    const path = join(dir, 'b.json');
    const running = await runClock(path, startSetting(FROM, 1_440, 60_000), fail);
    expect((await readClockFile(path))!.lastSimulated).toBe(FROM);
    await running.stop();
  });

  it('never holds an instant before the start, however long the processes take to come up', async () => {
    const path = join(dir, 'c.json');
    const running = await runClock(path, startSetting(FROM, 1_440, 60_000), fail);
    await running.stop();
    expect((await readClockFile(path))!.lastSimulated).toBe(FROM);
  });

  it('holds whole milliseconds, which is all that other processes accept, whatever the time to come up was', () => {
    const setting = startSetting(FROM + 0.4, 1_440, 8_123.7, 1_000);
    expect(setting).toEqual({ from: FROM, realStart: 9_124, speed: 1_440 });
  });

  it('is left to the clock that goes on in it by one that was stopped before', async () => {
    const path = join(dir, 'd.json');
    const first = await runClock(path, startSetting(FROM, 1, 0), fail);
    await first.stop();
    const next = await runClock(path, startSetting(FROM + 60_000, 1_440, 60_000), fail);
    await next.stop();
    await first.stop();
    expect((await readClockFile(path))!.lastSimulated).toBe(FROM + 60_000);
  });

  it('is of a clock that stands still until its start, and then runs on from there', () => {
    let real = 5_000;
    const clock = scaledClock({ from: FROM, realStart: 9_000, speed: 1_440 }, () => real);
    expect(clock.now()).toBe(FROM);
    real = 9_000;
    expect(clock.now()).toBe(FROM);
    real = 9_010;
    expect(clock.now()).toBe(FROM + 14_400);
  });

  it('reads as absent when it is missing or holds something else', async () => {
    expect(await readClockFile(join(dir, 'none.json'))).toBeNull();
    await writeFile(join(dir, 'bad.json'), '{"lastSimulated":"soon"}');
    expect(await readClockFile(join(dir, 'bad.json'))).toBeNull();
  });
});
