import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Worker } from '@temporalio/worker';
import type { Scenarios } from '../../carriers/simulator/plan.ts';
import { workflowBundle } from '../../cli/worker/bundle.ts';
import type { CampaignDefinitionInput } from '../../domain/campaign.ts';
import { contactWorkflowId } from '../../domain/ids.ts';
import { setCampaignStatus } from '../../db/repositories/campaigns.ts';
import { notifyWork } from '../../db/notify.ts';
import { stopDialling } from '../../db/stop.ts';
import { WORKDAY_MORNING_CN } from '../support/engine.ts';
import { startRunningEngine, type RunningEngine } from '../support/running-engine.ts';

/** 20 simulated minutes a real second. */
const SPEED = 1_200;
const ANSWERS = '+8619900000101';
const NEVER_ANSWERS = '+8619900000102';
const CONVERTS = '+8619900000103';
const OPTS_OUT = '+8619900000104';
const scenarios: Scenarios = {
  [ANSWERS]: { outcome: 'answered', ringS: 5, talkS: 60, disposition: 'not_interested' },
  [NEVER_ANSWERS]: { outcome: 'no_answer', ringS: 30 },
  [CONVERTS]: { outcome: 'answered', ringS: 5, talkS: 120, disposition: 'converted' },
  [OPTS_OUT]: { outcome: 'answered', ringS: 5, talkS: 20, disposition: 'opted_out' },
};

let engine: RunningEngine;

beforeAll(async () => {
  engine = await startRunningEngine({ from: WORKDAY_MORNING_CN, speed: SPEED, simulator: { scenarios } });
});
afterAll(() => engine.stop());

/** Service calls: no rule of the bundled packs closes the hours for them, so that no test waits for a morning. */
function addCampaign(overrides: Partial<CampaignDefinitionInput> = {}): Promise<string> {
  return engine.addCampaign({ purpose: 'service', ...overrides });
}

async function rows<T extends object>(sql: string, ...values: unknown[]): Promise<T[]> {
  return engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));
}

async function historyOf(campaignId: string, contactId: string) {
  const handle = engine.temporal.client.workflow.getHandle(contactWorkflowId(campaignId, contactId));
  await handle.result();
  return handle.fetchHistory();
}

/** The histories that this file made are replayed against the code that made them. */
async function replays(history: Awaited<ReturnType<typeof historyOf>>): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle: { codePath: await workflowBundle() } }, history);
}

describe('a contact’s life', () => {
  it('one answered attempt: ends with its disposition, within 13 history events, and replays', async () => {
    const campaignId = await addCampaign();
    const { contactId } = await engine.addContact(campaignId, { number: CONVERTS });
    expect(await engine.untilOver(campaignId, 30_000)).toBe('completed');
    expect(await rows('SELECT state FROM contacts WHERE tenant_id = $1 AND id = $2', contactId)).toEqual([
      { state: 'converted' },
    ]);
    const history = await historyOf(campaignId, contactId);
    expect(history.events!.length).toBeLessThanOrEqual(13);
    await replays(history);
  });

  it('no answer: tried again by the campaign’s rules until they are used up, ≤ 14 events a further attempt', async () => {
    const campaignId = await addCampaign({
      retry: { maxAttempts: 3, maxAttemptsPerDay: 3, byOutcome: { no_answer: { delayMinutes: [1] } } },
    });
    const { contactId } = await engine.addContact(campaignId, { number: NEVER_ANSWERS });
    await engine.untilOver(campaignId, 100_000);
    const attempts = await rows<{ state: string; outcome: string }>(
      'SELECT state, outcome FROM attempts WHERE tenant_id = $1 AND contact_id = $2 ORDER BY n',
      contactId,
    );
    expect(attempts).toEqual(Array.from({ length: 3 }, () => ({ state: 'ended', outcome: 'no_answer' })));
    expect(
      await rows('SELECT state, state_reason FROM contacts WHERE tenant_id = $1 AND id = $2', contactId),
    ).toEqual([{ state: 'exhausted', state_reason: 'retry.max_attempts' }]);
    const history = await historyOf(campaignId, contactId);
    expect(history.events!.length).toBeLessThanOrEqual(13 + 2 * 14);
    await replays(history);
    const lines = (await engine.requests()).filter((line) => line.attemptId.startsWith(contactId));
    expect(lines.map((line) => line.attemptId)).toEqual([1, 2, 3].map((n) => `${contactId}/${n}`));
  });

  it('an opt-out in a call ends the person’s contacts everywhere and is on the internal list', async () => {
    const campaignId = await addCampaign();
    const other = await addCampaign();
    await engine.db.inTenant(engine.tenantId, (tx) =>
      setCampaignStatus(tx, other, { status: 'paused', reason: null }),
    );
    const { contactId, personId } = await engine.addContact(campaignId, { number: OPTS_OUT });
    const elsewhere = await engine.addContact(other, { personId });
    await engine.untilOver(campaignId, 30_000);
    const states = await rows('SELECT state FROM contacts WHERE tenant_id = $1 AND id = ANY ($2)', [
      contactId,
      elsewhere.contactId,
    ]);
    expect(states).toEqual([{ state: 'withdrawn' }, { state: 'withdrawn' }]);
    const listed = await rows(
      `SELECT s.requested_by_person FROM suppressions s JOIN person_numbers n ON n.number_hash = s.number_hash
       WHERE n.tenant_id = $1 AND n.person_id = $2`,
      personId,
    );
    expect(listed).toEqual([{ requested_by_person: true }]);
  });
});

