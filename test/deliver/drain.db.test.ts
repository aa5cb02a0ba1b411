import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { ENDPOINT_SECRET_LABEL } from '../../activities/deliver/drain.ts';
import { rotateSecret } from '../../db/repositories/endpoints.ts';
import { holdEndpoint } from '../../db/repositories/outgoing-events.ts';
import type { WebhookSender } from '../../activities/deliver/post.ts';
import { AT_ONCE, createDeliverRig, SECRET, type DeliverRig } from './rig.ts';
import { startReceiver, type Receiver } from './receiver.ts';

let rig: DeliverRig;
let receiver: Receiver;

beforeAll(async () => {
  rig = await createDeliverRig();
});
afterAll(() => rig.close());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await receiver.close();
  // Each test has endpoints of its own; what it emits is for them alone.
  await rig.rows('UPDATE endpoints SET enabled = false, removed_at = now() WHERE tenant_id = $1');
});

const headersOf = (headers: Readonly<Record<string, unknown>>) => headers as Record<string, string>;
const states = (endpointId: string) =>
  rig.rows<{ state: string; attempts: number; last_fault: string | null; last_status: number | null }>(
    'SELECT state, attempts, last_fault, last_status FROM deliveries WHERE tenant_id = $1 AND endpoint_id = $2 ORDER BY id',
    endpointId,
  );

