import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { CarrierSource } from '../../activities/calls/carrier-source.ts';
import { claimAttempt, type ClaimResult, type Permit } from '../../activities/calls/claim.ts';
import { placeCall } from '../../activities/calls/place-call.ts';
import { sendCall } from '../../activities/calls/send.ts';
import { verifyAudit } from '../../audit/verify.ts';
import type { CarrierErrorKind } from '../../carriers/port.ts';
import { pauseCarrier, resumeCarrier } from '../../db/pause-carrier.ts';
import { carrierById } from '../../db/repositories/carriers.ts';
import { fixedClock } from '../../domain/clock.ts';
import type { PolicySource } from '../../gate/policy-source.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
let engine: TestEngine;
beforeAll(async () => {
  engine = await createTestEngine({ clock });
});
afterAll(() => engine.close());
beforeEach(async () => {
  await resumeCarrier(engine, command());
  // What an earlier test left ringing is nothing to wait for.
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(`UPDATE attempts SET reported_real = now(), hangup_done_real = NULL WHERE tenant_id = $1`, [
      engine.tenantId,
    ]),
  );
});

const command = () => ({
  tenantId: engine.tenantId,
  carrierId: engine.carrierId,
  reason: 'the trunk is being moved',
  by: 'user:operator',
  requestId: 'r-1',
});

async function admitted(): Promise<{ campaignId: string; contactId: string }> {
  const campaignId = await engine.addCampaign();
  const { contactId } = await engine.addContact(campaignId);
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      [engine.tenantId, contactId],
    ),
  );
  return { campaignId, contactId };
}

function permitOf(result: ClaimResult | undefined): Permit {
  if (result?.kind !== 'permit') throw new Error(`no permit: ${JSON.stringify(result)}`);
  return result.permit;
}

const requestsOf = async (contactId: string) =>
  (await engine.requests()).filter((line) => line.attemptId.startsWith(contactId));

it('I3: a permit that a pause of its carrier took back is never used', async () => {
  const { campaignId, contactId } = await admitted();
  const permit = permitOf(
    await engine.db.inTenant(engine.tenantId, (tx) =>
      claimAttempt(tx, engine, { campaignId, contactId, admission: 1 }),
    ),
  );
  const { carrier, stop } = await pauseCarrier(engine, command());
  expect(stop).toMatchObject({ revoked: 1, inFlight: 0, complete: true });
  expect(carrier).toMatchObject({ pauseReason: 'the trunk is being moved', pausedBy: 'user:operator' });
  expect(await sendCall(engine, engine.tenantId, permit)).toEqual({ kind: 'not_rung' });
  expect(await requestsOf(contactId)).toEqual([]);
});

it('I3: a gate pass that is under way when the pause comes is waited for, and its permit taken back', async () => {
  const { campaignId, contactId } = await admitted();
  let inside: () => void = () => undefined;
  const atGate = new Promise<void>((resolve) => (inside = resolve));
  let leave: () => void = () => undefined;
  const told = new Promise<void>((resolve) => (leave = resolve));
  // Held where it asks for the policies: its locks are taken, and its attempt is not written yet.
  const policies: PolicySource = {
    forCampaign: async (...asked) => {
      inside();
      await told;
      return engine.policies.forCampaign(...asked);
    },
  };
  const claiming = engine.db.inTenant(engine.tenantId, (tx) =>
    claimAttempt(tx, { ...engine, policies }, { campaignId, contactId, admission: 1 }),
  );
  await atGate;
  let acknowledged = false;
  const pausing = pauseCarrier(engine, command()).then((done) => {
    acknowledged = true;
    return done;
  });
  // Long enough for a pause that does not wait to be through: it takes a few milliseconds.
  await delay(150);
  expect(acknowledged).toBe(false);
  leave();
  const permit = permitOf(await claiming);
  expect((await pausing).stop.revoked).toBe(1);
  expect(await sendCall(engine, engine.tenantId, permit)).toEqual({ kind: 'not_rung' });
  expect(await requestsOf(contactId)).toEqual([]);
});

it('holds contacts back while it is paused, and sends again once it is resumed; the audit finds nothing', async () => {
  await pauseCarrier(engine, command());
  const held = await admitted();
  const input = { tenantId: engine.tenantId, ...held, admission: 1 };
  expect(await placeCall(engine, input)).toMatchObject({ kind: 'waiting', reason: 'carrier.paused' });
  await resumeCarrier(engine, command());
  const free = await admitted();
  expect(await placeCall(engine, { tenantId: engine.tenantId, ...free, admission: 1 })).toEqual({
    kind: 'pending',
  });
  expect(await requestsOf(free.contactId)).toHaveLength(1);
  const verdict = await verifyAudit({ db: engine.db, tenantId: engine.tenantId });
  const stops = verdict.invariants.find((one) => one.id === 'I3');
  expect(stops?.checked).toBeGreaterThan(0);
  expect(stops?.violations).toEqual([]);
});

it('the audit names a call that was sent through a carrier that is paused', async () => {
  const { contactId } = await admitted();
  const { contactId: rung, campaignId } = await admitted();
  await placeCall(engine, { tenantId: engine.tenantId, contactId: rung, campaignId, admission: 1 });
  await pauseCarrier(engine, command());
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `UPDATE attempts SET sending_real = now() + interval '1 min' WHERE tenant_id = $1 AND contact_id = $2`,
      [engine.tenantId, rung],
    ),
  );
  const verdict = await verifyAudit({ db: engine.db, tenantId: engine.tenantId });
  const violations = verdict.invariants.find((one) => one.id === 'I3')!.violations;
  expect(violations.map((one) => one.subject['attemptId'])).toEqual([`${rung}/1`]);
  expect(contactId).not.toBe(rung);
});

/** The engine's line, but refusing every call. */
function refusing(kind: CarrierErrorKind): CarrierSource {
  return {
    lineOf: async (tenantId, carrierId) => {
      const line = await engine.carriers.lineOf(tenantId, carrierId);
      const rejection = { kind, reason: 'credentials', retryAfterMs: null, outcome: null };
      return { ...line, carrier: { ...line.carrier, dial: async () => ({ kind: 'rejected', rejection }) } };
    },
    close: async () => undefined,
  };
}

it.each([
  ['auth', true],
  ['capability', true],
  ['transient', false],
  ['permanent', false],
] as const)('a refusal of kind %s pauses the carrier: %s', async (kind, pauses) => {
  const contact = await admitted();
  const deps = { ...engine, carriers: refusing(kind) };
  await placeCall(deps, { tenantId: engine.tenantId, ...contact, admission: 1 });
  const carrier = await engine.db.inTenant(engine.tenantId, (tx) => carrierById(tx, engine.carrierId));
  expect(carrier!.pausedReal !== null).toBe(pauses);
  if (pauses) {
    expect(carrier).toMatchObject({ pauseReason: `carrier.${kind}: credentials`, pausedBy: 'engine' });
    const changes = await engine.db.inTenant(engine.tenantId, (tx) =>
      tx.query('SELECT actor, action FROM changes WHERE tenant_id = $1 ORDER BY id DESC LIMIT 1', [
        tx.tenantId,
      ]),
    );
    expect(changes).toEqual([{ actor: 'engine', action: 'pauseCarrier' }]);
  }
});
