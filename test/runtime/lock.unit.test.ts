import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { folderError } from '../../runtime/servers/directory.ts';
import { lockDataDir } from '../../runtime/servers/lock.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rightcall-lock-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('a data folder is used by one at a time, and the second is told who has it', async () => {
  const dir = folder();
  const lock = await lockDataDir(dir);
  await expect(lockDataDir(dir)).rejects.toThrow(
    new RegExp(`in use by another Rightcall \\(pid ${process.pid}\\)`),
  );
  await lock.release();
  await lock.release();
  await (await lockDataDir(dir)).release();
});

test.each([
  ['a dead process', JSON.stringify({ pid: 2 ** 22 + 1, identity: 'x' })],
  [
    'a process that has its pid from somebody else',
    JSON.stringify({ pid: process.pid, identity: 'another-boot:1' }),
  ],
  ['nobody readable', '{"pid":'],
])('a lock of %s is taken over', async (_, content) => {
  const dir = folder();
  writeFileSync(join(dir, 'rightcall.lock'), content);
  const lock = await lockDataDir(dir);
  expect(readdirSync(dir)).toEqual(['rightcall.lock']);
  await lock.release();
});

test('of many that find a stale lock at once, exactly one takes it', async () => {
  const dir = folder();
  for (let round = 0; round < 20; round++) {
    writeFileSync(join(dir, 'rightcall.lock'), JSON.stringify({ pid: 2 ** 22 + 1, identity: 'x' }));
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(dir)));
    const won = all.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(won.length).toBe(1);
    await won[0]!.release();
    expect(existsSync(join(dir, 'rightcall.lock'))).toBe(false);
  }
});

test('a folder that cannot be used is named with the reason', async () => {
  const dir = folder();
  writeFileSync(join(dir, 'file'), '');
  await expect(lockDataDir(join(dir, 'file'))).rejects.toThrow(/file is a file; expected a folder/);
  await expect(lockDataDir(join(dir, 'file', 'x'))).rejects.toThrow(/has a file where a folder should be/);
  const said = (code: string) => folderError('/data', Object.assign(new Error('x'), { code })).message;
  expect(said('ENOSPC')).toMatch(/^\/data has no space left; expected/);
  expect(said('EACCES')).toMatch(/^\/data may not be written by this user; expected/);
  expect(said('EROFS')).toMatch(/^\/data is on a read-only file system; expected/);
});
