import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { createApp } from '../../api/app.ts';
import { DEFAULT_LIMITS } from '../../api/deps.ts';
import { RightcallError } from '../../domain/failures.ts';
import { addCampaign, addCarrier, addContact, createRig, definition, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.close());

interface Described {
  paths: Record<string, Record<string, { security?: unknown[]; operationId: string }>>;
}

/** Every operation of the API's own description, its parameters filled with ids of nothing. */
async function operations(): Promise<{ method: string; path: string; open: boolean }[]> {
  const response = await rig.app.request('/openapi.json');
  const { paths } = (await response.json()) as Described;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, description]) => ({
      method: method.toUpperCase(),
      path: path.replace('{carrierName}', 'line-1').replace(/\{\w+\}/g, uuidv7()),
      open: description.security?.length === 0,
    })),
  );
}

test('every operation but health and webhooks asks for the key, and a wrong one is as good as none', async () => {
  const all = await operations();
  expect(all.length).toBeGreaterThan(30);
  expect(all.filter((one) => one.open).map((one) => one.path.split('/').slice(0, 3).join('/'))).toEqual([
    '/v1/webhooks',
    '/readyz',
    '/healthz',
  ]);
  for (const { method, path } of all.filter((one) => !one.open)) {
    for (const authorization of ['', 'Bearer wrong', 'Basic YTpi', 'Bearer a-key-for-tests-only-and-more']) {
      const response = await rig.app.request(path, {
        method,
        headers: authorization === '' ? {} : { Authorization: authorization },
      });
      expect(response.status, `${method} ${path} with "${authorization}"`).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect(await response.json()).toMatchObject({ code: 'unauthorized', faults: [] });
    }
  }
});

test('what is not an operation is a problem too, and only with the key', async () => {
  expect((await rig.app.request('/v1/nothing')).status).toBe(401);
  const answer = await rig.call('GET', '/v1/nothing');
  expect(answer.status).toBe(404);
  expect(answer.body).toMatchObject({ code: 'not_found' });
  expect(answer.body.requestId).not.toBe('');
});

test('a request id that is sent comes back, with problems too', async () => {
  const answer = await rig.call('GET', '/v1/nothing', undefined, { 'X-Request-Id': 'trace-me-1' });
  expect(answer.headers.get('x-request-id')).toBe('trace-me-1');
  expect(answer.body.requestId).toBe('trace-me-1');
});

test("another tenant's contacts, persons, imports and entries are not found", async () => {
  await addCarrier(rig);
  const campaignId = await addCampaign(rig);
  const { personId, contactId } = await addContact(rig, {
    campaignId,
    number: '+12025550101',
    externalId: 'x',
  });
  const added = await rig.call('POST', '/v1/suppressions', { number: '+12025550102' });
  const imported = await rig.call('POST', `/v1/campaigns/${campaignId}/imports?name=a.csv`, 'phone\n');
  const answers = await Promise.all([
    rig.callOther('GET', `/v1/contacts/${contactId}`),
    rig.callOther('GET', `/v1/contacts/${contactId}/timeline`),
    rig.callOther('POST', `/v1/campaigns/${campaignId}/contacts/search`, { externalId: 'x' }),
    rig.callOther('GET', `/v1/persons/${personId}`),
    rig.callOther('POST', '/v1/persons/search', { number: '+12025550101' }),
    rig.callOther('POST', `/v1/persons/${personId}/consents`, { purposes: ['marketing'], source: 'x' }),
    rig.callOther('POST', `/v1/persons/${personId}/withdrawals`, { source: 'x' }),
    rig.callOther('POST', `/v1/suppressions/${added.body.suppression.id}/end`),
    rig.callOther('POST', '/v1/suppressions', { number: '+12025550102', scope: 'campaign', campaignId }),
    rig.callOther('GET', `/v1/imports/${imported.body.import.id}`),
    rig.callOther('GET', `/v1/imports/${imported.body.import.id}/issues`),
  ]);
  expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 404));
  const lists = await Promise.all([
    rig.callOther('GET', '/v1/suppressions'),
    rig.callOther('GET', '/v1/carriers'),
    rig.callOther('GET', `/v1/imports?campaignId=${campaignId}`),
    rig.callOther('POST', '/v1/suppressions/search', { number: '+12025550102' }),
  ]);
  expect(lists.map((list) => list.body.items)).toEqual([[], [], [], []]);
});

