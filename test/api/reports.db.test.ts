import { afterAll, beforeAll, expect, test } from 'vitest';
import { campaignProgress, campaignReport } from '../../db/repositories/reports.ts';
import { addAttempt, addCampaign, addCarrier, addContact, createRig, NOW, type Rig } from './rig.ts';

let rig: Rig;
let campaignId: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig);
  await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
  await seed();
});
afterAll(() => rig.close());

let next = 0;
const contact = (state: string, stateReason: string | null = null, campaign = campaignId) =>
  addContact(rig, {
    campaignId: campaign,
    number: `+120255501${String(next++).padStart(2, '0')}`,
    state,
    stateReason,
  });

/** 8 contacts: 2 denied, 1 deferred, 1 fresh, 1 converted at the second try, 1 refused, 1 ringing, 1 talking. */
async function seed(): Promise<void> {
  await contact('denied', 'consent.missing');
  await contact('denied', 'consent.missing');
  await contact('waiting', 'window.closed');
  await contact('waiting');
  const hour = 3_600_000;
  const converted = { campaignId, ...(await contact('converted')) };
  await addAttempt(rig, { ...converted, n: 1, state: 'ended', outcome: 'busy', at: NOW - 2 * hour });
  await addAttempt(rig, {
    ...converted,
    n: 2,
    state: 'ended',
    outcome: 'answered',
    disposition: 'converted',
    talkS: 90,
    at: NOW - hour,
  });
  const refused = { campaignId, ...(await contact('refused')) };
  await addAttempt(rig, { ...refused, n: 1, state: 'revoked' });
  await addAttempt(rig, {
    ...refused,
    n: 2,
    state: 'ended',
    outcome: 'answered',
    disposition: 'refused',
    talkS: 10,
  });
  const ringing = { campaignId, ...(await contact('admitted')) };
  await addAttempt(rig, { ...ringing, n: 1, state: 'sent' });
  const talking = { campaignId, ...(await contact('admitted')) };
  await addAttempt(rig, { ...talking, n: 1, state: 'sent', answered: true });
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(`UPDATE contacts c SET counted_attempts = (SELECT count(*) FROM attempts a
              WHERE a.contact_id = c.id AND a.state <> 'revoked')`),
  );
  // What belongs to another campaign must not be counted here.
  const other = await addCampaign(rig);
  const elsewhere = { campaignId: other, ...(await contact('denied', 'list.stale', other)) };
  await addAttempt(rig, { ...elsewhere, n: 1, state: 'ended', outcome: 'answered', talkS: 999 });
}

test('progress counts what is in each state now, of this campaign alone', async () => {
  const answer = await rig.call('GET', `/v1/campaigns/${campaignId}/progress`);
  expect(answer.body).toEqual({
    campaignId,
    status: 'running',
    statusReason: null,
    imported: 8,
    waiting: 2,
    deferred: 1,
    admitted: 2,
    denied: 2,
    converted: 1,
    byState: { waiting: 2, admitted: 2, denied: 2, converted: 1, refused: 1 },
    nextReadyAt: new Date(NOW).toISOString(),
    attempts: 5,
    ringing: 1,
    answeredLive: 1,
    agents: null,
    answered: 2,
  });
});

test('rates are what they are defined as', async () => {
  const answer = await rig.call('GET', `/v1/campaigns/${campaignId}/report?zone=Asia/Shanghai`);
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({
    reached: 2,
    answerRate: 2 / 3,
    conversionRateOfReached: 1 / 2,
    conversionRateOfImported: 1 / 8,
    deniedByReason: { 'consent.missing': 2 },
    deferredByReason: { 'window.closed': 1 },
    attemptsByOutcome: { answered: 2, busy: 1 },
    dispositions: { converted: 1, refused: 1 },
    contactsByAttempts: { '0': 4, '1': 3, '2': 1 },
    attemptsPerContact: 5 / 4,
    talk: { totalS: 100, meanS: 50 },
    zone: 'Asia/Shanghai',
    byHour: [
      { hour: 8, attempts: 1, answered: 0 },
      { hour: 9, attempts: 1, answered: 1 },
      { hour: 10, attempts: 3, answered: 1 },
    ],
  });
});

test('stops that touched the campaign give its latency', async () => {
  const before = await rig.db.inTenant(rig.tenantId, (tx) => campaignReport(tx, campaignId));
  expect(before?.stops).toEqual({ count: 0, p50Ms: null, p99Ms: null });
  await rig.call('POST', '/v1/suppressions', { number: '+12025550100' });
  const after = await rig.db.inTenant(rig.tenantId, (tx) => campaignReport(tx, campaignId));
  expect(after?.stops.count).toBe(1);
  expect(after?.stops.p99Ms).toBeGreaterThan(0);
});

test('a campaign of nothing has rates of nothing, not of zero', async () => {
  const empty = await addCampaign(rig);
  const answer = await rig.call('GET', `/v1/campaigns/${empty}/report`);
  expect(answer.body).toMatchObject({
    answerRate: null,
    conversionRateOfReached: null,
    conversionRateOfImported: null,
    attemptsPerContact: null,
    talk: { totalS: 0, meanS: null },
    byHour: [],
  });
  expect(await rig.db.inTenant(rig.other.tenantId, (tx) => campaignProgress(tx, campaignId))).toBeNull();
});

test('a zone that does not exist is refused', async () => {
  const answer = await rig.call('GET', `/v1/campaigns/${campaignId}/report?zone=Mars/Olympus`);
  expect(answer.status).toBe(400);
  expect(answer.body.faults[0]?.field).toBe('query.zone');
});
