import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { addAttempt, addCampaign, addCarrier, addContact, createRig, NOW, type Rig } from './rig.ts';

let rig: Rig;
let campaignId: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig);
  await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
});
afterAll(() => rig.close());

const number = (n: number) => `+1202555${String(100 + n).padStart(4, '0')}`;

async function row(contactId: string) {
  const [found] = await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{
      state: string;
      state_reason: string | null;
      wake_pending: boolean;
      attributes: Buffer | null;
    }>('SELECT state, state_reason, wake_pending, attributes FROM contacts WHERE id = $1', [contactId]),
  );
  return found!;
}

async function changesOf(contactId: string) {
  return rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{ action: string; actor: string; before: unknown; after: unknown; reason: string | null }>(
      `SELECT action, actor, before, after, reason FROM changes WHERE resource = 'contact' AND resource_id = $1`,
      [contactId],
    ),
  );
}

describe('the list of a campaign', () => {
  let listed: string;
  const ids: string[] = [];
  const importId = uuidv7();
  beforeAll(async () => {
    listed = await addCampaign(rig, { name: 'Listed' });
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query(
        `INSERT INTO imports (tenant_id, id, kind, campaign_id, source_name, content_hash, options, status, rows_done,
                              counts, created_real, finished_real)
         VALUES ($1, $2, 'contacts', $3, 'x.csv', 'x', '{}', 'completed', 4, '{}', now(), now())`,
        [rig.tenantId, importId, listed],
      ),
    );
    for (let i = 0; i < 9; i++) {
      const state = ['waiting', 'denied', 'waiting'][i % 3]!;
      const stateReason = state === 'denied' ? 'consent.missing' : i === 2 ? 'calling_window' : null;
      const { contactId } = await addContact(rig, {
        campaignId: listed,
        number: number(i),
        state,
        stateReason,
      });
      ids.push(contactId);
      // Ready and updated in other orders than made; two share each instant, so that ties are told apart.
      await rig.db.inTenant(rig.tenantId, (tx) =>
        tx.query('UPDATE contacts SET ready_at = $2, updated_at = $3, import_id = $4 WHERE id = $1', [
          contactId,
          new Date(NOW + ((i * 7) % 5) * 60_000).toISOString(),
          new Date(NOW + ((i * 4) % 3) * 60_000).toISOString(),
          i < 4 ? importId : null,
        ]),
      );
    }
  });

  async function pages(query: string, limit = 2): Promise<string[]> {
    const found: string[] = [];
    let after: string | null = null;
    do {
      const next: string = after === null ? '' : `&after=${encodeURIComponent(after)}`;
      const page = await rig.call('GET', `/v1/campaigns/${listed}/contacts?limit=${limit}&${query}${next}`);
      expect(page.status).toBe(200);
      found.push(...page.body.items.map((item) => item.id));
      after = page.body.next as string | null;
    } while (after !== null);
    return found;
  }

  const ofState = (state: string) => ids.filter((_, i) => ['waiting', 'denied', 'waiting'][i % 3] === state);

  test.each(['created', '-created'])('by %s, in pages, each once', async (sort) => {
    const expected = sort === 'created' ? ids : ids.toReversed();
    expect(await pages(`sort=${sort}`)).toEqual(expected);
    expect(await pages(`sort=${sort}&state=denied`)).toEqual(
      expected.filter((id) => ofState('denied').includes(id)),
    );
  });

  test.each(['updated', '-updated', 'readyAt', '-readyAt'])(
    'by %s, with ties, in pages, each once',
    async (sort) => {
      const answer = await rig.call('GET', `/v1/campaigns/${listed}/contacts?limit=500&sort=${sort}`);
      const field = sort.replace('-', '') === 'updated' ? 'updatedAt' : 'readyAt';
      const items = answer.body.items as unknown as Record<string, string>[];
      const keys = items.map((item) => `${item[field]!} ${item['id']!}`);
      expect(keys).toEqual(sort.startsWith('-') ? keys.toSorted().reverse() : keys.toSorted());
      expect(items.map((item) => item['id']).sort()).toEqual(
        (field === 'readyAt' ? ofState('waiting') : ids).toSorted(),
      );
      expect(await pages(`sort=${sort}`)).toEqual(items.map((item) => item['id']));
    },
  );

  test('by reason, by import and by when they are ready', async () => {
    expect(await pages('reason=consent.missing')).toEqual(ofState('denied'));
    expect(await pages('reason=consent.missing&state=waiting')).toEqual([]);
    expect(await pages(`importId=${importId}`)).toEqual(ids.slice(0, 4));
    expect(await pages(`importId=${importId}&state=denied`)).toEqual([ids[1]]);
    expect(await pages(`importId=${uuidv7()}`)).toEqual([]);
    const from = encodeURIComponent(new Date(NOW + 2 * 60_000).toISOString());
    const waiting = await rig.call('GET', `/v1/campaigns/${listed}/contacts?readyBefore=${from}`);
    const later = await rig.call('GET', `/v1/campaigns/${listed}/contacts?readyFrom=${from}`);
    expect(waiting.body.items.length).toBeGreaterThan(0);
    expect([...waiting.body.items, ...later.body.items].map((item) => item.id).sort()).toEqual(
      ofState('waiting').toSorted(),
    );
  });

  test.each([
    ['sort=updated&reason=consent.missing', 'query.sort'],
    ['sort=readyAt&state=denied', 'query.sort'],
    ['sort=created&readyBefore=2026-03-02T00:00:00Z', 'query.sort'],
    ['sort=name', 'query.sort'],
    ['state=asleep', 'query.state'],
    ['importId=1', 'query.importId'],
  ])('%s is refused by its field', async (query, field) => {
    const answer = await rig.call('GET', `/v1/campaigns/${listed}/contacts?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body.faults.map((fault) => fault.field)).toEqual([field]);
  });

  test('a cursor of another filter, or altered, is refused', async () => {
    const page = await rig.call('GET', `/v1/campaigns/${listed}/contacts?limit=2`);
    const cursor = encodeURIComponent(page.body.next as string);
    const other = await rig.call(
      'GET',
      `/v1/campaigns/${listed}/contacts?limit=2&state=waiting&after=${cursor}`,
    );
    const altered = await rig.call('GET', `/v1/campaigns/${listed}/contacts?after=x${cursor}`);
    expect([other.status, altered.status]).toEqual([400, 400]);
  });

  test('numbers are masked', async () => {
    const page = await rig.call('GET', `/v1/campaigns/${listed}/contacts?limit=1`);
    expect(page.body.items[0]!.numbers).toEqual(['+1 20****0100']);
  });
});

describe('search over all campaigns', () => {
  test('finds by number and by external id, newest first, and nobody is an empty list', async () => {
    const second = await addCampaign(rig, { name: 'Second' });
    const one = await addContact(rig, { campaignId, number: '+12025550190', externalId: 'K-7' });
    const two = await addContact(rig, { campaignId: second, number: '+12025550190', externalId: 'K-7' });
    const both = [two.contactId, one.contactId];
    for (const body of [{ number: '+1 202 555 0190' }, { externalId: 'K-7' }]) {
      const found = await rig.call('POST', '/v1/contacts/search', body);
      expect(found.body.items.map((item) => item.id)).toEqual(both);
    }
    expect((await rig.call('POST', '/v1/contacts/search', { externalId: 'K-8' })).body.items).toEqual([]);
    expect((await rig.callOther('POST', '/v1/contacts/search', { externalId: 'K-7' })).body.items).toEqual(
      [],
    );
    expect((await rig.call('POST', '/v1/contacts/search', { externalId: 'K-7', name: 'x' })).status).toBe(
      400,
    );
  });
});

describe('stop (I3)', () => {
  test('ends the contact, takes its permit back, tells its workflow, and is on record', async () => {
    const ids = await addContact(rig, { campaignId, number: '+12025550191', state: 'admitted' });
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query('UPDATE contacts SET workflow_open = true WHERE id = $1', [ids.contactId]),
    );
    const attemptId = await addAttempt(rig, { campaignId, ...ids, n: 1, state: 'claimed' });
    const answer = await rig.call('POST', `/v1/contacts/${ids.contactId}/stop`, { reason: 'asked by mail' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      state: 'stopped',
      ended: true,
      stop: { revoked: 1, complete: true },
    });
    expect(await row(ids.contactId)).toMatchObject({
      state: 'stopped',
      state_reason: 'contact.stopped',
      wake_pending: true,
    });
    const [attempt] = await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query<{ state: string }>('SELECT state FROM attempts WHERE id = $1', [attemptId]),
    );
    expect(attempt!.state).toBe('revoked');
    expect(await changesOf(ids.contactId)).toMatchObject([
      {
        action: 'stopContact',
        before: { state: 'admitted' },
        after: { state: 'stopped' },
        reason: 'asked by mail',
      },
    ]);
    const again = await rig.call('POST', `/v1/contacts/${ids.contactId}/stop`);
    expect(again.body).toMatchObject({ state: 'stopped', ended: false });
    expect(await changesOf(ids.contactId)).toHaveLength(1);
  });

  test('another contact of the same person goes on', async () => {
    const other = await addCampaign(rig, { name: 'Goes on' });
    const one = await addContact(rig, { campaignId, number: '+12025550192' });
    const two = await addContact(rig, { campaignId: other, number: '+12025550192' });
    await rig.call('POST', `/v1/contacts/${one.contactId}/stop`);
    expect((await row(two.contactId)).state).toBe('waiting');
  });

  test('a contact that has ended stays as it ended; one that is not there is not found', async () => {
    const { contactId } = await addContact(rig, { campaignId, number: '+12025550193', state: 'converted' });
    const answer = await rig.call('POST', `/v1/contacts/${contactId}/stop`);
    expect(answer.body).toMatchObject({ state: 'converted', ended: false });
    const nobody = await rig.call('POST', `/v1/contacts/${uuidv7()}/stop`);
    expect(nobody.status).toBe(404);
    expect((await rig.callOther('POST', `/v1/contacts/${contactId}/stop`)).status).toBe(404);
  });

  test('of many: each by itself, with a result for each in order', async () => {
    const seeds = ['+12025550194', '+12025550195'];
    const made = [];
    for (const one of seeds) made.push(await addContact(rig, { campaignId, number: one }));
    const nobody = uuidv7();
    const answer = await rig.call('POST', '/v1/contacts/stop', {
      contactIds: [made[0]!.contactId, nobody, made[1]!.contactId],
      reason: 'list recalled',
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      stopped: 2,
      failed: 1,
      items: [
        { contactId: made[0]!.contactId, ended: true, problem: null },
        { contactId: nobody, ended: false, stop: null, problem: { code: 'not_found' } },
        { contactId: made[1]!.contactId, ended: true, problem: null },
      ],
    });
    expect((await row(made[1]!.contactId)).state).toBe('stopped');
  });

  test('of more than 1,000 or of none is refused', async () => {
    const many = Array.from({ length: 1_001 }, () => uuidv7());
    for (const contactIds of [many, []]) {
      const answer = await rig.call('POST', '/v1/contacts/stop', { contactIds });
      expect(answer.body.faults.map((fault) => fault.field)).toEqual(['contactIds']);
    }
  });
});

describe('move', () => {
  let target: string;
  beforeAll(async () => {
    target = await addCampaign(rig, { name: 'Target' });
  });

  test('gives the person a place there with the same attributes, and ends this one', async () => {
    const made = await addContact(rig, { campaignId, number: '+12025550196', externalId: 'M-1' });
    const sealed = await rig.vault.sealAttributes(rig.tenantId, made.personId, made.contactId, { plan: 'A' });
    if (sealed.kind !== 'opened') throw new Error('no key');
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query('UPDATE contacts SET attributes = $2 WHERE id = $1', [made.contactId, sealed.value]),
    );
    const answer = await rig.call('POST', `/v1/contacts/${made.contactId}/move`, { campaignId: target });
    expect(answer.status).toBe(201);
    expect(answer.body.contact).toMatchObject({
      campaignId: target,
      personId: made.personId,
      externalId: 'M-1',
      state: 'waiting',
      attempts: 0,
    });
    expect(await row(made.contactId)).toMatchObject({ state: 'stopped', state_reason: 'contact.moved' });
    const moved = answer.body.contact.id;
    const opened = await rig.vault.openAttributes(
      rig.tenantId,
      made.personId,
      moved,
      (await row(moved)).attributes!,
    );
    expect(opened).toEqual({ kind: 'opened', value: { plan: 'A' } });
    expect(await changesOf(made.contactId)).toMatchObject([
      { action: 'moveContact', after: { movedTo: moved } },
    ]);
    expect(await changesOf(moved)).toMatchObject([{ after: { movedFrom: made.contactId } }]);
  });

  test('is refused while a call is up, after the end, twice, and into a campaign that is over', async () => {
    const up = await addContact(rig, { campaignId, number: '+12025550197', state: 'admitted' });
    await addAttempt(rig, { campaignId, ...up, n: 1, state: 'sent' });
    const move = (id: string, to: string) => rig.call('POST', `/v1/contacts/${id}/move`, { campaignId: to });
    expect(await move(up.contactId, target)).toMatchObject({ status: 409 });
    expect((await row(up.contactId)).state).toBe('admitted');

    const ended = await addContact(rig, { campaignId, number: '+12025550198', state: 'exhausted' });
    expect((await move(ended.contactId, target)).status).toBe(409);

    const there = await addContact(rig, { campaignId, number: '+12025550199' });
    await addContact(rig, { campaignId: target, number: '+12025550199' });
    expect(await move(there.contactId, target)).toMatchObject({
      status: 409,
      body: { detail: 'the person is in that campaign already' },
    });

    const over = await addCampaign(rig, { name: 'Over' });
    await rig.call('POST', `/v1/campaigns/${over}/stop`);
    expect((await move(there.contactId, over)).status).toBe(409);
    expect((await move(there.contactId, campaignId)).status).toBe(400);
    expect((await move(there.contactId, uuidv7())).status).toBe(404);
    expect((await row(there.contactId)).state).toBe('waiting');
  });

  test('two moves at once: one is made', async () => {
    const made = await addContact(rig, { campaignId, number: '+12025550189' });
    const second = await addCampaign(rig, { name: 'Second target' });
    const answers = await Promise.all(
      [target, second].map((to) =>
        rig.call('POST', `/v1/contacts/${made.contactId}/move`, { campaignId: to }),
      ),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409]);
  });
});
