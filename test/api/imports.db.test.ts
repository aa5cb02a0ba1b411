import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeLeftUploads, withUpload } from '../../api/uploads.ts';
import { importsOf } from '../../cli/api/imports.ts';
import { addAttempt, addCampaign, addCarrier, addContact, createRig, type Rig } from './rig.ts';

let rig: Rig;
let campaignId: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig);
});
afterAll(() => rig.close());

test('a file reaches the import engine as it was sent, with what was said about it', async () => {
  const text = 'phone;name\n+1 202 555 0140;张三\n';
  const query = 'name=list.csv&defaultCountry=CN&delimiter=%3B&limit=5&format=csv';
  const answer = await rig.call('POST', `/v1/campaigns/${campaignId}/imports?${query}`, text);
  expect(answer.status).toBe(201);
  expect(answer.body).toMatchObject({ alreadyImported: false, import: { status: 'completed', campaignId } });
  const last = rig.imported.at(-1)!;
  expect(last.text).toBe(text);
  expect(last.request).toMatchObject({
    campaignId,
    defaultCountry: 'CN',
    delimiter: ';',
    limit: 5,
    format: 'csv',
    source: { name: 'list.csv' },
    importedBy: 'key:configuration',
  });
  expect((await rig.call('GET', `/v1/imports/${answer.body.import.id}`)).body).toEqual(answer.body.import);
  const listed = await rig.call('GET', `/v1/imports?campaignId=${campaignId}`);
  expect(listed.body.items.map((item) => item.id)).toContain(answer.body.import.id);
});

test('a do-not-call list names its list, scope and when it was true', async () => {
  const query = 'name=dnc.txt&list=us-national-dnc&scope=national&asOf=2026-03-01T00:00:00Z';
  const answer = await rig.call('POST', `/v1/do-not-call/imports?${query}`, '+12025550141\n');
  expect(answer.status).toBe(201);
  expect(rig.imported.at(-1)!.request).toMatchObject({
    list: 'us-national-dnc',
    scope: 'national',
    asOf: Date.parse('2026-03-01T00:00:00Z'),
  });
});

test.each([
  ['no name', '', 'query.name'],
  ['a path for a name', 'name=..%2Fetc', 'query.name'],
  ['a country that is none', 'name=a&defaultCountry=china', 'query.defaultCountry'],
  ['a format that is none', 'name=a&format=xls', 'query.format'],
  ['a limit of none', 'name=a&limit=0', 'query.limit'],
])('%s is refused with its field', async (_name, query, field) => {
  const answer = await rig.call('POST', `/v1/campaigns/${campaignId}/imports?${query}`, 'phone\n');
  expect(answer.status).toBe(400);
  expect(answer.body.faults.map((f) => f.field)).toEqual([field]);
});

test('a campaign that is over takes no more contacts', async () => {
  const over = await addCampaign(rig);
  await rig.call('POST', `/v1/campaigns/${over}/stop`);
  expect((await rig.call('POST', `/v1/campaigns/${over}/imports?name=a.csv`, 'phone\n')).status).toBe(409);
});

