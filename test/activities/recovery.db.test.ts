import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { claimAttempt } from '../../activities/calls/claim.ts';
import { placeCall } from '../../activities/calls/place-call.ts';
import { sendCall } from '../../activities/calls/send.ts';
import { rejoinHopper } from '../../activities/pace/rejoin.ts';
import { settlePendingEvents } from '../../activities/services/settle-events.ts';
import {
  carryOutHangups,
  retellAdmissions,
  sweepAttempts,
  sweepSilentCalls,
} from '../../activities/services/sweep.ts';
import { reportResults } from '../../activities/services/tell-workflows.ts';
import type { PlaceCallResult } from '../../domain/carrier.ts';
import { beginSend } from '../../db/repositories/attempts.ts';
import { storeCallEvents } from '../../db/repositories/call-events.ts';
import { scaledClock } from '../../domain/clock.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const setting = { from: WORKDAY_MORNING_CN, realStart: Date.now(), speed: 60 };
const clock = scaledClock(setting);
const ANSWERS = '+8619900000201';
const NOT_HEARD_OF = '+8619900000202';
const RINGS_LONG = '+8619900000204';
let engine: TestEngine;
/** What Temporal would have been told. */
const told: { admission: number; result?: PlaceCallResult; contactId: string }[] = [];

beforeAll(async () => {
  engine = await createTestEngine({
    clock,
    simulator: {
      clock: setting,
      scenarios: {
        [ANSWERS]: { outcome: 'answered', ringS: 1, talkS: 2, disposition: 'converted' },
        [NOT_HEARD_OF]: { outcome: 'no_answer', ringS: 1 },
        [RINGS_LONG]: { outcome: 'no_answer', ringS: 3_000 },
      },
    },
  });
});
afterAll(() => engine.close());
afterEach(async () => {
  await setFaults('');
  told.length = 0;
});

const deps = () => ({
  ...engine,
  workflows: {
    admit: async (_campaign: unknown, contact: { contactId: string; admission: number }) => {
      told.push({ contactId: contact.contactId, admission: contact.admission });
    },
    close: async () => undefined,
    reportCall: async (_campaign: unknown, contactId: string, admission: number, result: PlaceCallResult) => {
      told.push({ contactId, admission, result });
    },
    ensureCampaign: async () => undefined,
    campaignChanged: async () => undefined,
    deliver: async () => undefined,
  },
});

async function setFaults(spec: string): Promise<void> {
  const { baseUrl } = await one<{ baseUrl: string }>(
    `SELECT config->>'baseUrl' AS "baseUrl" FROM carriers WHERE tenant_id = $1`,
  );
  const response = await fetch(`${baseUrl}/v1/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ spec }),
  });
  expect(response.ok).toBe(true);
}

async function one<T extends object>(sql: string, ...values: unknown[]): Promise<T> {
  const rows = await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query<T>(sql, [engine.tenantId, ...values]),
  );
  return rows[0]!;
}

async function admitted(
  number?: string,
): Promise<{ campaignId: string; contactId: string; admission: number; tenantId: string }> {
  const campaignId = await engine.addCampaign({ purpose: 'service' });
  const { contactId } = await engine.addContact(campaignId, number === undefined ? {} : { number });
  await one(
    `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
    contactId,
  );
  return { campaignId, contactId, admission: 1, tenantId: engine.tenantId };
}

const attemptOf = (contactId: string) =>
  one<{ state: string; outcome: string | null; reason: string | null }>(
    'SELECT state, outcome, reason FROM attempts WHERE tenant_id = $1 AND id = $2',
    `${contactId}/1`,
  );
const contactOf = (contactId: string) =>
  one<{ state: string; state_reason: string | null }>(
    'SELECT state, state_reason FROM contacts WHERE tenant_id = $1 AND id = $2',
    contactId,
  );
const dialsOf = async (contactId: string) =>
  (await engine.requests()).filter((line) => line.kind === 'dial' && line.attemptId.startsWith(contactId))
    .length;

