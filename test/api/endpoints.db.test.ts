import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addAttempt, addCampaign, addCarrier, addContact, createRig, type Answer, type Rig } from './rig.ts';

let rig: Rig;
const REFUSED = { field: 'url', fault: 'leads inside', expected: 'a public host' };

beforeAll(async () => {
  rig = await createRig({
    endpointUrlFault: async (url) => (url.includes('inside') ? REFUSED : null),
  });
});
afterAll(() => rig.close());

const URL_OK = 'https://crm.example/hooks';
interface Made {
  readonly endpoint: { readonly id: string; readonly revision: number; readonly events: string[] };
  readonly secret: string;
}
const made = (answer: Answer) => answer.body as unknown as Made;
const fields = (answer: Answer) => answer.body as unknown as Record<string, unknown>;

async function addEndpoint(change: Record<string, unknown> = {}): Promise<Made> {
  const answer = await rig.call('POST', '/v1/endpoints', { url: URL_OK, ...change });
  expect(answer.status).toBe(201);
  return made(answer);
}

const rows = <R extends object>(sql: string, ...values: unknown[]) =>
  rig.db.inTenant(rig.tenantId, (tx) => tx.query<R>(sql, [rig.tenantId, ...values]));

/** An event as the triggers make it. */
async function emit(type: string, key = 'c1'): Promise<void> {
  await rows(`SELECT rightcall_emit($1, $2, 'contacts/' || $3, $3, now(), '{}')`, type, key);
}

async function remove(id: string): Promise<void> {
  expect((await rig.call('DELETE', `/v1/endpoints/${id}`)).status).toBe(204);
}

const changesOf = (id: string) =>
  rows<{ action: string; before: unknown; after: unknown }>(
    'SELECT action, before, after FROM changes WHERE tenant_id = $1 AND resource_id = $2 ORDER BY id',
    id,
  );

