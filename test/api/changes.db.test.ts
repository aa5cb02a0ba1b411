import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NOW, addCampaign, addCarrier, addContact, createRig, definition, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
});
afterAll(() => rig.close());

interface Change {
  id: number;
  at: string;
  actor: string;
  requestId: string | null;
  action: string;
  resource: string;
  resourceId: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  reason: string | null;
}
const changes = async (query: string) => {
  const answer = await rig.call('GET', `/v1/changes?${query}`);
  expect(answer.status).toBe(200);
  return answer.body.items as unknown as Change[];
};

describe('every change of a campaign', () => {
  test('says who made it, by which request, what was before and what is after', async () => {
    const campaignId = await addCampaign(rig);
    const as = { 'X-Request-Id': 'by-this-request' };
    await rig.callAs(
      'manager',
      'PATCH',
      `/v1/campaigns/${campaignId}`,
      { callsPerSecond: 2 },
      { ...as, 'If-Match': '"1"' },
    );
    for (const action of ['start', 'pause', 'resume', 'stop']) {
      await rig.call('POST', `/v1/campaigns/${campaignId}/${action}`, { reason: `to ${action}` });
    }
    const all = await changes(`resourceId=${campaignId}`);
    expect(
      all.map((change) => [
        change.action,
        change.before?.['status'],
        change.after?.['status'],
        change.reason,
      ]),
    ).toEqual([
      ['stopCampaign', 'running', 'stopped', 'to stop'],
      ['resumeCampaign', 'paused', 'running', 'to resume'],
      ['pauseCampaign', 'running', 'paused', 'to pause'],
      ['startCampaign', 'draft', 'running', 'to start'],
      ['changeCampaign', undefined, undefined, null],
      ['createCampaign', undefined, undefined, null],
    ]);
    const changed = all.find((change) => change.action === 'changeCampaign')!;
    expect(changed).toMatchObject({ requestId: 'by-this-request', resource: 'campaign' });
    expect(changed.actor).toMatch(/^key:test-/);
    expect([changed.before?.['revision'], changed.after?.['revision']]).toEqual([1, 2]);
    expect(changed.after?.['definition']).toMatchObject({ callsPerSecond: 2 });
  });

  test('that was refused, or changed nothing, is not recorded', async () => {
    const campaignId = await addCampaign(rig);
    const path = `/v1/campaigns/${campaignId}`;
    await rig.call('PATCH', path, { name: '' }, { 'If-Match': '"1"' });
    await rig.call('PATCH', path, { name: 'late' }, { 'If-Match': '"7"' });
    await rig.call('PATCH', path, {}, { 'If-Match': '"1"' });
    await rig.call('POST', `${path}/resume`);
    expect((await changes(`resourceId=${campaignId}`)).map((change) => change.action)).toEqual([
      'createCampaign',
    ]);
  });
});

test('consents, withdrawals and suppressions are recorded without number, name or what was said', async () => {
  const number = '+12025550123';
  const campaignId = await addCampaign(rig);
  const { personId } = await addContact(rig, { campaignId, number });
  const stated = {
    channels: ['voice'],
    source: `Ann Example of ${number} said so`,
    occurredAt: '2026-03-01T09:00:00+08:00',
  };
  const granted = await rig.call('POST', `/v1/persons/${personId}/consents`, {
    ...stated,
    purposes: ['marketing'],
    level: 'express',
    basis: `a form of ${number}`,
  });
  expect(granted.status).toBe(201);
  await rig.call('POST', `/v1/persons/${personId}/withdrawals`, stated);
  await rig.call('POST', `/v1/persons/${personId}/withdrawals`, stated);
  const suppressed = await rig.call('POST', '/v1/suppressions', {
    number,
    scope: 'tenant',
    list: 'internal',
    source: 'asked',
  });
  expect(suppressed.status).toBe(201);
  await rig.call('POST', `/v1/campaigns/${campaignId}/stop`, { reason: `the person of ${number} asked` });
  const [stopped] = await changes(`action=stopCampaign&resourceId=${campaignId}`);
  expect(stopped!.reason).toBe('the person of (number) asked');
  const ofPerson = await changes(`resource=person&resourceId=${personId}`);
  expect(ofPerson.map((change) => change.action)).toEqual(['withdrawConsent', 'grantConsent']);
  expect(ofPerson[1]!.after).toMatchObject({ purposes: ['marketing'], level: 'express' });
  const [ofEntry] = await changes(`action=addSuppression&resourceId=${suppressed.body.suppression.id}`);
  expect(ofEntry!.after).toMatchObject({ list: 'internal', scope: 'tenant', created: true });
  const rows = await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{ text: string }>('SELECT c::text AS text FROM changes c'),
  );
  expect(rows.map((row) => row.text).join('\n')).not.toMatch(/2025550123|2025550100|Ann|Example/);
});