/** As if its holder had died long ago, without the wait. */
async function ageAttempt(contactId: string): Promise<void> {
  await one(
    `UPDATE attempts SET lease_until_real = now() - interval '1 second', look_up_after_real = NULL, claimed_real = claimed_real - interval '1 minute',
            sending_real = sending_real - interval '1 minute'
     WHERE tenant_id = $1 AND contact_id = $2`,
    contactId,
  );
}

async function eventually(check: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i += 1) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not come to be');
}

describe('I2 and I10: whatever dies, an attempt comes to an end and rings at most once', () => {
  it('died after the claim: abandoned, the contact waits again, and the late worker cannot send', async () => {
    const input = await admitted();
    const claim = await engine.db.inTenant(engine.tenantId, (tx) => claimAttempt(tx, engine, input));
    if (claim.kind !== 'permit') throw new Error('no permit');
    await ageAttempt(input.contactId);
    await sweepAttempts(deps(), engine.tenantId);
    expect(await attemptOf(input.contactId)).toMatchObject({ state: 'abandoned', reason: 'lease.expired' });
    expect(await contactOf(input.contactId)).toMatchObject({ state: 'waiting' });
    expect(await sendCall(engine, engine.tenantId, claim.permit)).toEqual({ kind: 'not_rung' });
    expect(await dialsOf(input.contactId)).toBe(0);
  });

  it('died between the compare-and-set and the request: unknown, then given up when the carrier has no such call', async () => {
    const input = await admitted();
    const claim = await engine.db.inTenant(engine.tenantId, (tx) => claimAttempt(tx, engine, input));
    if (claim.kind !== 'permit') throw new Error('no permit');
    const { permit } = claim;
    expect(await engine.db.inTenant(engine.tenantId, (tx) => beginSend(tx, permit, clock.now(), 2_000))).toBe(
      true,
    );
    await ageAttempt(input.contactId);
    await sweepAttempts(deps(), engine.tenantId);
    expect(await attemptOf(input.contactId)).toMatchObject({ state: 'unknown' });
    await sweepAttempts(deps(), engine.tenantId);
    expect(await attemptOf(input.contactId)).toMatchObject({
      state: 'abandoned',
      reason: 'carrier.not_found',
    });
    expect(await contactOf(input.contactId)).toMatchObject({ state: 'waiting' });
    expect(await dialsOf(input.contactId)).toBe(0);
  });

  it('the carrier took the call and its answer was lost: found by look-up, never dialled again', async () => {
    await setFaults('lost-answer=1');
    const input = await admitted(ANSWERS);
    expect(await placeCall(engine, input)).toEqual({ kind: 'pending' });
    expect(['unknown', 'sent', 'ended']).toContain((await attemptOf(input.contactId)).state);
    await eventually(async () => {
      await sweepAttempts(deps(), engine.tenantId);
      await settlePendingEvents(engine, engine.tenantId);
      return (await attemptOf(input.contactId)).state === 'ended';
    });
    expect(await placeCall(engine, input)).toMatchObject({ kind: 'final', state: 'converted' });
    expect(await dialsOf(input.contactId)).toBe(1);
  });

  it('thawed after the carrier’s “no such call” was believed: what rings then is hung up, though nobody had stopped it', async () => {
    const input = await admitted(RINGS_LONG);
    const claim = await engine.db.inTenant(engine.tenantId, (tx) => claimAttempt(tx, engine, input));
    if (claim.kind !== 'permit') throw new Error('no permit');
    const { permit } = claim;
    await engine.db.inTenant(engine.tenantId, (tx) => beginSend(tx, permit, clock.now(), 2_000));
    await ageAttempt(input.contactId);
    await sweepAttempts(deps(), engine.tenantId);
    await sweepAttempts(deps(), engine.tenantId);
    expect(await attemptOf(input.contactId)).toMatchObject({ state: 'abandoned' });
    const { carrier } = await engine.carriers.lineOf(engine.tenantId, engine.carrierId);
    const asked = { attemptId: permit.attemptId, to: RINGS_LONG, from: '+12025550100', ringTimeoutS: 3_600 };
    expect(await carrier.dial({ ...asked, context: {} }, 1_500)).toMatchObject({ kind: 'accepted' });
    await eventually(async () => {
      await settlePendingEvents(engine, engine.tenantId);
      await carryOutHangups(deps(), engine.tenantId);
      return (await attemptOf(input.contactId)).state === 'ended';
    });
    const log = (await engine.requests()).filter((line) => line.attemptId === permit.attemptId);
    expect(log.map(({ kind, result }) => `${kind} ${result}`)).toEqual(['dial accepted', 'hangup accepted']);
  });

  it('no webhook ever comes: the end is fetched from the carrier', async () => {
    await setFaults('missing=1');
    const input = await admitted(NOT_HEARD_OF);
    expect(await placeCall(engine, input)).toEqual({ kind: 'pending' });
    await eventually(async () => {
      await ageAttempt(input.contactId);
      await sweepSilentCalls(deps(), engine.tenantId);
      return (await attemptOf(input.contactId)).state === 'ended';
    });
    expect(await dialsOf(input.contactId)).toBe(1);
  });

  it('the pacer died before it told the workflow: it is told again, and a lost admission is taken back', async () => {
    const input = await admitted();
    await one(
      `UPDATE contacts SET admitted_real = now() - interval '5 minutes' WHERE tenant_id = $1 AND id = $2`,
      input.contactId,
    );
    await engine.db.inTenant(engine.tenantId, async (tx) => {
      expect(await rejoinHopper(tx, clock, input.contactId)).toMatchObject({
        kind: 'waiting',
        reason: 'admission.lost',
      });
      await tx.query(
        `UPDATE contacts SET state = 'admitted', admitted_real = now() - interval '5 minutes' WHERE tenant_id = $1 AND id = $2`,
        [engine.tenantId, input.contactId],
      );
    });
    await retellAdmissions(deps(), engine.tenantId);
    expect(told).toEqual([{ contactId: input.contactId, admission: 1 }]);
  });
});

