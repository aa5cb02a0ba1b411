import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../db/client.ts';
import {
  countSeats,
  reserveSeat,
  seatConnected,
  seatFreed,
  seatWrapsUp,
  whyNoAgent,
  type Reservation,
} from '../../db/repositories/seats.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import type { AgentDemand } from '../../domain/agent.ts';
import { createTestDatabase } from '../support/postgres.ts';

const AT = Date.parse('2026-11-20T02:00:00Z');

let db: Database;
let tenantId: string;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await createTestDatabase();
  db = await openDatabase(database.url, { maxConnections: 24 });
  tenantId = await ensureTenant(db, { slug: 'test', name: 'Test' });
  drop = () => database.drop();
});
afterAll(async () => {
  await db.close();
  await drop();
});

interface Made {
  readonly skills?: Record<string, number>;
  readonly languages?: string[];
  /** Minutes idle. */
  readonly idle?: number;
  readonly state?: string;
}

/** A team with these agents, all of them ready but for what is said. */
async function team(made: readonly Made[]): Promise<{ teamId: string; agentIds: string[] }> {
  const teamId = uuidv7();
  const agentIds = made.map(() => uuidv7());
  await db.inTenant(tenantId, async (tx) => {
    await tx.query(`INSERT INTO teams VALUES ($1, $2, $3, 1, now(), now())`, [tenantId, teamId, teamId]);
    for (const [i, agent] of made.entries()) {
      await tx.query(
        `INSERT INTO agents VALUES ($1, $2, 'an agent', NULL, $3, $4, $5, 'Asia/Shanghai', NULL, true, 1, now(), now())`,
        [tenantId, agentIds[i], teamId, JSON.stringify(agent.skills ?? {}), agent.languages ?? ['zh-CN']],
      );
      await tx.query(
        `INSERT INTO seats (tenant_id, agent_id, team_id, state, since, idle_since, fence)
         VALUES ($1, $2, $3, $4, now(), now() - make_interval(mins => $5), 1)`,
        [tenantId, agentIds[i], teamId, agent.state ?? 'ready', agent.idle ?? 0],
      );
    }
  });
  return { teamId, agentIds };
}

const demandOf = (teamId: string, rest: Partial<AgentDemand> = {}): AgentDemand => ({
  teamIds: [teamId],
  skills: {},
  languages: [],
  preferredAgentIds: [],
  ...rest,
});

function reservation(): Reservation & { readonly attemptId: string } {
  const contactId = uuidv7();
  return { campaignId: uuidv7(), contactId, attemptId: `${contactId}/1`, previewId: null, leaseMs: 2_000 };
}

const reserve = (demand: AgentDemand, of: Reservation = reservation()) =>
  db.inTenant(tenantId, (tx) => reserveSeat(tx, demand, of));

describe('assignment', () => {
  it('takes the agent who has been idle longest', async () => {
    const { teamId, agentIds } = await team([{ idle: 1 }, { idle: 30 }, { idle: 10 }]);
    expect((await reserve(demandOf(teamId)))?.agentId).toBe(agentIds[1]);
    expect((await reserve(demandOf(teamId)))?.agentId).toBe(agentIds[2]);
    expect((await reserve(demandOf(teamId)))?.agentId).toBe(agentIds[0]);
    expect(await reserve(demandOf(teamId))).toBeNull();
  });

  it('takes whom the contact belongs to before whoever waits longer', async () => {
    const { teamId, agentIds } = await team([{ idle: 60 }, { idle: 1 }, { idle: 2 }]);
    const preferredAgentIds = [agentIds[2]!, agentIds[1]!];
    expect((await reserve(demandOf(teamId, { preferredAgentIds })))?.agentId).toBe(agentIds[2]);
    expect((await reserve(demandOf(teamId, { preferredAgentIds })))?.agentId).toBe(agentIds[1]);
    expect((await reserve(demandOf(teamId, { preferredAgentIds })))?.agentId).toBe(agentIds[0]);
  });

  it('takes nobody who lacks a skill, its level or the language', async () => {
    const { teamId, agentIds } = await team([
      { skills: { loans: 2 }, idle: 60 },
      { skills: { loans: 7 }, idle: 30 },
      { skills: { loans: 8, cards: 3 }, languages: ['en-US', 'zh-CN'] },
    ]);
    const skills = { loans: 5 };
    expect((await reserve(demandOf(teamId, { skills, languages: ['en-US'] })))?.agentId).toBe(agentIds[2]);
    expect((await reserve(demandOf(teamId, { skills })))?.agentId).toBe(agentIds[1]);
    expect(await reserve(demandOf(teamId, { skills }))).toBeNull();
  });

  it('never gives one agent to two of many calls that are answered at once', async () => {
    const { teamId } = await team(Array.from({ length: 20 }, () => ({})));
    const taken = await Promise.all(Array.from({ length: 30 }, () => reserve(demandOf(teamId))));
    const agents = taken.flatMap((seat) => (seat === null ? [] : [seat.agentId]));
    expect(new Set(agents).size).toBe(agents.length);
    // Whoever came while all were being taken found none; nobody took two.
    expect(agents.length).toBeLessThanOrEqual(20);
    while ((await reserve(demandOf(teamId))) !== null);
    expect(await db.inTenant(tenantId, (tx) => countSeats(tx, demandOf(teamId)))).toMatchObject({
      ready: 0,
      reserved: 20,
    });
  });

  it('gives one attempt to one agent alone', async () => {
    const { teamId } = await team([{}, {}]);
    const of = reservation();
    await reserve(demandOf(teamId), of);
    await expect(reserve(demandOf(teamId), of)).rejects.toMatchObject({ code: '23505' });
  });
});

