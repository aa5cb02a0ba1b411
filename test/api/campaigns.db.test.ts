import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { addCampaign, addCarrier, createRig, definition, NOW, type Answer, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
});
afterAll(() => rig.close());

const fields = (answer: Answer) => answer.body.faults.map((f) => f.field);

describe('create', () => {
  test('a definition becomes a draft with what was left out filled in', async () => {
    const answer = await rig.call('POST', '/v1/campaigns', definition());
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ status: 'draft', revision: 1, name: 'Spring offer' });
    expect(answer.body.definition).toMatchObject({ retry: { maxAttempts: 3 } });
    expect(answer.headers.get('location')).toBe(`/v1/campaigns/${answer.body.id}`);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('x-request-id')).toMatch(/\S+/);
  });

  test('the same Idempotency-Key and definition is one campaign, another definition is a conflict', async () => {
    const headers = { 'Idempotency-Key': uuidv7() };
    const first = await rig.call('POST', '/v1/campaigns', definition(), headers);
    const again = await rig.call('POST', '/v1/campaigns', definition(), headers);
    const changed = await rig.call('POST', '/v1/campaigns', definition({ name: 'Another' }), headers);
    expect([first.status, again.status, changed.status]).toEqual([201, 201, 409]);
    expect(again.body.id).toBe(first.body.id);
    expect([first, again].map((answer) => answer.headers.get('idempotency-replayed'))).toEqual([
      null,
      'true',
    ]);
  });

  test.each([
    ['no carrier', { carrier: undefined }, 'carrier', /missing/],
    [
      'an impossible window',
      { callingHours: [{ days: ['mon'], from: '20:00', until: '09:00' }] },
      'callingHours[0].until',
      /impossible window/,
    ],
    [
      'a window of no day',
      { callingHours: [{ days: [], from: '09:00', until: '20:00' }] },
      'callingHours[0].days',
      /no day/,
    ],
    [
      'a time that is none',
      { callingHours: [{ days: ['mon'], from: '25:00', until: '26:00' }] },
      'callingHours[0].from',
      /time of day/,
    ],
    [
      'a negative delay',
      { retry: { byOutcome: { busy: { delayMinutes: [-5] } } } },
      'retry.byOutcome.busy.delayMinutes[0]',
      /above 0/,
    ],
    ['an unknown key', { retrys: {} }, 'retrys', /not a known field/],
    ['an unknown key inside', { retry: { maxAttemps: 3 } }, 'retry.maxAttemps', /not a known field/],
    ['an unknown purpose', { purpose: 'spam' }, 'purpose', /known values/],
    [
      'an end before the start',
      { schedule: { startAt: '2026-03-03T00:00:00Z', endAt: '2026-03-02T00:00:00Z' } },
      'schedule.endAt',
      /ends before/,
    ],
    ['a caller id that is none', { callerId: 'me' }, 'callerId', /E\.164/],
    ['no concurrency', { maxConcurrentCalls: 0 }, 'maxConcurrentCalls', /too small/],
  ])('%s is refused with a fault that names the field', async (_name, change, field, fault) => {
    const answer = await rig.call('POST', '/v1/campaigns', definition(change));
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body.code).toBe('invalid_input');
    const found = answer.body.faults.find((f) => f.field === field);
    expect(found, JSON.stringify(answer.body.faults)).toBeDefined();
    expect(found?.fault).toMatch(fault);
    expect(found?.expected).not.toBe('');
  });

  test('every fault is named at once, not the first alone', async () => {
    const answer = await rig.call('POST', '/v1/campaigns', {
      name: '',
      purpose: 'spam',
      callerId: 'x',
      oops: 1,
    });
    expect(fields(answer)).toEqual(
      expect.arrayContaining(['name', 'purpose', 'callerId', 'carrier', 'oops']),
    );
  });

  test('a body that is not JSON, and one of another media type, are refused as such', async () => {
    const broken = await rig.app.request('/v1/campaigns', {
      method: 'POST',
      headers: { Authorization: 'Bearer a-key-for-tests-only', 'Content-Type': 'application/json' },
      body: '{"name":',
    });
    expect(broken.status).toBe(400);
    const text = await rig.call('POST', '/v1/campaigns', 'name: x', { 'Content-Type': 'text/yaml' });
    expect(text.status).toBe(415);
    expect(text.body.code).toBe('unsupported_media_type');
  });
});

