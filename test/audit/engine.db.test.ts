import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { placeCall } from '../../activities/calls/place-call.ts';
import { verifyAudit } from '../../audit/verify.ts';
import type { AuditVerdict } from '../../audit/verdict.ts';
import { setCampaignStatus } from '../../db/repositories/campaigns.ts';
import { stopDialling } from '../../db/stop.ts';
import { scaledClock } from '../../domain/clock.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const setting = { from: WORKDAY_MORNING_CN, realStart: Date.now(), speed: 1 };
const clock = scaledClock(setting);
let engine: TestEngine;
let folder: string;

beforeAll(async () => {
  engine = await createTestEngine({ clock, simulator: { clock: setting } });
  folder = await mkdtemp(join(tmpdir(), 'rightcall-audit-'));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

async function call(campaignId: string, contactId: string): Promise<void> {
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      [engine.tenantId, contactId],
    ),
  );
  await placeCall(engine, { tenantId: engine.tenantId, campaignId, contactId, admission: 1 });
}

async function audit(): Promise<AuditVerdict> {
  const requestLog = join(folder, 'requests.jsonl');
  await writeFile(requestLog, (await engine.requests()).map((line) => `${JSON.stringify(line)}\n`).join(''));
  return verifyAudit({ db: engine.db, tenantId: engine.tenantId, requestLog });
}

it('what the gate itself writes, and the carrier it called, stand up to the audit', async () => {
  const campaignId = await engine.addCampaign({
    callingHours: [
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '08:00', until: '21:00' },
    ],
  });
  const contacts = await Promise.all([1, 2, 3].map(() => engine.addContact(campaignId)));
  const unconsented = await engine.addContact(campaignId, { consent: 'none' });
  await Promise.all([...contacts.slice(0, 2), unconsented].map((one) => call(campaignId, one.contactId)));
  await stopDialling(
    engine.db,
    clock,
    { tenantId: engine.tenantId, kind: 'pause', scope: 'campaign', targetId: campaignId, by: 'test' },
    async (tx) => {
      await setCampaignStatus(tx, campaignId, { status: 'paused', reason: null });
    },
  );
  await call(campaignId, contacts[2]!.contactId);

  const verdict = await audit();
  expect(verdict.invariants.flatMap((one) => one.violations)).toEqual([]);
  expect(verdict).toMatchObject({ ok: true, dialRequests: 2, attempts: 2, notes: [] });
  expect(verdict.decisions).toMatchObject({ stored: 3, reevaluated: 3 });

  // The same history with one call made behind the engine's back.
  const line = await engine.carriers.lineOf(engine.tenantId, engine.carrierId);
  const { contactId, number } = contacts[2]!;
  await line.carrier.dial(
    { attemptId: `${contactId}/1`, to: number, from: '+12025550100', ringTimeoutS: 20, context: {} },
    1_000,
  );
  const spoilt = await audit();
  expect(spoilt.invariants.filter((one) => one.violationsTotal > 0).map((one) => one.id)).toEqual(['I1']);
});