describe('a delivery', () => {
  it('is a CloudEvent that the receiver verifies with the secret it was given, and not with another', async () => {
    const endpoint = await rig.addEndpoint(receiver.url);
    await rig.emit('contact.finished', 'c1', { state: 'converted' });
    expect(await rig.drain(endpoint)).toEqual({ kind: 'idle' });
    const [one] = receiver.received;
    expect(one!.event).toMatchObject({
      specversion: '1.0',
      source: `/rightcall/tenants/${rig.tenantId}`,
      type: 'com.rightcall.contact.finished',
      subject: 'contacts/c1',
      data: { state: 'converted' },
    });
    expect(one!.event.sequence).toMatch(/^\d{19}$/);
    expect(one!.headers['content-type']).toBe('application/cloudevents+json');
    expect(one!.headers['webhook-id']).toBe(one!.event.id);
    expect(new Webhook(SECRET).verify(one!.text, headersOf(one!.headers))).toEqual(one!.event);
    const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    expect(() => new Webhook(other).verify(one!.text, headersOf(one!.headers))).toThrow();
    expect(await states(endpoint)).toEqual([
      { state: 'delivered', attempts: 1, last_fault: null, last_status: 204 },
    ]);
  });

  it('is signed with both secrets while a rotation lasts, and with the new one alone after it', async () => {
    const endpoint = await rig.addEndpoint(receiver.url);
    const next = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
    const rotate = (untilReal: number) =>
      rig.db.inTenant(rig.tenantId, (tx) =>
        rotateSecret(tx, endpoint, {
          sealedSecret: rig.vault.sealForTenant(rig.tenantId, ENDPOINT_SECRET_LABEL, next),
          previousUntilReal: untilReal,
          at: Date.now(),
        }),
      );
    await rotate(Date.now() + 60_000);
    await rig.emit('contact.finished', 'c1');
    await rig.drain(endpoint);
    for (const secret of [SECRET, next]) {
      const { text, headers } = receiver.received[0]!;
      expect(() => new Webhook(secret).verify(text, headersOf(headers))).not.toThrow();
    }
    await rig.rows(
      `UPDATE endpoints SET previous_until_real = now() - interval '1 s' WHERE tenant_id = $1 AND id = $2`,
      endpoint,
    );
    await rig.emit('contact.finished', 'c1');
    await rig.drain(endpoint);
    const { text, headers } = receiver.received[1]!;
    expect(() => new Webhook(next).verify(text, headersOf(headers))).not.toThrow();
    expect(() => new Webhook(SECRET).verify(text, headersOf(headers))).toThrow();
  });

  it('goes only to endpoints that asked for its type; a disabled one gets none', async () => {
    const all = await rig.addEndpoint(receiver.url);
    const some = await rig.addEndpoint(receiver.url, { events: ['callback.kept'] });
    const off = await rig.addEndpoint(receiver.url, { enabled: false });
    await rig.emit('contact.finished', 'c1');
    expect((await states(all)).length).toBe(1);
    expect(await states(some)).toEqual([]);
    expect(await states(off)).toEqual([]);
    expect(await rig.drain(off)).toEqual({ kind: 'off' });
  });

  it('is repeated under the same id after every failure until it is taken, whatever the failure was', async () => {
    const endpoint = await rig.addEndpoint(receiver.url);
    await rig.emit('contact.finished', 'c1');
    const answers: (number | 'hang')[] = [500, 'hang', 302, 404, 200];
    receiver.behave(() => answers.shift() ?? 200);
    await rig.drainAll(endpoint);
    expect(receiver.received).toHaveLength(5);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.received.map(({ text }) => text)).size).toBe(1);
    expect(await states(endpoint)).toMatchObject([{ state: 'delivered', attempts: 5 }]);
  });

  it('says why its last try failed', async () => {
    const endpoint = await rig.addEndpoint(receiver.url);
    const wait = { ...AT_ONCE, delaysMs: [60_000] };
    for (const [answer, fault, status] of [
      ['hang', 'timeout', null],
      [302, 'redirect', 302],
      [422, 'status', 422],
    ] as const) {
      await rig.emit('contact.finished', `c-${fault}`);
      receiver.behave(() => answer);
      await rig.drain(endpoint, { retryPlan: wait });
      expect((await states(endpoint)).at(-1)).toMatchObject({
        state: 'pending',
        last_fault: fault,
        last_status: status,
      });
    }
  });

  it('is a dead letter once its time is over, and lets those behind it go on', async () => {
    const endpoint = await rig.addEndpoint(receiver.url);
    await rig.emit('contact.finished', 'c1', { n: 1 });
    await rig.emit('contact.reopened', 'c1', { n: 2 });
    await rig.rows(
      `UPDATE deliveries SET created_real = created_real - interval '2 hours'
       WHERE tenant_id = $1 AND endpoint_id = $2 AND type = 'contact.finished'`,
      endpoint,
    );
    receiver.behave(({ event }) => (event.data['n'] === 1 ? 500 : 200));
    expect(await rig.drain(endpoint)).toEqual({ kind: 'idle' });
    expect(await states(endpoint)).toMatchObject([
      { state: 'dead', attempts: 1, last_status: 500 },
      { state: 'delivered', attempts: 1 },
    ]);
  });

  it('waits for as long as the receiver asks, with everything else for it', async () => {
    const endpoint = await rig.addEndpoint(receiver.url);
    for (const contact of ['c1', 'c2']) await rig.emit('contact.finished', contact);
    receiver.behave((_request, response) => {
      response.writeHead(429, { 'retry-after': '120' }).end();
      return 'handled';
    });
    const result = await rig.drain(endpoint);
    expect(result.kind).toBe('waiting');
    expect((result as { inMs: number }).inMs).toBeGreaterThan(100_000);
    expect((result as { inMs: number }).inMs).toBeLessThanOrEqual(120_000);
    const before = receiver.received.length;
    expect(await rig.drain(endpoint)).toMatchObject({ kind: 'waiting' });
    expect(receiver.received).toHaveLength(before);
  });

  it('stops for good where the receiver says 410 Gone: the endpoint is disabled, and that is recorded', async () => {
    const endpoint = await rig.addEndpoint(receiver.url);
    await rig.emit('contact.finished', 'c1');
    receiver.behave(() => 410);
    expect(await rig.drain(endpoint)).toEqual({ kind: 'off' });
    expect(
      await rig.rows(
        'SELECT enabled, disabled_reason FROM endpoints WHERE tenant_id = $1 AND id = $2',
        endpoint,
      ),
    ).toEqual([{ enabled: false, disabled_reason: 'gone' }]);
    expect(
      await rig.rows('SELECT actor, action FROM changes WHERE tenant_id = $1 AND resource_id = $2', endpoint),
    ).toEqual([{ actor: 'engine', action: 'disableEndpoint' }]);
    expect(await states(endpoint)).toMatchObject([{ state: 'pending', last_fault: 'gone' }]);
  });

  it('takes nothing from an endless answer but its status', async () => {
    const endpoint = await rig.addEndpoint(receiver.url);
    await rig.emit('contact.finished', 'c1');
    let sent = 0;
    receiver.behave((request, response) => {
      request.status = 200;
      response.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const more = () => {
        while (!response.destroyed && sent < 512 * 1024 * 1024) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
      };
      more();
      return 'handled';
    });
    expect(await rig.drain(endpoint)).toEqual({ kind: 'idle' });
    expect(await states(endpoint)).toMatchObject([{ state: 'delivered', last_status: 200 }]);
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });
});

