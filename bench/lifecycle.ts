import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import pLimit from 'p-limit';
import { contactWorkflowId } from '../domain/ids.ts';
import { superviseChild } from '../runtime/servers/child.ts';
import { BARE_TASK_QUEUE } from './support/bare-worker.ts';
import { startCpuMeter } from './support/cpu.ts';
import { atLeast, atMost, measure, shown, type BenchResult, type Report } from './support/result.ts';
import type { BenchServers } from './support/servers.ts';
import { AFTERNOON_CN, numberOf, startStack, type Stack } from './support/stack.ts';
import { median, sum } from './support/stats.ts';

/**
 * Lifecycle throughput: contacts of one attempt from the hopper through pacer, workflow, gate, the carrier simulator's
 * process, its webhook to the API, settling and completion, against a workflow with one activity that does nothing,
 * on the same server, in turns. Everything is in processes of its own, as in production.
 */
export interface LifecycleOptions {
  readonly servers: BenchServers;
  readonly report: Report;
  /** Contacts, and bare workflows, a round. */
  readonly contacts: number;
  /** Pairs of one engine and one bare round. */
  readonly pairs: number;
  /** Folder for a CPU profile of the worker, written when it ends. */
  readonly profileDir?: string;
}

/** Calls of 25 simulated seconds take 1.25 s; the afternoon's window lasts 18 real minutes. */
const SPEED = 20;
/** The pacer starts at most so many workflows at once (activities/pace/pacer.ts, BATCH_MAX): so does the bare side. */
const STARTS_AT_ONCE = 25;
const MAX_CONCURRENT_CALLS = 200;
const ROUND_TIMEOUT_MS = 180_000;
/** Every look costs both sides some of their CPU; of a round of ten seconds this is 2 %. */
const LOOK_EVERY_MS = 200;
const RATIO_TARGET = 0.7;
const EVENTS_ONE_ATTEMPT = 13;
const EVENTS_FURTHER_ATTEMPT = 14;

interface Round {
  readonly perS: number;
  /** PostgreSQL transactions for one contact; 0 on the bare side. */
  readonly transactions: number;
  /** CPU ms of each process for one contact or bare workflow. */
  readonly cpuMs: Readonly<Record<string, number>>;
}

