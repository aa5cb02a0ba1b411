import { afterAll, beforeAll, expect, it } from 'vitest';
import { promiseCallback } from '../../api/actions/callbacks.ts';
import { HOUR_MS, toIso } from '../../domain/time.ts';
import { createPolicyReader } from '../../gate/policy-source.ts';
import { WORKDAY_MORNING_CN } from '../support/engine.ts';
import { startRunningEngine, type RunningEngine } from '../support/running-engine.ts';

/** 20 simulated minutes a real second. */
const SPEED = 1_200;
const ASKS = '+8619900000301';
const BUSY = '+8619900000302';
const BUSY_TOO = '+8619900000305';
let engine: RunningEngine;
beforeAll(async () => {
  engine = await startRunningEngine({
    from: WORKDAY_MORNING_CN,
    speed: SPEED,
    simulator: {
      scenarios: {
        [ASKS]: { outcome: 'answered', ringS: 5, talkS: 60, disposition: 'callback' },
        [BUSY]: { outcome: 'busy', ringS: 5 },
        [BUSY_TOO]: { outcome: 'busy', ringS: 5 },
      },
    },
  });
});
afterAll(() => engine.stop());

async function promise(contactId: string, fromAt: number, untilAt: number): Promise<string> {
  const { callback } = await promiseCallback(
    { db: engine.db, clock: engine.clock, policies: createPolicyReader() },
    { tenantId: engine.tenantId, by: 'user:agent', requestId: null },
    {
      contactId,
      window: { from: toIso(fromAt), until: toIso(untilAt) },
      topic: null,
      owner: null,
      askedBy: 'staff',
    },
  );
  return callback.id;
}

const rows = <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
  engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));

it('I11: a contact that was done with is called again in the window it was promised, by a workflow of its own, and ends', async () => {
  const campaignId = await engine.addCampaign({
    purpose: 'service',
    retry: { maxAttempts: 2, byOutcome: { busy: { delayMinutes: [360] } } },
  });
  const { contactId } = await engine.addContact(campaignId, { number: ASKS });
  // Keeps the campaign from being over before the promise is made.
  await engine.addContact(campaignId, { number: BUSY });
  await expect
    .poll(() => rows('SELECT state FROM contacts WHERE tenant_id = $1 AND id = $2', contactId), {
      timeout: 20_000,
    })
    .toEqual([{ state: 'completed' }]);
  const from = engine.clock.now() + 2 * HOUR_MS;
  const id = await promise(contactId, from, from + 2 * HOUR_MS);
  await expect
    .poll(() => rows('SELECT status FROM callbacks WHERE tenant_id = $1 AND id = $2', id), {
      timeout: 20_000,
    })
    .toEqual([{ status: 'kept' }]);
  const attempts = await rows<{ n: number; sending_at: number }>(
    'SELECT n, sending_at FROM attempts WHERE tenant_id = $1 AND contact_id = $2 ORDER BY n',
    contactId,
  );
  expect(attempts.map((one) => one.n)).toEqual([1, 2]);
  expect(attempts[1]!.sending_at).toBeGreaterThanOrEqual(from);
  expect(attempts[1]!.sending_at).toBeLessThan(from + 2 * HOUR_MS);
  expect(await engine.untilOver(campaignId, 60_000)).toBe('completed');
  expect(await rows('SELECT state FROM contacts WHERE tenant_id = $1 AND id = $2', contactId)).toEqual([
    { state: 'completed' },
  ]);
});

it('I11: a promise that a rule makes when a call ends is kept in its window, before the retry that would have been due', async () => {
  const campaignId = await engine.addCampaign({
    purpose: 'service',
    retry: { maxAttempts: 2, byOutcome: { busy: { delayMinutes: [15] } } },
    callbacks: { rules: [{ on: { outcome: 'busy' }, afterMinutes: 120, windowMinutes: 120 }] },
  });
  const { contactId } = await engine.addContact(campaignId, { number: BUSY_TOO });
  await expect
    .poll(
      () =>
        rows('SELECT status, asked_by FROM callbacks WHERE tenant_id = $1 AND contact_id = $2', contactId),
      {
        timeout: 30_000,
      },
    )
    .toEqual([{ status: 'kept', asked_by: 'rule' }]);
  const [kept] = await rows<{ from_at: number; until_at: number; sending_at: number; n: number }>(
    `SELECT b.from_at, b.until_at, a.sending_at, a.n FROM callbacks b
     JOIN attempts a ON a.tenant_id = b.tenant_id AND a.id = b.attempt_id WHERE b.tenant_id = $1 AND b.contact_id = $2`,
    contactId,
  );
  expect(kept!.n).toBe(2);
  expect(kept!.sending_at).toBeGreaterThanOrEqual(kept!.from_at);
  expect(kept!.sending_at).toBeLessThan(kept!.until_at);
});

it('I11: a promise whose window passes while the campaign is paused is told as breached, by itself', async () => {
  const campaignId = await engine.addCampaign({ purpose: 'service' });
  const { contactId } = await engine.addContact(campaignId);
  await rows(`UPDATE campaigns SET status = 'paused' WHERE tenant_id = $1 AND id = $2`, campaignId);
  const from = engine.clock.now() + HOUR_MS;
  const id = await promise(contactId, from, from + HOUR_MS);
  await expect
    .poll(() => rows('SELECT status, reason FROM callbacks WHERE tenant_id = $1 AND id = $2', id), {
      timeout: 20_000,
    })
    .toEqual([{ status: 'breached', reason: 'campaign.paused' }]);
});