describe('order', () => {
  it('holds for one contact, and a failing event holds back that contact alone', async () => {
    const endpoint = await rig.addEndpoint(receiver.url);
    for (let n = 1; n <= 4; n += 1) {
      for (const contact of ['stuck', 'a', 'b']) await rig.emit('attempt.ended', contact, { contact, n });
    }
    let failing = true;
    receiver.behave(({ event }) =>
      failing && event.data['contact'] === 'stuck' && event.data['n'] === 2 ? 500 : 200,
    );
    const wait = { ...AT_ONCE, delaysMs: [60_000] };
    expect(await rig.drain(endpoint, { retryPlan: wait })).toMatchObject({ kind: 'waiting' });
    const taken = (contact: string) =>
      receiver
        .accepted()
        .filter(({ event }) => event.data['contact'] === contact)
        .map(({ event }) => event.data['n']);
    expect(taken('a')).toEqual([1, 2, 3, 4]);
    expect(taken('b')).toEqual([1, 2, 3, 4]);
    expect(taken('stuck')).toEqual([1]);

    // New events of the stuck contact queue up behind it, those of others pass.
    await rig.emit('attempt.ended', 'stuck', { contact: 'stuck', n: 5 });
    await rig.emit('attempt.ended', 'a', { contact: 'a', n: 5 });
    expect(await rig.drain(endpoint, { retryPlan: wait })).toMatchObject({ kind: 'waiting' });
    expect(taken('stuck')).toEqual([1]);
    expect(taken('a')).toEqual([1, 2, 3, 4, 5]);

    failing = false;
    await rig.rows(
      `UPDATE deliveries SET due_real = now() WHERE tenant_id = $1 AND endpoint_id = $2 AND last_status = 500`,
      endpoint,
    );
    expect(await rig.drain(endpoint)).toEqual({ kind: 'idle' });
    expect(taken('stuck')).toEqual([1, 2, 3, 4, 5]);
  });

  it('is not kept where it was not asked for: the later ones pass the failing one', async () => {
    const endpoint = await rig.addEndpoint(receiver.url, { order: 'none' });
    for (let n = 1; n <= 3; n += 1) await rig.emit('attempt.ended', 'c', { n });
    receiver.behave(({ event }) => (event.data['n'] === 1 ? 500 : 200));
    await rig.drain(endpoint, { retryPlan: { ...AT_ONCE, delaysMs: [60_000] } });
    expect(receiver.accepted().map(({ event }) => event.data['n'])).toEqual(expect.arrayContaining([2, 3]));
  });

  it('holds however failures fall: seeded receivers that fail at random, every event once in order', async () => {
    const endpoint = await rig.addEndpoint(receiver.url);
    let seed = 20_261_120;
    const random = () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    for (let n = 0; n < 150; n += 1) {
      await rig.emit('attempt.ended', `c${Math.floor(random() * 12)}`, { n });
    }
    receiver.behave(() => (random() < 0.4 ? 503 : 200));
    await rig.drainAll(endpoint);
    const taken = receiver.accepted();
    expect(taken).toHaveLength(150);
    const last = new Map<string, string>();
    for (const { event } of taken) {
      expect(event.sequence > (last.get(event.partitionkey) ?? '')).toBe(true);
      last.set(event.partitionkey, event.sequence);
    }
  });
});

