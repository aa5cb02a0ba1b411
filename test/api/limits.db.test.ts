import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { addCampaign, call, createRig, definition, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.close());

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const send = (method: string, path: string, text: string, type: string) =>
  call(rig.app, method, path, text, { 'Content-Type': type });

describe('a body', () => {
  test('nested deeper than 32 levels is refused before it is parsed', async () => {
    for (const levels of [33, 10_000, 400_000]) {
      const text = `{"name":${nested(levels - 1)}}`;
      const answer = await send('POST', '/v1/campaigns', text, 'application/json');
      expect([answer.status, answer.body.faults]).toEqual([
        400,
        [{ field: 'body', fault: 'is nested too deep', expected: 'at most 32 levels' }],
      ]);
    }
    const allowed = await send('POST', '/v1/campaigns', `{"name":${nested(31)}}`, 'application/json');
    expect(allowed.body.faults.map((fault) => fault.field)).not.toContain('body');
  });

  test('that is not JSON is a fault of the body, which is not repeated', async () => {
    for (const text of ['{"number": +12025550101', '', 'null{', '{"a":1,}', '\u0000']) {
      const answer = await send('POST', '/v1/campaigns', text, 'application/json');
      expect([answer.status, answer.body.faults[0]?.field], text).toEqual([400, 'body']);
      expect(JSON.stringify(answer.body)).not.toContain('2025550101');
    }
  });

  test('of another media type, or of none, is 415 and names what is read here', async () => {
    for (const type of [
      'text/plain',
      'application/xml',
      'multipart/form-data; boundary=x',
      'application/jsonx',
    ]) {
      const answer = await send('POST', '/v1/campaigns', JSON.stringify(definition()), type);
      expect([answer.status, answer.body.code], type).toEqual([415, 'unsupported_media_type']);
      expect(answer.body.detail).toContain('application/json');
    }
    const untyped = await rig.app.request('/v1/campaigns', {
      method: 'POST',
      headers: { Authorization: 'Bearer a-key-for-tests-only', 'Content-Length': '2' },
      body: new TextEncoder().encode('{}'),
    });
    expect(untyped.status).toBe(415);
    const typed = await send(
      'POST',
      '/v1/campaigns',
      JSON.stringify(definition()),
      'Application/JSON; charset=utf-8',
    );
    expect(typed.status).toBe(201);
  });

  test('that is not needed may be empty, whatever its Content-Type', async () => {
    const campaignId = await addCampaign(rig);
    const answer = await send('POST', `/v1/campaigns/${campaignId}/stop`, '', 'application/json');
    expect(answer.status).toBe(200);
  });

  test('over the limit is 413, whether it says its length or not', async () => {
    const text = JSON.stringify({ name: 'x'.repeat(1024 ** 2) });
    const long = await send('POST', '/v1/campaigns', text, 'application/json');
    expect([long.status, long.body.code]).toEqual([413, 'too_large']);
    const streamed = await rig.app.request('/v1/campaigns', {
      method: 'POST',
      headers: { Authorization: 'Bearer a-key-for-tests-only', 'Content-Type': 'application/json' },
      body: new Blob([text]).stream(),
      duplex: 'half',
    });
    expect(streamed.status).toBe(413);
  });
});

test('a query field that is not known is refused with its name, on every kind of operation', async () => {
  const campaignId = await addCampaign(rig);
  for (const [method, path] of [
    ['GET', '/v1/campaigns?stauts=draft'],
    ['GET', `/v1/campaigns/${campaignId}?verbose=1`],
    ['POST', `/v1/campaigns/${campaignId}/pause?force=1`],
    ['GET', '/v1/access/me?x='],
  ] as const) {
    const answer = await rig.call(method, path);
    const field = /\?(\w+)/.exec(path)![1];
    expect([answer.status, answer.body.faults[0]?.field, answer.body.faults[0]?.fault], path).toEqual([
      400,
      `query.${field}`,
      'is not a known field',
    ]);
  }
});

test('a method that a path has not is 405 with those it has; an unknown path is 404', async () => {
  const campaignId = await addCampaign(rig);
  for (const [method, path, allow] of [
    ['DELETE', `/v1/campaigns/${campaignId}`, 'GET, HEAD, PATCH'],
    ['GET', `/v1/campaigns/${campaignId}/start`, 'POST'],
    ['PUT', '/v1/campaigns', 'GET, HEAD, POST'],
    ['OPTIONS', '/v1/changes', 'GET, HEAD'],
  ] as const) {
    const answer = await rig.call(method, path);
    expect([answer.status, answer.body.code, answer.headers.get('allow')], path).toEqual([
      405,
      'method_not_allowed',
      allow,
    ]);
  }
  const unknown = await rig.call('GET', '/v1/campaigns/x/y/z');
  expect([unknown.status, unknown.headers.get('allow')]).toEqual([404, null]);
});

describe('a rate limit', () => {
  const limitedApp = () => createApp({ ...rig.deps, rateLimit: { perSecond: 3, burst: 5 } });

  test('lets the burst through, then asks to wait; another key is not held up', async () => {
    const app = limitedApp();
    const answers = await Promise.all(Array.from({ length: 9 }, () => call(app, 'GET', '/v1/access/me')));
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 200).length).toBe(5);
    const refused = answers.find((answer) => answer.status === 429)!;
    expect(refused.body.code).toBe('rate_limited');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('ratelimit')).toMatch(/^"steady";r=0;t=\d+$/);
    expect(answers[0]!.headers.get('ratelimit-policy')).toBe('"steady";q=3;w=1, "burst";q=5;w=10');
    const other = { Authorization: `Bearer ${await rig.makeKey({ roles: ['agent'] })}` };
    expect((await call(app, 'GET', '/v1/access/me', undefined, other)).status).toBe(200);
  });

  test('never holds up a stop', async () => {
    const app = limitedApp();
    const campaignId = await addCampaign(rig);
    await Promise.all(Array.from({ length: 9 }, () => call(app, 'GET', '/v1/access/me')));
    expect((await call(app, 'GET', '/v1/access/me')).status).toBe(429);
    const stops = await Promise.all([
      call(app, 'POST', `/v1/campaigns/${campaignId}/stop`),
      call(app, 'POST', '/v1/dialling/stop'),
      call(app, 'POST', '/v1/suppressions', {
        number: '+12025550101',
        scope: 'tenant',
        list: 'internal',
        source: 'test',
      }),
    ]);
    expect(stops.map((answer) => answer.status)).not.toContain(429);
    await call(rig.app, 'POST', '/v1/dialling/resume');
  });

  test('counts for nobody where there is none', async () => {
    const answer = await rig.call('GET', '/v1/access/me');
    expect(answer.headers.get('ratelimit')).toBeNull();
  });
});