describe('read and list', () => {
  test('a campaign is read back as it was defined', async () => {
    const id = await addCampaign(rig, { name: 'Read me' });
    const answer = await rig.call('GET', `/v1/campaigns/${id}`);
    expect(answer.status).toBe(200);
    expect(answer.body.definition).toMatchObject(definition({ name: 'Read me' }));
  });

  test('pages follow one another without loss or repeat, newest first', async () => {
    for (let n = 0; n < 5; n++) await addCampaign(rig, { name: `Page ${n}` });
    const all = (await rig.call('GET', '/v1/campaigns?limit=500')).body.items.map((c) => c.id);
    const paged: string[] = [];
    let after = '';
    do {
      const page = await rig.call('GET', `/v1/campaigns?limit=2${after}`);
      paged.push(...page.body.items.map((c) => c.id));
      after = page.body.next === null ? '' : `&after=${page.body.next}`;
    } while (after !== '');
    expect(paged).toEqual(all);
    expect(all).toEqual([...all].sort().reverse());
  });

  test("another tenant's campaign is not found, by any operation", async () => {
    const id = await addCampaign(rig);
    const answers = await Promise.all([
      rig.callOther('GET', `/v1/campaigns/${id}`),
      rig.callOther('GET', `/v1/campaigns/${id}/progress`),
      rig.callOther('GET', `/v1/campaigns/${id}/report`),
      rig.callOther('GET', `/v1/campaigns/${id}/revisions`),
      rig.callOther('GET', `/v1/campaigns/${id}/contacts`),
      rig.callOther('POST', `/v1/campaigns/${id}/start`),
      rig.callOther('POST', `/v1/campaigns/${id}/pause`),
      rig.callOther('POST', `/v1/campaigns/${id}/resume`),
      rig.callOther('POST', `/v1/campaigns/${id}/stop`),
      rig.callOther('PATCH', `/v1/campaigns/${id}`, { name: 'Mine' }, { 'If-Match': '"1"' }),
      rig.callOther('POST', `/v1/campaigns/${id}/imports?name=a.csv`, 'phone\n'),
    ]);
    expect(answers.map((a) => a.status)).toEqual(answers.map(() => 404));
    expect((await rig.callOther('GET', '/v1/campaigns')).body.items).toEqual([]);
    expect((await rig.call('GET', `/v1/campaigns/${id}`)).body).toMatchObject({
      status: 'draft',
      revision: 1,
    });
  });

  test('an id that is none is a fault of the path, not a fault of the engine', async () => {
    const answer = await rig.call('GET', '/v1/campaigns/nonsense');
    expect(answer.status).toBe(400);
    expect(fields(answer)).toEqual(['path.campaignId']);
  });
});

