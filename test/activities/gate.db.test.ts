import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimAttempt, type ClaimResult } from '../../activities/calls/claim.ts';
import { claimDue, waitingCohorts } from '../../activities/pace/claim-due.ts';
import { placeCall } from '../../activities/calls/place-call.ts';
import { endContactsOfPerson } from '../../db/repositories/contacts.ts';
import { setCampaignStatus } from '../../db/repositories/campaigns.ts';
import { stopDialling } from '../../db/stop.ts';
import { fixedClock } from '../../domain/clock.ts';
import { HOUR_MS } from '../../domain/time.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
let engine: TestEngine;

beforeAll(async () => {
  engine = await createTestEngine({ clock });
});
afterAll(() => engine.close());

/** Admit a contact as the pacer does, and pass it through Transaction A. */
async function claim(campaignId: string, contactId: string, admission = 1): Promise<ClaimResult> {
  await admit(contactId, admission);
  return engine.db.inTenant(engine.tenantId, (tx) =>
    claimAttempt(tx, engine, { campaignId, contactId, admission }),
  );
}

async function admit(contactId: string, admission = 1): Promise<void> {
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `UPDATE contacts SET state = 'admitted', admissions = $3, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      [engine.tenantId, contactId, admission],
    ),
  );
}

async function one<T extends object>(sql: string, ...values: unknown[]): Promise<T> {
  const rows = await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query<T>(sql, [engine.tenantId, ...values]),
  );
  return rows[0]!;
}

describe('the dial gate', () => {
  it('I1: an allow is a Decision, an attempt and a lease, in one transaction', async () => {
    clock.set(WORKDAY_MORNING_CN);
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    const result = await claim(campaignId, contactId);
    expect(result).toMatchObject({ kind: 'permit', permit: { attemptId: `${contactId}/1`, fence: 1 } });
    const row = await one<{ state: string; verdict: string; stage: string; lease: number }>(
      `SELECT a.state, d.verdict, d.stage, extract(epoch FROM a.lease_until_real - a.claimed_real) AS lease
       FROM attempts a JOIN decisions d ON d.tenant_id = a.tenant_id AND d.id = a.decision_id
       WHERE a.tenant_id = $1 AND a.id = $2`,
      `${contactId}/1`,
    );
    expect(row).toMatchObject({ state: 'claimed', verdict: 'allow', stage: 'dial' });
    expect(Number(row.lease)).toBeLessThanOrEqual(2);
  });

  it('I2: a second claim for the same admission finds the first, also when both come at once', async () => {
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    await admit(contactId);
    const results = await Promise.all(
      [1, 2, 3, 4].map(() =>
        engine.db.inTenant(engine.tenantId, (tx) =>
          claimAttempt(tx, engine, { campaignId, contactId, admission: 1 }),
        ),
      ),
    );
    expect(results.filter((result) => result.kind === 'permit')).toHaveLength(1);
    expect(results.filter((result) => result.kind === 'existing')).toHaveLength(3);
  });

  it('I5: campaigns that want the same person at once make one call, not two', async () => {
    const first = await engine.addCampaign();
    const second = await engine.addCampaign();
    const { contactId, personId } = await engine.addContact(first);
    const other = await engine.addContact(second, { personId });
    await admit(contactId);
    await admit(other.contactId);
    const results = await Promise.all([
      engine.db.inTenant(engine.tenantId, (tx) =>
        claimAttempt(tx, engine, { campaignId: first, contactId, admission: 1 }),
      ),
      engine.db.inTenant(engine.tenantId, (tx) =>
        claimAttempt(tx, engine, { campaignId: second, contactId: other.contactId, admission: 1 }),
      ),
    ]);
    expect(results.map((result) => result.kind).sort()).toEqual(['closed', 'permit']);
  });

  it('denies without consent, stores the reason with the Decision, and makes no attempt', async () => {
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId, { consent: 'none' });
    const result = await claim(campaignId, contactId);
    expect(result).toMatchObject({
      kind: 'closed',
      result: { kind: 'final', state: 'denied', reason: 'consent.missing' },
    });
    const row = await one<{ verdict: string; attempts: number }>(
      `SELECT verdict, (SELECT count(*) FROM attempts a WHERE a.tenant_id = $1 AND a.contact_id = $2) AS attempts
       FROM decisions WHERE tenant_id = $1 AND contact_id = $2`,
      contactId,
    );
    expect(row).toEqual({ verdict: 'deny', attempts: 0 });
  });

  it('I4: outside the window it defers to the next opening and the contact waits for it', async () => {
    clock.set(Date.parse('2026-11-20T21:30:00+08:00'));
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    const result = await claim(campaignId, contactId);
    clock.set(WORKDAY_MORNING_CN);
    expect(result).toMatchObject({
      kind: 'closed',
      result: { kind: 'waiting', readyAt: Date.parse('2026-11-21T09:00:00+08:00') },
    });
    expect(await one('SELECT state FROM contacts WHERE tenant_id = $1 AND id = $2', contactId)).toEqual({
      state: 'waiting',
    });
  });

  it('I6: denies when no policy set is stored whole, by refusing to go on', async () => {
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    await admit(contactId);
    const bare = { ...engine, policies: { forCampaign: () => Promise.reject(new Error('no set')) } };
    await expect(
      engine.db.inTenant(engine.tenantId, (tx) =>
        claimAttempt(tx, bare, { campaignId, contactId, admission: 1 }),
      ),
    ).rejects.toThrow('no set');
    expect(
      (
        await one<{ n: number }>(
          'SELECT count(*) AS n FROM attempts WHERE tenant_id = $1 AND contact_id = $2',
          contactId,
        )
      ).n,
    ).toBe(0);
  });

  it('holds contacts of a paused campaign back without a Decision', async () => {
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    await engine.db.inTenant(engine.tenantId, (tx) =>
      setCampaignStatus(tx, campaignId, { status: 'paused', reason: null }),
    );
    expect(await claim(campaignId, contactId)).toMatchObject({
      kind: 'closed',
      result: { kind: 'waiting', reason: 'campaign.paused' },
    });
  });
});

describe('the send', () => {
  it('I3: a permit that a withdrawal took back is never used', async () => {
    const campaignId = await engine.addCampaign();
    const { contactId, personId } = await engine.addContact(campaignId);
    const result = await claim(campaignId, contactId);
    expect(result.kind).toBe('permit');
    const ack = await stopDialling(
      engine.db,
      clock,
      { tenantId: engine.tenantId, kind: 'withdrawal', scope: 'person', targetId: personId, by: 'test' },
      async (tx) => {
        await endContactsOfPerson(tx, {
          personId,
          state: 'withdrawn',
          reason: 'consent.withdrawn',
          purposes: null,
          channels: null,
          campaignId: null,
          at: clock.now(),
        });
      },
    );
    expect(ack).toMatchObject({ revoked: 1, inFlight: 0, complete: true });
    const outcome = await placeCall(engine, {
      tenantId: engine.tenantId,
      campaignId,
      contactId,
      admission: 1,
    });
    expect(outcome).toEqual({ kind: 'final', state: 'withdrawn', reason: 'consent.withdrawn' });
    expect((await engine.requests()).filter((line) => line.attemptId.startsWith(contactId))).toEqual([]);
  });

  it('I4: a permit is not used when its window closes before the request can leave', async () => {
    clock.set(Date.parse('2026-11-20T11:59:59.000+08:00'));
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    // Allowed for the 0.8 s that a send may take, at 11:59:59; at the send it is 12:00.
    const result = await claim(campaignId, contactId);
    expect(result.kind).toBe('permit');
    clock.set(Date.parse('2026-11-20T12:00:00+08:00'));
    const { sendCall } = await import('../../activities/calls/send.ts');
    if (result.kind !== 'permit') throw new Error('no permit');
    expect(await sendCall(engine, engine.tenantId, result.permit)).toEqual({ kind: 'not_rung' });
    clock.set(WORKDAY_MORNING_CN);
    expect((await engine.requests()).filter((line) => line.attemptId.startsWith(contactId))).toEqual([]);
  });

  it('I2: run again after the send it takes up the call and asks the carrier nothing', async () => {
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    await admit(contactId);
    const input = { tenantId: engine.tenantId, campaignId, contactId, admission: 1 };
    expect(await placeCall(engine, input)).toEqual({ kind: 'pending' });
    expect(await placeCall(engine, input)).toEqual({ kind: 'pending' });
    expect((await engine.requests()).filter((line) => line.attemptId === `${contactId}/1`)).toHaveLength(1);
  });
});

describe('the hopper', () => {
  it('screens due contacts: denied and deferred ones cost no workflow, the rest are admitted in order', async () => {
    const campaignId = await engine.addCampaign();
    const willing = await engine.addContact(campaignId);
    const unwilling = await engine.addContact(campaignId, { consent: 'none' });
    const batch = await engine.db.inTenant(engine.tenantId, async (tx) => {
      const cohorts = await waitingCohorts(tx, campaignId);
      return claimDue(tx, engine, campaignId, cohorts, 10);
    });
    expect(batch.admitted).toEqual([{ contactId: willing.contactId, admission: 1, workflowOpen: false }]);
    expect(
      await one(
        'SELECT state, state_reason FROM contacts WHERE tenant_id = $1 AND id = $2',
        unwilling.contactId,
      ),
    ).toEqual({
      state: 'denied',
      state_reason: 'consent.missing',
    });
  });

  it('closes a cohort whose window is closed after asking for one contact of it', async () => {
    const campaignId = await engine.addCampaign();
    for (let i = 0; i < 5; i += 1) await engine.addContact(campaignId);
    clock.set(WORKDAY_MORNING_CN + 11 * HOUR_MS);
    const batch = await engine.db.inTenant(engine.tenantId, async (tx) =>
      claimDue(tx, engine, campaignId, await waitingCohorts(tx, campaignId), 10),
    );
    clock.set(WORKDAY_MORNING_CN);
    expect([...batch.closedCohorts.values()]).toEqual([Date.parse('2026-11-21T09:00:00+08:00')]);
    const decided = await one<{ n: number }>(
      'SELECT count(*) AS n FROM decisions WHERE tenant_id = $1 AND campaign_id = $2',
      campaignId,
    );
    expect(decided.n).toBe(1);
  });
});
