import { afterAll, beforeAll, expect, it } from 'vitest';
import { floorCampaign, openFloor, seatStates } from '../support/agents.ts';
import { WORKDAY_MORNING_CN } from '../support/engine.ts';
import { startRobots } from '../support/robots.ts';
import { startRunningEngine, type RunningEngine } from '../support/running-engine.ts';

/** A simulated minute a real second: a talk of some seconds takes a tenth of one. */
const SPEED = 60;
const AGENTS = 3;
const CONTACTS = 12;

let engine: RunningEngine;
let robots: { stop(): Promise<void> };
beforeAll(async () => {
  engine = await startRunningEngine({
    from: WORKDAY_MORNING_CN,
    speed: SPEED,
    simulator: {
      model: {
        answer: { kind: 'constant', probability: 0.6 },
        numbers: { invalid: 0, blocked: 0 },
        talk: { components: [{ weight: 1, mu: 2.5, sigma: 0.3 }], minS: 5, maxS: 30 },
      },
    },
  });
  robots = startRobots(engine);
});
afterAll(async () => {
  await robots.stop();
  await engine.stop();
});

const rows = <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
  engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));

it.each(['preview', 'progressive', 'predictive'] as const)(
  'I10: a %s campaign comes to its end: every contact is done with, no agent is left at a call, and none was in two',
  async (mode) => {
    const floor = await openFloor(engine, AGENTS);
    const campaignId = await floorCampaign(engine, floor, mode, {
      retry: { maxAttempts: 1, byOutcome: {} },
      agents: { teams: [], preview: { skippedAfterMinutes: 0, maxSkips: 2 } },
    });
    for (let n = 0; n < CONTACTS; n += 1) await engine.addContact(campaignId);
    expect(await engine.untilOver(campaignId, 90_000)).toBe('completed');

    expect(await seatStates(engine, floor)).toEqual(floor.agentIds.map(() => 'ready'));
    expect(
      await rows(
        `SELECT 1 FROM agent_calls WHERE tenant_id = $1 AND campaign_id = $2 AND state NOT IN ('over', 'abandoned')`,
        campaignId,
      ),
    ).toEqual([]);
    expect(
      await rows(
        `SELECT 1 FROM agent_calls a JOIN agent_calls b ON b.tenant_id = a.tenant_id AND b.agent_id = a.agent_id
         WHERE a.tenant_id = $1 AND a.campaign_id = $2 AND a.attempt_id < b.attempt_id
           AND a.connected_at < b.ended_at AND b.connected_at < a.ended_at`,
        campaignId,
      ),
    ).toEqual([]);
    const [raw] = await rows<{ calls: number; live: number; talked: number; abandoned: number }>(
      `SELECT count(*) AS calls, count(*) FILTER (WHERE outcome = 'answered') AS live,
              count(*) FILTER (WHERE conversation) AS talked,
              (SELECT count(*) FROM agent_calls g WHERE g.tenant_id = $1 AND g.campaign_id = $2
                 AND (g.state = 'abandoned' OR g.connected_at > g.connect_by)) AS abandoned
       FROM attempts WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'ended' AND mode = $3
         AND outcome NOT IN ('congestion', 'carrier_error')`,
      campaignId,
      mode,
    );
    expect(raw!.talked).toBeGreaterThan(0);
    const [counted] = await rows(
      `SELECT sum(calls)::int AS calls, sum(live_answers)::int AS live, sum(abandoned)::int AS abandoned FROM answer_counts
       WHERE tenant_id = $1 AND campaign_id = $2 AND width = 'day'`,
      campaignId,
    );
    expect(counted).toEqual({ calls: raw!.calls, live: raw!.live, abandoned: raw!.abandoned });
  },
  120_000,
);
