import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimAttempt } from '../../activities/calls/claim.ts';
import { paceCampaign } from '../../activities/pace/pacer.ts';
import { retimeWaiting } from '../../activities/services/retime.ts';
import type { WorkflowGateway } from '../../activities/workflow-gateway.ts';
import { returnToHopper } from '../../db/repositories/hopper.ts';
import { fixedClock } from '../../domain/clock.ts';
import { HOUR_MS, MINUTE_MS, toIso } from '../../domain/time.ts';
import { createPolicyReader, createPolicySource } from '../../gate/policy-source.ts';
import { SPREAD_MS } from '../../pacing/spread.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';
import { hoursPack, publishDocument } from '../support/publish.ts';

const START = WORKDAY_MORNING_CN;
const clock = fixedClock(START);
let engine: TestEngine;
beforeEach(async () => {
  clock.set(START);
  engine = await createTestEngine({ clock });
});
afterEach(() => engine.close());

const rows = <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
  engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));

async function admitted(campaignId: string): Promise<string> {
  const { contactId } = await engine.addContact(campaignId);
  await rows(
    `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
    contactId,
  );
  return contactId;
}

const claim = (campaignId: string, contactId: string, policies = engine.policies) =>
  engine.db.inTenant(engine.tenantId, (tx) =>
    claimAttempt(tx, { clock, policies }, { campaignId, contactId, admission: 1 }),
  );

test('every decision after a publication is acknowledged is made by it, in every worker, and no permit of the rules before is left', async () => {
  const campaignId = await engine.addCampaign();
  const contacts = await Promise.all(Array.from({ length: 60 }, () => admitted(campaignId)));
  const workers = [createPolicySource(), createPolicySource()];
  // Both have decided by the rules before, and hold them compiled.
  const warm = await Promise.all(contacts.slice(0, 4).map((id, i) => claim(campaignId, id, workers[i % 2])));
  expect(warm.map(({ kind }) => kind)).toEqual(['permit', 'permit', 'permit', 'permit']);

  const claiming = contacts.slice(4).map(async (id, i) => {
    await new Promise((resolve) => setImmediate(resolve));
    return claim(campaignId, id, workers[i % 2]);
  });
  const { activation, revoked } = await publishDocument(engine, hoursPack(1, '15:00-16:00'));
  const [ack] = await rows<{ now: number }>('SELECT clock_timestamp() AS now, $1::uuid AS tenant');
  await Promise.all(claiming);
  const late = await admitted(campaignId);
  expect((await claim(campaignId, late, workers[0])).kind).toBe('closed');

  expect(revoked).toBeGreaterThanOrEqual(4);
  const wrong = await rows(
    `SELECT id FROM decisions WHERE tenant_id = $1 AND recorded_real > $2 AND policy_set_hash <> $3`,
    toIso(ack!.now),
    activation.setHash,
  );
  expect(wrong).toEqual([]);
  const left = await rows(
    `SELECT a.id FROM attempts a JOIN decisions d ON d.tenant_id = a.tenant_id AND d.id = a.decision_id
     WHERE a.tenant_id = $1 AND a.state = 'claimed' AND d.policy_set_hash <> $2`,
    activation.setHash,
  );
  expect(left).toEqual([]);
});

test('a permit is not used at or after the instant at which other policies take effect', async () => {
  const campaignId = await engine.addCampaign();
  const effectiveAt = START + 10 * MINUTE_MS;
  await publishDocument(engine, hoursPack(1, '15:00-16:00'), effectiveAt);
  const result = await claim(campaignId, await admitted(campaignId));
  expect(result.kind).toBe('permit');
  const [attempt] = await rows<{ allow_until: number }>(
    'SELECT allow_until FROM attempts WHERE tenant_id = $1',
  );
  expect(attempt!.allow_until).toBe(effectiveAt);
  clock.set(effectiveAt);
  expect((await claim(campaignId, await admitted(campaignId))).kind).toBe('closed');
});

const retime = async () => {
  const deps = { db: engine.db, clock, policies: createPolicyReader() };
  for (let rounds = 0; await retimeWaiting(deps, engine.tenantId); rounds++) expect(rounds).toBeLessThan(100);
};
const contactOf = async (id: string) =>
  (
    await rows<{ ready_at: number; state_reason: string | null }>(
      'SELECT ready_at, state_reason FROM contacts WHERE tenant_id = $1 AND id = $2',
      id,
    )
  )[0]!;

async function waiting(campaignId: string, readyAt: number, reason: string | null): Promise<string> {
  const { contactId } = await engine.addContact(campaignId);
  const contact = { id: contactId, priority: 5, attempts: 0 };
  await engine.db.inTenant(engine.tenantId, (tx) => returnToHopper(tx, clock, contact, readyAt, reason));
  return contactId;
}

test('contacts that a rule put off wait for the instant of the rules in force now, others for what they waited for', async () => {
  const campaignId = await engine.addCampaign();
  const put = START + 2 * HOUR_MS;
  const [byRule, byRetry, byFile, held] = [
    await waiting(campaignId, put, 'window.closed'),
    await waiting(campaignId, put, 'retry.busy'),
    await waiting(campaignId, put, null),
    await waiting(campaignId, put, 'person.on_call'),
  ];
  await publishDocument(engine, hoursPack(1, '15:00-16:00'));
  await retime();
  expect((await contactOf(byRule)).ready_at).toBe(START + 5 * HOUR_MS);
  for (const id of [byRetry, byFile, held]) expect((await contactOf(id)).ready_at).toBe(put);
  const [progress] = await rows(
    'SELECT state, looked_at, earlier, later FROM policy_retimings WHERE tenant_id = $1',
  );
  expect(progress).toEqual({ state: 'done', looked_at: 4, earlier: 0, later: 1 });
});

test('contacts set free come back over some minutes, each at its own instant, and a second round moves nobody', async () => {
  const campaignId = await engine.addCampaign();
  await publishDocument(engine, hoursPack(1, '15:00-16:00'));
  await retime();
  const put = START + 5 * HOUR_MS;
  const ids = await Promise.all(Array.from({ length: 40 }, () => waiting(campaignId, put, 'window.closed')));
  await publishDocument(engine, hoursPack(2, '09:00-16:00'));
  await retime();
  const first = await Promise.all(ids.map(contactOf));
  const instants = first.map(({ ready_at }) => ready_at);
  expect(Math.min(...instants)).toBeGreaterThanOrEqual(START);
  expect(Math.max(...instants)).toBeLessThanOrEqual(START + SPREAD_MS);
  expect(new Set(instants).size).toBeGreaterThan(35);
  await rows(
    `UPDATE policy_retimings SET finished_at = NULL, after_contact = NULL WHERE tenant_id = $1
     AND activation_id = (SELECT max(activation_id) FROM policy_retimings)`,
  );
  await retime();
  expect(await Promise.all(ids.map(contactOf))).toEqual(first);
});

test('a set that was overtaken before its contacts were re-timed leaves them to the one that did', async () => {
  const campaignId = await engine.addCampaign();
  const id = await waiting(campaignId, START + 2 * HOUR_MS, 'window.closed');
  await publishDocument(engine, hoursPack(1, '15:00-16:00'));
  await publishDocument(engine, hoursPack(2, '14:00-15:00'));
  await retime();
  expect((await contactOf(id)).ready_at).toBe(START + 4 * HOUR_MS);
  const states = await rows('SELECT state FROM policy_retimings WHERE tenant_id = $1 ORDER BY activation_id');
  expect(states).toEqual([{ state: 'overtaken' }, { state: 'done' }]);
});

test('one to come re-times nobody before its instant', async () => {
  const campaignId = await engine.addCampaign();
  const put = START + 2 * HOUR_MS;
  const id = await waiting(campaignId, put, 'window.closed');
  await publishDocument(engine, hoursPack(1, '15:00-16:00'), START + HOUR_MS);
  await retime();
  expect((await contactOf(id)).ready_at).toBe(put);
  clock.set(START + HOUR_MS);
  await retime();
  expect((await contactOf(id)).ready_at).toBe(START + 5 * HOUR_MS);
});

test('a pacer that left a cohort alone for its window looks at it again as soon as other rules are in force', async () => {
  const campaignId = await engine.addCampaign();
  await publishDocument(engine, hoursPack(1, '15:00-16:00'));
  // The first is put off and closes the cohort; the second stays due, and is not asked about.
  const contacts = [await engine.addContact(campaignId), await engine.addContact(campaignId)];
  const admitted: string[] = [];
  const ended = new AbortController();
  let waits = 0;
  const paced = paceCampaign(
    {
      db: engine.db,
      clock,
      policies: engine.policies,
      workflows: {
        admit: (_campaign: unknown, { contactId }: { contactId: string }) => {
          admitted.push(contactId);
          return Promise.resolve();
        },
      } as unknown as WorkflowGateway,
    },
    { tenantId: engine.tenantId, campaignId },
    {
      beat: () => undefined,
      cancelled: ended.signal,
      waitForWork: async () => {
        waits += 1;
        if (waits === 1) await publishDocument(engine, hoursPack(2, '09:00-16:00'));
        else ended.abort();
      },
    },
  );
  await expect(paced).rejects.toThrow();
  expect(admitted).toHaveLength(1);
  expect(contacts.map(({ contactId }) => contactId)).toContain(admitted[0]);
});
