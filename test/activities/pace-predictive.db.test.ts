import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newAgentMemory, paceAgents, type AgentMemory } from '../../activities/pace/pace-agents.ts';
import { readPaceState } from '../../activities/pace/pace-state.ts';
import { keepPaceMemory, paceMemory, placesAhead } from '../../db/repositories/pace-agents.ts';
import { scaledClock } from '../../domain/clock.ts';
import { toIso } from '../../domain/time.ts';
import { predictive } from '../../pacing/predictive/predictive.ts';
import { EIGHT_HOURS } from '../../pacing/simulator/day.ts';
import {
  admit,
  dial,
  floorCampaign,
  hear,
  openFloor,
  setPlacesAhead,
  sideOf,
  tend,
} from '../support/agents.ts';
import { answerModel } from '../support/quick-model.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';
import { aMorning } from '../support/learned.ts';

const AGENTS = 4;

let engine: TestEngine;
let campaignId: string;
beforeAll(async () => {
  const clock = { from: WORKDAY_MORNING_CN, realStart: Date.now(), speed: 1 };
  engine = await createTestEngine({ clock: scaledClock(clock), simulator: { clock, model: answerModel } });
});
afterAll(() => engine.close());
beforeEach(async () => {
  campaignId = await floorCampaign(engine, await openFloor(engine, AGENTS), 'predictive');
});

const pace = (memory: AgentMemory = newAgentMemory(), mode: 'predictive' | 'progressive' = 'predictive') =>
  engine.db.inTenant(engine.tenantId, async (tx) => {
    const at = engine.clock.now();
    const state = await readPaceState(tx, campaignId, at);
    const { definition } = state!.campaign;
    const set = await engine.policies.forCampaign(tx, state!.policySetHash, state!.campaign, at);
    return paceAgents(tx, { id: campaignId, definition, mode, fromRank: 0 }, set, memory, at);
  });

const know = (learned: unknown) =>
  engine.db.inTenant(engine.tenantId, (tx) =>
    keepPaceMemory(tx, campaignId, { learned, placesAhead: true }, engine.clock.now()),
  );

const isAhead = () => engine.db.inTenant(engine.tenantId, (tx) => placesAhead(tx, campaignId));

const count = (liveAnswers: number, abandoned: number) =>
  engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `INSERT INTO answer_counts
       SELECT $1, $2, w, date_trunc(w, $3::timestamptz, 'UTC'), 3 * $4::int, $4, $4, $5
       FROM unnest('{hour,day}'::text[]) AS w`,
      [tx.tenantId, campaignId, toIso(engine.clock.now()), liveAnswers, abandoned],
    ),
  );

describe('a predictive campaign', () => {
  it('that knows its calls and has room under the cap has more called than agents are free', async () => {
    await know(aMorning(0.3));
    await count(2_000, 20);
    const { calls, reason } = await pace();
    expect(reason).toBe('predictive');
    expect(calls).toBeGreaterThan(AGENTS);
    expect(await isAhead()).toBe(true);
  });

  it('has one called for each free agent near the cap, and none above it', async () => {
    await know(aMorning(0.3));
    await count(2_000, 58);
    expect(await pace()).toEqual({ calls: AGENTS, reason: 'progressive.hard_stop' });
    expect(await isAhead()).toBe(false);
  });

  it('is careful, however well it knows its calls, until one abandoned person would be within the cap', async () => {
    await know(aMorning(0.3));
    await count(30, 0);
    expect(await pace()).toEqual({ calls: AGENTS, reason: 'progressive.hard_stop' });
    expect(await isAhead()).toBe(false);
  });

  it('that is careful has an agent kept for each call before it rings, whatever else its agents are asked for', async () => {
    await setPlacesAhead(engine, campaignId, false);
    const contact = await admit(engine, campaignId);
    await dial(engine, contact);
    const side = await sideOf(engine, contact.attemptId);
    expect(side).toMatchObject({ state: 'reserved', agent_id: expect.any(String) as string });
    expect(await pace()).toEqual({ calls: AGENTS - 1, reason: 'progressive.thin_data' });
    await hear(engine, contact.attemptId, 'answered');
    await tend(engine);
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({
      state: 'connected',
      agent_id: side!.agent_id,
    });
  });

  it('has one called for each free agent while it knows little, and once its mode is another', async () => {
    await count(2_000, 20);
    expect(await pace()).toEqual({ calls: AGENTS, reason: 'progressive.thin_data' });
    await know(aMorning(0.3));
    expect(await pace(newAgentMemory(), 'progressive')).toEqual({ calls: AGENTS, reason: 'progressive' });
  });

  it('writes down what it learned: another pacer goes on with it', async () => {
    await know(aMorning(0.3));
    await pace();
    const kept = await engine.db.inTenant(engine.tenantId, (tx) => paceMemory(tx, campaignId));
    const again = predictive(EIGHT_HOURS.limits, kept);
    expect(kept).toMatchObject({ version: 1 });
    expect(again.answerRate).toBeGreaterThan(0.2);
  });
});
