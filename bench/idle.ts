import { setTimeout as delay } from 'node:timers/promises';
import { startCpuMeter } from './support/cpu.ts';
import { ALL_CLOSED, FILLED_TENANT, type FilledDatabase } from './support/filled.ts';
import { atMost, measure, type BenchResult, type Report } from './support/result.ts';
import { withClient, type BenchServers } from './support/servers.ts';
import { startStack } from './support/stack.ts';

/**
 * What a running campaign costs of which every contact waits for its calling window: CPU of the worker with its pacer,
 * and of PostgreSQL, beside what the same processes use while that campaign is paused.
 */
export interface IdleOptions {
  readonly servers: BenchServers;
  readonly filled: FilledDatabase;
  readonly report: Report;
  readonly seconds: number;
  readonly runs: number;
}

/** Per cent of one core. The design says "no measurable CPU". */
const TARGET_PERCENT = 1;
/** Until the pacer has found every cohort closed and start-up is over. */
const SETTLE_MS = 12_000;

type Share = Readonly<Record<string, number>>;

export async function run(options: IdleOptions): Promise<BenchResult> {
  const { servers, filled, report, seconds, runs } = options;
  await setWaiting(filled, 'paused');
  const stack = await startStack({
    servers,
    databaseUrl: filled.url,
    tenant: FILLED_TENANT,
    from: ALL_CLOSED,
    speed: 1,
  });
  const look = async (): Promise<Share> => {
    const meter = await startCpuMeter({
      worker: stack.pids().worker,
      postgres: servers.postgres.pid(),
      temporal: servers.temporal.pid(),
    });
    const since = performance.now();
    await delay(seconds * 1_000);
    const used = await meter.used();
    const elapsedS = (performance.now() - since) / 1_000;
    return Object.fromEntries(Object.entries(used).map(([name, s]) => [name, (s / elapsedS) * 100]));
  };
  try {
    const paused: Share[] = [];
    const running: Share[] = [];
    for (let i = 0; i < runs; i++) {
      await delay(SETTLE_MS);
      paused.push(await look());
      await stack.post(`/v1/campaigns/${filled.campaignId}/resume`);
      await delay(SETTLE_MS);
      running.push(await look());
      await stack.post(`/v1/campaigns/${filled.campaignId}/pause`);
      report(`  idle, run ${i + 1}: paused ${textOf(paused[i]!)}; running ${textOf(running[i]!)}`);
    }
    const more = (name: string) => running.map((share, i) => (share[name] ?? 0) - (paused[i]![name] ?? 0));
    const both = more('worker').map((worker, i) => worker + more('postgres')[i]!);
    const of = (name: string) => running.map((share) => share[name] ?? 0);
    return {
      name: 'idle',
      compared: `a running campaign with every contact outside its window, against the same campaign paused`,
      on: `${filled.people.toLocaleString('en-US')} waiting contacts, ${seconds} s each; per cent of one core`,
      measures: [
        measure('worker and PostgreSQL, more than while paused', '%', both, atMost(TARGET_PERCENT)),
        measure('worker, in all', '%', of('worker')),
        measure('PostgreSQL, in all', '%', of('postgres')),
        measure('Temporal dev server, in all', '%', of('temporal')),
      ],
      notes: [],
    };
  } finally {
    await stack.stop();
    await setWaiting(filled, 'running');
  }
}

function textOf(share: Share): string {
  return Object.entries(share)
    .map(([name, percent]) => `${name} ${percent.toFixed(2)} %`)
    .join(', ');
}

async function setWaiting(filled: FilledDatabase, status: 'paused' | 'running'): Promise<void> {
  await withClient(filled.url, (client) =>
    client.query('UPDATE campaigns SET status = $3 WHERE tenant_id = $1 AND id = $2', [
      filled.tenantId,
      filled.campaignId,
      status,
    ]),
  );
}
