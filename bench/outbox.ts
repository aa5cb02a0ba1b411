import { fileURLToPath } from 'node:url';
import { v7 as uuidv7 } from 'uuid';
import { openDatabase, type Database } from '../db/client.ts';
import { insertEndpoint } from '../db/repositories/endpoints.ts';
import { run as runGate } from './gate.ts';
import { contactIdOf, fillDatabase, personIdOf, type FilledDatabase } from './support/filled.ts';
import { shown } from './support/result.ts';
import { startBenchServers, withClient, type BenchServers } from './support/servers.ts';
import { median } from './support/stats.ts';

/**
 *   node --import tsx bench/outbox.ts
 *
 * What outgoing events cost those who write the facts (docs/adr/0011-outbox-by-triggers.md), in three states taken in
 * turns on one database: without the triggers, with them and nobody listening, and with one endpoint that wants
 * everything. Twice: the dial gate's transactions (bench/gate.ts), and the transaction that ends a call.
 */
const MODES = ['no triggers', 'no endpoint', 'one endpoint'] as const;
type Mode = (typeof MODES)[number];
const TABLES = ['attempts', 'dispositions', 'consent_events', 'suppressions', 'contacts', 'campaigns'];
const ROUNDS = 5;
const SETTLED = 400;
const DECISIONS = 400;

async function setMode(filled: FilledDatabase, db: Database, mode: Mode): Promise<void> {
  await withClient(filled.url, async (client) => {
    for (const table of TABLES) {
      await client.query(
        `ALTER TABLE ${table} ${mode === 'no triggers' ? 'DISABLE' : 'ENABLE'} TRIGGER outgoing_event`,
      );
    }
  });
  await db.inTenant(filled.tenantId, async (tx) => {
    await tx.query('DELETE FROM endpoints WHERE tenant_id = $1', [filled.tenantId]);
    if (mode !== 'one endpoint') return;
    await insertEndpoint(
      tx,
      {
        id: uuidv7(),
        url: 'https://crm.example/',
        description: '',
        events: ['*'],
        orderBy: 'contact',
        enabled: true,
        sealedSecret: Buffer.alloc(1),
      },
      Date.now(),
    );
  });
}

/** @returns ms of each transaction that ends an attempt, records its disposition and finishes its contact */
async function settle(filled: FilledDatabase, db: Database, from: number): Promise<number[]> {
  const { tenantId } = filled;
  const now = new Date().toISOString();
  const attemptOf = (i: number) => `${contactIdOf(i)}/90`;
  await db.inTenant(tenantId, async (tx) => {
    for (let i = from; i < from + SETTLED; i += 1) {
      await tx.query(
        `INSERT INTO attempts (tenant_id, id, contact_id, campaign_id, person_id, number_hash, n, admission, decision_id,
                               purpose, channel, carrier_id, state, fence, lease_until_real, claimed_at, claimed_real,
                               rang_at, conversation)
         VALUES ($1, $2, $3, $4, $5, '\\x00', 90, 90, $6, 'service', 'voice', $6, 'sent', 1, $7, $7, $7, $7, false)`,
        [tenantId, attemptOf(i), contactIdOf(i), filled.campaignId, personIdOf(i), uuidv7(), now],
      );
    }
    await tx.query(`UPDATE contacts SET state = 'admitted' WHERE tenant_id = $1 AND id = ANY ($2)`, [
      tenantId,
      Array.from({ length: SETTLED }, (_, i) => contactIdOf(from + i)),
    ]);
  });
  const ms: number[] = [];
  for (let i = from; i < from + SETTLED; i += 1) {
    const since = performance.now();
    await db.inTenant(tenantId, async (tx) => {
      await tx.prepared(
        'bench_end',
        `UPDATE attempts SET state = 'ended', ended_at = $3, outcome = 'answered', disposition = 'converted'
         WHERE tenant_id = $1 AND id = $2`,
        [tenantId, attemptOf(i), now],
      );
      await tx.prepared(
        'bench_disposition',
        `INSERT INTO dispositions (tenant_id, attempt_id, contact_id, person_id, code, source, at)
         VALUES ($1, $2, $3, $4, 'converted', 'script', $5)`,
        [tenantId, attemptOf(i), contactIdOf(i), personIdOf(i), now],
      );
      await tx.prepared(
        'bench_finish',
        `UPDATE contacts SET state = 'converted', updated_at = $3 WHERE tenant_id = $1 AND id = $2`,
        [tenantId, contactIdOf(i), now],
      );
    });
    ms.push(performance.now() - since);
  }
  return ms;
}

async function measureAll(servers: BenchServers, filled: FilledDatabase): Promise<void> {
  const db = await openDatabase(filled.url, { maxConnections: 4 });
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const gate = new Map<Mode, { allowed: number[]; mixed: number[] }>();
  const settled = new Map<Mode, number[]>();
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [n, mode] of MODES.entries()) {
        await setMode(filled, db, mode);
        const from = filled.people - (round * MODES.length + n + 1) * SETTLED;
        settled.set(mode, [...(settled.get(mode) ?? []), ...(await settle(filled, db, from))]);
        const { measures } = await runGate({
          servers,
          filled,
          decisions: DECISIONS,
          runs: 1,
          report: () => undefined,
        });
        const runs = gate.get(mode) ?? { allowed: [], mixed: [] };
        runs.allowed.push(measures[0]!.runs[0]!);
        runs.mixed.push(measures[1]!.runs[0]!);
        gate.set(mode, runs);
      }
    }
  } finally {
    await db.close();
  }
  say(`| | ${MODES.join(' | ')} |`);
  const line = (name: string, of: (mode: Mode) => number) =>
    say(`| ${name} | ${MODES.map((mode) => shown(of(mode))).join(' | ')} |`);
  line('gate, allowed, decisions/s', (mode) => median(gate.get(mode)!.allowed));
  line('gate, mixed, decisions/s', (mode) => median(gate.get(mode)!.mixed));
  line('end of a call, ms (median)', (mode) => median(settled.get(mode)!));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const servers = await startBenchServers();
  try {
    const filled = await fillDatabase({
      servers,
      people: 40_000,
      attemptsEach: 3,
      report: (line) => void process.stdout.write(`${line}\n`),
    });
    await measureAll(servers, filled);
    await filled.drop();
  } finally {
    await servers.stop();
  }
}
