import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GUAM, makeCallable, NEW_YORK, place } from './callable.ts';
import { addCampaign, addCarrier, addContact, createRig, NOW, type Answer, type Rig } from './rig.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let rig: Rig;
let campaignId: string;
let made = 0;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig, { name: 'Callbacks' });
  await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
});
afterAll(() => rig.close());
beforeEach(() => rig.clock.set(NOW));

const iso = (at: number) => new Date(at).toISOString();
const window = (from = NOW + HOUR, until = NOW + 2 * HOUR) => ({ from: iso(from), until: iso(until) });
const at = (answer: Answer) => ({ 'If-Match': answer.headers.get('etag')! });

interface CallbackBody {
  id: string;
  status: string;
  reason: string | null;
  revision: number;
}
const callbackOf = (answer: Answer) => (answer.body as unknown as { callback: CallbackBody }).callback;
const warningOf = (answer: Answer) => (answer.body as unknown as { warning: unknown }).warning;

async function contact(state = 'waiting', stateReason: string | null = null) {
  made += 1;
  const number = `+1202555${String(120 + made).padStart(4, '0')}`;
  return addContact(rig, { campaignId, number, state, stateReason });
}

/** A person who is known to be in New York, and to have agreed to be called. */
async function placed() {
  const { contactId, personId } = await contact();
  await makeCallable(rig, personId, NEW_YORK);
  return { contactId, personId, path: `/v1/contacts/${contactId}/callbacks` };
}

async function promised(state = 'waiting', body: object = window()) {
  const { contactId, personId } = await contact(state, state === 'waiting' ? null : 'disposition.callback');
  await makeCallable(rig, personId);
  const answer = await rig.call('POST', `/v1/contacts/${contactId}/callbacks`, body);
  return { contactId, personId, answer, id: answer.status === 201 ? callbackOf(answer).id : '' };
}

async function row(contactId: string) {
  const [found] = await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{ state: string; state_reason: string | null; rank: number; ready_at: number }>(
      'SELECT state, state_reason, rank, ready_at FROM contacts WHERE tenant_id = $1 AND id = $2',
      [tx.tenantId, contactId],
    ),
  );
  return found!;
}

test('a promise puts a waiting contact before all others, for its window; it is read and listed', async () => {
  const { answer, contactId, id } = await promised('waiting', { ...window(), topic: 'contract-question' });
  expect(answer.status).toBe(201);
  expect(callbackOf(answer)).toMatchObject({
    contactId,
    campaignId,
    status: 'promised',
    topic: 'contract-question',
    owner: 'key:configuration',
    revision: 1,
  });
  expect(await row(contactId)).toEqual({
    state: 'waiting',
    state_reason: 'callback.promised',
    rank: 4,
    ready_at: NOW + HOUR,
  });
  const read = await rig.call('GET', `/v1/callbacks/${id}`);
  expect([read.body, read.headers.get('etag')]).toEqual([callbackOf(answer), '"1"']);
  const listed = await rig.call('GET', `/v1/callbacks?contactId=${contactId}&status=promised`);
  expect(listed.body.items.map((item) => item.id)).toEqual([id]);
  const early = await rig.call('GET', `/v1/callbacks?contactId=${contactId}&dueBefore=${iso(NOW + HOUR)}`);
  expect(early.body.items).toEqual([]);
  const second = await rig.call('POST', `/v1/contacts/${contactId}/callbacks`, window());
  expect([second.status, second.body.code]).toEqual([409, 'conflict']);
});

test.each(['completed', 'exhausted', 'converted'])(
  'a contact that is %s comes back for it',
  async (state) => {
    const { answer, contactId } = await promised(state);
    expect(answer.status).toBe(201);
    expect(await row(contactId)).toMatchObject({ state: 'waiting', rank: 4, ready_at: NOW + HOUR });
  },
);

test.each(['refused', 'withdrawn', 'suppressed', 'invalid_number', 'denied', 'stopped'])(
  'a contact that is %s stays so: no promise undoes that',
  async (state) => {
    const { answer, contactId } = await promised(state);
    expect([answer.status, answer.body.code]).toEqual([422, 'refused']);
    expect((await row(contactId)).state).toBe(state);
  },
);