describe('an endpoint', () => {
  it('is made with its secret, which is answered once and kept sealed', async () => {
    const answer = await rig.call('POST', '/v1/endpoints', { url: URL_OK, description: 'the CRM' });
    expect(answer.status).toBe(201);
    const { endpoint, secret } = made(answer);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(endpoint).toMatchObject({
      url: URL_OK,
      events: ['*'],
      order: 'contact',
      enabled: true,
      revision: 1,
    });
    const read = await rig.call('GET', `/v1/endpoints/${endpoint.id}`);
    expect(read.headers.get('etag')).toBe('"1"');
    expect(JSON.stringify(read.body)).not.toContain(secret.slice(6));
    expect(fields(read)['undelivered']).toEqual({ pending: 0, dead: 0 });
    const [row] = await rows<{ sealed_secret: Buffer }>(
      'SELECT sealed_secret FROM endpoints WHERE tenant_id = $1 AND id = $2',
      endpoint.id,
    );
    expect(row!.sealed_secret.includes(Buffer.from(secret.slice(6), 'base64'))).toBe(false);
    expect(rig.vault.openForTenant(rig.tenantId, 'endpoint-secret', row!.sealed_secret)).toBe(secret);
    const changes = await changesOf(endpoint.id);
    expect(changes).toMatchObject([{ action: 'createEndpoint', before: null, after: { url: URL_OK } }]);
    expect(JSON.stringify(changes)).not.toContain(secret.slice(6));
    await remove(endpoint.id);
  });

  it('is refused where its URL leads inside, also by a later change', async () => {
    const refused = await rig.call('POST', '/v1/endpoints', { url: 'https://inside.example/' });
    expect(refused.status).toBe(400);
    expect(refused.body.faults).toEqual([REFUSED]);
    const { endpoint } = await addEndpoint();
    const moved = await rig.call(
      'PATCH',
      `/v1/endpoints/${endpoint.id}`,
      { url: 'https://inside.example/' },
      { 'If-Match': '"1"' },
    );
    expect(moved.status).toBe(400);
    expect(moved.body.faults).toEqual([REFUSED]);
    await remove(endpoint.id);
  });

  it.each([
    [{}, 'url'],
    [{ url: URL_OK, events: [] }, 'events'],
    [{ url: URL_OK, events: ['attempt.begun'] }, 'events[0]'],
    [{ url: URL_OK, order: 'person' }, 'order'],
    [{ url: URL_OK, secret: 'mine' }, 'secret'],
  ])('is refused with the field at fault: %j', async (body, field) => {
    const answer = await rig.call('POST', '/v1/endpoints', body);
    expect(answer.status).toBe(400);
    expect(answer.body.faults.map((fault) => fault.field)).toContain(field);
  });

  it('is one of twenty at most', async () => {
    const all: Made[] = [];
    for (let n = 0; n < 20; n += 1) all.push(await addEndpoint());
    expect((await rig.call('POST', '/v1/endpoints', { url: URL_OK })).status).toBe(422);
    for (const { endpoint } of all) await remove(endpoint.id);
  });

  it('is listed in pages, filtered, and a cursor of another filter is refused', async () => {
    const all = [await addEndpoint(), await addEndpoint({ enabled: false }), await addEndpoint()];
    const first = await rig.call('GET', '/v1/endpoints?limit=2');
    expect(first.body.items.map(({ id }) => id)).toEqual([all[2]!.endpoint.id, all[1]!.endpoint.id]);
    const next = String(first.body.next);
    const second = await rig.call('GET', `/v1/endpoints?limit=2&after=${next}`);
    expect(second.body.items.map(({ id }) => id)).toEqual([all[0]!.endpoint.id]);
    expect(second.body.next).toBeNull();
    const off = await rig.call('GET', '/v1/endpoints?enabled=false');
    expect(off.body.items.map(({ id }) => id)).toEqual([all[1]!.endpoint.id]);
    expect((await rig.call('GET', `/v1/endpoints?enabled=true&after=${next}`)).status).toBe(400);
    for (const { endpoint } of all) await remove(endpoint.id);
  });

  it('is changed for the revision it was read at: 428 without, 412 for an older one', async () => {
    const { endpoint } = await addEndpoint();
    const path = `/v1/endpoints/${endpoint.id}`;
    expect((await rig.call('PATCH', path, { order: 'none' })).status).toBe(428);
    const changed = await rig.call(
      'PATCH',
      path,
      { order: 'none', events: ['*', 'callback.kept'] },
      { 'If-Match': '"1"' },
    );
    expect(changed.status).toBe(200);
    expect(fields(changed)).toMatchObject({ order: 'none', events: ['*'], revision: 2 });
    expect(changed.headers.get('etag')).toBe('"2"');
    expect((await rig.call('PATCH', path, { order: 'contact' }, { 'If-Match': '"1"' })).status).toBe(412);
    expect((await rig.call('PATCH', path, {}, { 'If-Match': '"2"' })).status).toBe(400);
    expect(await changesOf(endpoint.id)).toMatchObject([
      { action: 'createEndpoint' },
      { action: 'changeEndpoint', before: { order: 'contact' }, after: { order: 'none' } },
    ]);
    await remove(endpoint.id);
  });

  it('is disabled at once and enabled again; what waited is due then', async () => {
    const { endpoint } = await addEndpoint();
    const path = `/v1/endpoints/${endpoint.id}`;
    await emit('contact.finished');
    await rows(`UPDATE deliveries SET due_real = now() + interval '6 h' WHERE tenant_id = $1`);
    const off = await rig.call('POST', `${path}/disable`);
    expect(fields(off)).toMatchObject({ enabled: false, disabledReason: 'by request', revision: 2 });
    expect(fields(await rig.call('POST', `${path}/disable`))['revision']).toBe(2);
    expect((await rig.call('POST', `${path}/test`)).status).toBe(409);
    const on = await rig.call('PATCH', path, { enabled: true }, { 'If-Match': '"2"' });
    expect(fields(on)).toMatchObject({ enabled: true, disabledReason: null });
    const due = await rows<{ due: boolean }>(
      'SELECT due_real <= clock_timestamp() AS due FROM deliveries WHERE tenant_id = $1 AND endpoint_id = $2',
      endpoint.id,
    );
    expect(due).toEqual([{ due: true }]);
    await remove(endpoint.id);
  });

  it('that is removed is gone: no events, no secret, and nothing waits for it', async () => {
    const { endpoint } = await addEndpoint();
    await emit('contact.finished');
    await remove(endpoint.id);
    await emit('contact.finished');
    expect(
      await rows('SELECT state FROM deliveries WHERE tenant_id = $1 AND endpoint_id = $2', endpoint.id),
    ).toEqual([{ state: 'cancelled' }]);
    expect(
      await rows(
        'SELECT length(sealed_secret) AS n FROM endpoints WHERE tenant_id = $1 AND id = $2',
        endpoint.id,
      ),
    ).toEqual([{ n: 0 }]);
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/test'],
      ['GET', '/deliveries'],
    ] as const) {
      expect((await rig.call(method, `/v1/endpoints/${endpoint.id}${path}`)).status).toBe(404);
    }
  });

  it('gets a new secret; the one before is kept for as long as was asked', async () => {
    const { endpoint, secret } = await addEndpoint();
    const path = `/v1/endpoints/${endpoint.id}/rotate-secret`;
    const rotated = await rig.call('POST', path, { overlapHours: 2 });
    expect(rotated.status).toBe(201);
    expect(made(rotated).secret).not.toBe(secret);
    const until = fields(rotated)['endpoint'] as { previousSecretUntil: string };
    expect(Date.parse(until.previousSecretUntil) - Date.now()).toBeGreaterThan(1.9 * 3_600_000);
    const [row] = await rows<{ sealed_secret: Buffer; previous_secret: Buffer }>(
      'SELECT sealed_secret, previous_secret FROM endpoints WHERE tenant_id = $1 AND id = $2',
      endpoint.id,
    );
    const open = (sealed: Buffer) => rig.vault.openForTenant(rig.tenantId, 'endpoint-secret', sealed);
    expect(open(row!.sealed_secret)).toBe(made(rotated).secret);
    expect(open(row!.previous_secret)).toBe(secret);
    expect((await rig.call('POST', path)).status).toBe(201);
    expect((await rig.call('POST', path, { overlapHours: 1_000 })).status).toBe(400);
    await remove(endpoint.id);
  });
});

