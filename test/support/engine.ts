import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { createCarrierSource, type CarrierSource } from '../../activities/calls/carrier-source.ts';
import { keepCallerOf } from '../../gate/caller-number.ts';
import { createPolicySource, type PolicySource } from '../../gate/policy-source.ts';
import { createWebhookVerifier } from '../../carriers/registry.ts';
import { startSimulator } from '../../carriers/simulator/server.ts';
import type { SimulatorOptions } from '../../carriers/simulator/options.ts';
import { openDatabase, type Database } from '../../db/client.ts';
import { storeCallEvents } from '../../db/repositories/call-events.ts';
import { insertCampaign, setCampaignStatus } from '../../db/repositories/campaigns.ts';
import { upsertCarrier } from '../../db/repositories/carriers.ts';
import { appendConsentEvent } from '../../db/repositories/consents.ts';
import { activatePolicySet, storePolicySet } from '../../db/repositories/policies.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { createVault, environmentKeyProvider, postgresKeyStore, type Vault } from '../../db/vault/index.ts';
import { campaignDefinitionSchema, type CampaignDefinitionInput } from '../../domain/campaign.ts';
import type { Clock } from '../../domain/clock.ts';
import { bundledDocuments, compilePolicySet, locateNumber, toStored } from '../../policies/index.ts';
import { createTestDatabase } from './postgres.ts';

/** Friday 2026-11-20, 10:00 in Shanghai: inside every window that the bundled packs set for +86. */
export const WORKDAY_MORNING_CN = Date.parse('2026-11-20T10:00:00+08:00');
const SECRET = `whsec_${Buffer.from('a secret for tests only, 32 byte').toString('base64')}`;

export interface TestEngine {
  readonly url: string;
  readonly db: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly tenantId: string;
  readonly carrierId: string;
  readonly carriers: CarrierSource;
  readonly policies: PolicySource;
  /** A running campaign, but for what `overrides` changes. */
  addCampaign(overrides?: Partial<CampaignDefinitionInput>): Promise<string>;
  /** A person with this number and, unless told otherwise, an express consent; and their contact. */
  addContact(
    campaignId: string,
    options?: AddContact,
  ): Promise<{ contactId: string; personId: string; number: string }>;
  /** The simulator's request log, parsed; and its file, with the journal of events beside it. */
  requests(): Promise<LogLine[]>;
  readonly logFile: string;
  close(): Promise<void>;
}

export interface AddContact {
  readonly number?: string;
  readonly consent?: 'express' | 'none';
  /** Another contact of somebody there is. */
  readonly personId?: string;
}

export interface LogLine {
  readonly at: string;
  readonly simulatedAt: string;
  readonly attemptId: string;
  readonly kind: string;
  readonly result: string;
}

/**
 * Real PostgreSQL with the bundled policies in force, a simulator, and a receiver that stores its events as the API
 * does; without Temporal.
 */
