import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { startMetrics, type Metrics } from '../../runtime/telemetry/metrics.ts';
import { addCarrier, createRig, SECRET, type Rig } from './rig.ts';

let rig: Rig;
let path: string;
let metrics: Metrics;
beforeAll(async () => {
  metrics = startMetrics({ name: 'test', version: '0' });
  rig = await createRig();
  path = `/v1/webhooks/${rig.tenantId}/${await addCarrier(rig)}`;
});
afterAll(async () => {
  await rig.close();
  await metrics.stop();
});

const event = (eventId: string, type = 'ringing') => ({
  eventId,
  attemptId: `${uuidv7()}/1`,
  reference: 'sim-1',
  type,
  at: Date.parse('2026-03-02T02:00:00Z'),
  digits: null,
  end: null,
});

function signed(events: unknown[], secret = SECRET, at = new Date()) {
  const body = JSON.stringify({ events });
  const id = `msg_${uuidv7()}`;
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    },
  };
}

const post = (request: { body: string; headers: Record<string, string> }, to = path) =>
  rig.app.request(to, { method: 'POST', ...request });

async function stored(): Promise<{ event_id: string; processed_real: number | null }[]> {
  return rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query('SELECT event_id, processed_real FROM call_events ORDER BY id'),
  );
}

test('signed events are stored before the answer, each once, however often and in whatever mix they come', async () => {
  const [a, b, c] = [event('e-a'), event('e-b', 'answered'), event('e-c')];
  const first = await post(signed([a, b]));
  expect(first.status).toBe(204);
  expect((await stored()).map((row) => row.event_id)).toEqual(['e-a', 'e-b']);
  const answers = await Promise.all([post(signed([b, a])), post(signed([c, c, b])), post(signed([c]))]);
  expect(answers.map((answer) => answer.status)).toEqual([204, 204, 204]);
  expect((await stored()).map((row) => row.event_id).sort()).toEqual(['e-a', 'e-b', 'e-c']);
  expect((await stored()).every((row) => row.processed_real === null)).toBe(true);
});

test('new events tell the workers, repeated ones do not', async () => {
  const heard: string[] = [];
  const listener = await rig.db.listen('rightcall_work', (payload) => heard.push(payload));
  try {
    heard.length = 0;
    const request = signed([event('e-notify')]);
    await post(request);
    await expect.poll(() => heard, { timeout: 2_000, interval: 10 }).toEqual([rig.tenantId]);
    await post(request);
    await post(signed([event('e-notify-2')]));
    await expect.poll(() => heard.length, { timeout: 2_000, interval: 10 }).toBe(2);
  } finally {
    await listener.close();
  }
});

test('an event that is forged, altered, old or unsigned is refused and nothing is stored', async () => {
  const before = (await stored()).length;
  const forged = signed(
    [event('e-x')],
    `whsec_${Buffer.from('another secret entirely!').toString('base64')}`,
  );
  const altered = { ...signed([event('e-x')]), body: JSON.stringify({ events: [event('e-y')] }) };
  const old = signed([event('e-x')], SECRET, new Date(Date.now() - 3_600_000));
  const unsigned = {
    body: JSON.stringify({ events: [event('e-x')] }),
    headers: { 'content-type': 'application/json' },
  };
  for (const request of [forged, altered, old, unsigned]) {
    const response = await post(request);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'unauthorized' });
  }
  expect((await post(signed([{ eventId: 'e-x' }]))).status).toBe(400);
  expect((await stored()).length).toBe(before);
});

test('a carrier of another tenant, and none at all, are not found', async () => {
  const carrierId = path.split('/').at(-1)!;
  const request = signed([event('e-z')]);
  expect((await post(request, `/v1/webhooks/${rig.other.tenantId}/${carrierId}`)).status).toBe(404);
  expect((await post(request, `/v1/webhooks/${rig.tenantId}/${uuidv7()}`)).status).toBe(404);
  expect((await post(request, `/v1/webhooks/${uuidv7()}/${carrierId}`)).status).toBe(404);
});

test('a carrier keeps its secret when it is changed, and never shows it again', async () => {
  const made = await rig.call('PUT', '/v1/carriers/line-2', {
    kind: 'simulator',
    baseUrl: 'http://127.0.0.1:9',
    callsPerSecond: 1,
    maxConcurrentCalls: 1,
  });
  expect(made.status).toBe(201);
  const secret = made.body.webhookSecret!;
  const change = {
    kind: 'simulator',
    baseUrl: 'http://127.0.0.1:10',
    callsPerSecond: 2,
    maxConcurrentCalls: 1,
  };
  const ifMatch = { 'If-Match': made.headers.get('etag')! };
  const changed = await rig.call('PUT', '/v1/carriers/line-2', change, ifMatch);
  expect([changed.status, changed.body.webhookSecret, changed.body.id]).toEqual([200, null, made.body.id]);
  expect((await post(signed([event('e-2')], secret), made.body.webhookPath)).status).toBe(204);
  expect(JSON.stringify((await rig.call('GET', '/v1/carriers')).body)).not.toContain(secret);
});

test.each([
  ['kind', { kind: 'pigeon' }],
  ['baseUrl', { baseUrl: 'file:///etc/passwd' }],
  ['callsPerSecond', { callsPerSecond: 0 }],
  ['maxConcurrentCalls', { maxConcurrentCalls: -1 }],
  ['webhookSecret', { webhookSecret: 'short' }],
])('a carrier with a bad %s is refused with its field', async (field, change) => {
  const answer = await rig.call('PUT', '/v1/carriers/line-3', {
    kind: 'simulator',
    baseUrl: 'http://127.0.0.1:9',
    callsPerSecond: 1,
    maxConcurrentCalls: 1,
    ...change,
  });
  expect(answer.status).toBe(400);
  expect(answer.body.faults.map((f) => f.field)).toEqual([field]);
});

test('what came in is counted by what became of it, and how late it was', async () => {
  const read = async () => {
    const text = await metrics.text();
    const value = (series: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${series} `))
          ?.slice(series.length + 1),
      );
    const counted = (result: string) => value(`rightcall_carrier_events_total{result="${result}"}`);
    return {
      stored: counted('stored'),
      duplicate: counted('duplicate'),
      forged: counted('forged'),
      outdated: counted('outdated'),
      delays: value('rightcall_carrier_event_delay_seconds_count') || 0,
    };
  };
  const before = await read();
  const [a, b] = [event('e-counted-a'), event('e-counted-b')];
  await post(signed([a, b, a]));
  await post(signed([a]));
  await post(signed([b], `whsec_${Buffer.from('another secret entirely!').toString('base64')}`));
  await post(signed([b], SECRET, new Date(Date.now() - 3_600_000)));
  const after = await read();
  expect({
    stored: after.stored - before.stored,
    duplicate: after.duplicate - before.duplicate,
    forged: after.forged - before.forged,
    outdated: after.outdated - before.outdated,
    delays: after.delays - before.delays,
  }).toEqual({ stored: 2, duplicate: 2, forged: 1, outdated: 1, delays: 2 });
});
