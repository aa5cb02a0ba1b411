import { afterAll, beforeAll, expect, test } from 'vitest';
// Before all that makes schemas: they learn to describe themselves when the API is loaded.
import { addCampaign, addCarrier, createRig, type Rig } from './rig.ts';
import { judgeContacts } from '../../activities/services/judge-contacts.ts';
import { addWaiting } from './waiting.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
});
afterAll(() => rig.close());

interface Body {
  readonly total: number;
  readonly outcomes: Readonly<Record<string, { readonly count: number }>>;
  readonly causes: readonly { readonly reason: string; readonly outcome: string; readonly count: number }[];
  readonly rules: {
    readonly leftOut: readonly object[];
    readonly quotas: readonly object[];
    readonly lists: readonly object[];
  };
}
const rows = <T extends object>(sql: string, ...values: unknown[]) =>
  rig.db.inTenant(rig.tenantId, (tx) => tx.query<T>(sql, [rig.tenantId, ...values]));

let made = 0;
/** Contacts of a list, who may be called by law. */
async function contacts(campaignId: string, list: string, each: readonly object[]): Promise<void> {
  const [file] = await rows<{ id: string }>(
    `INSERT INTO imports (tenant_id, id, kind, campaign_id, source_name, content_hash, options, status, rows_done,
                          counts, created_real)
     VALUES ($1, gen_random_uuid(), 'contacts', $2, $3, gen_random_uuid()::text, '{}', 'completed', 0, '{}', now())
     RETURNING id`,
    campaignId,
    list,
  );
  for (const attributes of each) {
    const number = `+86199000${String(1_000 + (made += 1)).padStart(5, '0')}`;
    const { contactId, personId } = await addWaiting(rig, { campaignId, number });
    const sealed = await rig.vault.sealAttributes(rig.tenantId, personId, contactId, { ...attributes });
    if (sealed.kind !== 'opened') throw new Error('erased');
    await rows(
      'UPDATE contacts SET attributes = $3, import_id = $4 WHERE tenant_id = $1 AND id = $2',
      contactId,
      sealed.value,
      file!.id,
    );
  }
}

async function run(campaignId: string): Promise<Body> {
  const answer = await rig.call('POST', `/v1/campaigns/${campaignId}/dry-run`, {});
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as unknown as Body;
}

const of = (n: number, attributes: object) => Array.from({ length: n }, () => attributes);

test('whom filters leave out, what quotas have room for and how lists mix is told before and after they were judged', async () => {
  const campaignId = await addCampaign(rig, {
    rules: {
      attributes: { balance: 'number', city: 'text' },
      filter: 'contact.balance > 100',
      mixing: { lists: [{ list: 'north.csv', weight: 3 }], othersWeight: 1 },
      quotas: [
        { name: 'Bern', when: 'contact.city == "Bern"', counts: 'conversions', max: 4 },
        { name: 'Chur', when: 'contact.city == "Chur"', counts: 'calls', max: 1 },
      ],
    },
  });
  await contacts(campaignId, 'north.csv', [
    ...of(6, { balance: '250', city: 'Bern' }),
    ...of(3, { balance: '50', city: 'Bern' }),
    ...of(2, { balance: '250', city: 'Chur' }),
  ]);
  await contacts(campaignId, 'south.csv', [...of(4, { balance: '250', city: 'Basel' }), {}]);
  await rows(
    `INSERT INTO quota_counts (tenant_id, campaign_id, quota, counts, from_at, counted, open)
     VALUES ($1, $2, 'Bern', 'conversions', to_timestamp(0), 1, 1), ($1, $2, 'Chur', 'calls', to_timestamp(0), 1, 0)`,
    campaignId,
  );
  const rules = {
    quotas: [
      { name: 'Bern', max: 4, counted: 1, open: 1, now: { count: 6 }, letsThrough: 2 },
      { name: 'Chur', max: 1, counted: 1, now: { count: 2 }, letsThrough: 0 },
    ],
    lists: [
      { list: 'north.csv', weight: 3, now: { count: 8 }, first: 8 },
      { list: null, weight: 1, now: { count: 4 }, first: 4 },
    ],
  };
  const before = await run(campaignId);
  expect(before).toMatchObject({ total: 16, outcomes: { now: { count: 10 }, denied: { count: 6 } }, rules });
  expect(before.rules.leftOut).toEqual([]);
  const reasons = ({ causes }: Body) => Object.fromEntries(causes.map((one) => [one.reason, one.count]));
  expect(reasons(before)).toEqual({
    'campaign.filter': 3,
    'campaign.filter_fault': 1,
    'campaign.quota': 2,
  });
  while (await judgeContacts(rig, rig.tenantId)) {
    // One batch after the other.
  }
  const after = await run(campaignId);
  expect(after).toMatchObject({ total: 12, outcomes: { now: { count: 10 }, denied: { count: 2 } }, rules });
  expect(after.rules.leftOut).toEqual([
    { reason: 'campaign.filter', count: 3 },
    { reason: 'campaign.filter_fault', count: 1 },
  ]);
  expect(reasons(after)).toEqual({ 'campaign.quota': 2 });
});
