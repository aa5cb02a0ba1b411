import { spawn } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { isAlive } from '../../runtime/process-identity.mjs';
import { databaseOwner } from '../../runtime/servers/postgres-binaries.ts';
import { connectPostgres, redactUrl, startPostgres } from '../../runtime/servers/postgres.ts';
import type { ServerEvent } from '../../runtime/servers/server.ts';
import { folder, startFixture, until } from './processes.ts';

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function start(dataDir: string, events: ServerEvent[] = []) {
  const server = await startPostgres({ dataDir, onEvent: (event) => events.push(event) });
  onTestFinished(() => server.stop());
  return server;
}

test('PostgreSQL keeps its data, port and password through kill -9, stop and start', async () => {
  const dir = await folder();
  const events: ServerEvent[] = [];
  const server = await start(dir, events);
  await query(server.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  // A backend that is busy when its server dies holds the data folder until it ends.
  const busy = query(server.url, 'SELECT count(*) FROM generate_series(1, 1e10)').catch(() => []);
  process.kill(server.pid()!, 'SIGKILL');
  await until('it runs again', () => events.filter(({ kind }) => kind === 'ready').length === 2, 60_000);
  await busy;
  expect(await query(server.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  expect(await query(server.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
  await server.stop();
  await expect(query(server.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);

  const again = await start(dir);
  expect(again.url).toBe(server.url);
  expect(await query(again.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  expect(statSync(`${dir}/postgres/state.json`).mode & 0o777).toBe(0o600);
  await again.stop();

  // The lock file of a crash whose pid belongs by now to somebody else of the same user: PostgreSQL itself
  // would refuse to start.
  const owner = await databaseOwner();
  const stranger = spawn('sleep', ['60'], {
    stdio: 'ignore',
    ...(owner === null ? {} : { uid: owner.uid, gid: owner.gid }),
  });
  onTestFinished(() => void stranger.kill('SIGKILL'));
  writeFileSync(`${dir}/postgres/data/cluster/postmaster.pid`, `${stranger.pid}\n`);
  const third = await start(dir);
  expect(await query(third.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  expect(isAlive(stranger.pid!)).toBe(true);
});

test('PostgreSQL ends with the process that started it, however that ends', async () => {
  const parent = await startFixture('postgres-parent', await folder());
  parent.process.kill('SIGKILL');
  await until('PostgreSQL is gone', () => !isAlive(parent.childPid));
});

test('a set-up that was cut off is done again', async () => {
  const dir = await folder();
  await mkdir(`${dir}/postgres/data/cluster.new-cut-off`, { recursive: true });
  writeFileSync(`${dir}/postgres/data/cluster.new-cut-off/PG_VERSION`, '18\n');
  writeFileSync(
    `${dir}/postgres/state.json`,
    JSON.stringify({ password: 'x', port: null, cluster: 'data/cluster' }),
  );
  const server = await start(dir);
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  // Checks of a server that is only used, not run.
  expect((await connectPostgres(server.url)).pid()).toBeNull();
  const wrong = server.url.replace(/:[0-9a-f]+@/, ':guess@');
  await expect(connectPostgres(wrong)).rejects.toThrow(
    /DATABASE_URL \(postgres:\/\/rightcall:\*\*\*@.*refuses this user/,
  );
  await expect(connectPostgres(server.url.replace(/\/rightcall$/, '/none'))).rejects.toThrow(
    /no such database/,
  );
});

test('a DATABASE_URL that leads nowhere is named without its password', async () => {
  await expect(connectPostgres('postgres://me:secret@127.0.0.1:1/x')).rejects.toThrow(
    /^DATABASE_URL \(postgres:\/\/me:\*\*\*@127\.0\.0\.1:1\/x\): nothing listens there; expected/,
  );
  await expect(connectPostgres('mysql://127.0.0.1/x')).rejects.toThrow(/not a PostgreSQL URL/);
  expect(redactUrl('postgres://a:b@h/d')).toBe('postgres://a:***@h/d');
});
