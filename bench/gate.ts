import pLimit from 'p-limit';
import { claimAttempt, type GateDeps } from '../activities/calls/claim.ts';
import { createPolicySource } from '../gate/policy-source.ts';
import { openDatabase, type Database } from '../db/client.ts';
import { fixedClock } from '../domain/clock.ts';
import { startCpuMeter } from './support/cpu.ts';
import { ALL_OPEN, contactIdOf, kindOf, type FilledDatabase } from './support/filled.ts';
import { atLeast, measure, shown, type BenchResult, type Report } from './support/result.ts';
import { withClient, type BenchServers } from './support/servers.ts';
import { median, percentile } from './support/stats.ts';

/**
 * Transaction A of the dial gate (claimAttempt) on a database that was in use for years: decisions per second over
 * eight connections of one process, each with its durable commit, each for another person.
 */
export interface GateOptions {
  readonly servers: BenchServers;
  readonly filled: FilledDatabase;
  readonly report: Report;
  /** Decisions a run. */
  readonly decisions: number;
  readonly runs: number;
}

const CONNECTIONS = 8;
const TARGET_PER_S = 500;

type Path = 'allow' | 'mixed';

export interface GateRun {
  readonly perS: number;
  readonly latenciesMs: readonly number[];
  readonly verdicts: Readonly<Record<string, number>>;
  readonly cpu: Readonly<Record<string, number>>;
}

export async function run(options: GateOptions): Promise<BenchResult> {
  const { filled, report, decisions, runs } = options;
  const picks = picker(filled.people);
  const all: Record<Path, GateRun[]> = { allow: [], mixed: [] };
  const worker = await openGateWorker(filled, CONNECTIONS);
  try {
    await runOnce(options, worker, picks('mixed', Math.min(decisions, 300)));
    for (let i = 1; i <= runs; i++) {
      for (const path of ['allow', 'mixed'] as const) {
        const done = await runOnce(options, worker, picks(path, decisions));
        all[path].push(done);
        report(`  gate ${path}, run ${i}: ${shown(done.perS)}/s`);
      }
    }
  } finally {
    await worker.db.close();
  }
  const per = (path: Path, of: (run: GateRun) => number) => all[path].map(of);
  const cpuText = (path: Path) => {
    const cpu = (name: string) => shown(median(per(path, (r) => ((r.cpu[name] ?? 0) * 1_000) / decisions)));
    return `CPU ms a decision, ${path}: node ${cpu('node')}, postgres ${cpu('postgres')}`;
  };
  const shares = all.mixed[0]!.verdicts;
  const share = (name: string) => `${name} ${Math.round(((shares[name] ?? 0) / decisions) * 100)} %`;
  return {
    name: 'gate',
    compared: 'Transaction A: locks, facts, full CN and US packs, Decision, reservation, durable commit',
    on: `${filled.size}; ${CONNECTIONS} connections, one process, ${decisions} decisions a run, allow and mixed in turns`,
    measures: [
      measure(
        'allowed',
        'decisions/s',
        per('allow', (r) => r.perS),
        atLeast(TARGET_PER_S),
      ),
      measure(
        'mixed',
        'decisions/s',
        per('mixed', (r) => r.perS),
        atLeast(TARGET_PER_S),
      ),
      measure(
        'allowed, p50',
        'ms',
        per('allow', (r) => percentile(r.latenciesMs, 0.5)),
      ),
      measure(
        'allowed, p99',
        'ms',
        per('allow', (r) => percentile(r.latenciesMs, 0.99)),
      ),
    ],
    notes: [`mixed: ${Object.keys(shares).map(share).join(', ')}`, cpuText('allow'), cpuText('mixed')],
  };
}

/** Contacts not picked before, scattered over the whole table. */
export function picker(people: number): (path: Path, count: number) => string[] {
  // A step that shares no factor with the size visits everybody once; a large prime scatters them.
  const step = people % 15_485_863 === 0 ? 32_452_843 : 15_485_863;
  let next = 0;
  return (path, count) => {
    const picked: string[] = [];
    while (picked.length < count) {
      if (next >= people) throw new Error(`${people} people are too few for so many decisions`);
      const i = Number((BigInt(next) * BigInt(step)) % BigInt(people));
      next += 1;
      if (path === 'mixed' || kindOf(i) === 'free') picked.push(contactIdOf(i));
    }
    return picked;
  };
}

export type GateWorker = GateDeps & { readonly db: Database; readonly connections: number };

/** As in a worker that has been up for a while: its connections, statements and policies are there already. */
export async function openGateWorker(filled: FilledDatabase, connections: number): Promise<GateWorker> {
  return {
    db: await openDatabase(filled.url, { maxConnections: connections, applicationName: 'rightcall-bench' }),
    clock: fixedClock(ALL_OPEN),
    policies: createPolicySource(),
    connections,
  };
}

/** Decide about these contacts, as many at once as the worker has connections, and leave no trace of it. */
export async function runOnce(
  options: Pick<GateOptions, 'servers' | 'filled'>,
  worker: GateWorker,
  contactIds: readonly string[],
): Promise<GateRun> {
  const { servers, filled } = options;
  const admission = filled.attemptsEach + 1;
  await admit(filled, contactIds, admission);
  try {
    const limit = pLimit(worker.connections);
    const latenciesMs: number[] = [];
    const verdicts: Record<string, number> = {};
    const meter = await startCpuMeter({ node: process.pid, postgres: servers.postgres.pid() });
    const since = performance.now();
    await Promise.all(
      contactIds.map((contactId) =>
        limit(async () => {
          const from = performance.now();
          const claim = await worker.db.inTenant(filled.tenantId, (tx) =>
            claimAttempt(tx, worker, { contactId, campaignId: filled.campaignId, admission }),
          );
          latenciesMs.push(performance.now() - from);
          const verdict =
            claim.kind !== 'closed'
              ? claim.kind
              : claim.result.kind === 'final'
                ? claim.result.state
                : 'waiting';
          verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
        }),
      ),
    );
    const elapsedS = (performance.now() - since) / 1_000;
    return { perS: contactIds.length / elapsedS, latenciesMs, verdicts, cpu: await meter.used() };
  } finally {
    await forget(filled, contactIds);
  }
}

/** As the pacer leaves them to the gate. */
async function admit(
  filled: FilledDatabase,
  contactIds: readonly string[],
  admission: number,
): Promise<void> {
  await withClient(filled.url, (client) =>
    client.query(
      `UPDATE contacts SET state = 'admitted', admissions = $3, admitted_real = now()
       WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`,
      [filled.tenantId, contactIds, admission],
    ),
  );
}

/** Leave the database as it was found, for the next run and the next benchmark. */
async function forget(filled: FilledDatabase, contactIds: readonly string[]): Promise<void> {
  await withClient(filled.url, async (client) => {
    const of = [filled.tenantId, contactIds];
    const latest = filled.attemptsEach + 1;
    await client.query(
      `DELETE FROM attempts WHERE tenant_id = $1 AND id = ANY (SELECT c || '/${latest}' FROM unnest($2::uuid[]) c)`,
      of,
    );
    await client.query('DELETE FROM decisions WHERE tenant_id = $1 AND contact_id = ANY ($2::uuid[])', of);
    await client.query(
      `UPDATE contacts SET state = 'waiting', state_reason = NULL, admissions = $3, attempts = $3, rank = 14,
              ready_at = created_at + interval '399 days'
       WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`,
      [...of, filled.attemptsEach],
    );
  });
}