describe('a drain', () => {
  it('that dies after sending and before noting it is repeated: the same event comes twice, none is lost', async () => {
    const endpoint = await rig.addEndpoint(receiver.url);
    for (const contact of ['c1', 'c2', 'c3']) await rig.emit('contact.finished', contact);
    const dying: WebhookSender = {
      post: async (...args) => {
        await rig.deps.webhooks.post(...args);
        throw new Error('killed');
      },
      close: async () => undefined,
    };
    await expect(rig.drain(endpoint, { webhooks: dying })).rejects.toThrow('killed');
    expect(receiver.received.length).toBeGreaterThan(0);
    expect(await rig.drain(endpoint)).toEqual({ kind: 'idle' });
    const ids = receiver.received.map(({ event }) => event.id);
    expect(new Set(ids).size).toBe(3);
    expect(ids.length).toBeGreaterThan(3);
    expect((await states(endpoint)).every(({ state }) => state === 'delivered')).toBe(true);
  });

  it('leaves an endpoint alone that another one holds', async () => {
    const endpoint = await rig.addEndpoint(receiver.url);
    await rig.emit('contact.finished', 'c1');
    await rig.db.single(rig.tenantId, (st) =>
      holdEndpoint(st, endpoint, '00000000-0000-4000-8000-000000000001', 60_000),
    );
    expect(await rig.drain(endpoint)).toMatchObject({ kind: 'waiting' });
    expect(receiver.received).toEqual([]);
  });

  it('two at once deliver every event once', async () => {
    const endpoint = await rig.addEndpoint(receiver.url);
    for (let n = 0; n < 60; n += 1) await rig.emit('contact.finished', `c${n % 20}`);
    await Promise.all([rig.drainAll(endpoint), rig.drainAll(endpoint)]);
    expect(receiver.received).toHaveLength(60);
  });

  it('rests after failures in a row, then asks with one request alone', async () => {
    const endpoint = await rig.addEndpoint(receiver.url);
    for (let n = 0; n < 30; n += 1) await rig.emit('contact.finished', `c${n}`);
    receiver.behave(() => 503);
    const plan = { ...AT_ONCE, delaysMs: [60_000], restAfterFailures: 3, restMs: [60_000] };
    expect(await rig.drain(endpoint, { retryPlan: plan })).toMatchObject({ kind: 'waiting' });
    // What was under way when the third failed is all that may still fail.
    expect(receiver.received.length).toBeLessThanOrEqual(3 + 8);
    const before = receiver.received.length;
    await rig.rows(
      'UPDATE endpoint_drains SET not_before_real = now() WHERE tenant_id = $1 AND endpoint_id = $2',
      endpoint,
    );
    expect(await rig.drain(endpoint, { retryPlan: plan })).toMatchObject({ kind: 'waiting' });
    expect(receiver.received).toHaveLength(before + 1);
    receiver.behave(() => 200);
    await rig.rows(
      'UPDATE endpoint_drains SET not_before_real = now() WHERE tenant_id = $1 AND endpoint_id = $2',
      endpoint,
    );
    await rig.rows(
      `UPDATE deliveries SET due_real = now() WHERE tenant_id = $1 AND endpoint_id = $2 AND state = 'pending'`,
      endpoint,
    );
    expect(await rig.drain(endpoint, { retryPlan: plan })).toEqual({ kind: 'idle' });
    expect((await states(endpoint)).every(({ state }) => state === 'delivered')).toBe(true);
  });
});
