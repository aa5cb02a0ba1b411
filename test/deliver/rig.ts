import { v7 as uuidv7 } from 'uuid';
import { addressPolicy } from '../../activities/deliver/address.ts';
import {
  drainEndpoint,
  ENDPOINT_SECRET_LABEL,
  type DeliverDeps,
  type DrainResult,
} from '../../activities/deliver/drain.ts';
import { createWebhookSender } from '../../activities/deliver/post.ts';
import { openDatabase, type Database } from '../../db/client.ts';
import { insertEndpoint } from '../../db/repositories/endpoints.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { createVault, environmentKeyProvider, keyStoreOn, type Vault } from '../../db/vault/index.ts';
import { systemClock } from '../../domain/clock.ts';
import type { EndpointOrder, RetryPlan } from '../../domain/outgoing.ts';
import { createTestDatabase } from '../support/postgres.ts';

export const SECRET = `whsec_${Buffer.from('thirty-two bytes only for tests!').toString('base64')}`;

/** Tried again at once, and never given up while a test runs. */
export const AT_ONCE: RetryPlan = {
  delaysMs: [1],
  giveUpAfterMs: 3_600_000,
  restAfterFailures: 1_000,
  restMs: [1],
};

export interface DeliverRig {
  readonly db: Database;
  readonly vault: Vault;
  readonly tenantId: string;
  readonly deps: DeliverDeps;
  addEndpoint(
    url: string,
    options?: { order?: EndpointOrder; events?: string[]; enabled?: boolean },
  ): Promise<string>;
  /** An event as the triggers write it. */
  emit(type: string, orderKey: string, data?: object): Promise<void>;
  drain(endpointId: string, change?: Partial<DeliverDeps>): Promise<DrainResult>;
  /** Drain until nothing is left, whatever it takes. */
  drainAll(endpointId: string, change?: Partial<DeliverDeps>): Promise<void>;
  rows<R extends object>(sql: string, ...values: unknown[]): Promise<R[]>;
  close(): Promise<void>;
}

/** The outbox and the drain on a database of their own, without Temporal. */
export async function createDeliverRig(): Promise<DeliverRig> {
  const database = await createTestDatabase();
  const db = await openDatabase(database.url, { maxConnections: 16 });
  const vault = createVault({
    keyProvider: environmentKeyProvider('5a'.repeat(32)),
    keyStore: keyStoreOn(db),
  });
  const tenantId = await ensureTenant(db, { slug: 'one', name: 'One' });
  const webhooks = createWebhookSender({ policy: addressPolicy(['127.0.0.1']), timeoutMs: 300 });
  const deps: DeliverDeps = { db, clock: systemClock, vault, webhooks, retryPlan: AT_ONCE, lingerMs: 0 };
  const rig: DeliverRig = {
    db,
    vault,
    tenantId,
    deps,
    addEndpoint: async (url, options = {}) => {
      const id = uuidv7();
      await db.inTenant(tenantId, (tx) =>
        insertEndpoint(
          tx,
          {
            id,
            url,
            description: '',
            events: options.events ?? ['*'],
            orderBy: options.order ?? 'contact',
            enabled: options.enabled ?? true,
            sealedSecret: vault.sealForTenant(tenantId, ENDPOINT_SECRET_LABEL, SECRET),
          },
          Date.now(),
        ),
      );
      return id;
    },
    emit: (type, orderKey, data = {}) =>
      db.inTenant(tenantId, async (tx) => {
        await tx.query('SELECT rightcall_emit($1, $2, $3, $4, now(), $5)', [
          tenantId,
          type,
          `contacts/${orderKey}`,
          orderKey,
          JSON.stringify(data),
        ]);
      }),
    drain: (endpointId, change = {}) =>
      drainEndpoint(
        { ...deps, ...change },
        { tenantId, endpointId },
        { beat: () => undefined, cancelled: new AbortController().signal },
      ),
    drainAll: async (endpointId, change = {}) => {
      for (;;) {
        const result = await rig.drain(endpointId, change);
        if (result.kind !== 'waiting') return;
        await new Promise((resolve) => setTimeout(resolve, Math.min(result.inMs, 50)));
      }
    },
    rows: (sql, ...values) => db.inTenant(tenantId, (tx) => tx.query(sql, [tenantId, ...values])),
    close: async () => {
      await webhooks.close();
      await vault.close();
      await db.close();
      await database.drop();
    },
  };
  return rig;
}
