import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refuseTakenBack } from '../../activities/restore/taken-back.ts';
import { verifyAudit } from '../../audit/verify.ts';
import { runRestore, type RestoreOptions } from '../../cli/restore/run.ts';
import { openDatabase } from '../../db/client.ts';
import { fileSecondPlace } from '../../evidence/second-place.ts';
import { makePeople } from '../privacy/traces-of-people.ts';
import { asOwner } from '../support/blank-database.ts';
import { startEngineProcess, type EngineProcess } from '../support/engine-process.ts';
import { startOwnCluster, type OwnCluster } from '../support/own-cluster.ts';
import { startWholeEngine, type WholeEngine } from '../support/whole-engine.ts';

/** A campaign whose database is lost in the middle of it and comes back as it was some calls before. */
const PEOPLE = makePeople(30);
const AGAIN = { delayMinutes: [5], maxAttempts: null };

let cluster: OwnCluster;
let evidence: string;
let engine: WholeEngine;
let worker: EngineProcess | undefined;
let campaignId = '';

beforeAll(async () => {
  [cluster, evidence] = await Promise.all([
    startOwnCluster(),
    mkdtemp(join(tmpdir(), 'rightcall-evidence-')),
  ]);
  engine = await startWholeEngine({
    clock: { from: Date.parse('2026-11-20T11:00:00-05:00'), realStart: Date.now() + 10_000, speed: 120 },
    environment: {
      DATABASE_URL: cluster.url,
      RIGHTCALL_EVIDENCE_KEY_FILE: join(evidence, 'key'),
      RIGHTCALL_EVIDENCE_DIR: join(evidence, 'second'),
    },
  });
  const campaign = await engine.made('POST', '/v1/campaigns', {
    name: 'Autumn plan',
    purpose: 'marketing',
    carrier: 'simulator',
    callerId: '+12025550199',
    callsPerSecond: 6,
    retry: { maxAttempts: 2, byOutcome: { no_answer: AGAIN, busy: AGAIN, voicemail: AGAIN, unknown: AGAIN } },
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
  await worker?.stop();
  await engine?.close();
  await cluster?.close();
  await rm(evidence, { recursive: true, force: true });
});

interface DialLine {
  readonly kind: string;
  readonly attemptId: string;
  readonly to: string;
  readonly result: string;
}
const dials = async (): Promise<DialLine[]> =>
  (await readFile(engine.requestLog, 'utf8').catch(() => ''))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DialLine)
    .filter(({ kind }) => kind === 'dial');
const checkpoint = async () => {
  const [row] = await asOwner<{ size: string | null }>(
    cluster.url,
    'SELECT max(size) AS size FROM evidence_checkpoints',
  );
  return Number(row!.size ?? 0);
};
const attempts = async () =>
  (await asOwner<{ n: number }>(cluster.url, 'SELECT count(*)::int AS n FROM attempts'))[0]!.n;

async function restore(
  verb: RestoreOptions['verb'],
): Promise<{ code: number; said: Record<string, unknown> }> {
  let text = '';
  const code = await runRestore({ verb, json: true }, engine.environment, (part) => (text += part));
  return { code, said: (JSON.parse(text) as { tenants: Record<string, unknown>[] }).tenants[0]! };
}

test('the database is lost while calls are made, and comes back as it was some calls before', async () => {
  await expect.poll(async () => (await dials()).length, { timeout: 60_000 }).toBeGreaterThan(7);
  await expect.poll(checkpoint, { timeout: 30_000 }).toBeGreaterThan(0);
  await cluster.backUp();
  const [then, sealed] = [(await dials()).length, await checkpoint()];
  await expect.poll(async () => (await dials()).length, { timeout: 60_000 }).toBeGreaterThan(then + 10);
  await expect.poll(checkpoint, { timeout: 30_000 }).toBeGreaterThan(sealed);
  // What is sealed is copied right after.
  await delay(500);
  await engine.worker.stop('SIGKILL');
  await cluster.restore();
  await expect.poll(attempts, { timeout: 10_000 }).toBeLessThan((await dials()).length);
}, 120_000);

test('a worker that starts on it refuses, and says what to do', async () => {
  await expect(startEngineProcess('worker', engine.environment)).rejects.toThrow(
    /taken back to an earlier state.*rightcall restore begin/,
  );
}, 60_000);

test('once begun, workers run and ring nobody; what the carrier rang is put on record; then it goes on', async () => {
  const { said } = await restore('begin');
  expect(said).toMatchObject({ begun: true });
  expect(said['ended']).toBeGreaterThan(0);
  worker = await startEngineProcess('worker', engine.environment);
  const before = (await dials()).length;
  await expect(restore('finish')).rejects.toMatchObject({ code: 'precondition_failed' });
  await delay(1_500);
  expect((await dials()).length).toBe(before);
  const known = await attempts();
  const reconciled = await restore('reconcile');
  expect(reconciled.code).toBe(0);
  expect(await attempts()).toBeGreaterThan(known);
  expect((await dials()).length).toBe(before);
  expect(await restore('finish')).toMatchObject({ code: 0, said: { finished: true, resumed: true } });
  await engine.untilStatus(campaignId, 'completed', 90_000);
}, 180_000);

test('the carrier was asked once for each attempt, and caps hold over the time that was lost', async () => {
  const all = await dials();
  const ids = all.map(({ attemptId }) => attemptId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(all.filter(({ result }) => result !== 'accepted')).toEqual([]);
  const byNumber = new Map<string, number>();
  for (const { to } of all) byNumber.set(to, (byNumber.get(to) ?? 0) + 1);
  expect(byNumber.size).toBe(PEOPLE.length);
  expect(Math.max(...byNumber.values())).toBeLessThanOrEqual(2);
  const db = await openDatabase(cluster.url, { maxConnections: 2 });
  const secondPlace = fileSecondPlace(join(evidence, 'second'));
  const [tenant] = await db.tenants();
  const verdict = await verifyAudit({
    db,
    tenantId: tenant!.tenantId,
    requestLog: engine.requestLog,
    secondPlace,
  });
  // What goes on from here is known: another worker would start.
  await refuseTakenBack(db, secondPlace);
  await db.close();
  const notChecked = verdict.invariants.find(({ id }) => id === 'I7')!.notChecked.join('\n');
  expect(notChecked).toMatch(/attempts that a restore wrote on their carrier's word/);
  expect(notChecked).toMatch(/checkpoints? of the second place: what they are over was lost with a backup/);
  const violated = verdict.invariants.filter(({ violationsTotal }) => violationsTotal > 0);
  expect(violated.map(({ id, violations }) => [id, violations])).toEqual([]);
}, 60_000);