test('what is recorded stands or falls with what was done', async () => {
  const before = (await changes('action=createCampaign')).length;
  const answer = await rig.call('POST', '/v1/campaigns', definition({ name: 'x'.repeat(10_000) }));
  expect(answer.status).toBe(400);
  await expect(
    rig.db.inTenant(rig.tenantId, async (tx) => {
      const { recordChange } = await import('../../db/repositories/changes.ts');
      const change = {
        by: 'x',
        requestId: null,
        action: 'createCampaign',
        resource: 'campaign',
        resourceId: 'x',
      };
      await recordChange(tx, { ...change, before: null, after: null, at: NOW });
      throw new Error('the work failed');
    }),
  ).rejects.toThrow('the work failed');
  expect((await changes('action=createCampaign')).length).toBe(before);
});

test('the engine can neither alter nor remove what is recorded', async () => {
  for (const statement of [`UPDATE changes SET actor = 'x'`, 'DELETE FROM changes']) {
    await expect(rig.db.inTenant(rig.tenantId, (tx) => tx.query(statement))).rejects.toThrow(
      /permission denied/,
    );
  }
});

describe('the list', () => {
  test('pages through everything once, newest first, under any filter', async () => {
    for (let n = 0; n < 7; n++) {
      rig.clock.advance(1_000);
      await addCampaign(rig, { name: `listed ${n}` });
    }
    for (const filter of ['', 'action=createCampaign', 'actor=key:configuration', 'resource=campaign']) {
      const whole = await rig.call('GET', `/v1/changes?limit=500&${filter}`);
      const ids = (whole.body.items as unknown as Change[]).map((change) => change.id);
      const paged: number[] = [];
      let after = '';
      do {
        const page = await rig.call('GET', `/v1/changes?limit=3&${filter}${after}`);
        paged.push(...(page.body.items as unknown as Change[]).map((change) => change.id));
        after = page.body.next === null ? '' : `&after=${page.body.next}`;
      } while (after !== '');
      expect(paged, filter).toEqual(ids);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  test('is bounded by from (inclusive) and to (exclusive)', async () => {
    const at = encodeURIComponent(new Date(NOW).toISOString());
    const later = encodeURIComponent(new Date(NOW + 86_400_000).toISOString());
    const all = (await changes('limit=500')).length;
    expect((await changes(`limit=500&from=${at}`)).length).toBe(all);
    expect(await changes(`limit=500&to=${at}`)).toEqual([]);
    expect(await changes(`limit=500&from=${later}`)).toEqual([]);
  });

  test('refuses a cursor of another filter, altered, or of another tenant', async () => {
    const { next } = (await rig.call('GET', '/v1/changes?limit=1')).body;
    const altered = `${String(next).slice(0, -2)}AA`;
    const answers = [
      await rig.call('GET', `/v1/changes?limit=1&action=x&after=${next}`),
      await rig.call('GET', `/v1/changes?limit=1&after=${altered}`),
      await rig.callOther('GET', `/v1/changes?limit=1&after=${next}`),
    ];
    for (const answer of answers)
      expect([answer.status, answer.body.faults[0]?.field]).toEqual([400, 'query.after']);
  });

  test('shows another tenant nothing', async () => {
    expect((await rig.callOther('GET', '/v1/changes?resource=campaign')).body.items).toEqual([]);
  });
});