export async function run(options: LifecycleOptions): Promise<BenchResult> {
  const { servers, report, contacts, pairs } = options;
  const warmUp = Math.min(30, contacts);
  const needed = warmUp + contacts * pairs + 1;
  const answered = { outcome: 'answered', ringS: 5, talkS: 20, disposition: 'not_interested' } as const;
  const scenarios = Object.fromEntries(
    Array.from({ length: needed }, (_, n) => [numberOf(n), n === needed - 1 ? NEVER_ANSWERS : answered]),
  );
  const stack = await startStack({
    servers,
    from: AFTERNOON_CN,
    speed: SPEED,
    scenarios,
    ...(options.profileDir === undefined
      ? {}
      : { workerNodeArguments: ['--cpu-prof', `--cpu-prof-dir=${options.profileDir}`] }),
  });
  try {
    const bare = await startBareWorker(servers);
    try {
      const pids = () => ({
        temporal: servers.temporal.pid(),
        postgres: servers.postgres.pid(),
        ...stack.pids(),
        bareWorker: bare.pid(),
        starter: process.pid,
      });
      let used = 0;
      const engineRound = async (n: number): Promise<Round> => {
        const numbers = Array.from({ length: n }, (_, i) => numberOf(used + i));
        used += n;
        return engineOnce(stack, numbers, pids());
      };
      const bareRound = (n: number) => bareOnce(stack.temporal, n, pids());

      await engineRound(warmUp);
      await bareRound(warmUp);
      const engine: Round[] = [];
      const bareRounds: Round[] = [];
      for (let pair = 1; pair <= pairs; pair++) {
        engine.push(await engineRound(contacts));
        bareRounds.push(await bareRound(contacts));
        report(
          `  pair ${pair}: engine ${shown(engine.at(-1)!.perS)}/s, bare ${shown(bareRounds.at(-1)!.perS)}/s`,
        );
      }
      const events = await countEvents(stack, numberOf(needed - 1));
      const ratios = engine.map((round, i) => round.perS / bareRounds[i]!.perS);
      const cpuRatios = engine.map((round, i) => totalMs(bareRounds[i]!) / totalMs(round));
      return {
        name: 'lifecycle',
        compared:
          'contacts of one attempt, hopper to completed workflow, against a bare workflow with one empty activity, in turns on the same servers',
        on: `${contacts} contacts and ${contacts} bare workflows a round after a warm-up of ${warmUp}; at most ${STARTS_AT_ONCE} starts at once on both sides; worker, API, simulator and bare worker in processes of their own; Temporal dev server on a SQLite file`,
        measures: [
          measure('engine ÷ bare', '×', ratios, atLeast(RATIO_TARGET)),
          measure(
            'engine',
            'contacts/s',
            engine.map((round) => round.perS),
          ),
          measure(
            'bare',
            'workflows/s',
            bareRounds.map((round) => round.perS),
          ),
          measure('bare CPU ÷ engine CPU', '×', cpuRatios),
          measure('history events, one attempt', '', events.one, atMost(EVENTS_ONE_ATTEMPT)),
          measure('history events, each further attempt', '', events.further, atMost(EVENTS_FURTHER_ATTEMPT)),
        ],
        notes: [
          `PostgreSQL transactions a contact: ${shown(median(engine.map((round) => round.transactions)))}`,
          `CPU ms a contact: ${cpuText(engine)}`,
          `CPU ms a bare workflow: ${cpuText(bareRounds)}`,
        ],
      };
    } finally {
      await bare.stop();
    }
  } finally {
    await stack.stop();
  }
}

const NEVER_ANSWERS = { outcome: 'no_answer', ringS: 10 } as const;

async function startBareWorker(servers: BenchServers) {
  return superviseChild({
    name: 'bare worker',
    command: process.execPath,
    args: [
      '--import',
      import.meta.resolve('tsx'),
      fileURLToPath(new URL('./support/bare-worker.ts', import.meta.url)),
      servers.temporal.address,
      servers.temporal.namespace,
    ],
    pidFile: join(servers.dir, 'bare-worker.pid.json'),
    logFile: join(servers.dir, 'bare-worker.log'),
    restart: 'never',
    ready: { kind: 'line', timeoutMs: 120_000 },
  });
}

/** From the campaign's start to the last contact's completed workflow. */
async function engineOnce(
  stack: Stack,
  numbers: readonly string[],
  pids: Readonly<Record<string, number | null>>,
): Promise<Round> {
  const { campaignId } = await stack.addCampaign(
    { maxConcurrentCalls: MAX_CONCURRENT_CALLS, retry: { maxAttempts: 1, maxAttemptsPerDay: 1 } },
    numbers,
  );
  const transactionsBefore = await transactionsOf(stack);
  const round = await timed(pids, numbers.length, async () => {
    await stack.post(`/v1/campaigns/${campaignId}/start`);
    await untilCompleted(
      stack.temporal,
      `WorkflowType = 'contactWorkflow' AND RightcallCampaign = '${campaignId}' AND ExecutionStatus = 'Completed'`,
      numbers.length,
    );
  });
  // So that no pacer of this round is at work in the next.
  await stack.untilOver(campaignId, ROUND_TIMEOUT_MS);
  const transactions = (await transactionsOf(stack)) - transactionsBefore;
  return { ...round, transactions: transactions / numbers.length };
}

/** PostgreSQL's sessions tell what they did once a second. */
const STATISTICS_LAG_MS = 1_500;