test.each(['completed', 'exhausted', 'converted'])(
  'a contact that had ended as %s when it was stopped for good is not brought back by a promise',
  async (state) => {
    const { contactId } = await contact(state, 'disposition.callback');
    expect((await rig.call('POST', `/v1/contacts/${contactId}/stop`, {})).status).toBe(200);
    const answer = await rig.call('POST', `/v1/contacts/${contactId}/callbacks`, window());
    expect([answer.status, answer.body.code]).toEqual([422, 'refused']);
    expect((await row(contactId)).state).toBe(state);
  },
);

test.each([
  ['a window that has begun', window(NOW - 1), 'from'],
  ['a window that ends before it begins', window(NOW + HOUR, NOW + HOUR), 'until'],
  ['a window of less than a minute', window(NOW + HOUR, NOW + HOUR + 59_999), 'until'],
  ['a window too far ahead', window(NOW + 400 * 24 * HOUR, NOW + 401 * 24 * HOUR), 'from'],
  ['an exact time that is over', { at: iso(NOW - 1) }, 'at'],
  ['no beginning', { until: iso(NOW + HOUR) }, 'from'],
  ['an instant without an offset', { ...window(), from: '2026-03-02T11:00:00' }, 'from'],
  ['free text for a topic', { ...window(), topic: 'call Ann about it' }, 'topic'],
  ['a field that is none', { ...window(), number: '+12025550100' }, 'number'],
])('%s is refused with its field', async (_name, body, field) => {
  const { answer } = await promised('waiting', body);
  expect(answer.status).toBe(400);
  expect(answer.body.faults.map((fault) => fault.field)).toEqual([field]);
});

test('nothing is promised for a campaign that is over, nor beyond its end', async () => {
  const endAt = iso(NOW + 3 * HOUR);
  const ending = await addCampaign(rig, { name: 'Ending', schedule: { endAt } });
  const { contactId } = await addContact(rig, { campaignId: ending, number: '+12025550111' });
  const path = `/v1/contacts/${contactId}/callbacks`;
  const late = await rig.call('POST', path, window(NOW + 3 * HOUR, NOW + 4 * HOUR));
  expect([late.status, late.body.faults[0]?.fault]).toEqual([400, 'lies after the end of the campaign']);
  await rig.call('POST', `/v1/campaigns/${ending}/stop`);
  expect((await rig.call('POST', path, window())).status).toBe(409);
});

test('a window in which no call is allowed is refused with the next one, and that one is taken', async () => {
  const evening = Date.parse('2026-03-04T03:00:00Z'); // 22:00 in Washington.
  const { path, contactId } = await placed();
  const answer = await rig.call('POST', path, window(evening, evening + HOUR));
  expect([answer.status, answer.body.code], JSON.stringify(answer.body)).toEqual([422, 'refused']);
  const [fault] = answer.body.faults as unknown as {
    field: string;
    offered: { from: string; until: string };
  }[];
  expect(fault!.field).toBe('from');
  expect(Date.parse(fault!.offered.until) - Date.parse(fault!.offered.from)).toBe(HOUR);
  expect(Date.parse(fault!.offered.from)).toBe(Date.parse('2026-03-04T13:00:00Z')); // 08:00.
  expect(await row(contactId)).toMatchObject({ rank: 24, ready_at: NOW });
  const taken = await rig.call('POST', path, fault!.offered);
  expect([taken.status, warningOf(taken)]).toEqual([201, null]);
  const moved = await rig.call(
    'PATCH',
    `/v1/callbacks/${callbackOf(taken).id}`,
    window(evening, evening + HOUR),
    at(taken),
  );
  expect([moved.status, moved.body.code]).toEqual([422, 'refused']);
});

test('a window that begins outside the hours and reaches into them is promised with a warning, and stored nowhere as a decision', async () => {
  const early = Date.parse('2026-03-04T12:00:00Z'); // 07:00 in Washington.
  const { path } = await placed();
  const answer = await rig.call('POST', path, window(early, early + 2 * HOUR));
  expect(answer.status).toBe(201);
  expect(warningOf(answer)).toMatchObject({ verdict: 'defer', allowedFrom: '2026-03-04T13:00:00.000Z' });
  const decisions = await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query('SELECT 1 FROM decisions WHERE tenant_id = $1', [tx.tenantId]),
  );
  expect(decisions).toEqual([]);
});

