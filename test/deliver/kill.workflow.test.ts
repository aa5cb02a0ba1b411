import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { ENDPOINT_SECRET_LABEL } from '../../activities/deliver/drain.ts';
import { openDatabase, type Database } from '../../db/client.ts';
import { insertEndpoint } from '../../db/repositories/endpoints.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { createVault, environmentKeyProvider, keyStoreOn } from '../../db/vault/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { SECRET } from './rig.ts';

const MASTER_KEY = '5a'.repeat(32);
let database: TestDatabase;
let db: Database;
let receiver: Receiver;
let tenantId: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  db = await openDatabase(database.url, { maxConnections: 4 });
  tenantId = await ensureTenant(db, { slug: 'one', name: 'One' });
  receiver = await startReceiver();
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await receiver.close();
  await db.close();
  await database.drop();
});

async function startWorker(): Promise<ChildProcess> {
  const { address, namespace } = inject('temporal');
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'worker'], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      RIGHTCALL_MASTER_KEY: MASTER_KEY,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      RIGHTCALL_WEBHOOK_ALLOW: '127.0.0.1',
      RIGHTCALL_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(createInterface(child.stdout), 'line');
  return child;
}

it('a worker killed with a request under way: another one delivers everything, what was on its way twice', async () => {
  const vault = createVault({
    keyProvider: environmentKeyProvider(MASTER_KEY),
    keyStore: keyStoreOn(db),
  });
  const endpointId = uuidv7();
  const CONTACTS = 5;
  await db.inTenant(tenantId, async (tx) => {
    await insertEndpoint(
      tx,
      {
        id: endpointId,
        url: receiver.url,
        description: '',
        events: ['*'],
        orderBy: 'contact',
        enabled: true,
        sealedSecret: vault.sealForTenant(tenantId, ENDPOINT_SECRET_LABEL, SECRET),
      },
      Date.now(),
    );
    for (let n = 0; n < CONTACTS * 3; n += 1) {
      await tx.query(`SELECT rightcall_emit($1, 'attempt.ended', 'contacts/c', $2, now(), $3)`, [
        tenantId,
        `c${n % CONTACTS}`,
        JSON.stringify({ n }),
      ]);
    }
  });
  // The first of each contact is taken; the second is on its way when the worker dies.
  receiver.behave(({ event }) => (Number(event.data['n']) < CONTACTS ? 200 : 'hang'));
  const first = await startWorker();
  await receiver.until(() => receiver.received.length === 2 * CONTACTS, 60_000);
  first.kill('SIGKILL');
  await once(first, 'exit');
  receiver.behave(() => 200);
  await startWorker();
  await receiver.until(() => receiver.accepted().length === CONTACTS * 3, 90_000);

  const taken = receiver.accepted().map(({ event }) => event);
  expect(new Set(taken.map(({ id }) => id)).size).toBe(CONTACTS * 3);
  for (let contact = 0; contact < CONTACTS; contact += 1) {
    const own = taken.filter(({ partitionkey }) => partitionkey === `c${contact}`);
    expect(own.map(({ data }) => data['n'])).toEqual([contact, contact + CONTACTS, contact + 2 * CONTACTS]);
  }
  // On its way when the worker died, and sent again under the same id.
  expect(receiver.received).toHaveLength(CONTACTS * 4);
});
