import { setTimeout as delay } from 'node:timers/promises';
import { withdrawConsent } from '../api/actions/consent.ts';
import { openDatabase, type Database } from '../db/client.ts';
import { fixedClock, type Clock } from '../domain/clock.ts';
import { CHANNELS, PURPOSES } from '../domain/vocabulary.ts';
import { ALL_OPEN, personIdOf, type FilledDatabase } from './support/filled.ts';
import { below, measure, type BenchResult, type Report } from './support/result.ts';
import type { BenchServers } from './support/servers.ts';
import { AFTERNOON_CN, numberOf, startStack, type Stack } from './support/stack.ts';
import { percentile } from './support/stats.ts';

/**
 * How long a withdrawal of consent takes to be acknowledged, that is until nothing can be sent to the person any more:
 * of people with nothing in flight, in a database that was in use for years, and of people whose phone is ringing at
 * the simulated carrier, where a worker has to hang up first.
 */
export interface WithdrawalOptions {
  readonly servers: BenchServers;
  readonly filled: FilledDatabase;
  readonly report: Report;
  /** Withdrawals a run with nothing in flight. */
  readonly withdrawals: number;
  readonly runs: number;
  /** Calls that ring, each withdrawn by itself. */
  readonly ringing: number;
}

const QUIET_P99_MS = 50;
const RINGING_MAX_MS = 3_000;
const RING_TIMEOUT_S = 120;
const RINGS_WITHIN_MS = 60_000;

export async function run(options: WithdrawalOptions): Promise<BenchResult> {
  const { report, runs, withdrawals, filled } = options;
  const quiet: number[][] = [];
  const db = await openDatabase(filled.url, { maxConnections: 8, applicationName: 'rightcall-bench' });
  try {
    const clock = fixedClock(ALL_OPEN);
    await withdrawEach(db, clock, filled.tenantId, peopleOf(filled, 0, 20));
    for (let i = 0; i < runs; i++) {
      const people = peopleOf(filled, 20 + i * withdrawals, withdrawals);
      quiet.push(await withdrawEach(db, clock, filled.tenantId, people));
      report(
        `  withdrawal, nothing in flight, run ${i + 1}: p99 ${percentile(quiet[i]!, 0.99).toFixed(1)} ms`,
      );
    }
  } finally {
    await db.close();
  }
  const ringing = await whileRinging(options);
  return {
    name: 'withdrawal',
    compared: 'from the request to the acknowledgement, after which nothing is sent to the person',
    on: `nothing in flight: ${filled.size}, ${withdrawals} people a run, one after another; in flight: ${options.ringing} ringing calls, worker, API and simulator in processes of their own, asked through the API`,
    measures: [
      measure(
        'nothing in flight, p50',
        'ms',
        quiet.map((ms) => percentile(ms, 0.5)),
      ),
      measure(
        'nothing in flight, p99',
        'ms',
        quiet.map((ms) => percentile(ms, 0.99)),
        below(QUIET_P99_MS),
      ),
      measure('while ringing, p50', 'ms', [percentile(ringing.eachMs, 0.5)]),
      measure('while ringing, slowest', 'ms', [Math.max(...ringing.eachMs)], below(RINGING_MAX_MS)),
      measure(
        `stop of a campaign with ${ringing.stopped} calls ringing`,
        'ms',
        [ringing.stopMs],
        below(RINGING_MAX_MS),
      ),
    ],
    notes:
      ringing.incomplete === 0 ? [] : [`${ringing.incomplete} acknowledged before a hang-up was confirmed`],
  };
}

/** People scattered over the table; none twice. */
function peopleOf(filled: FilledDatabase, from: number, count: number): string[] {
  const gap = Math.floor(filled.people / (from + count));
  if (gap < 1) throw new Error(`${filled.people} people are too few for so many withdrawals`);
  return Array.from({ length: count }, (_, i) => personIdOf(filled.people - 1 - from - i));
}

async function withdrawEach(
  db: Database,
  clock: Clock,
  tenantId: string,
  personIds: readonly string[],
): Promise<number[]> {
  const latenciesMs: number[] = [];
  for (const personId of personIds) {
    const since = performance.now();
    await withdrawConsent(
      { db, clock },
      { tenantId, by: 'bench', requestId: null },
      {
        personId,
        purposes: [...PURPOSES],
        channels: [...CHANNELS],
        source: 'bench',
        evidenceHash: null,
        occurredAt: clock.now(),
      },
    );
    latenciesMs.push(performance.now() - since);
  }
  return latenciesMs;
}

interface RingingResult {
  readonly eachMs: readonly number[];
  readonly incomplete: number;
  readonly stopped: number;
  readonly stopMs: number;
}

/** Phones that nobody picks up: half are withdrawn one by one, the other half stopped with their campaign. */
async function whileRinging(options: WithdrawalOptions): Promise<RingingResult> {
  const numbers = Array.from({ length: options.ringing * 2 }, (_, n) => numberOf(n));
  const stack = await startStack({
    servers: options.servers,
    from: AFTERNOON_CN,
    speed: 1,
    scenarios: Object.fromEntries(
      numbers.map((number) => [number, { outcome: 'no_answer', setupS: 0.2, ringS: RING_TIMEOUT_S }]),
    ),
  });
  try {
    const one = await ring(stack, numbers.slice(0, options.ringing));
    const eachMs: number[] = [];
    let incomplete = 0;
    for (const { personId } of one.contacts) {
      const since = performance.now();
      const answer = await stack.post(`/v1/persons/${personId}/withdrawals`, { source: 'bench' });
      eachMs.push(performance.now() - since);
      const stop = answer['stop'] as { inFlight?: number; complete?: boolean };
      if (stop.inFlight === 0) throw new Error('a call had ended before it was withdrawn');
      if (stop.complete === false) incomplete += 1;
    }
    options.report(`  withdrawal while ringing: slowest ${Math.max(...eachMs).toFixed(0)} ms`);
    const other = await ring(stack, numbers.slice(options.ringing));
    const since = performance.now();
    await stack.post(`/v1/campaigns/${other.campaignId}/stop`);
    return { eachMs, incomplete, stopped: other.contacts.length, stopMs: performance.now() - since };
  } finally {
    await stack.stop();
  }
}

async function ring(stack: Stack, numbers: readonly string[]) {
  const added = await stack.addCampaign(
    { ringTimeoutS: RING_TIMEOUT_S, maxConcurrentCalls: numbers.length },
    numbers,
  );
  await stack.post(`/v1/campaigns/${added.campaignId}/start`);
  const giveUpAt = Date.now() + RINGS_WITHIN_MS;
  for (;;) {
    const rows = await stack.db.inTenant(stack.tenantId, (tx) =>
      tx.query<{ ringing: number }>(
        `SELECT count(*) AS ringing FROM attempts a JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
         WHERE a.tenant_id = $1 AND a.campaign_id = $2 AND a.state = 'sent' AND k.status = 'ringing'`,
        [stack.tenantId, added.campaignId],
      ),
    );
    if (rows[0]!.ringing === numbers.length) return added;
    if (Date.now() > giveUpAt) throw new Error(`${rows[0]!.ringing} of ${numbers.length} phones ring`);
    await delay(50);
  }
}
