import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('the short form of chaos finishes clean: every guarantee held while everything failed', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['runtime/setup.mjs', 'test/chaos/run.ts', '--short'],
    { cwd: ROOT },
  );
  expect(stdout).toMatch(/1 of 1 runs clean/);
  // Something was tried: what nobody looked at holds as well.
  expect(Number(/requests to the carrier (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(20);
  expect(Number(/^Faults (\d+)/m.exec(stdout)?.[1])).toBeGreaterThan(10);
});
