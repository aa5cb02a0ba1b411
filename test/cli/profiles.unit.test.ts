import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chooseConnection, findConnection, type Source } from '../../cli/client/connection.ts';
import { profilesFile } from '../../cli/client/profiles.ts';
import { createShell } from '../../cli/client/shell.ts';
import { runProgram } from '../../cli/program.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rightcall-profiles-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const KEY = 'a-secret-of-the-server';

/** The command line with a home of its own. @param stdin what `-` reads */
async function rightcall(
  argv: readonly string[],
  stdin = '',
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const stream = (add: (text: string) => void) =>
    ({ write: (text: string) => (add(text), true) }) as unknown as NodeJS.WriteStream;
  const shell = createShell({
    env: { XDG_CONFIG_HOME: folder },
    stdin: Readable.from([stdin]) as unknown as NodeJS.ReadStream,
    stdout: stream((text) => (out += text)),
    stderr: stream((text) => (err += text)),
  });
  return { code: await runProgram(argv, { shell }), out, err };
}

const environment = (more: Record<string, string> = {}) => ({ XDG_CONFIG_HOME: folder, ...more });
const data = () => join(folder, 'no-local-run');

test('a profile is kept for its user alone, and its key is never printed', async () => {
  const added = await rightcall(
    ['profile', 'add', 'one', '--url', 'https://one.example/', '--api-key', '-'],
    `${KEY}\n`,
  );
  expect(added).toMatchObject({ code: 0, err: '' });
  const file = profilesFile(environment());
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
    current: 'one',
    profiles: { one: { url: 'https://one.example', apiKey: KEY } },
  });
  const listed = await rightcall(['profile', 'list']);
  const json = await rightcall(['profile', 'list', '--json']);
  expect(listed.out).toMatch(/\* one +https:\/\/one.example +kept/);
  expect(added.out + listed.out + json.out).not.toContain(KEY);
});

test('one is in use, another can be named, one can be removed', async () => {
  for (const name of ['one', 'two']) {
    await rightcall(['profile', 'add', name, '--url', `https://${name}.example`, '--api-key', `key-${name}`]);
  }
  const find = (options: object, env: Record<string, string> = {}) =>
    findConnection({ data: data(), ...options }, environment(env));
  expect(await find({})).toEqual({ url: 'https://one.example', apiKey: 'key-one' });
  expect(await find({ profile: 'two' })).toMatchObject({ apiKey: 'key-two' });
  expect(await find({}, { RIGHTCALL_PROFILE: 'two' })).toMatchObject({ apiKey: 'key-two' });
  expect((await rightcall(['profile', 'use', 'two'])).code).toBe(0);
  expect(await find({})).toMatchObject({ apiKey: 'key-two' });
  expect((await rightcall(['profile', 'remove', 'two'])).code).toBe(0);
  await expect(find({})).rejects.toThrow(/no API to talk to/);
  expect(await rightcall(['profile', 'use', 'two'])).toMatchObject({ code: 3 });
  await expect(find({ profile: 'nobody' })).rejects.toThrow(/a profile named nobody/);
});

test('options come before the environment, that before a profile, that before a local run', async () => {
  await rightcall(['profile', 'add', 'one', '--url', 'https://one.example', '--api-key', 'key-one']);
  await writeFile(
    join(folder, 'connection.json'),
    JSON.stringify({ url: 'http://local.example', apiKey: 'local' }),
  );
  const env = environment({ RIGHTCALL_URL: 'https://env.example', RIGHTCALL_API_KEY: 'key-env' });
  const urlOf = async (options: object, from: Record<string, string>) =>
    (await findConnection({ data: folder, ...options }, from)).url;
  expect(await urlOf({ url: 'https://flag.example', apiKey: 'k' }, env)).toBe('https://flag.example');
  expect(await urlOf({ profile: 'one' }, env)).toBe('https://one.example');
  expect(await urlOf({ dataGiven: true }, env)).toBe('http://local.example');
  expect(await urlOf({}, env)).toBe('https://env.example');
  expect(await urlOf({}, environment())).toBe('https://one.example');
  await rightcall(['profile', 'remove', 'one']);
  expect(await urlOf({}, environment())).toBe('http://local.example');
});

test('the key of one server is never sent to another', () => {
  const source = (url: string | null, apiKey: string | null): Source => ({ from: 'here', url, apiKey });
  const choose = (...sources: Source[]) => chooseConnection(sources, 'nowhere');
  expect(() => choose(source('https://a.example', null), source('https://b.example', 'b'))).toThrow(
    /no API key for/,
  );
  expect(choose(source('https://a.example/', null), source('https://a.example', 'a')).apiKey).toBe('a');
  // A key alone is for whatever address is chosen.
  expect(choose(source(null, 'mine'), source('https://b.example', 'b')).apiKey).toBe('mine');
});

test('bad names and addresses are refused before anything is written', async () => {
  expect(await rightcall(['profile', 'add', '../x', '--url', 'https://one.example'])).toMatchObject({
    code: 2,
  });
  expect(await rightcall(['profile', 'add', 'x', '--url', 'one.example'])).toMatchObject({ code: 2 });
  await expect(readFile(profilesFile(environment()), 'utf8')).rejects.toThrow();
});
