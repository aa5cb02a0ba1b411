import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimAttempt } from '../../activities/calls/claim.ts';
import { readDossier } from '../../gate/dossier.ts';
import { answerModel } from '../support/quick-model.ts';
import {
  admit,
  dial,
  floorCampaign,
  hear,
  openFloor,
  seatStates,
  sideOf,
  tend,
  type AdmittedContact,
  type Floor,
} from '../support/agents.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';
import { scaledClock } from '../../domain/clock.ts';

const setting = { from: WORKDAY_MORNING_CN, realStart: Date.now(), speed: 1 };
const clock = scaledClock(setting);
const VOICEMAIL = '+8619900009001';
const NOBODY = '+8619900009002';
const IMPATIENT = ['+8619900009010', '+8619900009011', '+8619900009012'];
const SHORT = ['+8619900009020', '+8619900009021', '+8619900009022', '+8619900009023'];
const QUICK = { setupS: 0.01, ringS: 0.01 };

let engine: TestEngine;
beforeAll(async () => {
  engine = await createTestEngine({
    clock,
    simulator: {
      clock: setting,
      model: answerModel,
      scenarios: {
        [VOICEMAIL]: { ...QUICK, outcome: 'voicemail', talkS: 600 },
        [NOBODY]: { ...QUICK, outcome: 'no_answer', ringS: 0.05 },
        ...Object.fromEntries(IMPATIENT.map((n) => [n, { ...QUICK, outcome: 'answered', patienceS: 0.05 }])),
        ...Object.fromEntries(SHORT.map((n) => [n, { ...QUICK, outcome: 'answered', talkS: 0.05 }])),
      },
    },
  });
});
afterAll(() => engine.close());

const rows = <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
  engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));

async function attemptOf({ attemptId }: AdmittedContact) {
  const [row] = await rows<{ state: string; mode: string; conversation: boolean; result: unknown }>(
    'SELECT state, mode, conversation, result FROM attempts WHERE tenant_id = $1 AND id = $2',
    attemptId,
  );
  return row;
}

async function counts(campaignId: string) {
  return rows(
    `SELECT width, calls, answers, live_answers, abandoned FROM answer_counts
     WHERE tenant_id = $1 AND campaign_id = $2 ORDER BY width`,
    campaignId,
  );
}
const counted = (calls: number, answers: number, live: number, abandoned: number) =>
  ['day', 'hour'].map((width) => ({ width, calls, answers, live_answers: live, abandoned }));

describe('progressive: an agent is kept free before the phone rings', () => {
  let floor: Floor;
  beforeAll(async () => {
    floor = await openFloor(engine, 1);
  });

  it('one agent takes one call at a time: joined when it is answered, written down after it, then drawn from', async () => {
    const campaignId = await floorCampaign(engine, floor, 'progressive');
    const [first, second] = [await admit(engine, campaignId, SHORT[0]), await admit(engine, campaignId)];
    expect(await dial(engine, first)).toEqual({ kind: 'pending' });
    expect(await sideOf(engine, first.attemptId)).toMatchObject({
      state: 'reserved',
      agent_id: floor.agentIds[0],
    });
    expect(await attemptOf(first)).toMatchObject({ mode: 'progressive' });
    expect(await dial(engine, second)).toMatchObject({ kind: 'waiting', reason: 'agents.none_free' });
    expect(
      await rows('SELECT 1 FROM decisions WHERE tenant_id = $1 AND contact_id = $2', second.contactId),
    ).toEqual([]);

    await hear(engine, first.attemptId, 'answered');
    expect(await sideOf(engine, first.attemptId)).toMatchObject({ state: 'connecting' });
    expect(await seatStates(engine, floor)).toEqual(['reserved']);
    await tend(engine);
    expect(await sideOf(engine, first.attemptId)).toMatchObject({ state: 'connected' });
    expect(await seatStates(engine, floor)).toEqual(['in_call']);
    expect(await counts(campaignId)).toEqual(counted(1, 1, 1, 0));

    await hear(engine, first.attemptId, 'ended');
    expect(await sideOf(engine, first.attemptId)).toMatchObject({ state: 'wrap_up' });
    expect(await seatStates(engine, floor)).toEqual(['wrap_up']);
    expect(await attemptOf(first)).toMatchObject({ state: 'ended', conversation: true, result: null });
    await rows(
      `UPDATE seats SET state = 'ready', wrap_up_until = NULL, campaign_id = NULL, contact_id = NULL, attempt_id = NULL
                WHERE tenant_id = $1 AND team_id = $2`,
      floor.teamId,
    );
  });

  it('a machine needs no agent: they are free at once, and the call is let go', async () => {
    const campaignId = await floorCampaign(engine, floor, 'progressive');
    const contact = await admit(engine, campaignId, VOICEMAIL);
    await dial(engine, contact);
    await hear(engine, contact.attemptId, 'answered');
    expect(await seatStates(engine, floor)).toEqual(['ready']);
    await tend(engine);
    await hear(engine, contact.attemptId, 'ended');
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({
      state: 'over',
      reason: 'answer.machine',
    });
    const [attempt] = await rows(
      'SELECT outcome FROM attempts WHERE tenant_id = $1 AND id = $2',
      contact.attemptId,
    );
    expect(attempt).toEqual({ outcome: 'voicemail' });
    expect(await counts(campaignId)).toEqual(counted(1, 1, 0, 0));
  });

  it('nobody answers: the agent is free again, in the place they had', async () => {
    const campaignId = await floorCampaign(engine, floor, 'progressive');
    const contact = await admit(engine, campaignId, NOBODY);
    const idle = () =>
      rows('SELECT idle_since FROM seats WHERE tenant_id = $1 AND team_id = $2', floor.teamId);
    const before = await idle();
    await dial(engine, contact);
    await hear(engine, contact.attemptId, 'ended');
    expect(await seatStates(engine, floor)).toEqual(['ready']);
    expect(await idle()).toEqual(before);
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({ state: 'over', reason: 'not_answered' });
    expect(await attemptOf(contact)).toMatchObject({ state: 'ended', conversation: false });
    expect(await counts(campaignId)).toEqual(counted(1, 0, 0, 0));
  });

  it('a person who hangs up before their agent is joined frees the agent; within the time of the rules it counts for nothing', async () => {
    const campaignId = await floorCampaign(engine, floor, 'progressive');
    const contact = await admit(engine, campaignId, IMPATIENT[0]);
    await dial(engine, contact);
    await hear(engine, contact.attemptId, 'answered');
    await hear(engine, contact.attemptId, 'ended');
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({
      state: 'over',
      reason: 'ended_before_agent',
    });
    expect(await seatStates(engine, floor)).toEqual(['ready']);
    expect(await attemptOf(contact)).toMatchObject({ conversation: false });
    expect(await counts(campaignId)).toEqual(counted(1, 1, 1, 0));
  });

  it('whose customer they are is taken first, however long others have been idle', async () => {
    const two = await openFloor(engine, 2);
    const campaignId = await floorCampaign(engine, two, 'progressive');
    const contact = await admit(engine, campaignId);
    await rows(
      'UPDATE contacts SET preferred_agent_id = $3 WHERE tenant_id = $1 AND id = $2',
      contact.contactId,
      two.agentIds[1],
    );
    await engine.db.inTenant(engine.tenantId, (tx) => claimAttempt(tx, engine, contact));
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({ agent_id: two.agentIds[1] });
  });
});

