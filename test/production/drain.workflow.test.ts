import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { request } from 'undici';
import { asOwner } from '../support/blank-database.ts';
import { startEngineProcess, type EngineProcess } from '../support/engine-process.ts';
import { startWholeEngine, type WholeEngine } from '../support/whole-engine.ts';
import { makePeople } from '../privacy/traces-of-people.ts';

/** A campaign whose worker, and whose API, are told to stop in the middle of it. */
const PEOPLE = makePeople(30);
const SHUTDOWN_S = 8;
/** How late (real ms) the carrier answers each dial, so that some are under way at any time. */
const CARRIER_LATE_MS = 900;

let engine: WholeEngine;
let next: EngineProcess | undefined;
let campaignId = '';

beforeAll(async () => {
  engine = await startWholeEngine({
    clock: { from: Date.parse('2026-11-20T11:00:00-05:00'), realStart: Date.now() + 15_000, speed: 60 },
    simulator: { faults: `slow=1:${CARRIER_LATE_MS}` },
    environment: { RIGHTCALL_SHUTDOWN_S: String(SHUTDOWN_S) },
  });
  const campaign = await engine.made('POST', '/v1/campaigns', {
    name: 'Autumn plan',
    purpose: 'marketing',
    carrier: 'simulator',
    callerId: '+12025550199',
    // Slowly enough that the stop comes in the middle.
    callsPerSecond: 4,
    retry: { maxAttempts: 1 },
  });
  campaignId = String(campaign['id']);
  const header =
    'external_id,phone,country,time_zone,consent_purpose,consent_basis,consent_at,consent_source';
  const rows = PEOPLE.map(
    ({ number }, n) => `E${n},${number},US,America/New_York,marketing,express,2026-11-01T10:00:00Z,web`,
  );
  await engine.made(
    'POST',
    `/v1/campaigns/${campaignId}/imports?name=people.csv`,
    [header, ...rows].join('\n'),
  );
  await engine.made('POST', `/v1/campaigns/${campaignId}/start`, { reason: 'the season begins' });
}, 120_000);
afterAll(async () => {
  await next?.stop();
  await engine?.close();
});

async function counts(): Promise<{ sending: number; sent: number; all: number }> {
  const [row] = await asOwner<{ sending: number; sent: number; all: number }>(
    engine.databaseUrl,
    `SELECT (count(*) FILTER (WHERE state IN ('claimed', 'sending')))::int AS sending,
            (count(*) FILTER (WHERE state IN ('sent', 'ended')))::int AS sent, count(*)::int AS all FROM attempts`,
  );
  return row!;
}

test('a worker says that it stops, ends what it is in the middle of, and leaves nothing half done', async () => {
  await expect.poll(async () => (await counts()).sent, { timeout: 60_000 }).toBeGreaterThan(3);
  await expect
    .poll(async () => (await counts()).sending, { timeout: 20_000, interval: 20 })
    .toBeGreaterThan(0);
  const stopped = engine.worker.stop();
  const began = Date.now();
  // Probes know before it is gone.
  let probed = 200;
  while (probed === 200) {
    probed = await engine.ops('worker', '/readyz').then(
      ({ status }) => status,
      () => 0,
    );
  }
  expect(probed).toBe(503);
  expect(await stopped).toBe(0);
  expect(Date.now() - began).toBeLessThan(SHUTDOWN_S * 1_000 + 1_000);
  expect((await counts()).sending).toBe(0);
  expect(engine.worker.logLines().at(-1)).toMatchObject({ msg: 'stopped' });
});

test('another one goes on where it was, and nobody was rung twice', async () => {
  const before = (await counts()).all;
  expect(before).toBeLessThan(PEOPLE.length);
  next = await startEngineProcess('worker', engine.environment);
  await engine.untilStatus(campaignId, 'completed', 90_000);
  expect((await counts()).all).toBeGreaterThan(before);
  const dials = (await readFile(engine.requestLog, 'utf8'))
    .split('\n')
    .filter((line) => line.includes('"kind":"dial"'))
    .map((line) => (JSON.parse(line) as { attemptId: string }).attemptId);
  expect(new Set(dials).size).toBe(dials.length);
  expect(dials.length).toBe((await counts()).sent);
});

test('an API that is told to stop ends its live streams at once', async () => {
  // A campaign that goes on, so that its stream would.
  const draft = await engine.made('POST', '/v1/campaigns', {
    name: 'Winter plan',
    purpose: 'marketing',
    carrier: 'simulator',
    callerId: '+12025550199',
  });
  const stream = await request(`${engine.apiUrl}/v1/campaigns/${String(draft['id'])}/progress/stream`, {
    headers: { authorization: `Bearer ${engine.environment['RIGHTCALL_API_KEY']!}` },
  });
  expect(stream.statusCode).toBe(200);
  const chunks = stream.body[Symbol.asyncIterator]();
  expect((await chunks.next()).done).toBe(false);
  const began = Date.now();
  const stopped = engine.api.stop();
  while (!(await chunks.next()).done);
  expect(await stopped).toBe(0);
  expect(Date.now() - began).toBeLessThan(3_000);
});
