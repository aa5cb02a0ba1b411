import { tmpdir } from 'node:os';
import { pino } from 'pino';
import { createApp } from '../../api/app.ts';
import { DEFAULT_LIMITS } from '../../api/deps.ts';
import { openDatabase, type Database } from '../../db/client.ts';
import { createVault, environmentKeyProvider, postgresKeyStore, type Vault } from '../../db/vault/index.ts';
import { fixedClock } from '../../domain/clock.ts';
import { bundledDocuments, compilePolicySet, toStored } from '../../policies/index.ts';
import { ALL_OPEN, type FilledDatabase } from './filled.ts';

const KEY = 'a-key-for-benchmarks';

/** The API in this process on the filled database, asked without a socket. */
export interface BenchApi {
  readonly db: Database;
  readonly vault: Vault;
  /** One request. @returns real ms until its whole answer was read. @throws Error for an answer that is not 200 */
  time(method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ ms: number; answer: unknown }>;
  close(): Promise<void>;
}

export async function openBenchApi(filled: FilledDatabase): Promise<BenchApi> {
  const db = await openDatabase(filled.url, { maxConnections: 8, applicationName: 'rightcall-bench' });
  const vault = createVault({
    keyProvider: environmentKeyProvider('11'.repeat(32)),
    keyStore: await postgresKeyStore(filled.url),
  });
  const app = createApp({
    db,
    clock: fixedClock(ALL_OPEN),
    logger: pino({ level: 'silent' }),
    tenantId: filled.tenantId,
    apiKey: KEY,
    vault,
    imports: {
      contacts: () => Promise.reject(new Error('nothing is imported here')),
      doNotCall: () => Promise.reject(new Error('nothing is imported here')),
    },
    carrierKinds: ['simulator'],
    createWebhookVerifier: () => {
      throw new Error('no webhook comes here');
    },
    defaultPolicySet: () => {
      const documents = bundledDocuments();
      return { hash: compilePolicySet(documents).hash, documents: documents.map(toStored) };
    },
    endpointUrlFault: async () => null,
    spoolDir: tmpdir(),
    limits: DEFAULT_LIMITS,
  });
  return {
    db,
    vault,
    time: async (method, path, body) => {
      const since = performance.now();
      const response = await app.request(path, {
        method,
        headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const ms = performance.now() - since;
      if (response.status !== 200) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return { ms, answer: JSON.parse(text) as unknown };
    },
    close: async () => {
      await vault.close();
      await db.close();
    },
  };
}
