import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { serve, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { createLiveFeed } from '../../api/live/feed.ts';
import { DEFAULT_LIMITS } from '../../api/deps.ts';
import { addCampaign, addCarrier, addContact, API_KEY, createRig, type Rig } from './rig.ts';

let rig: Rig;
const closing = new AbortController();
beforeAll(async () => {
  rig = await createRig({
    limits: { ...DEFAULT_LIMITS, live: { tickMs: 20, streams: 3 } },
    closing: closing.signal,
  });
  await addCarrier(rig);
});
afterAll(() => rig.close());

const open: { cancel(): Promise<void> }[] = [];
afterEach(async () => {
  for (const stream of open.splice(0)) await stream.cancel();
});

interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

async function follow(campaignId: string, headers: Record<string, string> = {}) {
  const response = await rig.app.request(`/v1/campaigns/${campaignId}/progress/stream`, {
    headers: { Authorization: `Bearer ${API_KEY}`, ...headers },
  });
  if (!response.ok || response.body === null) {
    return { response, problem: (await response.json()) as { code: string; detail: string } };
  }
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  open.push({ cancel: () => reader.cancel() });
  const decoder = new TextDecoder();
  /** The next event; comments and the like are passed over. Null at the end. */
  const next = async (): Promise<Event | null> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return null;
      const fields = Object.fromEntries(
        decoder
          .decode(value)
          .trimEnd()
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(': ') + 2)]),
      );
      if (fields['event'] === undefined) continue;
      const { id, event, data } = fields as Record<'id' | 'event' | 'data', string>;
      return { id, event, data: JSON.parse(data) as Event['data'] };
    }
  };
  return { response, next };
}

test('a campaign is followed from a snapshot to its end', async () => {
  const campaignId = await addCampaign(rig, { name: 'Followed' });
  const { contactId } = await addContact(rig, { campaignId, number: '+12025550101' });
  const { response, next } = await follow(campaignId);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const whole = await rig.call('GET', `/v1/campaigns/${campaignId}/progress`);
  expect(await next!()).toMatchObject({ event: 'snapshot', data: whole.body });

  await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
  const started = await next!();
  expect(started).toMatchObject({ event: 'tick' });
  expect(started!.data).toEqual({ status: 'running' });

  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(`UPDATE contacts SET state = 'denied', state_reason = 'x' WHERE id = $1`, [contactId]),
  );
  expect((await next!())!.data).toEqual({
    waiting: 0,
    denied: 1,
    byState: { denied: 1 },
    nextReadyAt: null,
  });
  await rig.call('POST', `/v1/campaigns/${campaignId}/stop`, { reason: 'enough' });
  const last = await rig.call('GET', `/v1/campaigns/${campaignId}/progress`);
  expect(await next!()).toMatchObject({ event: 'end', data: last.body });
  expect(await next!()).toBeNull();
});

test('who comes back with the id of the present state is sent only what changes from then on', async () => {
  const campaignId = await addCampaign(rig, { name: 'Lost' });
  const first = await follow(campaignId);
  const { id } = (await first.next!())!;
  const again = await follow(campaignId, { 'Last-Event-ID': id });
  await addContact(rig, { campaignId, number: '+12025550102' });
  expect(await again.next!()).toMatchObject({ event: 'tick', data: { imported: 1 } });
});

test("another tenant's campaign is found as little as one that is not", async () => {
  const campaignId = await addCampaign(rig);
  for (const path of [`/v1/campaigns/${campaignId}`, `/v1/campaigns/${uuidv7()}`]) {
    const answer = await rig.callOther('GET', `${path}/progress/stream`);
    expect([answer.status, answer.body.detail]).toEqual([404, 'the campaign was not found']);
  }
  const unknown = await follow('nonsense');
  expect([unknown.response.status, unknown.problem?.code]).toEqual([400, 'invalid_input']);
});

test('without a key there is no stream', async () => {
  const campaignId = await addCampaign(rig);
  const answer = await rig.app.request(`/v1/campaigns/${campaignId}/progress/stream`);
  expect(answer.status).toBe(401);
});

test('beyond what the process serves: 503 and when to come back', async () => {
  const campaignId = await addCampaign(rig);
  for (let n = 0; n < 3; n++) expect((await follow(campaignId)).response.status).toBe(200);
  const refused = await follow(campaignId);
  expect([refused.response.status, refused.problem?.code]).toEqual([503, 'unavailable']);
  expect(refused.response.headers.get('retry-after')).toBe('10');
});

test('over a real connection, a client that does not read is cut off, and one that leaves is forgotten', async () => {
  let n = 0;
  // Each state is larger than what a connection's buffers hold, so that they are full soon.
  const bulk = 'x'.repeat(8 * 1024 ** 2);
  const feed = createLiveFeed<{ n: number; bulk: string }>({
    read: () => Promise.resolve({ n: n++, bulk: `${n}${bulk}` }),
    isOver: () => false,
    onError: () => undefined,
    limits: { tickMs: 10, stalledMs: 200 },
  });
  const app = new Hono();
  app.get('/', async (c) => {
    const { outgoing } = c.env as { outgoing: { destroy(): void } };
    const stream = await feed.open({
      tenantId: 't',
      id: 'a',
      lastEventId: null,
      onDropped: () => outgoing.destroy(),
    });
    return c.body(stream!, 200, { 'Content-Type': 'text/event-stream' });
  });
  const server = await new Promise<ServerType>((resolve) => {
    const listening = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(listening));
  });
  const { port } = server.address() as AddressInfo;
  try {
    const leaving = await fetch(`http://127.0.0.1:${port}/`);
    const reader = leaving.body!.getReader();
    await reader.read();
    expect(feed.streams).toBe(1);
    await reader.cancel();
    await expect.poll(() => feed.streams).toBe(0);

    const silent = connect(port, '127.0.0.1');
    silent.on('error', () => undefined);
    silent.pause();
    silent.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => feed.streams).toBe(1);
    await expect.poll(() => feed.streams, { timeout: 10_000 }).toBe(0);
    const closed = once(silent, 'close');
    silent.resume();
    await closed;
  } finally {
    server.close();
  }
});

test('a process that stops ends its streams', async () => {
  const campaignId = await addCampaign(rig);
  const { next } = await follow(campaignId);
  expect(await next!()).toMatchObject({ event: 'snapshot' });
  closing.abort();
  expect(await next!()).toBeNull();
});
