import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeCall } from '../../activities/calls/place-call.ts';
import { createCallWatch } from '../../activities/services/orphans.ts';
import { carryOutHangups } from '../../activities/services/sweep.ts';
import { settlePendingEvents } from '../../activities/services/settle-events.ts';
import type { WorkflowGateway } from '../../activities/workflow-gateway.ts';
import { stopDialling } from '../../db/stop.ts';
import { insertRestore } from '../../db/repositories/restores.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { scaledClock } from '../../domain/clock.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const setting = { from: WORKDAY_MORNING_CN, realStart: Date.now(), speed: 1 };
const clock = scaledClock(setting);
const RINGS = { outcome: 'no_answer', ringS: 600 } as const;
let engine: TestEngine;
let made = 0;

beforeAll(async () => {
  const scenarios = Object.fromEntries(
    Array.from({ length: 30 }, (_, n) => [`+86199000004${String(n).padStart(2, '0')}`, RINGS]),
  );
  engine = await createTestEngine({ clock, simulator: { clock: setting, scenarios } });
});
afterAll(() => engine.close());

async function rows<T extends object>(sql: string, ...values: unknown[]): Promise<T[]> {
  return engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));
}

const numberThatRings = () => `+86199000004${String((made += 1)).padStart(2, '0')}`;

/** A call that the carrier takes, made past the gate, as a database that was restored would not know of it. */
async function ringBehindOurBack(attemptId: string, tenant = engine.tenantId): Promise<string> {
  const { carrier } = await engine.carriers.lineOf(tenant, engine.carrierId);
  const result = await carrier.dial(
    { attemptId, to: numberThatRings(), from: '+12025550100', ringTimeoutS: 600, context: {} },
    5_000,
  );
  if (result.kind !== 'accepted') throw new Error(JSON.stringify(result));
  return result.reference;
}

async function live(): Promise<string[]> {
  const { carrier } = await engine.carriers.lineOf(engine.tenantId, engine.carrierId);
  return (await carrier.listLive()).map((call) => call.attemptId);
}