describe('deliveries', () => {
  it('are listed by state in pages, and read with what the event says', async () => {
    const { endpoint } = await addEndpoint();
    const path = `/v1/endpoints/${endpoint.id}/deliveries`;
    for (const key of ['a', 'b', 'c']) await emit('contact.finished', key);
    await rows(
      `UPDATE deliveries SET state = 'dead', attempts = 9, last_status = 500, last_fault = 'status'
       WHERE tenant_id = $1 AND endpoint_id = $2 AND order_key = 'b'`,
      endpoint.id,
    );
    const page = await rig.call('GET', `${path}?limit=2`);
    expect(page.body.items.map((item) => (item as unknown as { subject: string }).subject)).toEqual([
      'contacts/c',
      'contacts/b',
    ]);
    const rest = await rig.call('GET', `${path}?limit=2&after=${String(page.body.next)}`);
    expect(rest.body.items).toHaveLength(1);
    const dead = await rig.call('GET', `${path}?state=dead`);
    expect(dead.body.items).toMatchObject([
      {
        state: 'dead',
        attempts: 9,
        lastStatus: 500,
        lastFault: 'status',
        nextAt: null,
        type: 'com.rightcall.contact.finished',
      },
    ]);
    const one = await rig.call('GET', `${path}/${dead.body.items[0]!.id}`);
    expect(fields(one)).toMatchObject({ state: 'dead', data: {} });
    expect((await rig.call('GET', `${path}/999999`)).status).toBe(404);
    expect((await rig.call('GET', `${path}/x`)).status).toBe(400);
    expect(fields(await rig.call('GET', `/v1/endpoints/${endpoint.id}`))['undelivered']).toEqual({
      pending: 2,
      dead: 1,
    });
    await remove(endpoint.id);
  });

  it('a test event goes to its endpoint alone', async () => {
    const one = await addEndpoint({ events: ['callback.kept'] });
    const other = await addEndpoint();
    const answer = await rig.call('POST', `/v1/endpoints/${one.endpoint.id}/test`);
    expect(answer.status).toBe(202);
    expect(fields(answer)).toMatchObject({ type: 'com.rightcall.endpoint.test', state: 'pending' });
    expect((await rig.call('GET', `/v1/endpoints/${other.endpoint.id}/deliveries`)).body.items).toEqual([]);
    for (const { endpoint } of [one, other]) await remove(endpoint.id);
  });
});