test('a window in the past is refused with the next that a call is allowed in, and that one is taken', async () => {
  const { path } = await placed(); // 21:00 in New York.
  const answer = await rig.call('POST', path, window(NOW - 2 * HOUR, NOW - HOUR));
  expect(answer.status).toBe(400);
  const morning = Date.parse('2026-03-02T13:00:00Z');
  const offered = { from: iso(morning), until: iso(morning + HOUR) };
  expect(answer.body.faults).toMatchObject([{ field: 'from', fault: 'lies in the past', offered }]);
  expect(answer.body.detail).toContain(`a call is allowed from ${offered.from}`);
  expect((await rig.call('POST', path, offered)).status).toBe(201);
});

test('nothing is offered beyond the end of the campaign', async () => {
  const endAt = iso(NOW + 3 * HOUR);
  const ending = await addCampaign(rig, { name: 'Ending soon', schedule: { endAt } });
  const { contactId, personId } = await addContact(rig, { campaignId: ending, number: '+12025550112' });
  await makeCallable(rig, personId, NEW_YORK);
  const path = `/v1/contacts/${contactId}/callbacks`;
  const past = await rig.call('POST', path, window(NOW - 2 * HOUR, NOW - HOUR));
  const night = await rig.call('POST', path, window());
  expect([past.status, night.status]).toEqual([400, 422]);
  for (const { body } of [past, night]) expect(body.faults[0]).not.toHaveProperty('offered');
  expect(night.body.faults[0]?.expected).toContain('a later end of the campaign');
});

describe('nothing is promised to a person whom facts forbid to be called, whoever asks', () => {
  const refusal = async (contactId: string, askedBy: string) => {
    const body = { ...window(), askedBy };
    const answer = await rig.call('POST', `/v1/contacts/${contactId}/callbacks`, body);
    expect([answer.status, answer.body.code], JSON.stringify(answer.body)).toEqual([422, 'refused']);
    expect(await row(contactId)).toMatchObject({ rank: 24, ready_at: NOW });
    return answer.body.faults;
  };

  test.each(['person', 'staff'])('without their consent, if %s asks: it says which', async (askedBy) => {
    const { contactId, personId } = await contact();
    await place(rig, personId, GUAM);
    const [fault, ...others] = await refusal(contactId, askedBy);
    expect(others).toEqual([]);
    expect(fault).toMatchObject({
      field: 'contactId',
      fault: expect.stringMatching(/^may not be called by \S+ \(consent\.missing\)$/) as string,
      expected: expect.stringContaining('given by the person and recorded before the call') as string,
    });
    // What it asks for is done, and the promise is made.
    await makeCallable(rig, personId);
    expect((await rig.call('POST', `/v1/contacts/${contactId}/callbacks`, window())).status).toBe(201);
  });

  test('on a do-not-call list', async () => {
    const { contactId, personId } = await contact();
    await makeCallable(rig, personId);
    const number = `+1202555${String(120 + made).padStart(4, '0')}`;
    await rig.call('POST', '/v1/suppressions', { number });
    // The entry ended the contact; as if a later list had brought it.
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query(
        `UPDATE contacts SET state = 'waiting', ready_at = $3, rank = 24 WHERE tenant_id = $1 AND id = $2`,
        [tx.tenantId, contactId, iso(NOW)],
      ),
    );
    const faults = await refusal(contactId, 'person');
    expect(faults[0]).toEqual({
      field: 'contactId',
      fault:
        'may not be called by house.optout, us.consent.revocation, us.dnc.internal, us.dnc.internal-duration (optout.internal)',
      expected: 'nothing: the person asked not to be called',
    });
  });

  test('but what the operator is to put in order, such as a registration, is warned of and holds nothing up', async () => {
    const { contactId, personId } = await contact();
    await makeCallable(rig, personId, { jurisdiction: 'IN', zone: 'Asia/Kolkata' });
    const path = `/v1/contacts/${contactId}/callbacks`;
    const answer = await rig.call('POST', path, window(NOW + 4 * HOUR, NOW + 5 * HOUR));
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    const reasons = ['caller_id.prefix', 'registration.dlt.missing'];
    expect(warningOf(answer)).toMatchObject({ verdict: 'deny', allowedFrom: null, reasons });
    // At night there is no room for it either way.
    const night = await rig.call(
      'PATCH',
      `/v1/callbacks/${callbackOf(answer).id}`,
      window(NOW + 14 * HOUR, NOW + 15 * HOUR),
      at(answer),
    );
    const offered = { from: '2026-03-03T03:30:00.000Z', until: '2026-03-03T04:30:00.000Z' };
    expect([night.status, night.body.faults]).toMatchObject([422, [{ field: 'from', offered }]]);
  });

  test('nor is a promise moved to when consent has run out', async () => {
    const { contactId, personId } = await contact();
    await place(rig, personId, GUAM);
    await rig.call('POST', `/v1/persons/${personId}/consents`, {
      purposes: ['marketing'],
      level: 'written',
      source: 'form',
      expiresAt: iso(NOW + 12 * HOUR),
    });
    const path = `/v1/contacts/${contactId}/callbacks`;
    const promise = await rig.call('POST', path, window());
    expect(promise.status, JSON.stringify(promise.body)).toBe(201);
    const late = await rig.call(
      'PATCH',
      `/v1/callbacks/${callbackOf(promise).id}`,
      window(NOW + 25 * HOUR, NOW + 26 * HOUR),
      at(promise),
    );
    expect([late.status, late.body.faults[0]?.fault]).toEqual([
      422,
      expect.stringContaining('consent.expired'),
    ]);
  });
});

