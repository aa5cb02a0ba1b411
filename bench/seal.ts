import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { claimAttempt } from '../activities/calls/claim.ts';
import { createSealer, type Sealer } from '../activities/services/seal.ts';
import { main as verifyFile } from '../audit/standalone/verify-bundle.mjs';
import { openDatabase, type Database } from '../db/client.ts';
import { fixedClock } from '../domain/clock.ts';
import { createSigner } from '../evidence/checkpoint.ts';
import { exportRecords } from '../evidence/export.ts';
import { fileSecondPlace } from '../evidence/second-place.ts';
import { createPolicySource } from '../gate/policy-source.ts';
import { run as runGate } from './gate.ts';
import { startCpuMeter } from './support/cpu.ts';
import { ALL_OPEN, contactIdOf, fillDatabase, type FilledDatabase } from './support/filled.ts';
import { shown } from './support/result.ts';
import { startBenchServers, withClient, type BenchServers } from './support/servers.ts';
import { median } from './support/stats.ts';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 *   node --import tsx bench/seal.ts [--backlog]
 *
 * The evidence log (docs/adr/0015-evidence-log.md). First what it costs the gate: bench/gate.ts with and without a
 * sealer in the same process, in turns. Then how fast a backlog of real decisions is sealed, exported and checked; `--backlog`: this alone.
 */
const MODES = ['no sealer', 'sealing'] as const;
type Mode = (typeof MODES)[number];
const ROUNDS = 4;
/** A run of the gate, long enough for several checkpoints. */
const DECISIONS = 3_000;
const BACKLOG = 20_000;

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** As the worker's loop runs it. */
function startSealing(sealer: Sealer, tenantId: string): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      if (!(await sealer.round(tenantId)))
        await delay(2_000, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

async function measureGate(servers: BenchServers, filled: FilledDatabase, sealer: Sealer): Promise<void> {
  const gate = new Map<Mode, { allowed: number[]; mixed: number[] }>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const mode of round % 2 === 0 ? MODES : MODES.toReversed()) {
      const sealing = mode === 'sealing' ? startSealing(sealer, filled.tenantId) : null;
      const options = { servers, filled, decisions: DECISIONS, runs: 1, report: () => undefined };
      const { measures } = await runGate(options);
      await sealing?.stop();
      const runs = gate.get(mode) ?? { allowed: [], mixed: [] };
      runs.allowed.push(measures[0]!.runs[0]!);
      runs.mixed.push(measures[1]!.runs[0]!);
      gate.set(mode, runs);
      say(`  round ${round + 1}, ${mode}: ${shown(runs.allowed.at(-1)!)}/s, ${shown(runs.mixed.at(-1)!)}/s`);
    }
  }
  const of = (mode: Mode, path: 'allowed' | 'mixed') => median(gate.get(mode)![path]);
  say(`| | ${MODES.join(' | ')} | ratio |`);
  for (const path of ['allowed', 'mixed'] as const) {
    const [without, withSealer] = [of('no sealer', path), of('sealing', path)];
    say(
      `| gate, ${path}, decisions/s | ${shown(without)} | ${shown(withSealer)} | ${(withSealer / without).toFixed(3)} |`,
    );
  }
}

/** A decision of the gate's own making, many times over under other ids. */
async function makeBacklog(filled: FilledDatabase, db: Database): Promise<void> {
  const contactId = contactIdOf(0);
  const admission = filled.attemptsEach + 1;
  await withClient(filled.url, (client) =>
    client.query(
      `UPDATE contacts SET state = 'admitted', admissions = $3, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      [filled.tenantId, contactId, admission],
    ),
  );
  const deps = { clock: fixedClock(ALL_OPEN), policies: createPolicySource() };
  await db.inTenant(filled.tenantId, (tx) =>
    claimAttempt(tx, deps, { contactId, campaignId: filled.campaignId, admission }),
  );
  await withClient(filled.url, (client) =>
    client.query(
      `INSERT INTO decisions SELECT (r).* FROM (
         SELECT jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid(), 'stage', 'admission')) AS r
         FROM decisions d CROSS JOIN generate_series(1, $3) WHERE d.tenant_id = $1 AND d.contact_id = $2) AS copies`,
      [filled.tenantId, contactId, BACKLOG],
    ),
  );
}

async function measureBacklog(
  servers: BenchServers,
  filled: FilledDatabase,
  db: Database,
  sealer: Sealer,
): Promise<void> {
  await makeBacklog(filled, db);
  const meter = await startCpuMeter({ node: process.pid, postgres: servers.postgres.pid() });
  const sealS = await timed(async () => {
    while (await sealer.round(filled.tenantId));
  });
  const cpu = await meter.used();
  const cpuMs = (name: string) => shown(((cpu[name] ?? 0) * 1_000) / BACKLOG);
  say(`CPU ms a sealed decision: node ${cpuMs('node')}, postgres ${cpuMs('postgres')}`);
  say(`| sealed from a backlog of ${BACKLOG}, decisions/s | ${shown(BACKLOG / sealS)} |`);
  const folder = await mkdtemp(join(tmpdir(), 'rightcall-bench-'));
  try {
    const file = join(folder, 'evidence.jsonl');
    const exportS = await timed(async () => {
      const lines = async function* () {
        for await (const record of exportRecords(db, filled.tenantId, { kind: 'range', from: 0, to: null }))
          yield `${JSON.stringify(record)}\n`;
      };
      await pipeline(Readable.from(lines()), createWriteStream(file));
    });
    let text = '';
    const checkS = await timed(async () => {
      await verifyFile([file, '--json'], (part) => (text += part));
    });
    const { decisions } = JSON.parse(text) as { decisions: number };
    say(`| exported, decisions/s | ${shown(decisions / exportS)} |`);
    say(`| checked by the standalone verifier, decisions/s | ${shown(decisions / checkS)} |`);
    say(`resident memory ${shown(process.memoryUsage().rss / 1e6)} MB`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const since = performance.now();
  await work();
  return (performance.now() - since) / 1_000;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const servers = await startBenchServers();
  const copies = await mkdtemp(join(tmpdir(), 'rightcall-copies-'));
  try {
    const filled = await fillDatabase({ servers, people: 20_000, attemptsEach: 3, report: say });
    const db = await openDatabase(filled.url, { maxConnections: 4 });
    const signer = createSigner(generateKeyPairSync('ed25519').privateKey);
    const sealer = createSealer({ db, signer, secondPlace: fileSecondPlace(copies) });
    try {
      if (!process.argv.includes('--backlog')) await measureGate(servers, filled, sealer);
      await measureBacklog(servers, filled, db, sealer);
    } finally {
      await db.close();
    }
    await filled.drop();
  } finally {
    await servers.stop();
    await rm(copies, { recursive: true, force: true });
  }
}
