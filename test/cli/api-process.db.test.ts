import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { request } from 'undici';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

function startApi(environment: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'api'], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      RIGHTCALL_MASTER_KEY: '5a'.repeat(32),
      RIGHTCALL_PORT: '0',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  return line;
}

test('it says where it serves, answers, and ends with 0 when it is told to', async () => {
  const child = startApi({ RIGHTCALL_API_KEY: 'a-key-of-sixteen-or-more' });
  try {
    const { ready, url } = JSON.parse(await firstLine(child)) as { ready: boolean; url: string };
    expect(ready).toBe(true);
    const health = await request(`${url}/health`);
    expect([health.statusCode, await health.body.json()]).toMatchObject([
      200,
      { status: 'ok', database: 'ok' },
    ]);
    const authorization = 'Bearer a-key-of-sixteen-or-more';
    const list = await request(`${url}/v1/campaigns`, { headers: { authorization } });
    expect(await list.body.json()).toEqual({ items: [], next: null });
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
  }
});

test('without a key it does not listen where others could reach it', async () => {
  const child = startApi({ RIGHTCALL_HOST: '0.0.0.0' });
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(4);
  expect(said).toMatch(/RIGHTCALL_API_KEY is not set, and the API would listen on 0\.0\.0\.0/);
});

test('what it was asked for is done before it ends, though whoever asked has gone', async () => {
  const child = startApi({ RIGHTCALL_API_KEY: 'a-key-of-sixteen-or-more', RIGHTCALL_DRAIN_S: '0' });
  const other = new pg.Client({ connectionString: database.url });
  let log = '';
  child.stderr!.on('data', (chunk: Buffer) => (log += chunk.toString()));
  try {
    await other.connect();
    const count = async (sql: string) => Number((await other.query<{ n: string }>(sql)).rows[0]!.n);
    const { url } = JSON.parse(await firstLine(child)) as { url: string };
    // Its first statement waits, and more follow it.
    await other.query('BEGIN; LOCK TABLE idempotency_keys IN ACCESS EXCLUSIVE MODE');
    const gone = new AbortController();
    const asked = request(`${url}/v1/suppressions`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer a-key-of-sixteen-or-more',
        'content-type': 'application/json',
        'idempotency-key': 'told-to-stop',
      },
      body: JSON.stringify({ number: '+12025550123', source: 'phone' }),
      signal: gone.signal,
    });
    await vi.waitFor(async () =>
      expect(await count('SELECT count(*) AS n FROM pg_locks WHERE NOT granted')).toBe(1),
    );
    gone.abort();
    await expect(asked).rejects.toThrow(/abort/i);
    child.kill('SIGTERM');
    await vi.waitFor(() => expect(log).toContain('"stopping"'));
    await expect
      .poll(() =>
        request(`${url}/health`, { reset: true }).then(
          () => 'answers',
          () => 'closed',
        ),
      )
      .toBe('closed');
    await other.query('COMMIT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(log).not.toContain('A fault of the engine');
    expect(await count('SELECT count(*) AS n FROM suppressions')).toBe(1);
  } finally {
    await other.end();
    child.kill('SIGKILL');
  }
});
