import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createPolicySource, type PolicySource } from '../../gate/policy-source.ts';
import { openDatabase, type Database } from '../../db/client.ts';
import { upsertCarrier } from '../../db/repositories/carriers.ts';
import { activatePolicySet, storePolicySet } from '../../db/repositories/policies.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { createVault, environmentKeyProvider, postgresKeyStore, type Vault } from '../../db/vault/index.ts';
import { fixedClock } from '../../domain/clock.ts';
import { bundledDocuments, compilePolicySet, toStored, type PolicyDocument } from '../../policies/index.ts';
import type { VirtualTime } from './turns.ts';
import { WORKDAY_MORNING_CN } from '../support/engine.ts';

/** One tenant with its own clock: what happens in one lane is nobody else's concern. */
export interface Lane {
  readonly tenantId: string;
  readonly carrierId: string;
  readonly clock: ReturnType<typeof fixedClock>;
  readonly db: Database;
  readonly vault: Vault;
  readonly policies: PolicySource;
  /** Real time as this lane has it, in its processes and in its statements. */
  readonly time: VirtualTime;
  /** As a superuser, behind everybody's back: time that passes, and the judge's look at the rows. */
  readonly behind: pg.Client;
}

export interface Ground {
  readonly lanes: readonly Lane[];
  readonly waitingForLocks: (pids: readonly number[]) => Promise<ReadonlySet<number>>;
  close(): Promise<void>;
}

/** At most one call a person a day, over all campaigns: the cap that interleavings are judged by. */
const ONCE_A_DAY: PolicyDocument = {
  kind: 'pack',
  id: 'house-once',
  version: 1,
  title: 'Once a day, for tests',
  authority: 'house',
  rules: [
    {
      id: 'house.once',
      version: 1,
      type: 'frequency_cap',
      label: 'Once a day',
      jurisdiction: ['CN'],
      strength: 'house',
      citation: { instrument: 'House policy', article: null, url: null, checkedOn: '2026-03-01' },
      confidence: 'P',
      reasonCode: 'cap.attempts',
      params: { count: 1, window: { rolling: { hours: 24 } }, unit: 'attempt', key: 'person' },
    },
  ],
};

/**
 * Real time by tenant, for the statements of its actors. Leases and patience are counted by it, so that they run out when
 * the interleaving says so and not when this machine is slow.
 */
const VIRTUAL_TIME = `
  CREATE TABLE IF NOT EXISTS interleaving_time (tenant_id uuid PRIMARY KEY, at timestamptz NOT NULL);
  GRANT SELECT ON interleaving_time TO PUBLIC;
  CREATE OR REPLACE FUNCTION interleaving_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    $$ SELECT at FROM interleaving_time WHERE tenant_id = current_setting('rightcall.tenant_id')::uuid $$`;

/** A statement of the code, in a lane's own time; and its transaction may stand open for as long as nobody lets it go. */
export function inVirtualTime(sql: string): string {
  return sql
    .replaceAll(/\b(clock|statement)_timestamp\(\)/g, 'interleaving_now()')
    .replaceAll(
      /'idle_in_transaction_session_timeout', '\d+'/g,
      "'idle_in_transaction_session_timeout', '0'",
    );
}

/** Connections of a lane: more than its actors ever hold at once. */
const CONNECTIONS = 14;

/** @param url of a migrated database, as a superuser */
export async function openGround(url: string, lanes: number): Promise<Ground> {
  const documents = [...bundledDocuments(), ONCE_A_DAY];
  const policies = { hash: compilePolicySet(documents).hash, documents: documents.map(toStored) };
  const watcher = new pg.Client({ connectionString: url });
  await watcher.connect();
  await watcher.query(VIRTUAL_TIME);
  const open: Lane[] = [];
  const close = async () => {
    for (const lane of open) {
      await lane.behind.end();
      await lane.vault.close();
      await lane.db.close();
    }
    await watcher.end();
  };
  try {
    for (let n = 0; n < lanes; n += 1) open.push(await openLane(url, n, policies));
  } catch (error) {
    await close();
    throw error;
  }
  let asked: Promise<ReadonlySet<number>> = Promise.resolve(new Set());
  return {
    lanes: open,
    waitingForLocks: (pids) => {
      // One question at a time, as one connection asks them.
      asked = asked.then(async () => {
        const { rows } = await watcher.query<{ pid: number }>(
          'SELECT pid FROM pg_locks WHERE NOT granted AND pid = ANY ($1)',
          [pids],
        );
        return new Set(rows.map(({ pid }) => pid));
      });
      return asked;
    },
    close,
  };
}

async function openLane(
  url: string,
  n: number,
  policies: Parameters<typeof storePolicySet>[1],
): Promise<Lane> {
  const clock = fixedClock(WORKDAY_MORNING_CN);
  const db = await openDatabase(url, { maxConnections: CONNECTIONS, clock });
  const vault = createVault({
    keyProvider: environmentKeyProvider('11'.repeat(32)),
    keyStore: await postgresKeyStore(url),
  });
  const tenantId = await ensureTenant(db, {
    slug: `lane-${randomBytes(4).toString('hex')}-${n}`,
    name: `Lane ${n}`,
  });
  const carrierId = await db.inTenant(tenantId, async (tx) => {
    const { carrier } = await upsertCarrier(tx, {
      name: 'simulator',
      kind: 'simulator',
      // Nothing listens there: the exchange is in this process.
      baseUrl: 'http://127.0.0.1:9',
      callsPerSecond: 1_000,
      maxConcurrentCalls: 1_000,
      sealedWebhookSecret: vault.sealForTenant(tenantId, 'carrier-webhook', 'none'),
    });
    await storePolicySet(tx, policies, clock.now());
    await activatePolicySet(tx, policies.hash, 'test', clock.now());
    return carrier.id;
  });
  const behind = new pg.Client({ connectionString: url });
  await behind.connect();
  const time = { nowMs: Date.now() };
  await behind.query('INSERT INTO interleaving_time VALUES ($1, to_timestamp($2::float8 / 1000))', [
    tenantId,
    time.nowMs,
  ]);
  return { tenantId, carrierId, clock, db, vault, policies: createPolicySource(), time, behind };
}
