import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addressPolicy } from '../../activities/deliver/address.ts';
import { createWebhookSender, type WebhookSender } from '../../activities/deliver/post.ts';
import { startReceiver, type Receiver } from './receiver.ts';

let receiver: Receiver;
let sender: WebhookSender | undefined;
const BODY = '{"data":{}}';

beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await sender?.close();
  await receiver.close();
});

const portOf = () => new URL(receiver.url).port;

describe('DNS rebinding', () => {
  it('gets nowhere: a name that was public when it was registered and leads inside at the connection is refused', async () => {
    const answers = ['93.184.215.14', '127.0.0.1'];
    sender = createWebhookSender({ policy: addressPolicy([]), resolve: async () => [answers.pop()!] });
    const result = await sender.post(`https://rebinds.example:${portOf()}/`, {}, BODY);
    expect(result).toMatchObject({ kind: 'failed', fault: 'address' });
    expect(receiver.received).toEqual([]);
  });

  it('looks a host up once for a connection, so that nothing can change between check and connect', async () => {
    let asked = 0;
    sender = createWebhookSender({
      policy: addressPolicy(['127.0.0.1']),
      resolve: async () => {
        asked += 1;
        return ['127.0.0.1'];
      },
    });
    const result = await sender.post(`http://crm.example:${portOf()}/`, {}, BODY);
    expect(result).toEqual({ kind: 'delivered', status: 204 });
    expect(asked).toBe(1);
    expect(receiver.received[0]!.headers.host).toBe(`crm.example:${portOf()}`);
  });

  it('an address in the URL, which is never looked up, is checked as well', async () => {
    sender = createWebhookSender({ policy: addressPolicy([]) });
    for (const host of ['127.0.0.1', '[::1]', '0x7f.1', '[::ffff:7f00:1]']) {
      const result = await sender.post(`http://${host}:${portOf()}/`, {}, BODY);
      expect(result, host).toMatchObject({ fault: 'address' });
    }
    expect(receiver.received).toEqual([]);
  });
});

describe('a receiver that redirects inside', () => {
  it('is not followed', async () => {
    sender = createWebhookSender({ policy: addressPolicy(['127.0.0.1']) });
    receiver.behave((_request, response) => {
      response.writeHead(307, { location: receiver.url }).end();
      return 'handled';
    });
    expect(await sender.post(receiver.url, {}, BODY)).toEqual({
      kind: 'failed',
      fault: 'redirect',
      status: 307,
      retryAfterMs: null,
    });
    expect(receiver.received).toHaveLength(1);
  });
});

describe('a receiver that is not there', () => {
  it('is a failed connection; one that does not speak TLS too', async () => {
    sender = createWebhookSender({ policy: addressPolicy(['127.0.0.1']), timeoutMs: 2_000 });
    expect(await sender.post(receiver.url.replace('http:', 'https:'), {}, BODY)).toMatchObject({
      kind: 'failed',
    });
    const url = receiver.url;
    await receiver.close();
    receiver = await startReceiver();
    expect(await sender.post(url, {}, BODY)).toMatchObject({
      kind: 'failed',
      fault: 'connection',
      status: null,
    });
  });
});