describe('predictive: whoever answers gets whoever is free', () => {
  it('of two who answer and one agent, one is joined and the other waits, and is given up at the instant of the rules', async () => {
    const floor = await openFloor(engine, 1);
    const campaignId = await floorCampaign(engine, floor, 'predictive');
    const [one, other] = [await admit(engine, campaignId), await admit(engine, campaignId)];
    for (const contact of [one, other]) {
      expect(await dial(engine, contact)).toEqual({ kind: 'pending' });
      expect(await sideOf(engine, contact.attemptId)).toBeUndefined();
    }
    await hear(engine, one.attemptId, 'answered');
    await hear(engine, other.attemptId, 'answered');
    await tend(engine);
    expect(await sideOf(engine, one.attemptId)).toMatchObject({ state: 'connected' });
    const waiting = await sideOf(engine, other.attemptId);
    expect(waiting).toMatchObject({ state: 'waiting', agent_id: null });
    expect(await counts(campaignId)).toEqual(counted(1, 1, 1, 0));

    await new Promise((resolve) => setTimeout(resolve, Math.max(0, waiting!.connect_by! - clock.now())));
    await tend(engine);
    await tend(engine);
    expect(await sideOf(engine, other.attemptId)).toMatchObject({
      state: 'abandoned',
      reason: 'agents.none_free',
    });
    expect((await sideOf(engine, other.attemptId))!.let_go_real).not.toBeNull();
    await hear(engine, other.attemptId, 'ended');
    expect(await attemptOf(other)).toMatchObject({ state: 'ended', conversation: false });
    // Not done with: the campaign's retry rules have it tried again.
    expect((await attemptOf(other))!.result).toMatchObject({ kind: 'waiting', reason: 'retry.abandoned' });
    expect(await counts(campaignId)).toEqual(counted(2, 2, 2, 1));

    const dossier = await engine.db.inTenant(engine.tenantId, (tx) =>
      readDossier(tx, other.contactId, clock.now()),
    );
    expect(dossier!.facts.triggers.map(({ kind }) => kind)).toEqual(['abandon']);
    const campaign = dossier!.facts.abandonment.filter(({ scope }) => scope === 'campaign');
    expect(campaign).toHaveLength(2);
    for (const figures of campaign) {
      expect(figures).toMatchObject({
        calls: 2,
        answers: 2,
        liveAnswers: 2,
        abandoned: 1,
      });
    }
  });

  it('a person who hangs up while they wait for an agent was abandoned', async () => {
    const floor = await openFloor(engine, 0);
    const campaignId = await floorCampaign(engine, floor, 'predictive');
    const contact = await admit(engine, campaignId, IMPATIENT[1]);
    await dial(engine, contact);
    await hear(engine, contact.attemptId, 'ended');
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({
      state: 'abandoned',
      reason: 'hung_up_waiting',
    });
    expect(await counts(campaignId)).toEqual(counted(1, 1, 1, 1));
  });
});