describe('a replay', () => {
  const subjects = async (id: string) => {
    const page = await rig.call('GET', `/v1/endpoints/${id}/deliveries?state=pending`);
    return page.body.items.map((item) => (item as unknown as { subject: string }).subject).reverse();
  };
  const settle = (id: string, state: string, key?: string) =>
    rows(
      `UPDATE deliveries SET state = $3 WHERE tenant_id = $1 AND endpoint_id = $2 AND state = 'pending'
         AND ($4::text IS NULL OR order_key = $4)`,
      id,
      state,
      key ?? null,
    );
  const EARLIER = '2026-01-01T00:00:00Z';

  it('delivers a time’s events again in order, those of when it was disabled too, and doubles nothing that waits', async () => {
    await rows('DELETE FROM outgoing_events WHERE tenant_id = $1');
    const { endpoint } = await addEndpoint({ events: ['contact.finished', 'contact.reopened'] });
    const path = `/v1/endpoints/${endpoint.id}`;
    await emit('contact.finished', 'a');
    await settle(endpoint.id, 'delivered');
    await rig.call('POST', `${path}/disable`);
    await emit('contact.reopened', 'b');
    await emit('callback.kept', 'not wanted');
    await rig.call('PATCH', path, { enabled: true }, { 'If-Match': '"2"' });
    await emit('contact.finished', 'c');
    const answer = await rig.call('POST', `${path}/replay`, { from: EARLIER });
    expect(answer.status).toBe(202);
    expect(fields(answer)).toEqual({ deliveries: 2, continueFrom: null });
    expect((await subjects(endpoint.id)).sort()).toEqual(['contacts/a', 'contacts/b', 'contacts/c']);
    await settle(endpoint.id, 'delivered');
    const typed = await rig.call('POST', `${path}/replay`, { from: EARLIER, types: ['contact.reopened'] });
    expect(fields(typed)['deliveries']).toBe(1);
    expect(await subjects(endpoint.id)).toEqual(['contacts/b']);
    expect((await changesOf(endpoint.id)).at(-1)).toMatchObject({
      action: 'replayEvents',
      after: { deliveries: 1, types: ['contact.reopened'] },
    });
    await remove(endpoint.id);
  });

  it('of dead letters alone, and of deliveries by their ids', async () => {
    await rows('DELETE FROM outgoing_events WHERE tenant_id = $1');
    const { endpoint } = await addEndpoint();
    const path = `/v1/endpoints/${endpoint.id}`;
    await emit('contact.finished', 'given-up');
    await emit('contact.finished', 'told');
    await settle(endpoint.id, 'dead', 'given-up');
    await settle(endpoint.id, 'delivered', 'told');
    expect(
      fields(await rig.call('POST', `${path}/replay`, { from: EARLIER, deadOnly: true }))['deliveries'],
    ).toBe(1);
    expect(await subjects(endpoint.id)).toEqual(['contacts/given-up']);
    await settle(endpoint.id, 'delivered');
    // Delivered since: no dead letter any more.
    expect(
      fields(await rig.call('POST', `${path}/replay`, { from: EARLIER, deadOnly: true }))['deliveries'],
    ).toBe(0);
    const told = (await rig.call('GET', `${path}/deliveries?state=delivered`)).body.items.find(
      (item) => (item as unknown as { subject: string }).subject === 'contacts/told',
    )!;
    const ids = [Number(told.id)];
    expect(fields(await rig.call('POST', `${path}/replay`, { deliveryIds: ids }))['deliveries']).toBe(1);
    expect(fields(await rig.call('POST', `${path}/replay`, { deliveryIds: ids }))['deliveries']).toBe(0);
    expect((await rig.call('POST', `${path}/replay`, { deliveryIds: [999_999] })).status).toBe(404);
    await remove(endpoint.id);
  });

  it.each([
    [{}, 'from'],
    [{ from: EARLIER, until: '2025-01-01T00:00:00Z' }, 'until'],
    [{ from: EARLIER, deliveryIds: [1] }, 'from'],
    [{ deliveryIds: [] }, 'deliveryIds'],
    [{ from: 'yesterday' }, 'from'],
    [{ from: EARLIER, types: ['*'] }, 'types[0]'],
  ])('is refused with the field at fault: %j', async (body, field) => {
    const { endpoint } = await addEndpoint();
    const answer = await rig.call('POST', `/v1/endpoints/${endpoint.id}/replay`, body);
    expect(answer.status).toBe(400);
    expect(answer.body.faults.map((fault) => fault.field)).toContain(field);
    await remove(endpoint.id);
  });
});

