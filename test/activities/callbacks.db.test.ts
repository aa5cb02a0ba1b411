import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { claimAttempt } from '../../activities/calls/claim.ts';
import { placeCall } from '../../activities/calls/place-call.ts';
import { settleAttempt } from '../../activities/calls/settle.ts';
import { settleDuePromises } from '../../activities/services/callbacks.ts';
import { verifyAudit } from '../../audit/verify.ts';
import { promiseCallback } from '../../api/actions/callbacks.ts';
import { callbackById, insertCallback } from '../../db/repositories/callbacks.ts';
import { setCampaignStatus } from '../../db/repositories/campaigns.ts';
import { endWaitingContacts } from '../../db/repositories/contacts.ts';
import { returnToHopper } from '../../db/repositories/hopper.ts';
import type { Window } from '../../domain/callback.ts';
import { callbacksOf } from '../../domain/campaign-callbacks.ts';
import { fixedClock } from '../../domain/clock.ts';
import { HOUR_MS, MINUTE_MS, toIso } from '../../domain/time.ts';
import { createPolicyReader } from '../../gate/policy-source.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const START = WORKDAY_MORNING_CN;
const clock = fixedClock(START);
let engine: TestEngine;
const policies = createPolicyReader();
beforeAll(async () => {
  engine = await createTestEngine({ clock });
});
afterAll(() => engine.close());
beforeEach(() => clock.set(START));

const deps = () => ({ db: engine.db, clock, policies });

async function query<T extends object>(sql: string, ...values: unknown[]): Promise<T[]> {
  return engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));
}

const asked = (contactId: string, { fromAt, untilAt }: Window, owner: string | null = null) => ({
  contactId,
  window: { from: toIso(fromAt), until: toIso(untilAt) },
  topic: null,
  owner,
  askedBy: 'staff' as const,
});

async function promise(fromAt: number, untilAt: number, options: { state?: string } = {}) {
  const campaignId = await engine.addCampaign();
  const { contactId, personId } = await engine.addContact(campaignId);
  if (options.state !== undefined) {
    await query(
      `UPDATE contacts SET state = $3, state_reason = 'disposition.callback' WHERE tenant_id = $1 AND id = $2`,
      contactId,
      options.state,
    );
  }
  const said = { tenantId: engine.tenantId, by: 'user:agent', requestId: null };
  const input = asked(contactId, { fromAt, untilAt });
  const { callback } = await promiseCallback(deps(), said, input);
  return { campaignId, contactId, personId, callbackId: callback.id };
}

const stateOf = async (id: string) => {
  const row = await engine.db.inTenant(engine.tenantId, (tx) => callbackById(tx, id));
  return { status: row!.status, reason: row!.reason, attemptId: row!.attemptId };
};

const contactRow = async (contactId: string) =>
  (
    await query<{
      state: string;
      state_reason: string | null;
      rank: number;
      ready_at: number;
      priority: number;
    }>(
      'SELECT state, state_reason, rank, ready_at, priority FROM contacts WHERE tenant_id = $1 AND id = $2',
      contactId,
    )
  )[0]!;