export async function createTestEngine(options: {
  readonly clock: Clock;
  readonly simulator?: Partial<SimulatorOptions>;
  readonly callsPerSecond?: number;
}): Promise<TestEngine> {
  const database = await createTestDatabase();
  const db = await openDatabase(database.url, { maxConnections: 24, clock: options.clock });
  const vault = createVault({
    keyProvider: environmentKeyProvider('11'.repeat(32)),
    keyStore: await postgresKeyStore(database.url),
  });
  const { clock } = options;
  const tenantId = await ensureTenant(db, { slug: 'test', name: 'Test' });
  const folder = await mkdtemp(join(tmpdir(), 'rightcall-engine-'));
  const logFile = join(folder, 'requests.jsonl');

  const state: { carrierId: string } = { carrierId: '' };
  const receiver = await startReceiver(db, tenantId, () => state.carrierId);
  const simulator = await startSimulator({
    logFile,
    webhookUrl: receiver.url,
    webhookSecret: SECRET,
    ...options.simulator,
  });
  const set = compilePolicySet(bundledDocuments());
  await db.inTenant(tenantId, async (tx) => {
    const { carrier } = await upsertCarrier(tx, {
      name: 'simulator',
      kind: 'simulator',
      baseUrl: simulator.url,
      callsPerSecond: options.callsPerSecond ?? 1_000,
      maxConcurrentCalls: 1_000,
      sealedWebhookSecret: vault.sealForTenant(tenantId, 'carrier-webhook', SECRET),
    });
    state.carrierId = carrier.id;
    await storePolicySet(tx, { hash: set.hash, documents: bundledDocuments().map(toStored) }, clock.now());
    await activatePolicySet(tx, set.hash, 'test', clock.now());
  });
  const carriers = createCarrierSource(db, clock);
  let made = 0;

  return {
    url: database.url,
    db,
    vault,
    clock,
    tenantId,
    carrierId: state.carrierId,
    carriers,
    policies: createPolicySource(),
    addCampaign: async (overrides = {}) => {
      const definition = campaignDefinitionSchema.parse({
        name: 'Spring plan',
        purpose: 'marketing',
        carrier: 'simulator',
        callerId: '+12025550100',
        ...overrides,
      });
      const id = uuidv7();
      await db.inTenant(tenantId, async (tx) => {
        await insertCampaign(tx, { id, definition, carrierId: state.carrierId, by: 'test', at: clock.now() });
        await keepCallerOf(tx, vault, definition);
        await setCampaignStatus(tx, id, { status: 'running', reason: null, startedAt: clock.now() });
      });
      return id;
    },
    addContact: async (campaignId, contact = {}) => {
      made += 1;
      // A block of numbers made up here; they reach nothing but the simulator.
      const number = contact.number ?? `+861990000${String(made).padStart(4, '0')}`;
      const contactId = uuidv7();
      const personId = contact.personId ?? uuidv7();
      if (contact.personId === undefined) await addPerson(personId, number);
      await db.inTenant(tenantId, async (tx) => {
        if (contact.consent !== 'none' && contact.personId === undefined) await grant(tx, personId);
        await tx.query(
          `INSERT INTO contacts (tenant_id, id, campaign_id, person_id, state, rank, priority, ready_at, admissions, attempts,
                                 counted_attempts, workflow_open, wake_pending, created_at, updated_at)
           VALUES ($1, $2, $3, $4, 'waiting', 24, 5, $5, 0, 0, 0, false, false, $5, $5)`,
          [tenantId, contactId, campaignId, personId, new Date(clock.now()).toISOString()],
        );
      });
      return { contactId, personId, number };
    },
    logFile,
    requests: async () =>
      (await readFile(logFile, 'utf8').catch(() => ''))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as LogLine),
    close: async () => {
      await simulator.close();
      await receiver.close();
      await carriers.close();
      await vault.close();
      await db.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };

  async function addPerson(personId: string, number: string): Promise<void> {
    const [sealer] = await vault.createPersonKeys(tenantId, [personId]);
    const located = locateNumber(number);
    await db.inTenant(tenantId, async (tx) => {
      await tx.query(
        'INSERT INTO persons (tenant_id, id, created_real, updated_real) VALUES ($1, $2, now(), now())',
        [tenantId, personId],
      );
      await tx.query(
        `INSERT INTO person_numbers (tenant_id, number_hash, person_id, sealed_number, country, number_type, is_primary,
                                     locations, created_real)
         VALUES ($1, $2, $3, $4, $5, $6, true, $7, now())`,
        [
          tenantId,
          vault.numberHash(tenantId, number),
          personId,
          sealer!.sealNumber(number),
          located.country,
          located.type,
          JSON.stringify(located.locations),
        ],
      );
    });
  }

  async function grant(
    tx: Parameters<Parameters<Database['inTenant']>[1]>[0],
    personId: string,
  ): Promise<void> {
    const at = clock.now() - 86_400_000;
    await appendConsentEvent(
      tx,
      {
        personId,
        kind: 'grant',
        purposes: ['marketing', 'service'],
        channels: ['voice'],
        level: 'express',
        basis: 'explicit',
        source: 'web_form',
        evidenceHash: null,
        occurredAt: at,
        expiresAt: null,
        widens: [],
      },
      { at, by: 'test' },
    );
  }
}

/** Checks and stores the carrier's events, as the API's webhook route does. */
async function startReceiver(db: Database, tenantId: string, carrierId: () => string) {
  const verifier = createWebhookVerifier('simulator', { secret: SECRET });
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const read = verifier.read(request.headers as Record<string, string>, body);
      if (read.kind === 'refused') {
        response.writeHead(401).end();
        return;
      }
      db.inTenant(tenantId, (tx) => storeCallEvents(tx, carrierId(), read.events)).then(
        () => response.writeHead(204).end(),
        () => response.writeHead(503).end(),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
