import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claimDue } from '../../activities/pace/claim-due.ts';
import { rejoinHopper } from '../../activities/pace/rejoin.ts';
import { actOnOffers } from '../../activities/services/offers.ts';
import { retellAdmissions } from '../../activities/services/sweep.ts';
import { answerPreview } from '../../db/repositories/preview-answers.ts';
import { setCampaignStatus } from '../../db/repositories/campaigns.ts';
import { scaledClock } from '../../domain/clock.ts';
import { cohortOf } from '../../db/repositories/hopper.ts';
import { locateNumber } from '../../policies/index.ts';
import {
  dial,
  floorCampaign,
  hear,
  openFloor,
  seatStates,
  sideOf,
  tellingGateway,
  type AdmittedContact,
  type Floor,
} from '../support/agents.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';
import { answerModel } from '../support/quick-model.ts';

const setting = { from: WORKDAY_MORNING_CN, realStart: Date.now(), speed: 1 };
const clock = scaledClock(setting);
let engine: TestEngine;
let workflows = tellingGateway();

beforeAll(async () => {
  engine = await createTestEngine({ clock, simulator: { clock: setting, model: answerModel } });
});
afterAll(() => engine.close());
beforeEach(() => {
  workflows = tellingGateway();
});

const rows = <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
  engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));
const act = () => actOnOffers({ ...engine, workflows }, engine.tenantId);

interface Shown extends AdmittedContact {
  readonly previewId: string;
  readonly agentId: string;
}

/** A floor of one agent to whom a contact was shown, as the pacer does. */
async function shown(
  overrides: Parameters<typeof floorCampaign>[3] = {},
): Promise<{ floor: Floor; one: Shown }> {
  const floor = await openFloor(engine, 1);
  const campaignId = await floorCampaign(engine, floor, 'preview', overrides);
  return { floor, one: await show(campaignId) };
}

async function show(campaignId: string): Promise<Shown> {
  const { contactId, number } = await engine.addContact(campaignId);
  const located = locateNumber(number);
  const cohort = cohortOf(located.country, located.locations);
  await rows('UPDATE contacts SET cohort = $3 WHERE tenant_id = $1 AND id = $2', contactId, cohort);
  const batch = await engine.db.inTenant(engine.tenantId, (tx) =>
    claimDue(tx, engine, campaignId, [cohort], 1),
  );
  expect(batch.admitted).toEqual([{ contactId, admission: 1, workflowOpen: false }]);
  const [preview] = await rows<{ id: string; agent_id: string }>(
    'SELECT id, agent_id FROM previews WHERE tenant_id = $1 AND contact_id = $2',
    contactId,
  );
  const { tenantId } = engine;
  return {
    ...{ tenantId, campaignId, contactId, admission: 1, attemptId: `${contactId}/1` },
    ...{ previewId: preview!.id, agentId: preview!.agent_id },
  };
}

const says = ({ previewId, agentId }: Shown, state: 'accepted' | 'skipped') =>
  engine.db.inTenant(engine.tenantId, (tx) =>
    answerPreview(tx, { previewId, agentId, at: clock.now() }, { state, reason: 'test' }),
  );
const contactOf = async ({ contactId }: Shown) =>
  (
    await rows<{ state: string; state_reason: string; ready_at: number }>(
      'SELECT state, state_reason, ready_at FROM contacts WHERE tenant_id = $1 AND id = $2',
      contactId,
    )
  )[0];