test('an uploaded file is gone after its use, whatever came of it, and after a crash at the next start', async () => {
  const spoolDir = await mkdtemp(join(tmpdir(), 'rightcall-spool-test-'));
  try {
    const upload = { spoolDir, limitBytes: 100 };
    const body = () => new Response('hello').body;
    expect(await withUpload(body(), upload, (path) => Promise.resolve(path))).toContain(spoolDir);
    await expect(withUpload(body(), upload, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(withUpload(body(), { spoolDir, limitBytes: 2 }, () => Promise.resolve())).rejects.toThrow(
      /larger/,
    );
    expect(await readdir(spoolDir)).toEqual([]);
    void withUpload(body(), upload, () => new Promise(() => undefined));
    await expect.poll(() => readdir(spoolDir), { interval: 10 }).toHaveLength(1);
    expect(await removeLeftUploads(spoolDir)).toBe(1);
    expect(await removeLeftUploads(join(spoolDir, 'nothing-here'))).toBe(0);
  } finally {
    await rm(spoolDir, { recursive: true, force: true });
  }
});

/** The API with the real import engine behind it. */
async function withRealEngine(work: (rig: Rig) => Promise<void>): Promise<void> {
  const base = await createRig();
  const { db, vault, clock, tenantId } = base;
  const whole = await createRig({ imports: importsOf({ db, vault, clock }), db, vault, clock, tenantId });
  try {
    await work({ ...whole, db, vault, clock, tenantId });
  } finally {
    await whole.close();
    await base.close();
  }
}

test('through the real engine: contacts are made, issues are told masked, the same file changes nothing', () =>
  withRealEngine(async (whole) => {
    const id = await addCampaign(whole);
    const path = `/v1/campaigns/${id}/imports?name=people.csv&defaultCountry=US`;
    const text = 'external_id,phone,name\nA1,(202) 555-0142,Ann\nA2,123,Bob\n';
    const first = await whole.call('POST', path, text);
    expect(first.status).toBe(201);
    expect(first.body.import).toMatchObject({
      status: 'completed',
      counts: { rows: 2, created: 1, invalid: 1 },
    });
    const issues = await whole.call('GET', `/v1/imports/${first.body.import.id}/issues`);
    expect(issues.body.items).toMatchObject([{ line: 3, column: 'phone' }]);
    const again = await whole.call('POST', path, text);
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ alreadyImported: true, import: { id: first.body.import.id } });
    const contacts = await whole.call('GET', `/v1/campaigns/${id}/contacts?state=waiting`);
    expect(contacts.body.items).toMatchObject([{ externalId: 'A1', state: 'waiting' }]);
    const wrong = await whole.call('POST', `/v1/campaigns/${id}/imports?name=b.csv`, 'a,b\n1,2\n');
    expect(wrong.status).toBe(400);
    expect(wrong.body.faults.length).toBeGreaterThan(0);
  }));

test('once a list is taken in, permits that were given before it are void: do-not-call and withdrawals alike', () =>
  withRealEngine(async (whole) => {
    const campaignId = await addCampaign(whole);
    const permit = async (number: string) => {
      const ids = await addContact(whole, { campaignId, number, state: 'admitted' });
      const numberHash = whole.vault.numberHash(whole.tenantId, number);
      return addAttempt(whole, { campaignId, ...ids, n: 1, state: 'claimed', numberHash });
    };
    const [listed, withdrawn, other] = [
      await permit('+12025550143'),
      await permit('+12025550144'),
      await permit('+12025550145'),
    ];
    await whole.call('POST', '/v1/do-not-call/imports?name=dnc.txt', '+12025550143\n+12025550199\n');
    const contacts =
      'phone,consent_purpose,consent_basis,consent_at,consent_withdrawn_at\n' +
      '+12025550144,marketing,explicit,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z\n' +
      '+12025550145,marketing,explicit,2026-01-01T00:00:00Z,\n';
    await whole.call('POST', `/v1/campaigns/${campaignId}/imports?name=c.csv`, contacts);
    const rows = await whole.db.inTenant(whole.tenantId, (tx) =>
      tx.query<{ id: string; state: string }>('SELECT id, state FROM attempts'),
    );
    const states = new Map(rows.map((row) => [row.id, row.state]));
    expect([listed, withdrawn, other].map((id) => states.get(id))).toEqual(['revoked', 'revoked', 'claimed']);
    const stops = await whole.db.inTenant(whole.tenantId, (tx) =>
      tx.query<{ kind: string; acknowledged: boolean }>(
        'SELECT kind, acknowledged_real IS NOT NULL AS acknowledged FROM stop_requests ORDER BY requested_real',
      ),
    );
    expect(stops).toEqual([
      { kind: 'suppression', acknowledged: true },
      { kind: 'withdrawal', acknowledged: true },
    ]);
  }));