async function transactionsOf(stack: Stack): Promise<number> {
  await delay(STATISTICS_LAG_MS);
  const rows = await stack.db.inTenant(stack.tenantId, (tx) =>
    tx.query<{ done: number }>(
      'SELECT xact_commit + xact_rollback AS done FROM pg_stat_database WHERE datname = current_database()',
    ),
  );
  return rows[0]!.done;
}

let bareMade = 0;

/** From the first start to the last completed workflow; nobody waits for single results, as with the engine. */
async function bareOnce(
  client: Client,
  n: number,
  pids: Readonly<Record<string, number | null>>,
): Promise<Round> {
  const before = bareMade;
  return timed(pids, n, async () => {
    const limit = pLimit(STARTS_AT_ONCE);
    await Promise.all(
      Array.from({ length: n }, () =>
        limit(() => {
          bareMade += 1;
          return client.workflow.start('bareWorkflow', {
            taskQueue: BARE_TASK_QUEUE,
            workflowId: `bare/${bareMade}`,
          });
        }),
      ),
    );
    await untilCompleted(
      client,
      `WorkflowType = 'bareWorkflow' AND ExecutionStatus = 'Completed'`,
      before + n,
    );
  });
}

async function untilCompleted(client: Client, query: string, wanted: number): Promise<void> {
  const giveUpAt = Date.now() + ROUND_TIMEOUT_MS;
  for (;;) {
    const { count } = await client.workflow.count(query);
    if (count >= wanted) return;
    if (Date.now() > giveUpAt) throw new Error(`${count} of ${wanted} workflows completed: ${query}`);
    await delay(LOOK_EVERY_MS);
  }
}

async function timed(
  pids: Readonly<Record<string, number | null>>,
  n: number,
  work: () => Promise<void>,
): Promise<Round> {
  const meter = await startCpuMeter(pids);
  const since = performance.now();
  await work();
  const elapsedS = (performance.now() - since) / 1_000;
  const used = await meter.used();
  return {
    perS: n / elapsedS,
    transactions: 0,
    cpuMs: Object.fromEntries(Object.entries(used).map(([name, s]) => [name, (s * 1_000) / n])),
  };
}

function totalMs(round: Round): number {
  return sum(Object.values(round.cpuMs));
}

/** Medians over the rounds, greatest first. */
function cpuText(rounds: readonly Round[]): string {
  const names = Object.keys(rounds[0]?.cpuMs ?? {});
  const each = names.map((name) => ({ name, ms: median(rounds.map((round) => round.cpuMs[name] ?? 0)) }));
  const listed = each
    .toSorted((a, b) => b.ms - a.ms)
    .filter(({ ms }) => ms >= 0.05)
    .map(({ name, ms }) => `${name} ${ms.toFixed(1)}`);
  return `${shown(median(rounds.map(totalMs)))} (${listed.join(', ')})`;
}

/**
 * Events of a contact that is answered at once and of one that is tried three times. Service calls: no house rule
 * spreads those over days.
 */
async function countEvents(
  stack: Stack,
  neverAnswers: string,
): Promise<{ one: number[]; further: number[] }> {
  const lengthOf = async (campaignId: string, contactId: string) => {
    const handle = stack.temporal.workflow.getHandle(contactWorkflowId(campaignId, contactId));
    await handle.result();
    return (await handle.fetchHistory()).events!.length;
  };
  const attempts = 3;
  const lengths: number[] = [];
  for (const maxAttempts of [1, attempts]) {
    const { campaignId, contacts } = await stack.addCampaign(
      {
        purpose: 'service',
        retry: {
          maxAttempts,
          maxAttemptsPerDay: attempts,
          byOutcome: { no_answer: { delayMinutes: [1] } },
        },
      },
      [neverAnswers],
    );
    await stack.post(`/v1/campaigns/${campaignId}/start`);
    await stack.untilOver(campaignId, ROUND_TIMEOUT_MS);
    lengths.push(await lengthOf(campaignId, contacts[0]!.contactId));
  }
  const [one, all] = lengths as [number, number];
  return { one: [one], further: [(all - one) / (attempts - 1)] };
}