async function called(): Promise<{
  contactId: string;
  attemptId: string;
  personId: string;
  campaignId: string;
}> {
  const campaignId = await engine.addCampaign({ purpose: 'service', ringTimeoutS: 120 });
  const { contactId, personId } = await engine.addContact(campaignId, { number: numberThatRings() });
  await rows(
    `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
    contactId,
  );
  const input = { tenantId: engine.tenantId, campaignId, contactId, admission: 1 };
  expect(await placeCall(engine, input)).toEqual({ kind: 'pending' });
  return { contactId, attemptId: `${contactId}/1`, personId, campaignId };
}

/** As if the carrier had said that it has no such call, and we had believed it. */
async function giveUp(attemptId: string, state = 'abandoned'): Promise<void> {
  await rows(
    `UPDATE attempts SET state = $3, reason = 'carrier.not_found', ended_at = now(), reported_real = now(),
            result = '{"kind":"waiting","readyAt":0,"reason":null,"recheckInMs":1}' WHERE tenant_id = $1 AND id = $2`,
    attemptId,
    state,
  );
  await rows(
    `UPDATE contacts SET state = 'waiting' WHERE tenant_id = $1 AND id = $2`,
    attemptId.slice(0, attemptId.indexOf('/')),
  );
}

const attemptOf = async (attemptId: string) =>
  (
    await rows<{ state: string; reason: string; hangup: boolean; reported: boolean }>(
      `SELECT state, reason, hangup_requested_real IS NOT NULL AS hangup, reported_real IS NOT NULL AS reported
       FROM attempts WHERE tenant_id = $1 AND id = $2`,
      attemptId,
    )
  )[0];
const orphansOf = (attemptId: string) =>
  rows<{ cause: string; tries: number; down: boolean; gone: boolean }>(
    `SELECT cause, tries, hung_up_real IS NOT NULL AS down, gone_real IS NOT NULL AS gone
     FROM orphaned_calls WHERE tenant_id = $1 AND attempt_id = $2`,
    attemptId,
  );
const changesAbout = (attemptId: string) =>
  rows(
    `SELECT actor FROM changes WHERE tenant_id = $1 AND action = 'hangUpOrphan' AND after->>'attemptId' = $2`,
    attemptId,
  );
const watch = (believedAfterMs = 0) => createCallWatch(engine, { believedAfterMs });

describe('a call that the carrier has and that is nobody’s', () => {
  it('is hung up on the second look and not the first, on record once, and its number is used up', async () => {
    const campaignId = await engine.addCampaign({ purpose: 'service' });
    const { contactId } = await engine.addContact(campaignId);
    const attemptId = `${contactId}/7`;
    await ringBehindOurBack(attemptId);
    const looks = watch();
    await looks.round(engine.tenantId, engine.carrierId);
    expect(await live()).toContain(attemptId);
    expect(await orphansOf(attemptId)).toEqual([]);
    await looks.round(engine.tenantId, engine.carrierId);
    expect(await live()).not.toContain(attemptId);
    await looks.round(engine.tenantId, engine.carrierId);
    expect(await orphansOf(attemptId)).toEqual([{ cause: 'unknown', tries: 1, down: true, gone: true }]);
    expect(await changesAbout(attemptId)).toEqual([{ actor: 'engine' }]);
    expect(await rows('SELECT attempts FROM contacts WHERE tenant_id = $1 AND id = $2', contactId)).toEqual([
      { attempts: 7 },
    ]);
  });

  it('found by two workers at once is hung up and recorded as one', async () => {
    const attemptId = `${uuidv7()}/1`;
    await ringBehindOurBack(attemptId);
    const both = [watch(), watch()];
    for (let look = 0; look < 3; look += 1) {
      await Promise.all(both.map((one) => one.round(engine.tenantId, engine.carrierId)));
    }
    expect(await live()).not.toContain(attemptId);
    expect(await orphansOf(attemptId)).toMatchObject([{ cause: 'unknown', down: true, gone: true }]);
    expect(await changesAbout(attemptId)).toHaveLength(1);
  });

  it('is left alone while a restore is open: the database is what lacks it', async () => {
    const attemptId = `${uuidv7()}/1`;
    await ringBehindOurBack(attemptId);
    const looks = watch();
    await engine.db.inTenant(engine.tenantId, async (tx) => {
      const begun = { sinceAt: 0, beganBy: 'test', wasStopped: false, sealedSize: 0, copiedSize: null };
      await insertRestore(tx, begun, clock.now());
    });
    for (let look = 0; look < 3; look += 1) await looks.round(engine.tenantId, engine.carrierId);
    expect(await live()).toContain(attemptId);
    await rows(`UPDATE restores SET finished_real = now(), finished_by = 'test' WHERE tenant_id = $1`);
    for (let look = 0; look < 2; look += 1) await looks.round(engine.tenantId, engine.carrierId);
    expect(await live()).not.toContain(attemptId);
  });

  it('is not believed before what was on its way at the first look must have its row', async () => {
    const attemptId = `${uuidv7()}/1`;
    await ringBehindOurBack(attemptId);
    const patient = watch(60_000);
    for (let look = 0; look < 3; look += 1) await patient.round(engine.tenantId, engine.carrierId);
    expect(await live()).toContain(attemptId);
  });

  it('that has the id of a permit that was taken back is hung up', async () => {
    const { attemptId } = await called();
    await giveUp(attemptId, 'revoked');
    const looks = watch();
    for (let look = 0; look < 2; look += 1) await looks.round(engine.tenantId, engine.carrierId);
    expect(await live()).not.toContain(attemptId);
    expect(await orphansOf(attemptId)).toMatchObject([{ cause: 'revoked', down: true }]);
  });

  it('is left alone where the account is shared: another tenant’s (I12), or one that has no id of ours', async () => {
    const other = await ensureTenant(engine.db, { slug: 'other', name: 'Other' });
    const { attemptId } = await called();
    await ringBehindOurBack('another-system-1');
    // The other tenant's line leads to the same account.
    const [carrier] = await rows<{ id: string }>('SELECT id FROM carriers WHERE tenant_id = $1');
    const asOther = createCallWatch(
      {
        ...engine,
        carriers: { ...engine.carriers, lineOf: () => engine.carriers.lineOf(engine.tenantId, carrier!.id) },
      },
      { believedAfterMs: 0 },
    );
    for (let look = 0; look < 3; look += 1) await asOther.round(other, carrier!.id);
    expect(await live()).toEqual(expect.arrayContaining([attemptId, 'another-system-1']));
    expect(
      await engine.db.inTenant(other, (tx) =>
        tx.query('SELECT attempt_id FROM orphaned_calls WHERE attempt_id = $1', [attemptId]),
      ),
    ).toEqual([]);
  });
});

describe('a call of ours that was given up and turns out to be up', () => {
  it('is taken up: counted, watched, marked to be hung up, and its person not called meanwhile', async () => {
    const { attemptId, contactId, campaignId } = await called();
    await giveUp(attemptId);
    await watch().round(engine.tenantId, engine.carrierId);
    expect(await attemptOf(attemptId)).toEqual({
      state: 'sent',
      reason: 'call.taken_up',
      hangup: true,
      reported: false,
    });
    expect(await orphansOf(attemptId)).toEqual([]);
    await rows(
      `UPDATE contacts SET state = 'admitted', admissions = 2, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      contactId,
    );
    expect(
      await placeCall(engine, { tenantId: engine.tenantId, campaignId, contactId, admission: 2 }),
    ).toMatchObject({ kind: 'waiting', reason: 'person.on_call' });
  });

  it('is within reach of a stop again (I3), is hung up, and ends', async () => {
    const { attemptId, personId } = await called();
    await giveUp(attemptId);
    await watch().round(engine.tenantId, engine.carrierId);
    const stop = { tenantId: engine.tenantId, kind: 'withdrawal', scope: 'person', by: 'test' } as const;
    const hangUp = () => carryOutHangups({ ...engine, workflows: {} as WorkflowGateway }, engine.tenantId);
    const [ack] = await Promise.all([
      stopDialling(engine.db, clock, { ...stop, targetId: personId }, async () => undefined),
      hangUp(),
    ]);
    expect(ack).toMatchObject({ inFlight: 1, complete: true });
    expect(await live()).not.toContain(attemptId);
    await expect
      .poll(async () => {
        await settlePendingEvents(engine, engine.tenantId);
        return attemptOf(attemptId);
      })
      .toMatchObject({ state: 'ended' });
  });

  it('that was never sent is none of ours: what its carrier says of it changes nothing but that it is hung up', async () => {
    const { attemptId } = await called();
    await giveUp(attemptId);
    await rows('UPDATE attempts SET sending_real = NULL WHERE tenant_id = $1 AND id = $2', attemptId);
    const looks = watch();
    for (let look = 0; look < 2; look += 1) await looks.round(engine.tenantId, engine.carrierId);
    expect(await attemptOf(attemptId)).toMatchObject({ state: 'abandoned' });
    expect(await orphansOf(attemptId)).toMatchObject([{ cause: 'abandoned', down: true }]);
  });
});
