import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { logSizeBytes, parseLogLine, readDials, type LoggedDial } from '../../audit/request-log.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rightcall-log-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const DIAL = JSON.stringify({
  kind: 'dial',
  at: '2026-11-22T20:00:00.050Z',
  simulatedAt: '2026-11-23T02:00:00.050Z',
  attemptId: 'x/1',
  to: '+12025550123',
  from: '+12025550100',
  result: 'accepted',
});

async function read(content: string, sizeBytes?: number): Promise<{ dials: LoggedDial[]; faults: object }> {
  const path = join(folder, 'requests.jsonl');
  await writeFile(path, content);
  const faults = { unreadable: 0, tornEnd: false };
  const dials: LoggedDial[] = [];
  for await (const dial of readDials(path, sizeBytes ?? (await logSizeBytes(path)), faults)) dials.push(dial);
  return { dials, faults };
}

it('reads a dial without its numbers', () => {
  const dial = parseLogLine(DIAL, 4);
  expect(dial).toEqual({
    line: 4,
    attemptId: 'x/1',
    atReal: Date.parse('2026-11-22T20:00:00.050Z'),
    at: Date.parse('2026-11-23T02:00:00.050Z'),
    accepted: true,
  });
});

it('takes a line without a kind for a dial, and leaves out what else is done to calls', () => {
  const old = JSON.stringify({ ...(JSON.parse(DIAL) as object), kind: undefined });
  expect(parseLogLine(old, 1)?.attemptId).toBe('x/1');
  for (const other of ['hangup', 'bridge', 'play']) {
    expect(parseLogLine(DIAL.replace('"dial"', `"${other}"`), 1)).toBeNull();
  }
});

it('reads a whole log, line by line', async () => {
  const { dials, faults } = await read(`${DIAL}\n\n${DIAL}\n`);
  expect(dials.map((dial) => dial.line)).toEqual([1, 3]);
  expect(faults).toEqual({ unreadable: 0, tornEnd: false });
});

it('tells a torn end from a line in the middle that cannot be read', async () => {
  expect((await read(`${DIAL}\n${DIAL.slice(0, 40)}`)).faults).toEqual({ unreadable: 0, tornEnd: true });
  expect((await read(`${DIAL.slice(0, 40)}\n${DIAL}\n`)).faults).toEqual({ unreadable: 1, tornEnd: false });
  expect((await read(`${DIAL}\n${DIAL.slice(0, 40)}\n`)).faults).toEqual({ unreadable: 1, tornEnd: false });
});

it('reads a last line that only lacks its line feed', async () => {
  expect((await read(DIAL)).dials).toHaveLength(1);
});

it('leaves out what was appended after the size was taken', async () => {
  expect((await read(`${DIAL}\n${DIAL}\n`, DIAL.length + 1)).dials).toHaveLength(1);
  expect((await read('')).dials).toEqual([]);
});

it('says which option names a log that is not there', async () => {
  await expect(logSizeBytes(join(folder, 'none'))).rejects.toMatchObject({ faults: [{ field: '--log' }] });
});
