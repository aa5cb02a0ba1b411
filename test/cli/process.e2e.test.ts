import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** The installed command in a shell, as people and scripts run it. */
async function sh(script: string): Promise<{ stdout: string; stderr: string; code: number }> {
  const env = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    RIGHTCALL: `${process.execPath} cli/rightcall.mjs`,
  };
  try {
    return { ...(await promisify(execFile)('bash', ['-c', script], { env })), code: 0 };
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
    return { stdout, stderr, code };
  }
}

test('a reader that has read enough is no failure', async () => {
  // The reader is gone long before the first byte is written.
  expect(await sh('set -o pipefail; $RIGHTCALL completion fish | true')).toEqual({
    code: 0,
    stderr: '',
    stdout: '',
  });
});

test('the version is that of the package, and an unknown verb names the near one', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  expect(await sh('$RIGHTCALL --version')).toMatchObject({ code: 0, stdout: `${version}\n` });
  const wrong = await sh('$RIGHTCALL campaign lsit');
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toBe("rightcall: unknown command 'lsit' (Did you mean list?) (see --help)\n");
});

test('with no server it says so in a line', async () => {
  const { code, stderr } = await sh('$RIGHTCALL campaign list --data /nonexistent');
  expect(code).toBe(5);
  expect(stderr).toMatch(/^rightcall: no API to talk to: .*\n$/);
});
