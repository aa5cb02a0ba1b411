import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { openDatabase, type Database } from '../db/client.ts';
import { insertAgent } from '../db/repositories/agents.ts';
import { reserveSeat, seatConnected, seatFreed, seatWrapsUp } from '../db/repositories/seats.ts';
import { demandOf, insertTeam } from '../db/repositories/teams.ts';
import { ensureTenant } from '../db/repositories/tenants.ts';
import { takeWaiting } from '../db/repositories/waiting-calls.ts';
import { systemClock } from '../domain/clock.ts';
import { atLeast, below, measure, type BenchResult, type Report } from './support/result.ts';
import type { BenchServers } from './support/servers.ts';
import { percentile } from './support/stats.ts';

/**
 * How long it takes from an answer to an agent who is kept for it, and how many calls agents can be given in a second: each
 * is taken through its whole life at the seat (reserved, connected, wrap-up, free again, with a look for what waits), a
 * transaction each as the engine makes them, on durable commits.
 */
export interface AssignOptions {
  readonly servers: BenchServers;
  readonly report: Report;
  readonly agents: number;
  /** Calls a run, as fast as they go; a quarter as many one after another, for latency. */
  readonly calls: number;
  readonly runs: number;
}

const P99_MS = 20;
const PER_SECOND = 200;
/** Calls that are at a step at once: as many as the worker's connections would be at. */
const AT_ONCE = 8;
/** Answers a second while latency is measured: six times what 500 agents with calls of a minute take. */
const ANSWERS_PER_SECOND = 50;
/** Every tenth agent has the rarer skill that every tenth call asks for. */
const RARE = 10;
const TEAMS = 5;

export async function run(options: AssignOptions): Promise<BenchResult> {
  const { servers, report, agents, calls, runs } = options;
  const database = await servers.newDatabase();
  const db = await openDatabase(database.url, {
    maxConnections: AT_ONCE,
    applicationName: 'rightcall-bench',
  });
  const reserveMs: number[][] = [];
  const rates: number[] = [];
  let without = 0;
  try {
    const tenantId = await ensureTenant(db, { slug: 'bench', name: 'bench' });
    await seat(db, tenantId, agents);
    await analyze(database.url);
    await take(db, tenantId, Math.min(calls, 200), null);
    for (let i = 0; i < runs; i++) {
      const paced = await take(db, tenantId, Math.ceil(calls / 4), ANSWERS_PER_SECOND);
      const taken = await take(db, tenantId, calls, null);
      reserveMs.push(paced.reserveMs);
      rates.push(calls / (taken.elapsedMs / 1_000));
      without += paced.without + taken.without;
      report(
        `  assign, run ${i + 1}: p99 ${percentile(paced.reserveMs, 0.99).toFixed(1)} ms, ${rates[i]!.toFixed(0)} calls a second`,
      );
    }
  } finally {
    await db.close();
    await database.drop();
  }
  return {
    name: 'assign',
    compared: 'from an answer to a reserved agent, and whole lives of calls at their agents’ seats',
    on: `${agents} ready agents in ${TEAMS} teams, a tenth of the calls for a skill that a tenth of them have, ${calls.toLocaleString('en-US')} calls a run, ${AT_ONCE} at once; latency at ${ANSWERS_PER_SECOND} answers a second, from when each was due`,
    measures: [
      measure(
        'answer to reserved agent, p50',
        'ms',
        reserveMs.map((ms) => percentile(ms, 0.5)),
      ),
      measure(
        'answer to reserved agent, p99',
        'ms',
        reserveMs.map((ms) => percentile(ms, 0.99)),
        below(P99_MS),
      ),
      measure('calls through their whole life', 'a second', rates, atLeast(PER_SECOND)),
    ],
    notes: without === 0 ? [] : [`${without} calls found no agent, with ${agents} of them at their seats`],
  };
}

async function seat(db: Database, tenantId: string, count: number): Promise<void> {
  const at = systemClock.now();
  const teams = Array.from({ length: TEAMS }, (_, i) => ({ id: uuidv7(), name: `team-${i}` }));
  await db.inTenant(tenantId, async (tx) => {
    for (const team of teams) await insertTeam(tx, team, at);
    for (let i = 0; i < count; i++) {
      await insertAgent(
        tx,
        {
          id: uuidv7(),
          name: `agent ${i}`,
          account: null,
          teamId: teams[i % TEAMS]!.id,
          skills: i % RARE === 0 ? { sales: 5, rare: 5 } : { sales: 5 },
          languages: ['zh-CN'],
          zone: 'Asia/Shanghai',
          shifts: null,
          enabled: true,
        },
        at,
      );
    }
    await tx.query(`UPDATE seats SET state = 'ready', beat_real = clock_timestamp() WHERE tenant_id = $1`, [
      tx.tenantId,
    ]);
  });
}

/** As in a database that has been up for a minute: the planner knows how many agents there are. */
async function analyze(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('ANALYZE seats, agents, teams');
  } finally {
    await client.end();
  }
}

interface Taken {
  readonly reserveMs: number[];
  readonly elapsedMs: number;
  readonly without: number;
}

/** So many calls, each through its whole life. @param perSecond answers; null: as fast as they go, some at a time */
async function take(db: Database, tenantId: string, calls: number, perSecond: number | null): Promise<Taken> {
  const reserveMs: number[] = [];
  const campaignId = uuidv7();
  let without = 0;
  let next = 0;
  const since = performance.now();

  async function one(n: number, answered = performance.now()): Promise<void> {
    const contactId = uuidv7();
    const attemptId = `${contactId}/1`;
    const reserved = await db.inTenant(tenantId, async (tx) => {
      const demand = await demandOf(tx, {
        teams: ['team-0', 'team-1', 'team-2', 'team-3', 'team-4'],
        skills: n % RARE === 0 ? { rare: 3 } : { sales: 3 },
        languages: ['zh-CN'],
      });
      return reserveSeat(
        tx,
        { ...demand, preferredAgentIds: [] },
        { campaignId, contactId, attemptId, previewId: null, leaseMs: 60_000 },
      );
    });
    reserveMs.push(performance.now() - answered);
    if (reserved === null) {
      without += 1;
      return;
    }
    const of = { agentId: reserved.agentId, attemptId };
    await db.inTenant(tenantId, (tx) => seatConnected(tx, of));
    await db.inTenant(tenantId, (tx) => seatWrapsUp(tx, of, systemClock.now() + 120_000));
    await db.inTenant(tenantId, async (tx) => {
      await seatFreed(tx, of, { worked: true, at: systemClock.now() });
      await takeWaiting(tx, systemClock, of.agentId);
    });
  }

  async function lane(): Promise<void> {
    while (next < calls) await one(next++);
  }

  if (perSecond === null) await Promise.all(Array.from({ length: AT_ONCE }, lane));
  else {
    const due = Array.from({ length: calls }, (_, n) => since + (n * 1_000) / perSecond);
    await Promise.all(
      due.map(async (at, n) => {
        await delay(Math.max(0, at - performance.now()));
        await one(n, at);
      }),
    );
  }
  return { reserveMs, elapsedMs: performance.now() - since, without };
}
