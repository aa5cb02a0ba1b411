import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockDataDir } from '../../runtime/servers/lock.ts';
import { startRun, temporaryDir } from '../support/local-run.ts';

let home: Awaited<ReturnType<typeof temporaryDir>>;
beforeAll(async () => {
  home = await temporaryDir();
});
afterAll(() => home.remove());

async function refused(
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const run = startRun(args);
  const { code } = await run.ended;
  return { code, stdout: run.stdout(), stderr: run.stderr().trim() };
}

/** Lines that say something; the pointer to --help is none of them. */
function faultsIn(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line.trim() !== '' && line !== '(see --help)');
}

async function fileOf(name: string, text: string): Promise<string> {
  const path = join(home.dir, name);
  await writeFile(path, text);
  return path;
}

describe('npm start refuses with one line and status 2, and starts nothing:', () => {
  const cases: [string, () => Promise<string[]>, RegExp][] = [
    [
      'a file that does not exist',
      async () => ['--contacts', join(home.dir, 'none.csv')],
      /--contacts: .*none\.csv does not exist/,
    ],
    ['a folder for a file', async () => ['--contacts', home.dir], /--contacts: .* is a folder/],
    [
      'an empty file',
      async () => ['--do-not-call', await fileOf('empty.txt', '')],
      /--do-not-call: .*empty\.txt is empty/,
    ],
    [
      'two lists on one standard input',
      async () => ['--contacts', '-', '--do-not-call', '-'],
      /both name standard input/,
    ],
    ['an option that there is not', async () => ['--nonsense'], /--nonsense/],
    ['a clock that stands still', async () => ['--speed', '0'], /--speed .*above 0/],
    ['a start that is no instant', async () => ['--from', 'tomorrow'], /--from .*offset/],
    [
      'a campaign file that is not YAML',
      async () => ['--campaign', await fileOf('bad.yaml', 'name: [1\npurpose: x\n')],
      /bad\.yaml, line \d+/,
    ],
    [
      'a campaign with an impossible rule',
      async () => [
        '--campaign',
        await fileOf('rule.yaml', 'name: T\npurpose: marketing\ncarrier: simulator\ncallerId: "12"\n'),
      ],
      /rule\.yaml, line 4: callerId: /,
    ],
  ];
  it.each(cases)('%s', async (_what, argsOf, message) => {
    const dir = join(home.dir, 'never');
    const { code, stdout, stderr } = await refused([...(await argsOf()), '--data', dir, '--exit', '--json']);
    expect(stderr).toMatch(message);
    expect(faultsIn(stderr)).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(existsSync(join(dir, 'postgres'))).toBe(false);
  });
});

describe('npm start refuses with one line', () => {
  it('a folder that another one runs in, naming its pid', async () => {
    const dir = join(home.dir, 'locked');
    await mkdir(dir);
    const lock = await lockDataDir(dir);
    try {
      const { code, stderr } = await refused(['--data', dir, '--exit']);
      expect(stderr).toMatch(new RegExp(`is in use by another Rightcall \\(pid ${process.pid}\\)`));
      expect(stderr.split('\n')).toHaveLength(1);
      expect(code).not.toBe(0);
    } finally {
      await lock.release();
    }
  });

  it('a port that is taken, before anything is downloaded or imported', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const dir = join(home.dir, 'port');
      const { code, stderr } = await refused(['--data', dir, '--port', String(port), '--exit', '--json']);
      expect(stderr).toMatch(new RegExp(`--port: port ${port} on 127\\.0\\.0\\.1 is in use`));
      expect(code).not.toBe(0);
      expect(existsSync(join(dir, 'postgres'))).toBe(false);
    } finally {
      server.close();
    }
  });
});