describe('a campaign', () => {
  it('is paused, edited and resumed while it runs, and goes on by its new rules', async () => {
    const campaignId = await addCampaign({ callsPerSecond: 4 });
    const contacts: { contactId: string }[] = [];
    for (let i = 0; i < 12; i += 1) contacts.push(await engine.addContact(campaignId));
    const ack = await stopDialling(
      engine.db,
      engine.clock,
      { tenantId: engine.tenantId, kind: 'pause', scope: 'campaign', targetId: campaignId, by: 'test' },
      async (tx) => {
        await setCampaignStatus(tx, campaignId, { status: 'paused', reason: 'test' });
        await notifyWork(tx);
      },
    );
    const sentAtPause = (await engine.requests()).filter((line) =>
      contacts.some(({ contactId }) => line.attemptId.startsWith(contactId)),
    );
    for (const line of sentAtPause) expect(Date.parse(line.at)).toBeLessThanOrEqual(ack.acknowledgedReal);
    await engine.db.inTenant(engine.tenantId, async (tx) => {
      await tx.query(
        `UPDATE campaigns SET definition = jsonb_set(definition, '{retry}', '{"maxAttempts":1,"maxAttemptsPerDay":1,"withinDays":null,"byOutcome":{},"timeOfDayShiftMinutes":0}'), revision = revision + 1 WHERE tenant_id = $1 AND id = $2`,
        [engine.tenantId, campaignId],
      );
      await setCampaignStatus(tx, campaignId, { status: 'running', reason: null });
      await notifyWork(tx);
    });
    await engine.untilOver(campaignId, 60_000);
    const attempts = await rows<{ n: number }>(
      `SELECT max(n) AS n FROM attempts WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'ended'`,
      campaignId,
    );
    // Resumed with one attempt each; a call revoked or cancelled by the pause may have made a second one.
    expect(attempts[0]!.n).toBeLessThanOrEqual(2);
  });

  it('stopped: what waits is ended, and nothing is sent after the acknowledgement', async () => {
    const campaignId = await addCampaign({ callsPerSecond: 2 });
    const contacts: string[] = [];
    for (let i = 0; i < 15; i += 1) contacts.push((await engine.addContact(campaignId)).contactId);
    const ack = await stopDialling(
      engine.db,
      engine.clock,
      { tenantId: engine.tenantId, kind: 'stop', scope: 'campaign', targetId: campaignId, by: 'test' },
      async (tx) => {
        await setCampaignStatus(tx, campaignId, { status: 'stopped', reason: 'test' });
        await notifyWork(tx);
      },
    );
    expect(await engine.untilOver(campaignId, 60_000)).toBe('stopped');
    const late = (await engine.requests()).filter(
      (line) =>
        contacts.some((id) => line.attemptId.startsWith(id)) &&
        Date.parse(line.at) > ack.acknowledgedReal &&
        line.kind === 'dial',
    );
    expect(late).toEqual([]);
  });
});