describe('a contact is shown before it is called', () => {
  it('to an agent who is kept free for it; without one it is not admitted', async () => {
    const { floor, one } = await shown();
    expect(await seatStates(engine, floor)).toEqual(['reserved']);
    const other = await engine.addContact(one.campaignId);
    const cohorts = (
      await rows<{ cohort: string }>(
        'SELECT cohort FROM contacts WHERE tenant_id = $1 AND id = $2',
        one.contactId,
      )
    ).map((row) => row.cohort);
    await rows(
      'UPDATE contacts SET cohort = $3 WHERE tenant_id = $1 AND id = $2',
      other.contactId,
      cohorts[0],
    );
    const batch = await engine.db.inTenant(engine.tenantId, (tx) =>
      claimDue(tx, engine, one.campaignId, cohorts, 1),
    );
    expect(batch.admitted).toEqual([]);
  });

  it('and is not called, nor taken for lost, until its agent has said so', async () => {
    const { one } = await shown();
    expect(await dial(engine, one)).toEqual({ kind: 'pending' });
    await act();
    expect(workflows.told).toEqual([]);
    expect(await sideOf(engine, one.attemptId)).toBeUndefined();
    await rows(
      `UPDATE contacts SET admitted_real = now() - interval '1 hour' WHERE tenant_id = $1 AND id = $2`,
      one.contactId,
    );
    await retellAdmissions({ ...engine, workflows }, engine.tenantId);
    expect(workflows.told).toEqual([]);
    await engine.db.inTenant(engine.tenantId, (tx) => rejoinHopper(tx, clock, one.contactId));
    expect(await contactOf(one)).toMatchObject({ state: 'admitted' });
  });

  it('accepted, it passes the gate once, however often it is acted on, and its agent has the call', async () => {
    const { floor, one } = await shown();
    await says(one, 'accepted');
    await Promise.all([act(), act(), dial(engine, one)]);
    expect((await engine.requests()).filter((line) => line.attemptId === one.attemptId)).toHaveLength(1);
    expect(await sideOf(engine, one.attemptId)).toMatchObject({ agent_id: one.agentId });
    await hear(engine, one.attemptId, 'answered');
    expect(await sideOf(engine, one.attemptId)).toMatchObject({ state: 'connecting', agent_id: one.agentId });
    expect(await seatStates(engine, floor)).toEqual(['reserved']);
    const [attempt] = await rows('SELECT mode FROM attempts WHERE tenant_id = $1 AND id = $2', one.attemptId);
    expect(attempt).toEqual({ mode: 'preview' });
    await act();
    expect(workflows.told).toEqual([]);
  });

  it('skipped, its agent is free and it waits as long as the campaign says', async () => {
    const { floor, one } = await shown();
    await says(one, 'skipped');
    await act();
    expect(await seatStates(engine, floor)).toEqual(['ready']);
    const contact = await contactOf(one);
    expect(contact).toMatchObject({ state: 'waiting', state_reason: 'preview.skipped' });
    expect(contact!.ready_at - clock.now()).toBeGreaterThan(59 * 60_000);
    expect(workflows.told).toEqual([`result ${one.contactId} 1 waiting preview.skipped`]);
    await act();
    expect(workflows.told).toHaveLength(1);
  });

  it('not answered in time, it goes back; shown in vain as often as the campaign says, it is given up', async () => {
    const { floor, one } = await shown({ agents: { teams: [], preview: { maxSkips: 1 } } });
    await rows(
      `UPDATE previews SET expires_at = $3 WHERE tenant_id = $1 AND id = $2`,
      one.previewId,
      new Date(clock.now()).toISOString(),
    );
    await act();
    expect(await seatStates(engine, floor)).toEqual(['ready']);
    expect(await contactOf(one)).toMatchObject({ state: 'exhausted', state_reason: 'preview.expired' });
    expect(workflows.told).toEqual([`result ${one.contactId} 1 final preview.expired`]);
    expect((await says(one, 'accepted')).after).toBeNull();
  });

  it.each(['stopped', 'paused'] as const)(
    'of a campaign that is %s it is taken back, even where it was accepted',
    async (status) => {
      const { floor, one } = await shown();
      await says(one, 'accepted');
      await engine.db.inTenant(engine.tenantId, (tx) =>
        setCampaignStatus(tx, one.campaignId, { status, reason: null }),
      );
      await act();
      expect(await seatStates(engine, floor)).toEqual(['ready']);
      expect(await engine.requests()).not.toContainEqual(
        expect.objectContaining({ attemptId: one.attemptId }),
      );
      expect((await contactOf(one))!.state).toBe(status === 'stopped' ? 'stopped' : 'waiting');
    },
  );

  it('of a campaign that was switched to another mode it is taken back, and called as that mode calls', async () => {
    const { floor, one } = await shown();
    await rows(
      `UPDATE campaigns SET definition = jsonb_set(definition, '{mode}', '"progressive"') WHERE tenant_id = $1 AND id = $2`,
      one.campaignId,
    );
    await act();
    expect(await seatStates(engine, floor)).toEqual(['ready']);
    expect(await contactOf(one)).toMatchObject({ state: 'waiting', state_reason: 'preview.withdrawn' });
  });

  it('what the rules no longer allow when it is accepted is not called, and its agent is free', async () => {
    const { floor, one } = await shown();
    await rows(`UPDATE contacts SET state = 'withdrawn' WHERE tenant_id = $1 AND id = $2`, one.contactId);
    await says(one, 'accepted');
    await act();
    expect(await seatStates(engine, floor)).toEqual(['ready']);
    expect(await engine.requests()).not.toContainEqual(expect.objectContaining({ attemptId: one.attemptId }));
  });
});