test('times without an offset stand on the clock of the person, or of the zone that is named; an exact time is a short window', async () => {
  const { path } = await placed();
  const own = await rig.call('POST', path, { at: '2026-03-04T10:30' });
  expect(own.body, JSON.stringify(own.body)).toMatchObject({
    callback: { from: '2026-03-04T15:30:00.000Z', until: '2026-03-04T15:45:00.000Z' },
  });
  const named = await rig.call('POST', (await placed()).path, {
    from: '2026-03-04T23:00',
    until: '2026-03-05T00:00',
    zone: 'Asia/Shanghai',
  });
  expect(callbackOf(named)).toMatchObject({ from: '2026-03-04T15:00:00.000Z' });
});

test.each([
  ['an exact time beside a window', { ...window(), at: iso(NOW + HOUR) }, 'at', 'stands beside a window'],
  ['a zone that is none', { at: '2026-03-04T10:30', zone: 'Mars/Olympus' }, 'zone', 'is no zone'],
  [
    'a time that clocks skip',
    { at: '2026-03-08T02:30', zone: 'America/New_York' },
    'at',
    'is skipped in America/New_York, as clocks go forward',
  ],
  [
    'a time that clocks show twice',
    { at: '2026-11-01T01:30', zone: 'America/New_York' },
    'at',
    'comes twice in America/New_York, as clocks go back',
  ],
  ['a day that is none', { at: '2026-02-30T10:30' }, 'at', 'is no date'],
  [
    'an agent that is none',
    { ...window(), owner: `agent:${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}` },
    'owner',
    'names no agent there is',
  ],
  ['a team that is none', { ...window(), owner: 'team:nobody' }, 'owner', 'names no team there is'],
])('%s is refused with its field', async (_name, body, field, fault) => {
  const { answer } = await promised('waiting', body);
  expect([answer.status, answer.body.faults.map((one) => [one.field, one.fault])]).toEqual([
    400,
    [[field, fault]],
  ]);
});

test('a time on the clock of a person of whom no zone is known is refused', async () => {
  const { contactId } = await contact();
  const answer = await rig.call('POST', `/v1/contacts/${contactId}/callbacks`, { at: '2026-03-04T10:30' });
  expect(answer.body.faults).toMatchObject([
    { field: 'zone', fault: 'is missing, and not known of the person' },
  ]);
});

test('who wanted it, and each window that it had, stay on record', async () => {
  const { answer, id } = await promised('waiting', { ...window(), askedBy: 'person' });
  const later = window(NOW + 4 * HOUR, NOW + 5 * HOUR);
  const moved = await rig.call('PATCH', `/v1/callbacks/${id}`, later, at(answer));
  expect(callbackOf(moved)).toMatchObject({
    askedBy: 'person',
    steps: [{ kind: 'moved', at: iso(NOW), by: 'key:configuration', reason: null, ...window() }],
  });
  const mine = await rig.call('GET', '/v1/callbacks?owner=key:configuration&limit=1');
  expect(mine.body.items).toHaveLength(1);
  const nobodys = await rig.call('GET', '/v1/callbacks?agentId=0195b3a0-0000-7000-8000-000000000001');
  expect(nobodys.body.items).toEqual([]);
});