async function admit(contactId: string, admission = 1): Promise<void> {
  await query(
    `UPDATE contacts SET state = 'admitted', admissions = $3, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
    contactId,
    admission,
  );
}

/** Ring now, and let the call end as `outcome` at the same instant. */
async function callNow(
  ids: { campaignId: string; contactId: string },
  outcome: string,
  disposition: string | null = null,
): Promise<void> {
  await admit(ids.contactId);
  expect(await placeCall(engine, { tenantId: engine.tenantId, ...ids, admission: 1 })).toEqual({
    kind: 'pending',
  });
  const attemptId = `${ids.contactId}/1`;
  await query(
    `UPDATE attempts SET state = 'ended', ended_at = $3, outcome = $4, disposition = $5 WHERE tenant_id = $1 AND id = $2`,
    attemptId,
    toIso(clock.now()),
    outcome,
    disposition,
  );
  await engine.db.inTenant(engine.tenantId, (tx) => settleAttempt(tx, clock, attemptId));
}

describe('I11: a promise is kept, or breached with the reason', () => {
  it('is kept by an attempt sent within its window, whatever became of the call', async () => {
    const one = await promise(START + HOUR_MS, START + 2 * HOUR_MS);
    clock.set(START + HOUR_MS + MINUTE_MS);
    await callNow(one, 'busy');
    expect(await stateOf(one.callbackId)).toEqual({
      status: 'kept',
      reason: null,
      attemptId: `${one.contactId}/1`,
    });
    // What comes next is a retry like any other.
    expect(await contactRow(one.contactId)).toMatchObject({ state: 'waiting', rank: 14 });
  });

  it('is not kept by an attempt before its window: a busy line then waits for the window, not for the retry', async () => {
    const one = await promise(START + HOUR_MS, START + 2 * HOUR_MS);
    await callNow(one, 'busy');
    expect((await stateOf(one.callbackId)).status).toBe('promised');
    expect(await contactRow(one.contactId)).toMatchObject({
      state: 'waiting',
      rank: 4,
      ready_at: START + HOUR_MS,
    });
  });

  it('outlives the call it was promised in: the contact is not done with, but waits for its window', async () => {
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    await admit(contactId);
    const said = { tenantId: engine.tenantId, by: 'user:agent', requestId: null };
    const window = { fromAt: START + HOUR_MS, untilAt: START + 2 * HOUR_MS };
    const { callback } = await promiseCallback(deps(), said, asked(contactId, window));
    await callNow({ campaignId, contactId }, 'answered', 'callback');
    expect(await contactRow(contactId)).toMatchObject({
      state: 'waiting',
      state_reason: 'callback.promised',
      rank: 4,
      ready_at: START + HOUR_MS,
    });
    // Missed, it goes to the end that call had come to.
    clock.set(START + 2 * HOUR_MS);
    await settleDuePromises(deps(), engine.tenantId);
    expect((await stateOf(callback.id)).status).toBe('breached');
    expect(await contactRow(contactId)).toMatchObject({
      state: 'completed',
      state_reason: 'disposition.callback',
    });
  });

  it.each(['refused', 'opted_out'])('does not outlive a call in which the person said no: %s', async (no) => {
    const one = await promise(START + HOUR_MS, START + 2 * HOUR_MS);
    await callNow(one, 'answered', no);
    expect((await stateOf(one.callbackId)).status).toBe('cancelled');
    expect((await contactRow(one.contactId)).state).toBe(no === 'refused' ? 'refused' : 'withdrawn');
  });

  it('is breached when its window is over, with what stood in the way', async () => {
    const capacity = await promise(START + HOUR_MS, START + 2 * HOUR_MS);
    const paused = await promise(START + HOUR_MS, START + 2 * HOUR_MS);
    await engine.db.inTenant(engine.tenantId, (tx) =>
      setCampaignStatus(tx, paused.campaignId, { status: 'paused', reason: null }),
    );
    // 22:00 in Shanghai: the law has no room in it. Promised as it was before that was asked.
    const night = await promise(START + HOUR_MS, START + 2 * HOUR_MS, { state: 'completed' });
    await query(
      'UPDATE callbacks SET from_at = $3, until_at = $4 WHERE tenant_id = $1 AND id = $2',
      night.callbackId,
      toIso(START + 12 * HOUR_MS),
      toIso(START + 13 * HOUR_MS),
    );
    clock.set(START + 2 * HOUR_MS - 1);
    await settleDuePromises(deps(), engine.tenantId);
    expect((await stateOf(capacity.callbackId)).status).toBe('promised');
    clock.set(START + 2 * HOUR_MS);
    await settleDuePromises(deps(), engine.tenantId);
    expect(await stateOf(capacity.callbackId)).toMatchObject({ status: 'breached', reason: 'no_capacity' });
    expect(await stateOf(paused.callbackId)).toMatchObject({ status: 'breached', reason: 'campaign.paused' });
    expect(await contactRow(capacity.contactId)).toMatchObject({
      state: 'waiting',
      rank: 24,
      state_reason: 'callback.breached',
    });
    clock.set(START + 13 * HOUR_MS);
    await settleDuePromises(deps(), engine.tenantId);
    const told = await stateOf(night.callbackId);
    expect(told.status).toBe('breached');
    expect(told.reason).toMatch(/hours|window/);
    expect(await contactRow(night.contactId)).toMatchObject({ state: 'completed' });
  });

  it('is breached with the reason that the gate denied it for, where a key promised what facts forbid', async () => {
    const campaignId = await engine.addCampaign();
    const { contactId, personId } = await engine.addContact(campaignId, { consent: 'none' });
    const window = { fromAt: START + HOUR_MS, untilAt: START + 2 * HOUR_MS };
    const said = { tenantId: engine.tenantId, by: 'user:agent', requestId: null };
    await expect(promiseCallback(deps(), said, asked(contactId, window))).rejects.toMatchObject({
      code: 'refused',
      faults: [{ field: 'contactId', fault: expect.stringContaining('consent.missing') as string }],
    });
    const callback = await engine.db.inTenant(engine.tenantId, (tx) =>
      insertCallback(
        tx,
        {
          id: uuidv7(),
          contactId,
          campaignId,
          personId,
          ...window,
          topic: null,
          askedBy: 'person',
          owner: 'campaign',
          askedAt: null,
          contactBefore: { state: 'waiting', reason: null, readyAt: START },
          createdBy: 'call',
        },
        callbacksOf({}),
        START,
      ),
    );
    clock.set(START + HOUR_MS);
    await admit(contactId);
    await engine.db.inTenant(engine.tenantId, (tx) =>
      claimAttempt(tx, engine, { campaignId, contactId, admission: 1 }),
    );
    expect(await stateOf(callback.id)).toMatchObject({ status: 'breached', reason: 'consent.missing' });
  });

  it('is cancelled by the stop of its campaign, and breached by a campaign that comes to its end', async () => {
    for (const [status, expected] of [
      ['stopped', 'cancelled'],
      ['completed', 'breached'],
    ] as const) {
      const one = await promise(START + HOUR_MS, START + 2 * HOUR_MS);
      await engine.db.inTenant(engine.tenantId, async (tx) => {
        await setCampaignStatus(tx, one.campaignId, { status, reason: null });
        await endWaitingContacts(tx, one.campaignId, { reason: 'campaign.over', at: clock.now(), limit: 10 });
      });
      expect(await stateOf(one.callbackId)).toMatchObject({ status: expected, reason: 'campaign.over' });
    }
  });

  it('is kept also where the person withdraws during the very call that was promised', async () => {
    const one = await promise(START + HOUR_MS, START + 2 * HOUR_MS);
    clock.set(START + HOUR_MS);
    await admit(one.contactId);
    await placeCall(engine, { tenantId: engine.tenantId, ...one, admission: 1 });
    await query(
      `UPDATE contacts SET state = 'withdrawn', state_reason = 'consent.withdrawn' WHERE tenant_id = $1 AND id = $2`,
      one.contactId,
    );
    expect(await stateOf(one.callbackId)).toMatchObject({ status: 'kept', attemptId: `${one.contactId}/1` });
  });

  it('waits for the carrier’s word on an attempt that may have rung', async () => {
    const one = await promise(START + HOUR_MS, START + 2 * HOUR_MS);
    clock.set(START + HOUR_MS);
    await admit(one.contactId);
    await placeCall(engine, { tenantId: engine.tenantId, ...one, admission: 1 });
    await query(
      `UPDATE attempts SET state = 'unknown' WHERE tenant_id = $1 AND contact_id = $2`,
      one.contactId,
    );
    clock.set(START + 3 * HOUR_MS);
    await settleDuePromises(deps(), engine.tenantId);
    expect((await stateOf(one.callbackId)).status).toBe('promised');
    await query(
      `UPDATE attempts SET state = 'abandoned' WHERE tenant_id = $1 AND contact_id = $2`,
      one.contactId,
    );
    await settleDuePromises(deps(), engine.tenantId);
    expect((await stateOf(one.callbackId)).status).toBe('breached');
  });
});

describe('the hopper', () => {
  it('keeps a promised contact’s place and window, whoever puts it back; a deferral within the window is kept to', async () => {
    const one = await promise(START + HOUR_MS, START + 2 * HOUR_MS);
    const contact = { id: one.contactId, priority: 5, attempts: 1 };
    const back = (readyAt: number) =>
      engine.db.inTenant(engine.tenantId, (tx) =>
        returnToHopper(tx, clock, contact, readyAt, 'person.on_call'),
      );
    expect(await back(START + MINUTE_MS)).toMatchObject({ readyAt: START + HOUR_MS });
    expect(await back(START + 9 * HOUR_MS)).toMatchObject({ readyAt: START + HOUR_MS });
    clock.set(START + HOUR_MS + 1);
    expect(await back(START + HOUR_MS + 5 * MINUTE_MS)).toMatchObject({
      readyAt: START + HOUR_MS + 5 * MINUTE_MS,
    });
    expect(await contactRow(one.contactId)).toMatchObject({ rank: 4 });
  });

  it('has one promise a contact, also when two are made at once', async () => {
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    const said = { tenantId: engine.tenantId, by: 'user:agent', requestId: null };
    const input = asked(contactId, { fromAt: START + HOUR_MS, untilAt: START + 2 * HOUR_MS });
    const made = await Promise.allSettled([1, 2, 3].map(() => promiseCallback(deps(), said, input)));
    expect(made.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  });
});

describe('the audit', () => {
  const promises = async () => {
    const verdict = await verifyAudit({ db: engine.db, tenantId: engine.tenantId });
    return verdict.invariants.find((one) => one.id === 'I11')!;
  };

  it('finds every promise above kept, or let go of with its reason', async () => {
    const found = await promises();
    expect(found.checked).toBeGreaterThan(8);
    expect(found.violations).toEqual([]);
  });

  it('names a promise that was not kept by the call it names, one breached though a call was made, and one without a reason', async () => {
    const wrong = await promise(START + HOUR_MS, START + 2 * HOUR_MS);
    await query(
      `UPDATE callbacks SET status = 'kept', attempt_id = 'none' WHERE tenant_id = $1 AND id = $2`,
      wrong.callbackId,
    );
    const silent = await promise(START + HOUR_MS, START + 2 * HOUR_MS);
    await query(
      `UPDATE callbacks SET status = 'breached' WHERE tenant_id = $1 AND id = $2`,
      silent.callbackId,
    );
    const made = await promise(START + HOUR_MS, START + 2 * HOUR_MS);
    clock.set(START + HOUR_MS);
    await callNow(made, 'busy');
    await query(
      `UPDATE callbacks SET status = 'breached', reason = 'x' WHERE tenant_id = $1 AND id = $2`,
      made.callbackId,
    );
    const found = await promises();
    expect(found.violations.map((one) => one.subject['callbackId']).toSorted()).toEqual(
      [wrong.callbackId, silent.callbackId, made.callbackId].toSorted(),
    );
  });
});
