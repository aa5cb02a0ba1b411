import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { HOUR_MS } from '../domain/time.ts';
import { atMost, measure, type BenchResult, type Report } from './support/result.ts';
import type { BenchServers } from './support/servers.ts';
import { AFTERNOON_CN, numberOf, startStack } from './support/stack.ts';

/**
 * Memory over 24 simulated hours: worker, API and simulator in processes of their own on a scaled clock, a campaign
 * whose contacts are tried again and again through the day. What a process holds is sampled every few seconds; after a
 * warm-up of a quarter of the time it must not grow.
 */
export interface SoakOptions {
  readonly servers: BenchServers;
  readonly report: Report;
  /** Real minutes that the day takes. */
  readonly minutes: number;
}

const SIMULATED_MS = 24 * HOUR_MS;
const SAMPLE_MS = 2_000;
const WARM_UP = 0.25;
const CONTACTS = 400;
/** Calls a second, real: so that there is something to do for as long as phones may ring. */
const CALLS_PER_SECOND = 4;
/** Of the resident memory, from the second quarter to the last: what a heap moves by without growing. */
const GROWTH_MAX = 10;

const ROLES = ['worker', 'api', 'simulator'] as const;
type Role = (typeof ROLES)[number];

export async function run(options: SoakOptions): Promise<BenchResult> {
  const realMs = options.minutes * 60_000;
  const speed = SIMULATED_MS / realMs;
  const stack = await startStack({
    servers: options.servers,
    from: AFTERNOON_CN,
    speed,
    callsPerSecond: CALLS_PER_SECOND,
  });
  const samples = new Map<Role, number[]>(ROLES.map((role) => [role, []]));
  let calls = 0;
  try {
    const numbers = Array.from({ length: CONTACTS }, (_, i) => numberOf(i));
    const again = { delayMinutes: [45], maxAttempts: 20 };
    const { campaignId } = await stack.addCampaign(
      {
        retry: {
          maxAttempts: 20,
          maxAttemptsPerDay: 20,
          byOutcome: { busy: again, no_answer: again, congestion: again, carrier_error: again },
        },
      },
      numbers,
    );
    await stack.post(`/v1/campaigns/${campaignId}/start`);
    const until = Date.now() + realMs;
    while (Date.now() < until) {
      const pids = stack.pids();
      for (const role of ROLES) samples.get(role)!.push(await residentMb(pids[role]!));
      await delay(SAMPLE_MS);
    }
    calls = await stack.db.inTenant(stack.tenantId, async (tx) => {
      const rows = await tx.query<{ n: number }>('SELECT count(*) AS n FROM attempts WHERE tenant_id = $1', [
        tx.tenantId,
      ]);
      return rows[0]!.n;
    });
  } finally {
    await stack.stop();
  }
  const told = ROLES.map((role) => ({ role, ...summaryOf(samples.get(role)!) }));
  for (const { role, early, late, peak } of told) {
    options.report(
      `  soak, ${role}: ${early.toFixed(0)} MB early, ${late.toFixed(0)} late, ${peak.toFixed(0)} at most`,
    );
  }
  return {
    name: 'soak',
    compared: 'resident memory over 24 simulated hours, the last quarter beside the second',
    on: `${CONTACTS} contacts, ${calls} attempts, ${options.minutes} real minutes (clock × ${speed.toFixed(0)}), sampled every ${SAMPLE_MS / 1_000} s`,
    measures: told.flatMap(({ role, early, late, peak, slope }) => [
      measure(`${role}, growth`, '%', [100 * (late / early - 1)], atMost(GROWTH_MAX)),
      measure(`${role}, slope after warm-up`, 'MB/simulated h', [slope]),
      measure(`${role}, peak`, 'MB', [peak]),
    ]),
    notes: [],
  };
}

/** Medians of the second and the last quarter, the line through what follows the warm-up, and the highest sample. */
function summaryOf(mb: readonly number[]) {
  const warm = mb.slice(Math.floor(mb.length * WARM_UP));
  const third = Math.max(1, Math.floor(warm.length / 3));
  const middle = (of: readonly number[]) => of.toSorted((a, b) => a - b)[of.length >> 1]!;
  const hours = warm.map((_, i) => ((i / (mb.length - 1)) * SIMULATED_MS) / HOUR_MS);
  const mean = (of: readonly number[]) => of.reduce((total, one) => total + one, 0) / of.length;
  const [x, y] = [mean(hours), mean(warm)];
  const slope =
    hours.reduce((total, hour, i) => total + (hour - x) * (warm[i]! - y), 0) /
    Math.max(
      1e-9,
      hours.reduce((total, hour) => total + (hour - x) ** 2, 0),
    );
  return {
    early: middle(warm.slice(0, third)),
    late: middle(warm.slice(-third)),
    slope,
    peak: Math.max(...mb),
  };
}

/** What a process holds in memory now. */
async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1_024;
}