describe('change', () => {
  test('a change is a new revision and the old one is kept', async () => {
    const id = await addCampaign(rig);
    const answer = await rig.call(
      'PATCH',
      `/v1/campaigns/${id}`,
      { retry: { maxAttempts: 5 } },
      { 'If-Match': '"1"' },
    );
    expect(answer.status).toBe(200);
    expect(answer.body.revision).toBe(2);
    expect(answer.body.definition).toMatchObject({ retry: { maxAttempts: 5, maxAttemptsPerDay: 2 } });
    const revisions = await rig.call('GET', `/v1/campaigns/${id}/revisions`);
    expect(revisions.body.items.map((r) => r.revision)).toEqual([1, 2]);
    expect(revisions.body.items[0]?.definition).toMatchObject({ retry: { maxAttempts: 3 } });
  });

  test('null takes a part back to its default', async () => {
    const id = await addCampaign(rig, {
      callsPerSecond: 3,
      retry: { byOutcome: { busy: { delayMinutes: [1] } } },
    });
    const answer = await rig.call(
      'PATCH',
      `/v1/campaigns/${id}`,
      { callsPerSecond: null, retry: { byOutcome: { busy: null } } },
      { 'If-Match': '1', 'Content-Type': 'application/merge-patch+json' },
    );
    expect(answer.body.definition['callsPerSecond']).toBeNull();
    expect(answer.body.definition['retry']).toHaveProperty('byOutcome', {});
  });

  test('two changes made for one revision: the second is refused and changes nothing', async () => {
    const id = await addCampaign(rig);
    const change = (n: number) =>
      rig.call('PATCH', `/v1/campaigns/${id}`, { maxConcurrentCalls: n }, { 'If-Match': '"1"' });
    const answers = await Promise.all([change(7), change(8)]);
    expect(answers.map((a) => a.status).sort()).toEqual([200, 412]);
    expect((await rig.call('GET', `/v1/campaigns/${id}`)).body.revision).toBe(2);
  });

  test('a change that does not say what it was made for is refused', async () => {
    const id = await addCampaign(rig);
    expect((await rig.call('PATCH', `/v1/campaigns/${id}`, { name: 'X' })).status).toBe(428);
  });

  test('a change that makes the definition invalid is refused with the field', async () => {
    const id = await addCampaign(rig);
    const patch = { callingHours: [{ days: ['mon'], from: '20:00', until: '09:00' }] };
    const answer = await rig.call('PATCH', `/v1/campaigns/${id}`, patch, { 'If-Match': '1' });
    expect(answer.status).toBe(400);
    expect(fields(answer)).toEqual(['callingHours[0].until']);
    expect((await rig.call('GET', `/v1/campaigns/${id}`)).body.revision).toBe(1);
  });

  test('while it runs, rules change; purpose, channel and mode do not, and it says why', async () => {
    const id = await addCampaign(rig);
    await rig.call('POST', '/v1/teams', { name: 'renewals' });
    await rig.call('POST', `/v1/campaigns/${id}/start`);
    const patch = {
      retry: { maxAttempts: 2 },
      callingHours: [{ days: ['mon'], from: '10:00', until: '12:00' }],
      maxConcurrentCalls: 3,
      schedule: { endAt: '2026-04-01T00:00:00Z' },
    };
    expect((await rig.call('PATCH', `/v1/campaigns/${id}`, patch, { 'If-Match': '1' })).status).toBe(200);
    const answer = await rig.call(
      'PATCH',
      `/v1/campaigns/${id}`,
      { purpose: 'survey', channel: 'sms' },
      { 'If-Match': '2' },
    );
    expect(answer.status).toBe(422);
    expect(fields(answer)).toEqual(['purpose', 'channel']);
    expect(answer.body.faults[0]?.fault).toMatch(/because/);
  });

  test('a running campaign is switched to another mode, where it names who takes its calls', async () => {
    await rig.call('POST', '/v1/teams', { name: 'renewals' });
    const id = await addCampaign(rig);
    await rig.call('POST', `/v1/campaigns/${id}/start`);
    const without = await rig.call('PATCH', `/v1/campaigns/${id}`, { mode: 'preview' }, { 'If-Match': '1' });
    expect(fields(without)).toEqual(['agents']);
    const patch = { mode: 'preview', agents: { teams: ['renewals'] } };
    const switched = await rig.call('PATCH', `/v1/campaigns/${id}`, patch, { 'If-Match': '1' });
    expect(switched.status).toBe(200);
    expect(switched.body.definition['mode']).toBe('preview');
  });

  test('a cap on abandonment above the law’s is refused, naming the rule: where it is created, changed and started', async () => {
    await rig.call('POST', '/v1/teams', { name: 'renewals' });
    const running = await addCampaign(rig);
    await rig.call('POST', `/v1/campaigns/${running}/start`);
    const agents = { teams: ['renewals'] };
    const lax = { mode: 'predictive', agents, pacing: { maxAbandonPercent: 3.5 } };
    const base = (await rig.call('GET', `/v1/campaigns/${running}`)).body.definition;
    const created = await rig.call('POST', '/v1/campaigns', { ...base, name: 'lax', ...lax });
    const changed = await rig.call('PATCH', `/v1/campaigns/${running}`, lax, { 'If-Match': '1' });
    for (const answer of [created, changed]) {
      expect(fields(answer)).toEqual(['pacing.maxAbandonPercent']);
      expect(answer.body.faults[0]).toMatchObject({
        fault: expect.stringMatching(/above the 3 % of (us|gb)\./) as unknown,
        expected: expect.stringContaining('at most 3') as unknown,
      });
    }
    const tight = await rig.call('POST', '/v1/campaigns', {
      ...base,
      name: 'tight',
      ...lax,
      pacing: { maxAbandonPercent: 2 },
    });
    expect(tight.status).toBe(201);
  });

  test('it is refused as well by the very first start, which puts the rules in force', async () => {
    const first = await createRig();
    try {
      await addCarrier(first);
      await first.call('POST', '/v1/teams', { name: 'renewals' });
      const id = await addCampaign(first, {
        mode: 'predictive',
        agents: { teams: ['renewals'] },
        pacing: { maxAbandonPercent: 3.5 },
      });
      const start = () => first.call('POST', `/v1/campaigns/${id}/start`);
      const refused = await start();
      expect([refused.status, fields(refused)]).toEqual([422, ['pacing.maxAbandonPercent']]);
      await first.call(
        'PATCH',
        `/v1/campaigns/${id}`,
        { pacing: { maxAbandonPercent: 3 } },
        { 'If-Match': '1' },
      );
      expect((await start()).status).toBe(200);
    } finally {
      await first.close();
    }
  });

  test('a campaign that is over keeps its definition', async () => {
    const id = await addCampaign(rig);
    await rig.call('POST', `/v1/campaigns/${id}/stop`);
    const answer = await rig.call('PATCH', `/v1/campaigns/${id}`, { name: 'X' }, { 'If-Match': '1' });
    expect(answer.status).toBe(409);
  });
});