describe('who may', () => {
  it('an endpoint of another tenant is not there, and gets none of our events', async () => {
    const theirs = made(await rig.callOther('POST', '/v1/endpoints', { url: URL_OK }));
    const { endpoint } = await addEndpoint();
    await emit('contact.finished');
    const path = `/v1/endpoints/${endpoint.id}`;
    for (const [method, suffix, body, headers] of [
      ['GET', '', undefined, {}],
      ['PATCH', '', { order: 'none' }, { 'If-Match': '"1"' }],
      ['POST', '/disable', undefined, {}],
      ['POST', '/rotate-secret', undefined, {}],
      ['POST', '/test', undefined, {}],
      ['POST', '/replay', { from: '2026-01-01T00:00:00Z' }, {}],
      ['GET', '/deliveries', undefined, {}],
      ['DELETE', '', undefined, {}],
    ] as const) {
      expect((await rig.callOther(method, path + suffix, body, headers)).status, `${method} ${suffix}`).toBe(
        404,
      );
    }
    expect((await rig.callOther('GET', `/v1/endpoints/${theirs.endpoint.id}/deliveries`)).body.items).toEqual(
      [],
    );
    await remove(endpoint.id);
  });

  it('managers write, auditors read, agents do neither', async () => {
    expect((await rig.callAs('manager', 'GET', '/v1/endpoints')).status).toBe(200);
    expect((await rig.callAs('auditor', 'GET', '/v1/endpoints')).status).toBe(200);
    expect((await rig.callAs('auditor', 'POST', '/v1/endpoints', { url: URL_OK })).status).toBe(403);
    expect((await rig.callAs('agent', 'GET', '/v1/endpoints')).status).toBe(403);
  });
});