describe('a seat in a call', () => {
  it('goes through call and wrap-up to the end of the line, and its spans say when', async () => {
    const { teamId, agentIds } = await team([{ idle: 60 }, { idle: 1 }]);
    const of = reservation();
    const call = { agentId: agentIds[0]!, attemptId: of.attemptId };
    await reserve(demandOf(teamId), of);
    const moved = await db.inTenant(tenantId, async (tx) => [
      await seatConnected(tx, call),
      await seatWrapsUp(tx, call, AT),
      await seatFreed(tx, call, { worked: true, at: Date.now() }),
    ]);
    expect(moved).toEqual([true, true, true]);
    expect((await reserve(demandOf(teamId)))?.agentId).toBe(agentIds[1]);
    const spans = await db.inTenant(tenantId, (tx) =>
      tx.query<{ state: string; attempt_id: string | null; open: boolean }>(
        `SELECT state, attempt_id, until_at IS NULL AS open FROM seat_spans WHERE tenant_id = $1 AND agent_id = $2 ORDER BY fence`,
        [tenantId, agentIds[0]],
      ),
    );
    expect(spans).toEqual([
      { state: 'ready', attempt_id: null, open: false },
      { state: 'reserved', attempt_id: of.attemptId, open: false },
      { state: 'in_call', attempt_id: of.attemptId, open: false },
      { state: 'wrap_up', attempt_id: of.attemptId, open: false },
      { state: 'ready', attempt_id: null, open: true },
    ]);
  });

  it('is not moved by a late word about another call', async () => {
    const { teamId, agentIds } = await team([{}]);
    await reserve(demandOf(teamId));
    const late = { agentId: agentIds[0]!, attemptId: reservation().attemptId };
    const moved = await db.inTenant(tenantId, async (tx) => [
      await seatConnected(tx, late),
      await seatFreed(tx, late, { worked: true, at: AT }),
    ]);
    expect(moved).toEqual([false, false]);
  });

  it('keeps its turn when its reservation came to nothing', async () => {
    const { teamId, agentIds } = await team([{ idle: 60 }, { idle: 1 }]);
    const of = reservation();
    await reserve(demandOf(teamId), of);
    await db.inTenant(tenantId, (tx) =>
      seatFreed(tx, { agentId: agentIds[0]!, attemptId: of.attemptId }, { worked: false, at: Date.now() }),
    );
    expect((await reserve(demandOf(teamId)))?.agentId).toBe(agentIds[0]);
  });
});

describe('why nobody can take a call', () => {
  it.each<[string, readonly Made[], Partial<AgentDemand>, unknown]>([
    ['nobody is in the team', [], {}, { code: 'agents.none_in_team' }],
    [
      'nobody has the skill',
      [{ skills: { loans: 2 } }],
      { skills: { loans: 5, cards: 1 } },
      { code: 'agents.none_with_skill', skills: ['cards 1', 'loans 5'] },
    ],
    [
      'nobody speaks it',
      [{}],
      { languages: ['en-US'] },
      { code: 'agents.none_with_language', languages: ['en-US'] },
    ],
    ['nobody is there', [{ state: 'offline' }], {}, { code: 'agents.none_signed_in' }],
    ['somebody is free', [{}], {}, null],
  ])('is told: %s', async (_what, made, demand, reason) => {
    const { teamId } = await team(made);
    expect(await db.inTenant(tenantId, (tx) => whyNoAgent(tx, demandOf(teamId, demand)))).toEqual(reason);
  });
});
