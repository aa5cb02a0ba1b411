import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { placeCall } from '../../activities/calls/place-call.ts';
import { resumeAllDialling, stopAllDialling } from '../../api/actions/kill-switch.ts';
import { verifyAudit } from '../../audit/verify.ts';
import { scaledClock } from '../../domain/clock.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const setting = { from: WORKDAY_MORNING_CN, realStart: Date.now(), speed: 1 };
const clock = scaledClock(setting);
let engine: TestEngine;
let folder: string;

beforeAll(async () => {
  engine = await createTestEngine({ clock, simulator: { clock: setting } });
  folder = await mkdtemp(join(tmpdir(), 'rightcall-kill-'));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

/** @returns how many requests the carrier has had in all */
async function call(campaignId: string, contactId: string): Promise<number> {
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      [engine.tenantId, contactId],
    ),
  );
  await placeCall(engine, { tenantId: engine.tenantId, campaignId, contactId, admission: 1 });
  return (await engine.requests()).length;
}

async function violations(): Promise<string[]> {
  const requestLog = join(folder, 'requests.jsonl');
  await writeFile(requestLog, (await engine.requests()).map((line) => `${JSON.stringify(line)}\n`).join(''));
  const verdict = await verifyAudit({ db: engine.db, tenantId: engine.tenantId, requestLog });
  return verdict.invariants.filter((one) => one.violationsTotal > 0).map((one) => one.id);
}

it('I3: nothing is sent while the kill switch is set; calls after its release stand up to the audit', async () => {
  const campaignId = await engine.addCampaign({
    callingHours: [
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '08:00', until: '21:00' },
    ],
  });
  const contacts = await Promise.all([1, 2, 3].map(() => engine.addContact(campaignId)));
  const action = { tenantId: engine.tenantId, by: 'key:test', requestId: null, reason: 'a test' };
  expect(await call(campaignId, contacts[0]!.contactId)).toBe(1);

  // No worker runs here, so what rings is not hung up, and the acknowledgement says so; nothing is sent all the same.
  const { state } = await stopAllDialling(engine, action);
  expect([state.stoppedBy, state.reason]).toEqual(['key:test', 'a test']);
  expect(await call(campaignId, contacts[1]!.contactId)).toBe(1);

  expect(await resumeAllDialling(engine, action)).toMatchObject({
    stoppedAt: null,
    stoppedBy: null,
    reason: null,
  });
  expect(await call(campaignId, contacts[2]!.contactId)).toBe(2);
  expect(await violations()).toEqual([]);

  // The same calls, had the switch never been released before the second: that is a violation.
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `UPDATE stop_requests SET detail = detail || jsonb_build_object('liftedReal', $2::float8)
       WHERE tenant_id = $1 AND kind = 'kill'`,
      [engine.tenantId, Date.now() + 60_000],
    ),
  );
  expect(await violations()).toEqual(['I3']);
});
