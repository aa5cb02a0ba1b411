import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Agent, request } from 'undici';
import { asOwner, createBlankDatabase } from '../support/blank-database.ts';
import { startEngineProcess, type EngineProcess } from '../support/engine-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const KEY = 'a-key-of-sixteen-or-more';
let database: TestDatabase;
let api: EngineProcess | undefined;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
afterEach(() => void api?.child.kill('SIGKILL'));

async function startApi(environment: Record<string, string> = {}): Promise<{ url: string; ops: string }> {
  api = await startEngineProcess('api', {
    DATABASE_URL: database.url,
    RIGHTCALL_MASTER_KEY: '5a'.repeat(32),
    RIGHTCALL_API_KEY: KEY,
    RIGHTCALL_PORT: '0',
    ...environment,
  });
  return { url: String(api.ready['url']), ops: `http://127.0.0.1:${String(api.ready['metricsPort'])}` };
}

/** Without keep-alive, so that nothing of the test's own holds a stopping server up. */
async function get(url: string, headers: Record<string, string> = {}) {
  const agent = new Agent({ pipelining: 0 });
  const answer = await request(url, { headers, dispatcher: agent });
  const text = await answer.body.text();
  await agent.close();
  return { status: answer.statusCode, text };
}

const authorization = { authorization: `Bearer ${KEY}` };

describe('probes and metrics', () => {
  test('on a port of their own, and then nowhere else', async () => {
    const { url, ops } = await startApi({ RIGHTCALL_METRICS_PORT: '0' });
    expect(await get(`${ops}/healthz`)).toEqual({ status: 200, text: '{"status":"ok"}' });
    expect(await get(`${ops}/readyz`)).toEqual({
      status: 200,
      text: '{"status":"ok","checks":{"database":"ok"}}',
    });
    expect((await get(`${ops}/v1/campaigns`, authorization)).status).toBe(404);
    expect((await get(`${url}/metrics`)).status).toBe(404);
    expect((await get(`${url}/readyz`)).status).toBe(200);
    expect((await get(`${url}/healthz`)).status).toBe(200);
    expect((await get(`${url}/health`)).status).toBe(200);

    // A template, never what the caller wrote; nothing of what he wrote where no route is.
    await get(`${url}/v1/campaigns/0198a3c5-0000-7000-8000-000000000000`, authorization);
    await get(`${url}/v1/nothing/+12025550147`, authorization);
    const { text } = await get(`${ops}/metrics`);
    expect(text).toMatch(
      /http_server_request_duration_seconds_count\{[^}]*http_route="\/v1\/campaigns\/\{campaignId\}"[^}]*http_response_status_code="404"[^}]*\} 1/,
    );
    expect(text).toMatch(/http_route="unmatched"/);
    expect(text).not.toMatch(/2025550147|0198a3c5/);
    for (const name of [
      'process_memory_usage_bytes',
      'process_cpu_time_seconds',
      'nodejs_eventloop_delay_p99_seconds',
      'rightcall_db_connections',
    ]) {
      expect(text).toContain(`# TYPE ${name}`);
    }
    expect(text).toMatch(/rightcall_db_connections\{state="waiting"\} 0/);

    // One line a request in the log, by the same template.
    const lines = api!.logLines().filter((line) => line['msg'] === 'request');
    expect(lines.find((line) => line['route'] === '/v1/campaigns/{campaignId}')).toMatchObject({
      method: 'GET',
      status: 404,
      requestId: expect.any(String) as string,
      actor: expect.any(String) as string,
      tenantId: expect.any(String) as string,
    });
    expect(api!.log()).not.toMatch(/2025550147|0198a3c5/);
    expect(api!.log()).not.toContain(KEY);
    expect(await api!.stop()).toBe(0);
  });

  test('without one, metrics are on the own port, for this machine alone', async () => {
    const { url } = await startApi();
    await get(`${url}/healthz`);
    expect((await get(`${url}/metrics`)).text).toContain('# TYPE http_server_request_duration_seconds');
    await api!.stop();
    const open = await startApi({ RIGHTCALL_HOST: '0.0.0.0' });
    expect((await get(`${open.url}/metrics`)).status).toBe(404);
  });
});

describe('told to stop', () => {
  test('it says so to probes first, goes on answering for the drain, and ends with 0', async () => {
    const { url, ops } = await startApi({ RIGHTCALL_METRICS_PORT: '0', RIGHTCALL_DRAIN_S: '2' });
    const stopped = api!.stop();
    await expect.poll(async () => (await get(`${ops}/readyz`)).status).toBe(503);
    expect((await get(`${ops}/readyz`)).text).toContain('is stopping');
    expect((await get(`${url}/readyz`)).status).toBe(503);
    expect((await get(`${ops}/healthz`)).status).toBe(200);
    expect((await get(`${url}/v1/campaigns`, authorization)).status).toBe(200);
    expect(await stopped).toBe(0);
    await expect(get(`${url}/healthz`)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('a request under way is answered, and no other is taken', async () => {
    const { url } = await startApi();
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    const body = JSON.stringify({ name: 'x' });
    // Its body has not come yet when the process is told to stop.
    socket.write(
      `POST /v1/campaigns HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 3)}`,
    );
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    await expect
      .poll(async () => (await get(`${url}/metrics`)).text)
      .toMatch(/http_server_active_requests\S* 1/);
    const stopped = api!.stop();
    await expect
      .poll(() =>
        get(`${url}/healthz`).then(
          () => 'taken',
          () => 'refused',
        ),
      )
      .toBe('refused');
    socket.write(body.slice(3));
    expect(await stopped).toBe(0);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  test('a request that does not end is cut off in time', async () => {
    const { url } = await startApi({ RIGHTCALL_SHUTDOWN_S: '1' });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST /v1/campaigns HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    );
    socket.on('error', () => undefined);
    await expect
      .poll(async () => (await get(`${url}/metrics`)).text)
      .toMatch(/http_server_active_requests\S* 1/);
    const began = Date.now();
    expect(await api!.stop()).toBe(0);
    expect(Date.now() - began).toBeGreaterThan(900);
  });
});

describe('what it refuses to start on', () => {
  test('a database that was not migrated', async () => {
    const blank = await createBlankDatabase();
    try {
      await expect(startApi({ DATABASE_URL: blank.url })).rejects.toThrow(
        /ended with 4.*run rightcall migrate first/s,
      );
    } finally {
      await blank.drop();
    }
  });

  test('a master key that the rows were not sealed under', async () => {
    await startApi();
    await api!.stop();
    await expect(startApi({ RIGHTCALL_MASTER_KEY: '6b'.repeat(32) })).rejects.toThrow(
      /ended with 4.*not the key that this database was sealed under/s,
    );
    await startApi();
  });

  test('not on a database that a newer version has migrated: that is how an upgrade goes', async () => {
    const row = `INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('of tomorrow', 99999999999999)`;
    await asOwner(database.url, row);
    const { url } = await startApi();
    expect((await get(`${url}/readyz`)).status).toBe(200);
    await asOwner(database.url, `DELETE FROM drizzle.__drizzle_migrations WHERE hash = 'of tomorrow'`);
  });
});