/** What the triggers write: the facts change as the engine changes them, and the outbox says so. */
describe('the outbox', () => {
  const NUMBER = '+12025550142';
  const outbox = () =>
    rows<{
      type: string;
      subject: string;
      order_key: string;
      at: number | null;
      data: Record<string, unknown>;
    }>('SELECT type, subject, order_key, at, data FROM outgoing_events WHERE tenant_id = $1 ORDER BY seq');

  it('holds an event for each fact, in the transaction of the fact, and never a number or a name', async () => {
    await addCarrier(rig);
    const campaignId = await addCampaign(rig);
    const { contactId, personId } = await addContact(rig, {
      campaignId,
      number: NUMBER,
      externalId: 'crm-17',
    });
    const { endpoint } = await addEndpoint();
    await rows('DELETE FROM outgoing_events WHERE tenant_id = $1');

    await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
    const attemptId = await addAttempt(rig, { campaignId, contactId, personId, n: 1, state: 'sent' });
    await rows(
      `UPDATE attempts SET state = 'ended', ended_at = $3, outcome = 'answered', conversation = true,
              disposition = 'converted' WHERE tenant_id = $1 AND id = $2`,
      attemptId,
      new Date(rig.clock.now()).toISOString(),
    );
    await rows(
      `INSERT INTO dispositions (tenant_id, attempt_id, contact_id, person_id, code, source, at)
       VALUES ($1, $2, $3, $4, 'converted', 'script', $5)`,
      attemptId,
      contactId,
      personId,
      new Date(rig.clock.now()).toISOString(),
    );
    await rig.call('POST', `/v1/persons/${personId}/withdrawals`, { source: 'phone' });
    const listed = await rig.call('POST', '/v1/suppressions', { number: NUMBER });
    await rig.call('POST', `/v1/suppressions/${listed.body.suppression.id}/end`);
    await rig.call('POST', `/v1/campaigns/${campaignId}/stop`);

    const events = await outbox();
    expect(events.map(({ type }) => type)).toEqual([
      'campaign.status_changed',
      'attempt.ended',
      'disposition.recorded',
      'conversion.recorded',
      'consent.withdrawn',
      'contact.finished',
      'suppression.added',
      'suppression.changed',
      'campaign.status_changed',
    ]);
    const of = (type: string) => events.find((event) => event.type === type)!;
    expect(of('attempt.ended')).toMatchObject({
      subject: `attempts/${attemptId}`,
      order_key: contactId,
      at: rig.clock.now(),
      data: {
        attemptId,
        contactId,
        campaignId,
        externalId: 'crm-17',
        state: 'ended',
        outcome: 'answered',
        n: 1,
      },
    });
    expect(of('conversion.recorded').data).toMatchObject({ code: 'converted', externalId: 'crm-17' });
    expect(of('contact.finished')).toMatchObject({
      order_key: contactId,
      data: { state: 'withdrawn', reason: 'consent.withdrawn', externalId: 'crm-17' },
    });
    expect(of('consent.withdrawn').data).toMatchObject({
      personId,
      contacts: [{ contactId, campaignId, externalId: 'crm-17' }],
    });
    expect(of('suppression.added').data).toMatchObject({
      personId,
      list: 'internal',
      scope: 'tenant',
      validUntil: null,
      contacts: [{ externalId: 'crm-17' }],
    });
    expect(of('campaign.status_changed').data).toMatchObject({ status: 'running', previousStatus: 'draft' });
    expect(events.at(-1)!.data).toMatchObject({ status: 'stopped', previousStatus: 'running' });
    const text = JSON.stringify(events);
    for (const form of [
      NUMBER,
      NUMBER.slice(2),
      rig.vault.numberHash(rig.tenantId, NUMBER).toString('hex'),
    ]) {
      expect(text).not.toContain(form);
    }
    expect(
      await rows(
        'SELECT count(*) AS n FROM deliveries WHERE tenant_id = $1 AND endpoint_id = $2',
        endpoint.id,
      ),
    ).toEqual([{ n: events.length }]);
    await remove(endpoint.id);
  });

  it('is left as it was where the fact is rolled back', async () => {
    const { endpoint } = await addEndpoint();
    const campaignId = await addCampaign(rig);
    const { contactId } = await addContact(rig, { campaignId, number: '+12025550143' });
    await rows('DELETE FROM outgoing_events WHERE tenant_id = $1');
    await expect(
      rig.db.inTenant(rig.tenantId, async (tx) => {
        await tx.query(
          `UPDATE contacts SET state = 'stopped', updated_at = now() WHERE tenant_id = $1 AND id = $2`,
          [rig.tenantId, contactId],
        );
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await outbox()).toEqual([]);
    await remove(endpoint.id);
  });

  it('stays empty where nobody listens, and for what a person did not ask for', async () => {
    await rows('DELETE FROM outgoing_events WHERE tenant_id = $1');
    await rig.call('POST', '/v1/suppressions', { number: '+12025550144' });
    expect(await outbox()).toEqual([]);
    const { endpoint } = await addEndpoint();
    await rig.call('POST', '/v1/suppressions', { number: '+12025550145', requestedByPerson: false });
    expect(await outbox()).toEqual([]);
    await rig.call('POST', '/v1/suppressions', { number: '+12025550146' });
    expect((await outbox()).map(({ type, data }) => [type, data['personId']])).toEqual([
      ['suppression.added', null],
    ]);
    await remove(endpoint.id);
  });

  it('says when a contact that was done with waits again', async () => {
    const campaignId = await addCampaign(rig);
    await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
    const { personId, contactId } = await addContact(rig, {
      campaignId,
      number: '+12025550147',
      state: 'denied',
      stateReason: 'consent.missing',
    });
    const { endpoint } = await addEndpoint({ events: ['contact.reopened'] });
    await rows('DELETE FROM outgoing_events WHERE tenant_id = $1');
    await rig.call('POST', `/v1/persons/${personId}/consents`, {
      purposes: ['marketing'],
      channels: ['voice'],
      level: 'express',
      basis: 'explicit',
      source: 'web',
    });
    expect((await outbox()).map(({ type, subject }) => [type, subject])).toEqual([
      ['contact.reopened', `contacts/${contactId}`],
    ]);
    await remove(endpoint.id);
  });

  it('tells of a promised callback from its promise to its end', async () => {
    const { endpoint } = await addEndpoint();
    const campaignId = await addCampaign(rig);
    const { contactId, personId } = await addContact(rig, {
      campaignId,
      number: '+12025550148',
      externalId: 'crm-48',
    });
    await rows('DELETE FROM outgoing_events WHERE tenant_id = $1');
    const at = new Date(rig.clock.now()).toISOString();
    const until = new Date(rig.clock.now() + 3_600_000).toISOString();
    const id = '0190f3b0-0000-7000-8000-000000000001';
    await rows(
      `INSERT INTO callbacks (tenant_id, id, contact_id, campaign_id, person_id, from_at, until_at, status, owner,
                              contact_before, revision, created_by, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'promised', 'test', '{}', 1, 'test', $6, $6)`,
      id,
      contactId,
      campaignId,
      personId,
      at,
      until,
    );
    await rows(
      `UPDATE callbacks SET from_at = from_at + interval '1 min', steps = $3 WHERE tenant_id = $1 AND id = $2`,
      id,
      JSON.stringify([
        { kind: 'moved', at, by: 'key:somebody', reason: null, from: at, until },
        { kind: 'reminded', at, by: 'engine', owner: 'agent:somebody' },
      ]),
    );
    await rows(`UPDATE callbacks SET revision = 2 WHERE tenant_id = $1 AND id = $2`, id);
    await rows(
      `UPDATE callbacks SET status = 'breached', reason = 'campaign.paused' WHERE tenant_id = $1 AND id = $2`,
      id,
    );
    const events = await outbox();
    expect(events.map(({ type }) => type)).toEqual([
      'callback.promised',
      'callback.changed',
      'callback.breached',
    ]);
    // Who moved it, and whom it was about to be called by, stays here.
    const steps = [
      { kind: 'moved', at, reason: null, from: at, until },
      { kind: 'reminded', at },
    ];
    expect(events.map(({ data }) => data['steps'])).toEqual([[], steps, steps]);
    expect(events[2]!.data).toMatchObject({
      callbackId: id,
      externalId: 'crm-48',
      status: 'breached',
      reason: 'campaign.paused',
      until,
    });
    await remove(endpoint.id);
  });
});
