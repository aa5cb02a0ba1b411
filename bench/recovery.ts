import { setTimeout as delay } from 'node:timers/promises';
import { below, measure, type BenchResult, type Report } from './support/result.ts';
import type { BenchServers } from './support/servers.ts';
import { AFTERNOON_CN, numberOf, startStack, type Stack } from './support/stack.ts';
import { median } from './support/stats.ts';

/**
 * How long what a worker held stays held after it was killed (SIGKILL) in the middle of dialling: from the kill until
 * every attempt that was `claimed` or `sending` then is abandoned, unknown, or over. A second worker goes on meanwhile.
 */
export interface RecoveryOptions {
  readonly servers: BenchServers;
  readonly report: Report;
  readonly kills: number;
}

/** Two leases of 2 s (activities/calls/claim.ts, send.ts): what the design asks for. */
const TWICE_THE_LEASE_MS = 4_000;
/** The carrier answers this late (real ms), so that many a request is on its way at the kill. */
const SLOW_MS = 1_200;
/** Attempts on their way at the kill, at least. */
const HELD_MIN = 3;
const WITHIN_MS = 60_000;

export async function run({ servers, report, kills }: RecoveryOptions): Promise<BenchResult> {
  const stack = await startStack({ servers, from: AFTERNOON_CN, speed: 1, callsPerSecond: 10 });
  try {
    await stack.setFaults(`slow=1:${SLOW_MS}`);
    await stack.addWorker();
    const numbers = Array.from({ length: kills * 400 }, (_, n) => numberOf(n));
    const { campaignId } = await stack.addCampaign({ maxConcurrentCalls: 1_000 }, numbers);
    await stack.post(`/v1/campaigns/${campaignId}/start`);
    let victim = stack.pids().worker!;
    const slowestMs: number[] = [];
    let held = 0;
    for (let n = 0; n < kills; n += 1) {
      const ids = await killAmidst(stack, victim);
      const since = performance.now();
      held += ids.length;
      slowestMs.push(await untilFree(stack, ids, since));
      report(
        `  recovery, kill ${n + 1}: ${ids.length} attempts held, free after ${slowestMs[n]!.toFixed(0)} ms`,
      );
      if (n + 1 < kills) victim = await stack.addWorker();
    }
    return {
      name: 'recovery',
      compared: 'from the kill of one of two workers until nothing that was on its way then is held any more',
      on: `${kills} kills amidst dialling at 10 calls a second, a carrier that takes ${SLOW_MS} ms to answer, processes of their own; ${held} attempts of both workers were on their way`,
      measures: [
        measure('slowest attempt of a kill, median', 'ms', [median(slowestMs)]),
        measure('slowest attempt of all kills', 'ms', [Math.max(...slowestMs)], below(TWICE_THE_LEASE_MS)),
      ],
      notes: [],
    };
  } finally {
    await stack.stop();
  }
}

/** Kill a worker once enough is on its way. @returns what was */
async function killAmidst(stack: Stack, pid: number): Promise<string[]> {
  const giveUpAt = Date.now() + WITHIN_MS;
  for (;;) {
    if ((await heldOf(stack, null)).length >= HELD_MIN) {
      process.kill(pid, 'SIGKILL');
      return heldOf(stack, null);
    }
    if (Date.now() > giveUpAt) throw new Error('too little is on its way at once');
    await delay(10);
  }
}

async function untilFree(stack: Stack, ids: readonly string[], since: number): Promise<number> {
  for (;;) {
    if ((await heldOf(stack, ids)).length === 0) return performance.now() - since;
    if (performance.now() - since > WITHIN_MS) throw new Error('attempts are held for ever');
    await delay(20);
  }
}

async function heldOf(stack: Stack, among: readonly string[] | null): Promise<string[]> {
  const rows = await stack.db.inTenant(stack.tenantId, (tx) =>
    tx.query<{ id: string }>(
      `SELECT id FROM attempts WHERE tenant_id = $1 AND state IN ('claimed', 'sending')
         AND ($2::text[] IS NULL OR id = ANY ($2))`,
      [stack.tenantId, among],
    ),
  );
  return rows.map((row) => row.id);
}
