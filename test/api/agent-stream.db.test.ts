import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { DEFAULT_LIMITS } from '../../api/deps.ts';
import { addCarrier, addContact, createRig, type Rig } from './rig.ts';
import { addAgent, addAgentCampaign, addCall, addPreview, addTeam, type Seated } from './seated.ts';

let rig: Rig;
let teamId: string;
let campaignId: string;
let anna: Seated;
beforeAll(async () => {
  rig = await createRig({ limits: { ...DEFAULT_LIMITS, live: { tickMs: 20 } } });
  await addCarrier(rig);
  teamId = await addTeam(rig, 'renewals');
  campaignId = await addAgentCampaign(rig, 'renewals');
});
afterAll(() => rig.close());
beforeEach(async () => {
  anna = await addAgent(rig, teamId);
});

const open: { cancel(): Promise<void> }[] = [];
afterEach(async () => {
  for (const stream of open.splice(0)) await stream.cancel();
});

interface Event {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Follow a path with this key. @returns the next event each time; null at the end */
async function follow(key: string, path = '/v1/agents/me/stream') {
  const response = await rig.app.request(path, { headers: { Authorization: `Bearer ${key}` } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  open.push({ cancel: () => reader.cancel() });
  const decoder = new TextDecoder();
  const queue: Event[] = [];
  return async (): Promise<Event | null> => {
    while (queue.length === 0) {
      const { done, value } = await reader.read();
      if (done) return null;
      for (const block of decoder.decode(value).split('\n\n')) {
        const event = /^event: (.*)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (event !== undefined && data !== undefined)
          queue.push({ event, data: JSON.parse(data) as Event['data'] });
      }
    }
    return queue.shift()!;
  };
}

const rows = <T extends object>(sql: string, ...values: unknown[]) =>
  rig.db.inTenant(rig.tenantId, (tx) => tx.query<T>(sql, [rig.tenantId, ...values]));

test('an agent is told which of their callbacks are near, again when one is moved, and that it is theirs no more', async () => {
  const { contactId } = await addContact(rig, { campaignId, number: '+12125550177' });
  const at = new Date(rig.clock.now()).toISOString();
  await rows(
    `INSERT INTO callbacks (tenant_id, id, contact_id, campaign_id, person_id, from_at, until_at, status, owner, topic,
                            contact_before, revision, created_by, created_at, updated_at)
     SELECT $1, gen_random_uuid(), id, campaign_id, person_id, $3::timestamptz + interval '5 minutes',
            $3::timestamptz + interval '1 hour', 'promised', $4, 'contract', '{}', 1, 'key:ann', $3, $3
     FROM contacts WHERE tenant_id = $1 AND id = $2`,
    contactId,
    at,
    `agent:${anna.id}`,
  );
  const change = (what: string) =>
    rows(`UPDATE callbacks SET ${what} WHERE tenant_id = $1 AND contact_id = $2`, contactId);
  const next = await follow(anna.key);
  expect(await next()).toMatchObject({ event: 'state' });
  await change('reminded_at = created_at');
  expect(await next()).toMatchObject({
    event: 'callbacks',
    data: { callbacks: [{ contactId, campaignId, from: '2026-03-02T02:05:00.000Z', topic: 'contract' }] },
  });
  // Whoever comes back is told as well.
  const again = await follow(anna.key);
  expect([(await again())?.event, (await again())?.event]).toEqual(['state', 'callbacks']);
  await change(`until_at = until_at + interval '1 hour'`);
  expect(await next()).toMatchObject({ data: { callbacks: [{ until: '2026-03-02T04:00:00.000Z' }] } });
  await change(`status = 'cancelled', reason = 'callback.cancelled'`);
  expect(await next()).toEqual({ event: 'callbacks', data: { callbacks: [] } });
});

test('an agent is told their state, a contact offered with all that belongs to it, and that it is gone', async () => {
  const next = await follow(anna.key);
  expect(await next()).toMatchObject({ event: 'state', data: { state: 'offline' } });
  await anna.as('POST', '/v1/agents/me/state', { state: 'ready' });
  expect(await next()).toMatchObject({ event: 'state', data: { state: 'ready' } });
  const { previewId, contactId } = await addPreview(
    rig,
    anna.id,
    { campaignId },
    { loan: 'L-7', overdue: 12 },
  );
  expect(await next()).toMatchObject({ event: 'state', data: { state: 'reserved', previewId } });
  expect(await next()).toMatchObject({
    event: 'offer',
    data: {
      previewId,
      attemptId: null,
      contact: { id: contactId, attributes: { loan: 'L-7', overdue: 12 } },
      deadline: '2026-03-02T02:01:00.000Z',
      history: [],
      form: [{ name: 'amount' }, { name: 'channel' }],
    },
  });
  await rows(
    `UPDATE seats SET state = 'ready', contact_id = NULL, campaign_id = NULL, preview_id = NULL, lease_until_real = NULL
     WHERE tenant_id = $1 AND agent_id = $2`,
    anna.id,
  );
  expect(await next()).toMatchObject({ event: 'ended', data: { previewId, contactId } });
  expect(await next()).toMatchObject({ event: 'state', data: { state: 'ready' } });
});

test('whoever comes back is told the whole of the present: the call, what was written, then what is to be', async () => {
  const call = await addCall(rig, anna.id, 'connected', { campaignId });
  await anna.as('PUT', `${call.path}/wrap-up`, { notes: 'half of it' });
  const first = await follow(anna.key);
  expect(await first()).toMatchObject({ event: 'state', data: { state: 'in_call' } });
  expect(await first()).toMatchObject({
    event: 'call',
    data: { attemptId: call.attemptId, status: 'connected', written: { notes: 'half of it' } },
  });
  await rows(
    `UPDATE agent_calls SET state = 'wrap_up' WHERE tenant_id = $1 AND attempt_id = $2`,
    call.attemptId,
  );
  await rows(
    `UPDATE seats SET state = 'wrap_up', wrap_up_until = '2026-03-02T02:02:00Z' WHERE tenant_id = $1 AND agent_id = $2`,
    anna.id,
  );
  const again = await follow(anna.key);
  expect(await again()).toMatchObject({ event: 'state', data: { state: 'wrap_up' } });
  expect(await again()).toMatchObject({
    event: 'wrap_up',
    data: {
      attemptId: call.attemptId,
      deadline: '2026-03-02T02:02:00.000Z',
      dispositions: expect.any(Array) as unknown,
    },
  });
});

test('opening a stream signs nobody in, and is no beat', async () => {
  const next = await follow(anna.key);
  await next();
  expect(
    await rows('SELECT state, beat_real FROM seats WHERE tenant_id = $1 AND agent_id = $2', anna.id),
  ).toEqual([{ state: 'offline', beat_real: null }]);
});

test('a session that another one takes over from is told so, and its stream ends', async () => {
  const [one, two] = [uuidv7(), uuidv7()];
  await anna.as('POST', '/v1/agents/me/state', { state: 'ready', session: one });
  const old = await follow(anna.key, `/v1/agents/me/stream?session=${one}`);
  expect(await old()).toMatchObject({ event: 'state', data: { sessionId: one } });
  await anna.as('POST', '/v1/agents/me/state', { state: 'ready', session: two });
  expect(await old()).toEqual({ event: 'superseded', data: { sessionId: two } });
  expect(await old()).toBeNull();
});

test('that a contact’s data were shown is on record once for each who saw them, without the data', async () => {
  const { contactId } = await addPreview(rig, anna.id, { campaignId }, { secret: 'zebra' });
  const next = await follow(anna.key);
  await next();
  await next();
  const { items } = (await rig.call('GET', `/v1/changes?action=showContact&resourceId=${contactId}`)).body;
  expect(items).toMatchObject([{ actor: anna.account, after: { fields: ['attributes', 'profile'] } }]);
  expect(JSON.stringify(items)).not.toContain('zebra');
});

test('a contact of a person who was erased is offered without what nobody can read any more', async () => {
  const { personId } = await addPreview(rig, anna.id, { campaignId }, { secret: 'zebra' });
  await rig.vault.destroyPersonKey(rig.tenantId, personId);
  const next = await follow(anna.key);
  await next();
  expect(await next()).toMatchObject({
    event: 'offer',
    data: { contact: { attributes: null, profile: null } },
  });
});

test('supervisors follow the seats of a team', async () => {
  const team = await addTeam(rig, `team of ${uuidv7()}`);
  const bert = await addAgent(rig, team, { name: 'Bert' });
  const operator = await rig.makeKey({ roles: ['operator'] });
  const next = await follow(operator, `/v1/agents/seats/stream?teamId=${team}`);
  expect(await next()).toMatchObject({
    event: 'snapshot',
    data: {
      seats: [{ agentId: bert.id, name: 'Bert', state: 'offline' }],
      byState: { offline: 1, ready: 0 },
    },
  });
  await bert.as('POST', '/v1/agents/me/state', { state: 'ready' });
  expect(await next()).toMatchObject({ event: 'tick', data: { byState: { offline: 0, ready: 1 } } });
});
