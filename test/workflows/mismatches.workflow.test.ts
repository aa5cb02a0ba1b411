import { TypedSearchAttributes } from '@temporalio/common';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMismatchWatch } from '../../activities/services/mismatches.ts';
import { createTemporalCensus } from '../../activities/temporal-census.ts';
import { createTemporalGateway } from '../../activities/temporal-gateway.ts';
import { contactWorkflowId } from '../../domain/ids.ts';
import { tenantKey } from '../../workflows/attributes.ts';
import { WORKDAY_MORNING_CN } from '../support/engine.ts';
import { startRunningEngine, type RunningEngine } from '../support/running-engine.ts';

/** 20 simulated minutes a real second. */
const SPEED = 1_200;
const BUSY_FIRST = '+8619900000501';
const BUSY_LONG = '+8619900000502';
const BUSY_TOO = '+8619900000503';
let engine: RunningEngine;
beforeAll(async () => {
  engine = await startRunningEngine({
    from: WORKDAY_MORNING_CN,
    speed: SPEED,
    simulator: {
      scenarios: {
        [BUSY_FIRST]: [
          { outcome: 'busy', ringS: 5 },
          { outcome: 'answered', ringS: 5, talkS: 60, disposition: 'converted' },
        ],
        [BUSY_LONG]: { outcome: 'busy', ringS: 5 },
        [BUSY_TOO]: { outcome: 'busy', ringS: 5 },
      },
    },
  });
});
afterAll(() => engine.stop());

const rows = <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
  engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));
const gateway = () => createTemporalGateway(engine.temporal.client, { attachTimeoutMs: 10_000 });
const census = () => createTemporalCensus(engine.temporal.client);
const watch = () =>
  createMismatchWatch(
    { db: engine.db, clock: engine.clock, workflows: gateway(), census: census() },
    { passEveryMs: 0, settledAfterMs: 0 },
  );
const handleOf = (workflowId: string) => engine.temporal.client.workflow.getHandle(workflowId);
const statusOf = async (workflowId: string) => (await handleOf(workflowId).describe()).status.name;
const contactOf = async (id: string) =>
  (
    await rows<{ state: string; attempts: number; workflow_open: boolean }>(
      'SELECT state, attempts, workflow_open FROM contacts WHERE tenant_id = $1 AND id = $2',
      id,
    )
  )[0];
const repairsOf = (action: string, id: string) =>
  rows(
    `SELECT actor FROM changes WHERE tenant_id = $1 AND action = $2 AND after::text LIKE '%' || $3 || '%'`,
    action,
    id,
  );

/** A contact that was called once and waits for its next call, days away. */
async function waitingContact(number: string): Promise<{ campaignId: string; contactId: string }> {
  const campaignId = await engine.addCampaign({
    purpose: 'service',
    retry: { maxAttempts: 2, maxAttemptsPerDay: 2, byOutcome: { busy: { delayMinutes: [10_000] } } },
  });
  const { contactId } = await engine.addContact(campaignId, { number });
  await expect
    .poll(() => contactOf(contactId), { timeout: 20_000 })
    .toMatchObject({ state: 'waiting', attempts: 1 });
  await expect
    .poll(() => handleOf(contactWorkflowId(campaignId, contactId)).query<string>('details'))
    .toContain('Waiting');
  return { campaignId, contactId };
}

it('I10: a contact whose workflow was ended by hand gets it back, waits as before, and is called once when it is due', async () => {
  const { campaignId, contactId } = await waitingContact(BUSY_FIRST);
  const workflowId = contactWorkflowId(campaignId, contactId);
  await handleOf(workflowId).terminate('by hand');
  const before = await contactOf(contactId);
  const comparison = watch();
  await expect
    .poll(
      async () => {
        await comparison.round(engine.tenantId);
        return statusOf(workflowId);
      },
      { timeout: 20_000, interval: 100 },
    )
    .toBe('RUNNING');
  await expect.poll(() => handleOf(workflowId).query<string>('details')).toContain('Waiting in the hopper');
  expect(await contactOf(contactId)).toEqual(before);
  expect(await repairsOf('startWorkflows', contactId)).toEqual([{ actor: 'engine' }]);
  // A second comparison, and one by another worker, find nothing to do.
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([comparison.round(engine.tenantId), watch().round(engine.tenantId)]);
  }
  expect(await repairsOf('startWorkflows', contactId)).toHaveLength(1);
  await rows(
    'UPDATE contacts SET ready_at = $3 WHERE tenant_id = $1 AND id = $2',
    contactId,
    new Date(engine.clock.now()).toISOString(),
  );
  expect(await engine.untilOver(campaignId, 60_000)).toBe('completed');
  expect(await contactOf(contactId)).toEqual({ state: 'converted', attempts: 2, workflow_open: false });
  const dials = (await engine.requests()).filter(
    (line) => line.kind === 'dial' && line.attemptId.startsWith(contactId),
  );
  expect(dials.map((line) => line.attemptId)).toEqual([`${contactId}/1`, `${contactId}/2`]);
});

it('a workflow whose contact has no row is ended and reported; one of a tenant that is not ours is left alone', async () => {
  const { campaignId, contactId } = await waitingContact(BUSY_LONG);
  const strange = uuidv7();
  const other = { tenantId: uuidv7(), campaignId: uuidv7() };
  // As after a restore to before it was made.
  await rows(`UPDATE contacts SET id = $3 WHERE tenant_id = $1 AND id = $2`, contactId, strange);
  const others = await engine.temporal.client.workflow.start('contactWorkflow', {
    workflowId: contactWorkflowId(other.campaignId, strange),
    taskQueue: engine.temporal.taskQueue,
    typedSearchAttributes: new TypedSearchAttributes([{ key: tenantKey, value: other.tenantId }]),
  });
  const comparison = watch();
  const gone = contactWorkflowId(campaignId, contactId);
  await expect
    .poll(
      async () => {
        await comparison.round(engine.tenantId);
        return statusOf(gone);
      },
      { timeout: 20_000, interval: 100 },
    )
    .toBe('TERMINATED');
  await expect.poll(() => repairsOf('endWorkflows', contactId)).toEqual([{ actor: 'engine' }]);
  expect(await statusOf(others.workflowId)).toBe('RUNNING');
  await others.terminate();
});

it('a workflow whose contact became final without it is told so, and ends', async () => {
  const { campaignId, contactId } = await waitingContact(BUSY_TOO);
  await rows(
    `UPDATE contacts SET state = 'stopped', state_reason = 'by.test', workflow_open = false, wake_pending = false
     WHERE tenant_id = $1 AND id = $2`,
    contactId,
  );
  const comparison = watch();
  const workflowId = contactWorkflowId(campaignId, contactId);
  await expect
    .poll(
      async () => {
        await comparison.round(engine.tenantId);
        return statusOf(workflowId);
      },
      { timeout: 20_000, interval: 100 },
    )
    .toBe('COMPLETED');
  expect(await handleOf(workflowId).result()).toMatchObject({ state: 'stopped', reason: 'by.test' });
  expect(await repairsOf('closeWorkflows', contactId)).toEqual([{ actor: 'engine' }]);
});
