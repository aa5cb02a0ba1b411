import { afterAll, beforeAll, expect, it } from 'vitest';
import { keepPaceMemory } from '../../db/repositories/pace-agents.ts';
import { HOUR_MS, toIso } from '../../domain/time.ts';
import { floorCampaign, openFloor } from '../support/agents.ts';
import { aMorning } from '../support/learned.ts';
import { startRobots } from '../support/robots.ts';
import { startRunningEngine, type RunningEngine } from '../support/running-engine.ts';

/** Friday, noon in London: inside every window that the bundled packs set for +44 until the evening. */
const NOON_GB = Date.parse('2026-11-20T12:00:00Z');
/** Two simulated hours a real second: the 72 hours of the rule are over in 36. */
const SPEED = 7_200;
/** A number that rings nowhere (Ofcom); it takes long, so that the agent can leave while it is set up. */
const SLOW = '+442079460155';

let engine: RunningEngine;
let robots: { stop(): Promise<void> };
beforeAll(async () => {
  const patience = 1_000 * HOUR_MS;
  engine = await startRunningEngine({
    from: NOON_GB,
    speed: SPEED,
    simulator: {
      scenarios: {
        [SLOW]: { outcome: 'answered', setupS: 2 * 3_600, ringS: 1, talkS: 60, patienceS: patience },
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

it('I5: whom no agent reached in time is not called within the cooldown of the rule, and is called again after it', async () => {
  const floor = await openFloor(engine, 1);
  const seat = (state: 'ready' | 'break') =>
    rows(
      `UPDATE seats SET state = $3, reason = CASE WHEN $3 = 'break' THEN 'lunch' END WHERE tenant_id = $1 AND team_id = $2`,
      floor.teamId,
      state,
    );
  const campaignId = await floorCampaign(engine, floor, 'predictive', {
    purpose: 'marketing',
    callerId: '+442079460123',
    retry: { maxAttempts: 2, byOutcome: { abandoned: { delayMinutes: [60] } } },
  });
  // It knows its calls, and many were answered: it calls ahead of its agents, and one who is abandoned is no share above any rule's.
  await engine.db.inTenant(engine.tenantId, (tx) =>
    keepPaceMemory(tx, campaignId, { learned: aMorning(0.3), placesAhead: true }, engine.clock.now()),
  );
  await rows(
    `INSERT INTO answer_counts SELECT $1, $2, w, date_trunc(w, $3::timestamptz, 'UTC'), 6000, 2000, 2000, 0
     FROM unnest('{hour,day}'::text[]) AS w`,
    campaignId,
    toIso(engine.clock.now()),
  );
  const { contactId } = await engine.addContact(campaignId, { number: SLOW });
  const attempts = () =>
    rows<{ outcome: string | null; rang_at: number; next_step: { reason: string; readyAt: number } | null }>(
      'SELECT outcome, rang_at, next_step FROM attempts WHERE tenant_id = $1 AND contact_id = $2 ORDER BY n',
      contactId,
    );
  await expect.poll(async () => (await attempts()).length, { timeout: 20_000, interval: 20 }).toBe(1);
  await seat('break');
  await expect
    .poll(async () => (await attempts())[0]!.next_step?.reason, { timeout: 20_000 })
    .toBe('retry.abandoned');
  await seat('ready');
  expect(await engine.untilOver(campaignId, 90_000)).toBe('completed');

  const [first, second] = await attempts();
  const [side] = await rows<{ state: string; abandoned_at: number }>(
    'SELECT state, abandoned_at FROM agent_calls WHERE tenant_id = $1 AND contact_id = $2 ORDER BY attempt_id',
    contactId,
  );
  expect(side!.state).toBe('abandoned');
  expect(second!.rang_at).toBeGreaterThan(side!.abandoned_at + 72 * HOUR_MS);
  expect(first!.next_step!.readyAt).toBeLessThan(side!.abandoned_at + 3 * HOUR_MS);
  expect(
    await rows(
      `SELECT DISTINCT verdict FROM decisions
       WHERE tenant_id = $1 AND contact_id = $2 AND 'abandonment.rate.cooldown' = ANY (reasons)`,
      contactId,
    ),
  ).toContainEqual({ verdict: 'defer' });
  expect(
    await rows('SELECT state, state_reason FROM contacts WHERE tenant_id = $1 AND id = $2', contactId),
  ).toEqual([{ state: 'completed', state_reason: 'disposition.completed' }]);
}, 150_000);
