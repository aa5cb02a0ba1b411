import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
