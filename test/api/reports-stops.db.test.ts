import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { toIso } from '../../domain/time.ts';
import { addAttempt, addCampaign, addContact, API_KEY, createRig, NOW, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.close());

const PATH = (from: number, to: number) => `/v1/reports/stops?from=${toIso(from)}&to=${toIso(to)}`;

async function stop(
  kind: string,
  scope: string,
  { at = NOW, ms = null, complete = true }: { at?: number; ms?: number | null; complete?: boolean },
): Promise<void> {
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `INSERT INTO stop_requests (tenant_id, id, kind, scope, target_id, at, requested_real, committed_real,
                                  acknowledged_real, revoked, in_flight, requested_by, detail, hung_up, complete)
       VALUES ($1, $2, $3, $4, $2, $5, $5, $5, $5::timestamptz + make_interval(secs => $6::float8), 1, 2, 'test', '{}',
               CASE WHEN $6 IS NOT NULL THEN 1 END, CASE WHEN $6 IS NOT NULL THEN $7::boolean END)`,
      [rig.tenantId, uuidv7(), kind, scope, toIso(at), ms === null ? null : ms / 1_000, complete],
    ),
  );
}

test('stops are counted by kind and scope, with how soon they were acknowledged, as JSON and as a file', async () => {
  for (let n = 1; n <= 100; n += 1) await stop('withdrawal', 'person', { ms: n });
  await stop('kill', 'all', { ms: 2_600, complete: false });
  await stop('pause', 'campaign', {});
  await stop('pause', 'campaign', { at: NOW - 1, ms: 9_000 });
  const { status, body } = await rig.call('GET', PATH(NOW, NOW + 1));
  expect(status).toBe(200);
  const withdrawals = {
    count: 100,
    open: 0,
    complete: 100,
    incomplete: 0,
    revoked: 100,
    inFlight: 200,
    hungUp: 100,
    p50Ms: 50.5,
    p95Ms: 95.05,
    p99Ms: expect.closeTo(99.01, 3) as number,
    slowestMs: 100,
  };
  expect(body).toMatchObject({
    rows: [
      { kind: 'kill', scope: 'all', count: 1, complete: 0, incomplete: 1, slowestMs: 2_600 },
      { kind: 'pause', scope: 'campaign', count: 1, open: 1, hungUp: 0, p50Ms: null, slowestMs: null },
      { kind: 'withdrawal', scope: 'person', ...withdrawals },
    ],
    total: { count: 102, open: 1, complete: 100, incomplete: 1, slowestMs: 2_600 },
  });
  const file = await rig.app.request(`${PATH(NOW, NOW + 1)}&format=csv`, {
    headers: { Authorization: `Bearer ${API_KEY}` },
  });
  const lines: Record<string, string>[] = parse(await file.text(), { columns: true, bom: true });
  expect(lines.map((line) => [line['kind'], line['scope'], line['count'], line['slowestMs']])).toEqual([
    ['kill', 'all', '1', '2600'],
    ['pause', 'campaign', '1', ''],
    ['withdrawal', 'person', '100', '100'],
  ]);
});

test('a time in which nothing was stopped has nothing in it, one that ends before it begins is refused, and others see none of it', async () => {
  const none = { count: 0, open: 0, revoked: 0, p99Ms: null };
  expect((await rig.call('GET', PATH(0, 1))).body).toMatchObject({ rows: [], total: none });
  expect((await rig.callOther('GET', PATH(NOW, NOW + 1))).body).toMatchObject({ total: none });
  const refused = await rig.call('GET', PATH(NOW, NOW));
  expect([refused.status, refused.body.faults[0]?.field]).toEqual([400, 'query.to']);
});

test('a stop stands in the story of every contact it is about, with its latency and what it took back', async () => {
  const campaignId = await addCampaign(rig);
  const contact = await addContact(rig, { campaignId, number: '+12025550111' });
  await addAttempt(rig, { campaignId, ...contact, n: 1, state: 'claimed' });
  await rig.call('POST', '/v1/dialling/everything/stop', { reason: 'a test' });
  await rig.call('POST', '/v1/dialling/everything/resume');
  const { body } = await rig.call('GET', `/v1/contacts/${contact.contactId}/timeline`);
  expect(body.entries.filter(({ kind }) => kind === 'stop').map(({ text }) => text)).toEqual([
    expect.stringMatching(
      /^Stop of all dialling of the whole installation by key:configuration: acknowledged after \d+ ms, nothing sent since; 1 permit taken back, 0 calls under way, 0 calls hung up\.$/,
    ),
  ]);
});