test('no answer holds a number in full', async () => {
  const campaignId = await addCampaign(rig);
  const number = '+12025550103';
  const { personId, contactId } = await addContact(rig, { campaignId, number });
  await rig.call('POST', '/v1/suppressions', { number });
  const answers = await Promise.all([
    rig.call('GET', `/v1/contacts/${contactId}`),
    rig.call('GET', `/v1/contacts/${contactId}/timeline`),
    rig.call('GET', `/v1/campaigns/${campaignId}/contacts`),
    rig.call('GET', `/v1/persons/${personId}`),
    rig.call('POST', '/v1/persons/search', { number }),
    rig.call('GET', '/v1/suppressions'),
    rig.call('POST', '/v1/suppressions', { number: 'not a number 2025550103' }),
  ]);
  for (const answer of answers) {
    expect(JSON.stringify(answer.body)).not.toMatch(/2025550103/);
    expect(JSON.stringify(answer.body)).not.toContain(
      rig.vault.numberHash(rig.tenantId, number).toString('hex'),
    );
  }
});

test('a body over the limit is refused before it is read to its end', async () => {
  const small = await createRig({ limits: { ...DEFAULT_LIMITS, bodyBytes: 1_000, uploadBytes: 1_000 } });
  try {
    const campaignId = await addCampaign(small);
    const json = await small.call('POST', '/v1/campaigns', definition({ name: 'x'.repeat(2_000) }));
    expect([json.status, json.body.code]).toEqual([413, 'too_large']);
    const upload = await small.call(
      'POST',
      `/v1/campaigns/${campaignId}/imports?name=a.csv`,
      'x'.repeat(2_000),
    );
    expect([upload.status, upload.body.code]).toEqual([413, 'too_large']);
    expect(small.imported).toEqual([]);
  } finally {
    await small.close();
  }
});

describe('faults of the engine', () => {
  const broken = (error: Error) =>
    createRig({
      imports: {
        contacts: () => Promise.reject(error),
        doNotCall: () => Promise.reject(error),
      },
    });

  test('say nothing of their cause, and have a request id', async () => {
    const failing = await broken(new Error('password=hunter2 at /secret/path'));
    try {
      const answer = await failing.call('POST', '/v1/do-not-call/imports?name=a.txt', '+12025550104\n');
      expect(answer.status).toBe(500);
      expect(answer.body.code).toBe('internal');
      expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|secret/);
    } finally {
      await failing.close();
    }
  });

  test('a database that is away is unavailable, with a time to try again', async () => {
    const failing = await broken(Object.assign(new Error('terminating connection'), { code: '57P01' }));
    try {
      const answer = await failing.call('POST', '/v1/do-not-call/imports?name=a.txt', '+12025550104\n');
      expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([
        503,
        'unavailable',
        '1',
      ]);
    } finally {
      await failing.close();
    }
  });
});

test('health is told without a key: alive without the database, ready only with it', async () => {
  expect((await rig.app.request('/readyz')).status).toBe(200);
  const away = createApp({
    apiKey: 'k',
    tenantId: rig.tenantId,
    limits: DEFAULT_LIMITS,
    logger: { error: () => undefined, info: () => undefined, debug: () => undefined },
    db: { inTenant: () => Promise.reject(new RightcallError('internal', 'no')) },
  } as never);
  expect((await away.request('/health')).status).toBe(503);
  expect((await away.request('/healthz')).status).toBe(200);
  expect((await rig.app.request('/health/live')).status).toBe(200);
});
