import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fixedClock } from '../../domain/clock.ts';
import { importContacts } from '../../imports/index.ts';
import { locateParsed } from '../../policies/index.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';
import { ruledBy, type Rules } from './ruled.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
let engine: TestEngine;
let ruled: ReturnType<typeof ruledBy>;

beforeAll(async () => {
  engine = await createTestEngine({ clock });
  ruled = ruledBy(engine);
});
beforeEach(() => clock.set(WORKDAY_MORNING_CN));
afterAll(() => engine.close());

const RULES: Rules = { attributes: { balance: 'number' }, filter: 'contact.balance > 100' };

/** A list of rows `id,phone,balance`, taken in, each with a consent. */
async function list(campaignId: string, rows: readonly string[], name: string): Promise<void> {
  const consent = 'marketing,explicit,2026-03-01T09:30:00+08:00';
  const text = [
    'id,phone,balance,consent_purpose,consent_basis,consent_at',
    ...rows.map((row) => `${row},${consent}`),
  ].join('\n');
  await importContacts(
    { ...engine, locateParsed },
    {
      tenantId: engine.tenantId,
      campaignId,
      source: { name, open: () => Readable.from([Buffer.from(text)]) },
      importedBy: 'test',
    },
  );
}

const phone = (n: number) => `+86199000${String(n).padStart(5, '0')}`;

const contactsOf = (campaignId: string) =>
  ruled.query<{ id: string; external: string; state: string; reason: string | null; judged: boolean }>(
    `SELECT id, external_id AS external, state, state_reason AS reason, judged_by IS NOT NULL AS judged FROM contacts
     WHERE tenant_id = $1 AND campaign_id = $2 ORDER BY external_id`,
    campaignId,
  );

describe('judging goes through all contacts', () => {
  /** As many as there are in a batch of judging, and one more or less. */
  it.each([499, 500, 501, 1_001])('when there are %i of them', async (count) => {
    const campaignId = await engine.addCampaign();
    const rows = Array.from({ length: count }, (_, i) => `c${i},${phone(i)},${i % 2 === 0 ? 50 : 250}`);
    await list(campaignId, rows, 'all.csv');
    await ruled.revise(campaignId, RULES);
    await ruled.judge();
    const out = Math.ceil(count / 2);
    const counted = () =>
      ruled.query(
        `SELECT state, state_reason AS reason, count(*)::int AS n FROM contacts
         WHERE tenant_id = $1 AND campaign_id = $2 AND judged_by IS NOT NULL GROUP BY 1, 2 ORDER BY 1`,
        campaignId,
      );
    expect(await counted()).toEqual([
      { state: 'denied', reason: 'campaign.filter', n: out },
      { state: 'waiting', reason: null, n: count - out },
    ]);
    // And back, those that were left out as well.
    await ruled.revise(campaignId, { ...RULES, filter: 'contact.balance < 100' });
    await ruled.judge();
    expect(await counted()).toEqual([
      { state: 'denied', reason: 'campaign.filter', n: count - out },
      { state: 'waiting', reason: null, n: out },
    ]);
  });
});

describe('a list that names a contact again which the filter left out', () => {
  it('has it judged again, and brings it in if its attributes are such now', async () => {
    const campaignId = await engine.addCampaign({ rules: RULES });
    await list(campaignId, [`a,${phone(1)},50`, `b,${phone(2)},50`], 'first.csv');
    await ruled.judge();
    expect(await contactsOf(campaignId)).toMatchObject([
      { external: 'a', state: 'denied', reason: 'campaign.filter' },
      { external: 'b', state: 'denied', reason: 'campaign.filter' },
    ]);
    await list(campaignId, [`a,${phone(1)},250`, `b,${phone(2)},60`], 'second.csv');
    expect((await ruled.claimBatch(campaignId)).admitted, 'by a judgement of before').toEqual([]);
    await ruled.judge();
    expect(await contactsOf(campaignId)).toMatchObject([
      { external: 'a', state: 'waiting', reason: null },
      { external: 'b', state: 'denied', reason: 'campaign.filter' },
    ]);
    clock.set(WORKDAY_MORNING_CN + 60_000);
    const [a] = await contactsOf(campaignId);
    expect((await ruled.claimBatch(campaignId)).admitted.map(({ contactId }) => contactId)).toEqual([a!.id]);
  });

  it('leaves it as it is where it says nothing new', async () => {
    const campaignId = await engine.addCampaign({ rules: RULES });
    await list(campaignId, [`a,${phone(1)},50`], 'first.csv');
    await ruled.judge();
    await list(campaignId, [`a,${phone(1)},50`, `b,${phone(2)},250`], 'second.csv');
    await ruled.judge();
    expect(await contactsOf(campaignId)).toMatchObject([
      { external: 'a', state: 'denied', reason: 'campaign.filter' },
      { external: 'b', state: 'waiting', reason: null },
    ]);
  });

  it('never brings back whom somebody stopped for good', async () => {
    const campaignId = await engine.addCampaign({ rules: RULES });
    await list(campaignId, [`a,${phone(1)},50`], 'first.csv');
    await ruled.judge();
    const [a] = await contactsOf(campaignId);
    await ruled.query(
      `INSERT INTO stop_requests (tenant_id, id, kind, scope, target_id, at, requested_real, committed_real, revoked,
                                  in_flight, requested_by, detail)
       VALUES ($1, gen_random_uuid(), 'stop', 'contact', $2, now(), now(), now(), 0, 0, 'test', '{}')`,
      a!.id,
    );
    await list(campaignId, [`a,${phone(1)},250`], 'second.csv');
    await ruled.judge();
    expect(await contactsOf(campaignId)).toMatchObject([{ external: 'a', state: 'denied' }]);
  });
});
