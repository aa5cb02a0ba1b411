import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { placeCall } from '../../activities/calls/place-call.ts';
import { readPaceState } from '../../activities/pace/pace-state.ts';
import { verifyAudit } from '../../audit/verify.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { resumeEverything, stopEverything } from '../../db/stop-everything.ts';
import { scaledClock } from '../../domain/clock.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const setting = { from: WORKDAY_MORNING_CN, realStart: Date.now(), speed: 1 };
const clock = scaledClock(setting);
let engine: TestEngine;
let folder: string;
let elsewhere: string;

beforeAll(async () => {
  engine = await createTestEngine({ clock, simulator: { clock: setting } });
  folder = await mkdtemp(join(tmpdir(), 'rightcall-everything-'));
  elsewhere = await ensureTenant(engine.db, { slug: 'elsewhere', name: 'Elsewhere' });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const admit = (contactId: string, admission: number) =>
  engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `UPDATE contacts SET state = 'admitted', admissions = $3, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      [engine.tenantId, contactId, admission],
    ),
  );

async function violations(): Promise<string[]> {
  const requestLog = join(folder, 'requests.jsonl');
  await writeFile(requestLog, (await engine.requests()).map((line) => `${JSON.stringify(line)}\n`).join(''));
  const verdict = await verifyAudit({ db: engine.db, tenantId: engine.tenantId, requestLog });
  return verdict.invariants.filter((one) => one.violationsTotal > 0).map((one) => one.id);
}

it('I3: nothing of any tenant is admitted or sent while everything is stopped, whoever stopped it, and calls after its release stand up to the audit', async () => {
  const campaignId = await engine.addCampaign({
    callingHours: [
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '08:00', until: '21:00' },
    ],
  });
  const { contactId } = await engine.addContact(campaignId);
  const pace = () => engine.db.inTenant(engine.tenantId, (tx) => readPaceState(tx, campaignId, clock.now()));
  const place = async (admission: number) => {
    await admit(contactId, admission);
    return placeCall(engine, { tenantId: engine.tenantId, campaignId, contactId, admission });
  };
  // Somebody of another tenant, who runs the installation.
  const action = { tenantId: elsewhere, by: 'key:night shift', requestId: null, reason: 'a test' };

  const { stop } = await stopEverything(engine, action);
  expect(stop).toMatchObject({ revoked: 0, inFlight: 0, complete: true });
  expect(await pace()).toMatchObject({ diallingStopped: true });
  expect(await place(1)).toMatchObject({ kind: 'waiting', reason: 'installation.stopped' });
  expect(await engine.requests()).toEqual([]);

  expect(await resumeEverything(engine, action)).toEqual({ stoppedAt: null, reason: null });
  expect(await pace()).toMatchObject({ diallingStopped: false });
  expect(await place(2)).toEqual({ kind: 'pending' });
  expect(await engine.requests()).toHaveLength(1);
  expect(await violations()).toEqual([]);

  // The same call, had the stop been lifted only after it: that is a violation.
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query("UPDATE installation_stops SET lifted_real = now() + interval '1 minute'"),
  );
  expect(await violations()).toEqual(['I3']);
  await engine.db.inTenant(engine.tenantId, (tx) => tx.query("UPDATE attempts SET state = 'ended'"));
});

it('a stop that died before it reached every tenant holds all of them at the gate, and stopping again completes it', async () => {
  const action = { tenantId: elsewhere, by: 'key:night shift', requestId: null, reason: null };
  const dead = { ...engine.db, tenants: () => Promise.reject(new Error('the process is gone')) };
  await expect(stopEverything({ db: dead, clock }, action)).rejects.toThrow('the process is gone');
  const campaignId = await engine.addCampaign();
  const { contactId } = await engine.addContact(campaignId);
  await admit(contactId, 1);
  const held = await placeCall(engine, { tenantId: engine.tenantId, campaignId, contactId, admission: 1 });
  expect(held).toMatchObject({ reason: 'installation.stopped' });
  expect((await stopEverything(engine, action)).stop.complete).toBe(true);
  await resumeEverything(engine, action);
});
