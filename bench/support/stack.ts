import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { v7 as uuidv7 } from 'uuid';
import type { Scenarios } from '../../carriers/simulator/plan.ts';
import type { SimulatorOptions } from '../../carriers/simulator/options.ts';
import { openDatabase, type Database } from '../../db/client.ts';
import { insertCampaign } from '../../db/repositories/campaigns.ts';
import { upsertCarrier } from '../../db/repositories/carriers.ts';
import { activatePolicySet, storePolicySet } from '../../db/repositories/policies.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { createVault, environmentKeyProvider, postgresKeyStore, type Vault } from '../../db/vault/index.ts';
import { campaignDefinitionSchema, type CampaignDefinitionInput } from '../../domain/campaign.ts';
import { scaledClock, type Clock, type ScaledClockSetting } from '../../domain/clock.ts';
import { importContacts } from '../../imports/index.ts';
import { bundledDocuments, compilePolicySet, locateParsed, toStored } from '../../policies/index.ts';
import { superviseChild, type SupervisedChild } from '../../runtime/servers/child.ts';
import { LOOPBACK, choosePort } from '../../runtime/servers/ports.ts';
import { stopInOrder } from '../../runtime/servers/server.ts';
import type { BenchServers } from './servers.ts';

/**
 * The engine as in production: worker, API and the simulated carrier in processes of their own, on the servers of a
 * benchmark and a database of its own.
 */
export interface Stack {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly tenantId: string;
  readonly carrierId: string;
  readonly clock: Clock;
  readonly clockSetting: ScaledClockSetting;
  readonly vault: Vault;
  readonly apiUrl: string;
  /** For what belongs to this stack; removed with the servers. */
  readonly dir: string;
  readonly temporal: Client;
  pids(): { readonly worker: number | null; readonly api: number | null; readonly simulator: number | null };
  /** A draft with contacts of these numbers, imported from a file as people do it, each with an express consent. */
  addCampaign(
    definition: Partial<CampaignDefinitionInput>,
    numbers: readonly string[],
  ): Promise<AddedCampaign>;
  /** The API. @throws Error with its answer on any status but 2xx */
  post(path: string, body?: object): Promise<Record<string, unknown>>;
  /** Resolves once the campaign and all its contacts' workflows are over. @throws after `withinMs` (real) */
  untilOver(campaignId: string, withinMs: number): Promise<string>;
  stopWorker(): Promise<void>;
  /** One more worker, until the stack stops or somebody kills it. @returns its process id */
  addWorker(): Promise<number>;
  /** Switch faults of the carrier on, as carriers/simulator/faults.ts reads them; '' switches all off. */
  setFaults(spec: string): Promise<void>;
  stop(): Promise<void>;
}

export interface AddedCampaign {
  readonly campaignId: string;
  /** In the order of the numbers. */
  readonly contacts: readonly { readonly contactId: string; readonly personId: string }[];
}

export interface StackOptions {
  readonly servers: BenchServers;
  /** A database that is filled already; without it a new one. */
  readonly databaseUrl?: string;
  /** The tenant's slug. @default 'bench' */
  readonly tenant?: string;
  /** The instant (engine clock) at which the stack starts, and simulated ms a real ms. */
  readonly from: number;
  readonly speed: number;
  readonly scenarios?: Scenarios;
  readonly callsPerSecond?: number;
  /** Further arguments of Node for the worker. @example ['--cpu-prof', '--cpu-prof-dir=…'] */
  readonly workerNodeArguments?: readonly string[];
}