describe('the carrier’s events', () => {
  it('twice, and in the wrong order, come to one call, one disposition, one result told', async () => {
    await setFaults('missing=1');
    const input = await admitted(`${ANSWERS.slice(0, -1)}3`);
    await placeCall(engine, input);
    const attemptId = `${input.contactId}/1`;
    const { ref } = await one<{ ref: string }>(
      'SELECT carrier_ref AS ref FROM attempts WHERE tenant_id = $1 AND id = $2',
      attemptId,
    );
    const at = clock.now();
    const common = { attemptId, reference: ref, digits: null };
    const ended = {
      ...common,
      eventId: `${attemptId}-end`,
      type: 'ended' as const,
      at: at + 9_000,
      end: {
        at: at + 9_000,
        outcome: 'answered' as const,
        by: 'callee' as const,
        sip: 200,
        q850: 16,
        vendorCode: null,
        talkS: 5,
        ringS: 4,
        disposition: 'interested',
        synthesized: false,
      },
    };
    const events = [
      ended,
      { ...common, eventId: `${attemptId}-answer`, type: 'answered' as const, at: at + 4_000, end: null },
      { ...common, eventId: `${attemptId}-ring`, type: 'ringing' as const, at, end: null },
      { ...ended, eventId: `${attemptId}-end-again` },
    ];
    for (const event of [...events, ...events]) {
      await engine.db.inTenant(engine.tenantId, (tx) => storeCallEvents(tx, engine.carrierId, [event]));
      await settlePendingEvents(engine, engine.tenantId);
    }
    await reportResults(deps(), engine.tenantId);
    await reportResults(deps(), engine.tenantId);
    expect(told.filter(({ contactId }) => contactId === input.contactId)).toEqual([
      {
        contactId: input.contactId,
        admission: 1,
        result: { kind: 'final', state: 'completed', reason: 'disposition.interested' },
      },
    ]);
    expect(
      await one('SELECT count(*) AS n FROM dispositions WHERE tenant_id = $1 AND attempt_id = $2', attemptId),
    ).toEqual({ n: 1 });
    expect(
      await one('SELECT status, talk_s FROM calls WHERE tenant_id = $1 AND attempt_id = $2', attemptId),
    ).toEqual({ status: 'ended', talk_s: 5 });
  });
});
