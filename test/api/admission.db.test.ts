import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { admissionLimits, type ReservedDatabases } from '../../api/admission-limits.ts';
import { DEFAULT_LIMITS } from '../../api/deps.ts';
import type { ApiApp } from '../../api/env.ts';
import { openDatabase, type Database } from '../../db/client.ts';
import { call, createRig, type Rig } from './rig.ts';

/** Places of everything that is no stop, and room to wait: few, so that a test can fill them. */
const PLACES = 2;
const ROOM = 3;

let rig: Rig;
let shared: Database;
let reserved: ReservedDatabases;
let app: ApiApp;
beforeAll(async () => {
  rig = await createRig();
  const open = (maxConnections: number) => openDatabase(rig.url, { maxConnections, clock: rig.clock });
  shared = await open(PLACES);
  reserved = { stops: await open(2), carrier: await open(1), access: await open(1) };
  const limits = admissionLimits(PLACES);
  app = createApp({
    ...rig.deps,
    db: shared,
    reserved,
    limits: {
      ...DEFAULT_LIMITS,
      admission: { ...limits, other: { atOnce: PLACES, waiting: ROOM, waitMs: null } },
    },
  });
});
afterAll(async () => {
  await Promise.all([shared, ...Object.values(reserved)].map((db) => db.close()));
  await rig.close();
});

/** Keep every shared connection busy, and every place and all room to wait taken by reads, while `work` runs. */
async function whileBusy<T>(work: () => Promise<T>): Promise<T> {
  let free = (): void => undefined;
  const freed = new Promise<void>((resolve) => {
    free = resolve;
  });
  const holding = Array.from({ length: PLACES }, () => shared.inTenant(rig.tenantId, () => freed));
  const reads = Array.from({ length: PLACES + ROOM }, () => call(app, 'GET', '/v1/campaigns'));
  try {
    return await work();
  } finally {
    free();
    await Promise.all(holding);
    // What was let in is done, however many were turned away meanwhile.
    expect((await Promise.all(reads)).map(({ status }) => status)).toEqual(Array(PLACES + ROOM).fill(200));
  }
}

test('beyond its places and its room, the API turns reads away at once, and does what it had let in', async () => {
  await whileBusy(async () => {
    // None of those that were let in is answered yet.
    const more = await Promise.all(Array.from({ length: 20 }, () => call(app, 'GET', '/v1/campaigns')));
    for (const answer of more) {
      expect([answer.status, answer.headers.get('retry-after'), answer.body.code]).toEqual([
        503,
        '1',
        'unavailable',
      ]);
      expect(answer.body.detail).toContain('nothing was done');
    }
  });
});

test('a stop is carried out while every place and every shared connection is taken', async () => {
  await whileBusy(async () => {
    const stops = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        call(app, 'POST', '/v1/suppressions', { number: `+1202555010${i}`, source: 'test' }),
      ),
    );
    expect(stops.map(({ status }) => status)).toEqual(Array(10).fill(201));
  });
});

test('neither its Idempotency-Key nor a key that was not seen before keeps a stop waiting', async () => {
  const key = await rig.makeKey({ roles: ['compliance'] });
  await whileBusy(async () => {
    const answer = await call(
      app,
      'POST',
      '/v1/suppressions',
      { number: '+12025550119', source: 'test' },
      { Authorization: `Bearer ${key}`, 'Idempotency-Key': 'stop-1' },
    );
    expect(answer.status).toBe(201);
  });
});

test('probes are answered, and whoever may not ask is told so, however much there is to do', async () => {
  const key = await rig.makeKey({ roles: ['agent'] });
  await whileBusy(async () => {
    expect((await call(app, 'GET', '/healthz')).status).toBe(200);
    const refused = await call(app, 'POST', '/v1/campaigns', {}, { Authorization: `Bearer ${key}` });
    expect(refused.status).toBe(403);
  });
});