test('another window needs the revision it was made for, and the contact waits for it', async () => {
  const { answer, contactId, id } = await promised();
  const path = `/v1/callbacks/${id}`;
  expect((await rig.call('PATCH', path, window(NOW + 4 * HOUR, NOW + 5 * HOUR))).status).toBe(428);
  const moved = await rig.call('PATCH', path, window(NOW + 4 * HOUR, NOW + 5 * HOUR), at(answer));
  expect(moved.status).toBe(200);
  expect(callbackOf(moved)).toMatchObject({ from: iso(NOW + 4 * HOUR), revision: 2 });
  expect((await row(contactId)).ready_at).toBe(NOW + 4 * HOUR);
  expect((await rig.call('PATCH', path, { topic: null }, at(answer))).status).toBe(412);
  expect((await rig.call('PATCH', path, { from: iso(NOW - HOUR) }, at(moved))).status).toBe(400);
  expect((await rig.call('PATCH', path, {}, at(moved))).status).toBe(400);
});

test('cancelled, a contact goes back to where it stood, and the promise stays on record', async () => {
  const waited = await promised();
  const before = await promised('completed');
  for (const { id } of [waited, before]) {
    const cancelled = await rig.call('POST', `/v1/callbacks/${id}/cancel`, {
      reason: 'asked by mail instead',
    });
    expect(cancelled.body).toMatchObject({ status: 'cancelled', reason: 'callback.cancelled' });
    expect((await rig.call('POST', `/v1/callbacks/${id}/cancel`)).body).toEqual(cancelled.body);
    expect((await rig.call('PATCH', `/v1/callbacks/${id}`, window(), at(cancelled))).status).toBe(409);
  }
  expect(await row(waited.contactId)).toMatchObject({ state: 'waiting', rank: 24, ready_at: NOW });
  expect(await row(before.contactId)).toMatchObject({
    state: 'completed',
    state_reason: 'disposition.callback',
  });
  const again = await rig.call('POST', `/v1/contacts/${waited.contactId}/callbacks`, window());
  expect(again.status).toBe(201);
});

test('a withdrawal, a do-not-call entry and a stop cancel the promises in their scope, at once', async () => {
  const withdrawn = await promised();
  await rig.call('POST', `/v1/persons/${withdrawn.personId}/withdrawals`, { source: 'letter' });
  const suppressed = await promised();
  const number = `+1202555${String(120 + made).padStart(4, '0')}`;
  await rig.call('POST', '/v1/suppressions', { number });
  for (const [id, reason] of [
    [withdrawn.id, 'consent.withdrawn'],
    [suppressed.id, 'suppression.tenant'],
  ]) {
    const read = await rig.call('GET', `/v1/callbacks/${id}`);
    expect(read.body).toMatchObject({ status: 'cancelled', reason });
  }
});

test('pages follow the windows in both directions, each promise once; a cursor of other filters is refused', async () => {
  const ids = async (sort: string) => {
    const seen: string[] = [];
    let after = '';
    for (;;) {
      const page = await rig.call('GET', `/v1/callbacks?limit=2&sort=${sort}${after}`);
      seen.push(...page.body.items.map((item) => item.id));
      if (page.body.next === null) return seen;
      after = `&after=${String(page.body.next)}`;
      if (seen.length === 2) {
        const other = await rig.call('GET', `/v1/callbacks?limit=2&sort=${sort}&status=kept${after}`);
        expect([other.status, other.body.faults[0]?.field]).toEqual([400, 'query.after']);
      }
    }
  };
  const up = await ids('from');
  expect(new Set(up).size).toBe(up.length);
  expect(up.length).toBeGreaterThan(5);
  expect(await ids('-from')).toEqual(up.toReversed());
});

test("another tenant's callbacks and contacts are not found; every change is recorded without a number", async () => {
  const { answer, contactId, id } = await promised();
  const answers = await Promise.all([
    rig.callOther('GET', `/v1/callbacks/${id}`),
    rig.callOther('PATCH', `/v1/callbacks/${id}`, window(), at(answer)),
    rig.callOther('POST', `/v1/callbacks/${id}/cancel`),
    rig.callOther('POST', `/v1/contacts/${contactId}/callbacks`, window()),
  ]);
  expect(answers.map((one) => one.status)).toEqual([404, 404, 404, 404]);
  expect((await rig.callOther('GET', '/v1/callbacks')).body.items).toEqual([]);
  const changes = await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{ action: string }>(`SELECT * FROM changes WHERE tenant_id = $1 AND resource = 'callback'`, [
      tx.tenantId,
    ]),
  );
  expect(new Set(changes.map((change) => change.action))).toEqual(
    new Set(['promiseCallback', 'changeCallback', 'cancelCallback']),
  );
  expect(JSON.stringify(changes)).not.toContain('1202555');
});