describe('start, pause, resume, stop', () => {
  test('the first start puts the shipped packs in force', async () => {
    const fresh = await createRig();
    try {
      await addCarrier(fresh);
      expect((await fresh.call('GET', '/v1/policies/active')).status).toBe(404);
      const id = await addCampaign(fresh);
      const started = await fresh.call('POST', `/v1/campaigns/${id}/start`, { reason: 'spring' });
      expect(started.status).toBe(200);
      expect(started.body).toMatchObject({ status: 'running', statusReason: 'spring' });
      expect(started.body.startedAt).toBe(new Date(NOW).toISOString());
      const packs = await fresh.call('GET', '/v1/policies/active');
      expect(packs.body.documents.length).toBeGreaterThan(1);
      const again = await fresh.call('POST', `/v1/campaigns/${id}/start`);
      expect(again.body).toEqual(started.body);
      expect((await fresh.call('GET', '/v1/policies/active')).body.activatedAt).toBe(packs.body.activatedAt);
    } finally {
      await fresh.close();
    }
  });

  test('a carrier that is not known, a schedule that is over: each is named', async () => {
    await rig.call('POST', '/v1/teams', { name: 'renewals' });
    const id = await addCampaign(rig, {
      carrier: 'nobody',
      mode: 'predictive',
      agents: { teams: ['renewals'] },
      schedule: { endAt: '2026-03-01T00:00:00Z' },
    });
    const answer = await rig.call('POST', `/v1/campaigns/${id}/start`);
    expect(answer.status).toBe(422);
    expect(fields(answer)).toEqual(['carrier', 'schedule.endAt']);
    expect((await rig.call('GET', `/v1/campaigns/${id}`)).body.status).toBe('draft');
  });

  test('pause answers with its acknowledgement and resume goes on', async () => {
    const id = await addCampaign(rig);
    await rig.call('POST', `/v1/campaigns/${id}/start`);
    const paused = await rig.call('POST', `/v1/campaigns/${id}/pause`, { reason: 'complaints' });
    expect(paused.status).toBe(200);
    expect(paused.body.campaign).toMatchObject({ status: 'paused', statusReason: 'complaints' });
    expect(paused.body.stop).toMatchObject({ revoked: 0, inFlight: 0, complete: true });
    expect(paused.body.stop['acknowledgedAfterMs']).toBeGreaterThanOrEqual(0);
    const resumed = await rig.call('POST', `/v1/campaigns/${id}/resume`);
    expect(resumed.body.status).toBe('running');
  });

  test('a transition that does not fit the state is a conflict that says what to do instead', async () => {
    const id = await addCampaign(rig);
    const resume = await rig.call('POST', `/v1/campaigns/${id}/resume`);
    expect(resume.status).toBe(409);
    expect(resume.body.detail).toMatch(/start it/);
    expect((await rig.call('POST', `/v1/campaigns/${id}/pause`)).status).toBe(409);
    expect((await rig.call('POST', `/v1/campaigns/${id}/stop`)).status).toBe(200);
    expect((await rig.call('POST', `/v1/campaigns/${id}/stop`)).status).toBe(200);
    expect((await rig.call('POST', `/v1/campaigns/${id}/start`)).status).toBe(409);
  });

  test('a refused pause leaves no stop request behind', async () => {
    const id = await addCampaign(rig);
    await rig.call('POST', `/v1/campaigns/${id}/pause`);
    const stops = await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query('SELECT 1 FROM stop_requests WHERE target_id = $1', [id]),
    );
    expect(stops).toEqual([]);
  });

  test('each change of status tells the workers', async () => {
    const heard: string[] = [];
    const listener = await rig.db.listen('rightcall_work', (payload) => heard.push(payload));
    try {
      const id = await addCampaign(rig);
      for (const verb of ['start', 'pause', 'resume', 'stop']) {
        heard.length = 0;
        await rig.call('POST', `/v1/campaigns/${id}/${verb}`);
        await expect.poll(() => heard, { timeout: 2_000, interval: 10 }).toContain(rig.tenantId);
      }
    } finally {
      await listener.close();
    }
  });
});
