import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { makeKeyText } from '../../api/access/key-text.ts';
import { createApp } from '../../api/app.ts';
import { DEFAULT_LIMITS, type ApiDeps } from '../../api/deps.ts';
import type { ApiApp } from '../../api/env.ts';
import { CARRIER_KINDS, createWebhookVerifier } from '../../carriers/registry.ts';
import { openDatabase, type Database } from '../../db/client.ts';
import { insertApiKey } from '../../db/repositories/access.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { createVault, environmentKeyProvider, keyStoreOn, type Vault } from '../../db/vault/index.ts';
import type { Permission, Role } from '../../domain/access.ts';
import { fixedClock } from '../../domain/clock.ts';
import type { Fault } from '../../domain/failures.ts';
import { bundledDocuments, compilePolicySet, toStored } from '../../policies/index.ts';
import { createTestDatabase } from '../support/postgres.ts';

export const API_KEY = 'a-key-for-tests-only';
/** Monday 2026-03-02, 10:00 in Shanghai. */
export const NOW = Date.parse('2026-03-02T10:00:00+08:00');

export interface Rig {
  readonly app: ApiApp;
  /** What `app` was made of. */
  readonly deps: ApiDeps;
  readonly db: Database;
  readonly vault: Vault;
  readonly tenantId: string;
  readonly clock: ReturnType<typeof fixedClock>;
  readonly url: string;
  /** The API of another tenant on the same database. */
  readonly other: { readonly app: ApiApp; readonly tenantId: string };
  /** The files that were handed to the import engine, as it saw them. */
  readonly imported: { request: unknown; text: string }[];
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  callOther(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The same with a key of tenant one that has this role alone. */
  callAs(
    role: Role,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** The text of a new key. @param of.tenantId left out: tenant one's; the other's key comes in by either app */
  makeKey(of: KeyWish): Promise<string>;
  close(): Promise<void>;
}

export interface KeyWish {
  readonly roles: readonly Role[];
  readonly scopes?: readonly Permission[];
  readonly tenantId?: string;
  /** Real, epoch ms. */
  readonly expiresReal?: number;
  readonly name?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
}

/** The fields of every answer that tests look into; which of them are there is what they test. */
export interface AnswerBody {
  readonly id: string;
  readonly code: string;
  readonly detail: string;
  readonly action: string;
  readonly requestId: string;
  readonly faults: readonly Fault[];
  readonly status: string;
  readonly revision: number;
  readonly startedAt: string;
  readonly activatedAt: string;
  readonly definition: Readonly<Record<string, unknown>>;
  readonly documents: readonly unknown[];
  readonly items: readonly AnswerBody[];
  readonly next: string | number | null;
  readonly campaign: AnswerBody;
  readonly suppression: AnswerBody;
  readonly import: AnswerBody;
  readonly contact: AnswerBody;
  readonly stop: Readonly<Record<string, number | boolean | string>>;
  readonly entries: readonly {
    readonly at: string;
    readonly kind: string;
    readonly text: string;
    readonly reasons: readonly Readonly<Record<string, unknown>>[];
  }[];
  readonly numbers: readonly string[];
  readonly validUntil: string;
  readonly webhookSecret: string | null;
  readonly webhookPath: string;
  readonly paths: Readonly<Record<string, unknown>>;
}

/** The whole API on a database of its own. @param change replaces dependencies */
export async function createRig(change: Partial<ApiDeps> = {}): Promise<Rig> {
  const database = await createTestDatabase();
  const clock = fixedClock(NOW);
  const db = await openDatabase(database.url, { maxConnections: 8, clock });
  const vault = createVault({
    keyProvider: environmentKeyProvider('5a'.repeat(32)),
    keyStore: keyStoreOn(db),
  });
  const tenantId = await ensureTenant(db, { slug: 'one', name: 'One' });
  const otherTenantId = await ensureTenant(db, { slug: 'other', name: 'Other' });
  const spoolDir = await mkdtemp(join(tmpdir(), 'rightcall-api-test-'));
  const imported: Rig['imported'] = [];
  const deps: ApiDeps = {
    db,
    clock,
    logger: pino({ level: 'silent' }),
    tenantId,
    apiKey: API_KEY,
    vault,
    imports: recordingImports(db, imported),
    carrierKinds: CARRIER_KINDS,
    createWebhookVerifier,
    defaultPolicySet: () => {
      const documents = bundledDocuments();
      return { hash: compilePolicySet(documents).hash, documents: documents.map(toStored) };
    },
    // Nothing is looked up in tests; what may be sent where is tested in test/deliver/.
    endpointUrlFault: () => Promise.resolve(null),
    spoolDir,
    limits: DEFAULT_LIMITS,
    ...change,
  };
  const app = createApp(deps);
  const makeKey = (of: KeyWish) => insertKey(db, of.tenantId ?? tenantId, of);
  const keysOfRoles = new Map<Role, Promise<string>>();
  const keyOfRole = (role: Role) => {
    const key = keysOfRoles.get(role) ?? makeKey({ roles: [role] });
    keysOfRoles.set(role, key);
    return key;
  };
  const otherApp = createApp({ ...deps, tenantId: otherTenantId });
  return {
    app,
    deps,
    db,
    vault,
    tenantId,
    clock,
    url: database.url,
    other: { app: otherApp, tenantId: otherTenantId },
    imported,
    call: (method, path, body, headers) => call(app, method, path, body, headers),
    callOther: (method, path, body, headers) => call(otherApp, method, path, body, headers),
    callAs: async (role, method, path, body, headers) =>
      call(app, method, path, body, { Authorization: `Bearer ${await keyOfRole(role)}`, ...headers }),
    makeKey,
    close: async () => {
      await vault.close();
      await db.close();
      await database.drop();
      await rm(spoolDir, { recursive: true, force: true });
    },
  };
}

async function insertKey(db: Database, tenantId: string, of: KeyWish): Promise<string> {
  const made = makeKeyText(tenantId);
  const id = uuidv7();
  await db.inTenant(tenantId, (tx) =>
    insertApiKey(tx, {
      id,
      name: of.name ?? `test-${id}`,
      hash: made.hash,
      prefix: made.prefix,
      roles: of.roles,
      scopes: of.scopes ?? null,
      expiresReal: of.expiresReal ?? null,
      by: 'test',
    }),
  );
  return made.text;
}

/** One request with the API key; a body that is text is sent as it is. */
export async function call(
  app: ApiApp,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const isText = typeof body === 'string';
  const response = await app.request(path, {
    method,
    headers: {
      Authorization: `Bearer ${API_KEY}`,
      ...(body === undefined ? {} : { 'Content-Type': isText ? 'text/csv' : 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    headers: response.headers,
    body: (json ? JSON.parse(text) : text) as AnswerBody,
  };
}

/** Stands where the import engine stands: keeps what it was handed, and a row for it. */
function recordingImports(db: Database, imported: Rig['imported']): ApiDeps['imports'] {
  const take = async (
    kind: 'contacts' | 'do_not_call',
    request: { tenantId: string; campaignId?: string; source: { name: string; path: string } },
  ) => {
    const text = await readFile(request.source.path, 'utf8');
    imported.push({ request, text });
    const importId = uuidv7();
    await db.inTenant(request.tenantId, (tx) =>
      tx.query(
        `INSERT INTO imports (tenant_id, id, kind, campaign_id, source_name, content_hash, options, status, rows_done,
                              counts, created_real, finished_real)
         VALUES ($1, $2, $3, $4, $5, $6, '{}', 'completed', 1, '{"rows": 1}', now(), now())`,
        [tx.tenantId, importId, kind, request.campaignId ?? null, request.source.name, importId],
      ),
    );
    return { importId, alreadyImported: false };
  };
  return {
    contacts: (request) => take('contacts', request),
    doNotCall: (request) => take('do_not_call', request),
  };
}

/** A definition that is right; tests change what they are about. */
export function definition(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'Spring offer',
    purpose: 'marketing',
    carrier: 'line-1',
    callerId: '+12025550100',
    ...change,
  };
}

export const SECRET = `whsec_${Buffer.from('a secret of the carrier!').toString('base64')}`;

/** The carrier that `definition` names. @returns its id */
export async function addCarrier(rig: Rig): Promise<string> {
  const answer = await rig.call('PUT', '/v1/carriers/line-1', {
    kind: 'simulator',
    baseUrl: 'http://127.0.0.1:9',
    callsPerSecond: 10,
    maxConcurrentCalls: 20,
    webhookSecret: SECRET,
  });
  return answer.body.id;
}

/** @returns the id of a new draft */
export async function addCampaign(rig: Rig, change: Record<string, unknown> = {}): Promise<string> {
  const answer = await rig.call('POST', '/v1/campaigns', definition(change));
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body.id;
}

export interface ContactSeed {
  readonly campaignId: string;
  readonly number: string;
  readonly externalId?: string;
  readonly state?: string;
  readonly stateReason?: string | null;
}

/** A person with one number, and their contact; a number seen before is the same person. */
export async function addContact(
  rig: Rig,
  seed: ContactSeed,
): Promise<{ personId: string; contactId: string }> {
  const { tenantId, vault } = rig;
  const numberHash = vault.numberHash(tenantId, seed.number);
  const known = await rig.db.inTenant(tenantId, (tx) =>
    tx.query<{ person_id: string }>('SELECT person_id FROM person_numbers WHERE number_hash = $1', [
      numberHash,
    ]),
  );
  const personId = known[0]?.person_id ?? uuidv7();
  if (known.length === 0) {
    const [sealer] = await vault.createPersonKeys(tenantId, [personId]);
    await rig.db.inTenant(tenantId, async (tx) => {
      await tx.query(
        'INSERT INTO persons (tenant_id, id, created_real, updated_real) VALUES ($1, $2, now(), now())',
        [tenantId, personId],
      );
      await tx.query(
        `INSERT INTO person_numbers (tenant_id, number_hash, person_id, sealed_number, country, number_type, is_primary,
                                     locations, created_real)
         VALUES ($1, $2, $3, $4, 'US', 'mobile', true, '[]', now())`,
        [tenantId, numberHash, personId, sealer!.sealNumber(seed.number)],
      );
    });
  }
  const contactId = uuidv7();
  const at = new Date(rig.clock.now()).toISOString();
  await rig.db.inTenant(tenantId, (tx) =>
    tx.query(
      `INSERT INTO contacts (tenant_id, id, campaign_id, person_id, external_id, state, state_reason, rank, priority,
                             ready_at, admissions, attempts, counted_attempts, workflow_open, wake_pending, created_at,
                             updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 24, 5, $8, 0, 0, 0, false, false, $8, $8)`,
      [
        tenantId,
        contactId,
        seed.campaignId,
        personId,
        seed.externalId ?? null,
        seed.state ?? 'waiting',
        seed.stateReason ?? null,
        at,
      ],
    ),
  );
  return { personId, contactId };
}

export interface AttemptSeed {
  readonly campaignId: string;
  readonly contactId: string;
  readonly personId: string;
  readonly n: number;
  readonly state: string;
  readonly at?: number;
  readonly outcome?: string;
  readonly disposition?: string;
  readonly talkS?: number;
  /** Answered at; a call that is `sent` and answered is live. */
  readonly answered?: boolean;
  readonly numberHash?: Buffer;
}

/** An attempt with its call, as the gate and the recorder would leave them. */
export async function addAttempt(rig: Rig, seed: AttemptSeed): Promise<string> {
  const { tenantId } = rig;
  const id = `${seed.contactId}/${seed.n}`;
  const at = new Date(seed.at ?? rig.clock.now()).toISOString();
  const carrierId = uuidv7();
  await rig.db.inTenant(tenantId, async (tx) => {
    await tx.query(
      `INSERT INTO attempts (tenant_id, id, contact_id, campaign_id, person_id, number_hash, n, admission, decision_id,
                             purpose, channel, carrier_id, state, fence, lease_until_real, claimed_at, claimed_real,
                             sent_at, ended_at, rang_at, outcome, disposition, conversation)
       VALUES ($1, $2, $3, $4, $5, $13, $6, $6, $7, 'marketing', 'voice', $8, $9, 1, now(), $10, now(), $10,
               CASE WHEN $9 = 'ended' THEN $10::timestamptz END, $10, $11, $12, false)`,
      [
        tenantId,
        id,
        seed.contactId,
        seed.campaignId,
        seed.personId,
        seed.n,
        uuidv7(),
        carrierId,
        seed.state,
        at,
        seed.outcome ?? null,
        seed.disposition ?? null,
        seed.numberHash ?? Buffer.alloc(32),
      ],
    );
    await tx.query(
      `INSERT INTO calls (tenant_id, attempt_id, carrier_id, carrier_ref, status, ringing_at, answered_at, ended_at,
                          talk_s, synthesized)
       VALUES ($1, $2, $3, 'ref', $4, $5, $6, $7, $8, false)`,
      [
        tenantId,
        id,
        carrierId,
        seed.state === 'ended' ? 'ended' : seed.answered === true ? 'answered' : 'ringing',
        at,
        seed.answered === true || seed.outcome === 'answered' ? at : null,
        seed.state === 'ended' ? at : null,
        seed.talkS ?? null,
      ],
    );
  });
  return id;
}