const READY_TIMEOUT_MS = 120_000;
const CARRIER = 'simulator';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export async function startStack(options: StackOptions): Promise<Stack> {
  const { servers } = options;
  const name = `stack-${randomBytes(3).toString('hex')}`;
  const dir = join(servers.dir, name);
  await mkdir(dir, { recursive: true });
  const own = options.databaseUrl === undefined ? await servers.newDatabase() : null;
  const databaseUrl = options.databaseUrl ?? own!.url;
  const masterKey = randomBytes(32).toString('hex');
  const apiKey = randomBytes(24).toString('base64url');
  const webhookSecret = `whsec_${randomBytes(32).toString('base64')}`;
  const clockSetting: ScaledClockSetting = {
    from: options.from,
    realStart: Date.now(),
    speed: options.speed,
  };
  const clock = scaledClock(clockSetting);
  const ports = { api: await choosePort(), simulator: await choosePort() };
  const apiUrl = `http://${LOOPBACK}:${ports.api}`;
  const slug = options.tenant ?? 'bench';

  const db = await openDatabase(databaseUrl, { maxConnections: 6, applicationName: 'rightcall-bench' });
  const keyStore = await postgresKeyStore(databaseUrl);
  const vault = createVault({ keyProvider: environmentKeyProvider(masterKey), keyStore });
  const tenantId = await ensureTenant(db, { slug, name: slug });
  const set = compilePolicySet(bundledDocuments());
  const carrierId = await db.inTenant(tenantId, async (tx) => {
    const { carrier } = await upsertCarrier(tx, {
      name: CARRIER,
      kind: 'simulator',
      baseUrl: `http://${LOOPBACK}:${ports.simulator}`,
      callsPerSecond: options.callsPerSecond ?? 1_000,
      maxConcurrentCalls: 1_000,
      sealedWebhookSecret: vault.sealForTenant(tenantId, 'carrier-webhook', webhookSecret),
    });
    await storePolicySet(tx, { hash: set.hash, documents: bundledDocuments().map(toStored) }, clock.now());
    await activatePolicySet(tx, set.hash, 'bench', clock.now());
    return carrier.id;
  });

  const simulatorOptions: SimulatorOptions = {
    port: ports.simulator,
    logFile: join(dir, 'requests.jsonl'),
    webhookUrl: `${apiUrl}/v1/webhooks/${tenantId}/${carrierId}`,
    webhookSecret,
    clock: clockSetting,
    scenarios: options.scenarios ?? {},
  };
  const optionsFile = join(dir, 'simulator.json');
  await writeFile(optionsFile, JSON.stringify(simulatorOptions), { mode: 0o600 });
  const environment: NodeJS.ProcessEnv = {
    ...withoutOurs(process.env),
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: servers.temporal.address,
    TEMPORAL_NAMESPACE: servers.temporal.namespace,
    RIGHTCALL_TENANT: slug,
    RIGHTCALL_API_KEY: apiKey,
    RIGHTCALL_HOST: LOOPBACK,
    RIGHTCALL_PORT: String(ports.api),
    RIGHTCALL_MASTER_KEY: masterKey,
    RIGHTCALL_CLOCK: JSON.stringify(clockSetting),
    RIGHTCALL_LOG_LEVEL: 'warn',
    // Receivers of outgoing events are on this machine.
    RIGHTCALL_WEBHOOK_ALLOW: '127.0.0.1/32',
    TZ: 'UTC',
  };
  const child = (
    role: string,
    entry: string,
    args: readonly string[],
    nodeArguments: readonly string[] = [],
  ): Promise<SupervisedChild> =>
    superviseChild({
      name: role,
      command: process.execPath,
      args: [...nodeArguments, '--import', import.meta.resolve('tsx'), join(ROOT, entry), ...args],
      env: environment,
      pidFile: join(dir, `${role}.pid.json`),
      logFile: join(dir, `${role}.log`),
      restart: 'never',
      ready: { kind: 'line', timeoutMs: READY_TIMEOUT_MS },
    });

  const started: SupervisedChild[] = [];
  const start = async (...of: Parameters<typeof child>): Promise<SupervisedChild> => {
    const running = await child(...of);
    started.push(running);
    return running;
  };
  const closeOwn = async () => {
    await vault.close();
    await db.close();
    await own?.drop();
  };
  const settled = await Promise.allSettled([
    start('simulator', 'carriers/simulator/main.ts', ['--options-file', optionsFile]),
    start('api', 'cli/main.ts', ['api']),
    start('worker', 'cli/main.ts', ['worker'], options.workerNodeArguments),
  ]);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await stopInOrder(started);
    await closeOwn();
    throw failed.reason;
  }
  const [simulator, api, worker] = settled.map(
    (result) => (result as PromiseFulfilledResult<SupervisedChild>).value,
  ) as [SupervisedChild, SupervisedChild, SupervisedChild];
  const connection = await Connection.connect({ address: servers.temporal.address });
  const temporal = new Client({ connection, namespace: servers.temporal.namespace });

  return {
    db,
    databaseUrl,
    tenantId,
    carrierId,
    clock,
    clockSetting,
    vault,
    apiUrl,
    dir,
    temporal,
    pids: () => ({ worker: worker.pid(), api: api.pid(), simulator: simulator.pid() }),
    addCampaign: (changes, numbers) =>
      addCampaignOf({ db, vault, clock }, { tenantId, carrierId }, changes, numbers),
    post: async (path, body = {}) => {
      const answer = await fetch(`${apiUrl}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${text}`);
      return JSON.parse(text) as Record<string, unknown>;
    },
    untilOver: async (campaignId, withinMs) => {
      const giveUpAt = Date.now() + withinMs;
      for (;;) {
        const rows = await db.inTenant(tenantId, (tx) =>
          tx.query<{ status: string; open: number }>(
            `SELECT status, (SELECT count(*) FROM contacts c WHERE c.tenant_id = $1 AND c.campaign_id = $2
                              AND (c.state IN ('waiting', 'admitted') OR c.workflow_open)) AS open
             FROM campaigns WHERE tenant_id = $1 AND id = $2`,
            [tenantId, campaignId],
          ),
        );
        const { status, open } = rows[0]!;
        if ((status === 'completed' || status === 'stopped') && open === 0) return status;
        if (Date.now() > giveUpAt) throw new Error(`the campaign is ${status} with ${open} contacts open`);
        await delay(100);
      }
    },
    stopWorker: () => worker.stop(),
    addWorker: async () => {
      const more = await start(`worker-${started.length}`, 'cli/main.ts', ['worker']);
      return more.pid()!;
    },
    setFaults: async (spec) => {
      const answer = await fetch(`http://${LOOPBACK}:${ports.simulator}/v1/faults`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ spec }),
      });
      if (!answer.ok) throw new Error(`the simulator refused the faults: ${answer.status}`);
    },
    stop: async () => {
      await connection.close();
      await stopInOrder([api, ...started.filter((child) => child !== api && child !== simulator), simulator]);
      await closeOwn();
    },
  };
}

