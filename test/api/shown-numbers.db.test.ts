import { afterAll, beforeAll, expect, test } from 'vitest';
// Before all that makes schemas: they learn to describe themselves when the API is loaded.
import { addCampaign, addCarrier, createRig, type Rig } from './rig.ts';
import { addWaiting } from './waiting.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
});
afterAll(() => rig.close());

interface DryRun {
  readonly outcomes: Readonly<Record<string, { count: number }>>;
  readonly causes: readonly { outcome: string; reason: string; rule: { id: string } | null }[];
}

/** What the policies that ship say of one call in its day, from facts that were read as the gate reads them. */
async function asked(of: { callerId: string; called: string; at: string }): Promise<DryRun> {
  const campaignId = await addCampaign(rig, { callerId: of.callerId });
  await addWaiting(rig, { campaignId, number: of.called });
  const answer = await rig.call('POST', `/v1/campaigns/${campaignId}/dry-run`, { at: of.at });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as unknown as DryRun;
}
const dialled = (body: DryRun) => body.outcomes['now']!.count;
const causes = (body: DryRun) => body.causes.map(({ rule, reason }) => [rule?.id, reason]);

// 020 7946 0xxx is kept for fiction.
const britain = { called: '+442079460111', at: '2026-03-02T12:00:00Z' };
test('a call to Britain that shows a number of London shows a number', async () => {
  const body = await asked({ ...britain, callerId: '+442079460123' });
  expect([causes(body), dialled(body)]).toEqual([[], 1]);
});

// No range of Spain's is kept for fiction: numbers of zeros alone.
const spain = { called: '+34600000000', at: '2026-03-02T12:00:00+01:00' };
test('a call to Spain shows a fixed number, and none of a mobile', async () => {
  const fixed = await asked({ ...spain, callerId: '+34910000000' });
  expect([causes(fixed), dialled(fixed)]).toEqual([[], 1]);
  const mobile = await asked({ ...spain, callerId: '+34600000001' });
  expect(causes(mobile)).toEqual([['es.caller-id', 'caller_id.type']]);
});

// Nor is one of India's.
const india = { called: '+919000000000', at: '2026-03-02T12:00:00+05:30' };
test('a call to India shows a number of the 140 range, and its sender is registered', async () => {
  const ours = { ...india, callerId: '+911400000000' };
  expect(causes(await asked(ours))).toEqual([['in.promotional.registration', 'registration.dlt.missing']]);
  const kept = await rig.call('POST', '/v1/attestations', {
    kind: 'registration',
    name: 'in-dlt',
    jurisdiction: 'IN',
  });
  expect(kept.status, JSON.stringify(kept.body)).toBe(201);
  const registered = await asked(ours);
  expect([causes(registered), dialled(registered)]).toEqual([[], 1]);
  const elsewhere = await asked({ ...india, callerId: '+442079460123' });
  expect(causes(elsewhere)).toEqual([['in.promotional.caller-id', 'caller_id.prefix']]);
});

const china = { called: '+8619900000101', at: '2026-03-02T10:30:00+08:00' };
test('marketing in China may show a short number of an enterprise, and none of the ranges of call centres', async () => {
  const enterprise = await asked({ ...china, callerId: '+8695300' });
  expect([causes(enterprise), dialled(enterprise)]).toEqual([[], 1]);
  const callCentre = await asked({ ...china, callerId: '+8695000000' });
  expect(causes(callCentre)).toEqual([['cn.call-centre.marketing-numbers', 'caller_id.prefix']]);
});