/** A draft of a tenant's with contacts of these numbers. */
export async function addCampaignOf(
  { db, vault, clock }: Pick<Stack, 'db' | 'vault' | 'clock'>,
  { tenantId, carrierId }: { readonly tenantId: string; readonly carrierId: string },
  changes: Partial<CampaignDefinitionInput>,
  numbers: readonly string[],
): Promise<AddedCampaign> {
  const definition = campaignDefinitionSchema.parse({
    name: 'Bench',
    purpose: 'marketing',
    carrier: CARRIER,
    callerId: '+12025550100',
    ...changes,
  });
  const campaignId = uuidv7();
  await db.inTenant(tenantId, (tx) =>
    insertCampaign(tx, { id: campaignId, definition, carrierId, by: 'bench', at: clock.now() }),
  );
  const file = contactsFile(numbers, definition.purpose, clock);
  const { counts } = await importContacts(
    { db, vault, clock, locateParsed },
    {
      tenantId,
      campaignId,
      source: { name: 'bench.csv', open: () => Readable.from([file]) },
      importedBy: 'bench',
    },
  );
  if (counts.created !== numbers.length) {
    throw new Error(`not every number became a contact: ${JSON.stringify(counts)}`);
  }
  const contacts = await db.inTenant(tenantId, (tx) =>
    tx.query<{ contactId: string; personId: string }>(
      `SELECT id AS "contactId", person_id AS "personId" FROM contacts
       WHERE tenant_id = $1 AND campaign_id = $2 ORDER BY external_id`,
      [tenantId, campaignId],
    ),
  );
  return { campaignId, contacts };
}

/** Servers named in the environment are not the benchmark's. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(DATABASE_URL$|TEMPORAL_|RIGHTCALL_)/.test(name)),
  );
}

function contactsFile(numbers: readonly string[], purpose: string, clock: Clock): Buffer {
  const consentAt = new Date(clock.now() - 30 * 86_400_000).toISOString();
  const rows = numbers.map(
    (number, i) => `C${String(i).padStart(7, '0')},${number},${purpose},explicit,${consentAt},web_form\n`,
  );
  const header = 'external_id,phone,consent_purpose,consent_basis,consent_at,consent_source\n';
  return Buffer.from(header + rows.join(''));
}

/** The n-th made-up mobile number of the Chinese plan, n below 10,000; they reach nothing but the simulator. */
export function numberOf(n: number): string {
  return `+861990000${String(n).padStart(4, '0')}`;
}

/** Friday 2026-11-20, 14:00 in Shanghai: six hours within every window that the bundled packs set for +86. */
export const AFTERNOON_CN = Date.parse('2026-11-20T14:00:00+08:00');
