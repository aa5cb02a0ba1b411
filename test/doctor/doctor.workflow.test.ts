import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { examine, runDoctor } from '../../cli/doctor/run.ts';
import type { Finding } from '../../cli/doctor/finding.ts';
import { ensureMasterKey } from '../../db/vault/index.ts';
import { systemClock } from '../../domain/clock.ts';
import { signerFromFile } from '../../evidence/signing-key.ts';
import { asOwner, createBlankDatabase } from '../support/blank-database.ts';
import { createTestEngine, type TestEngine } from '../support/engine.ts';
import { connectTestTemporal, type TestTemporal } from '../support/temporal.ts';

const KEY = '11'.repeat(32);
let engine: TestEngine;
let temporal: TestTemporal;
let sound: Record<string, string>;

beforeAll(async () => {
  [engine, temporal] = await Promise.all([createTestEngine({ clock: systemClock }), connectTestTemporal()]);
  await ensureMasterKey(engine.db, engine.vault, engine.tenantId);
  sound = {
    DATABASE_URL: engine.url,
    RIGHTCALL_MASTER_KEY: KEY,
    RIGHTCALL_API_KEY: 'a-key-of-sixteen-or-more',
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
  };
});
afterAll(async () => {
  await temporal.close();
  await engine.close();
});

async function lines(change: Record<string, string> = {}): Promise<Map<string, Finding>> {
  const findings = await examine({ ...sound, ...change });
  return new Map(findings.map((finding) => [finding.check, finding]));
}

const anything = expect.any(String) as string;
const saying = (text: string) => expect.stringContaining(text) as string;

test('a sound installation fails nowhere', async () => {
  const findings = await lines();
  expect([...findings.values()].filter(({ level }) => level === 'fail')).toEqual([]);
  for (const check of [
    'configuration',
    'files',
    'database',
    'database.migrations',
    'database.connections',
    'clock',
    'isolation',
    'keys',
    'vault.test',
    'carrier.test.simulator',
    'work.test',
    'temporal',
    'temporal.namespace',
    'temporal.search-attributes',
  ]) {
    expect([check, findings.get(check)?.level]).toEqual([check, 'ok']);
  }
  expect(findings.get('policies.test')).toBeDefined();
});

test('JSON and exit code say the same as the lines', async () => {
  let text = '';
  const code = await runDoctor(
    { json: true },
    { ...sound, TEMPORAL_ADDRESS: '127.0.0.1:1' },
    (t) => (text += t),
  );
  const report = JSON.parse(text) as { ok: boolean; findings: Finding[] };
  expect([code, report.ok]).toEqual([1, false]);
  expect(report.findings.find(({ check }) => check === 'temporal')).toMatchObject({
    level: 'fail',
    what: saying('no server answers at 127.0.0.1:1'),
    mend: saying('TEMPORAL_ADDRESS'),
  });
  expect(text).not.toContain(KEY);
  expect(text).not.toContain('a-key-of-sixteen');
});

test('a configuration with faults is said, and the rest is not looked at', async () => {
  const findings = await lines({ RIGHTCALL_MASTER_KEY: 'short' });
  expect(findings.get('configuration')).toMatchObject({
    level: 'fail',
    what: saying('RIGHTCALL_MASTER_KEY'),
  });
  expect(findings.get('database')?.level).toBe('skipped');
});

test('a database that does not answer', async () => {
  const findings = await lines({ DATABASE_URL: 'postgres://app:secret@127.0.0.1:1/rightcall' });
  expect(findings.get('database')).toMatchObject({ level: 'fail', what: saying('nothing listens there') });
  expect(findings.get('tenants')?.level).toBe('skipped');
  expect(JSON.stringify([...findings])).not.toContain('secret');
});

test('a database that was not migrated, and one that a newer version migrated', async () => {
  const blank = await createBlankDatabase();
  try {
    expect((await lines({ DATABASE_URL: blank.url })).get('database.migrations')).toMatchObject({
      level: 'fail',
      what: saying('lacks 0000_create_tables'),
      mend: saying('rightcall migrate'),
    });
  } finally {
    await blank.drop();
  }
  const row = `INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('of tomorrow', 99999999999999)`;
  await asOwner(engine.url, row);
  expect((await lines()).get('database.migrations')).toMatchObject({
    level: 'warn',
    what: saying('newer version'),
  });
  await asOwner(engine.url, `DELETE FROM drizzle.__drizzle_migrations WHERE hash = 'of tomorrow'`);
});

test('a role that row-level security would not bind', async () => {
  const role = `doctor_${randomBytes(4).toString('hex')}`;
  await asOwner(engine.url, `CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
  try {
    const url = new URL(engine.url);
    url.username = role;
    url.password = 'x';
    expect((await lines({ DATABASE_URL: url.toString() })).get('isolation')).toMatchObject({
      level: 'fail',
      mend: anything,
    });
  } finally {
    await asOwner(engine.url, `DROP ROLE ${role}`);
  }
});

test('a master key that is not the one the rows are sealed under', async () => {
  expect((await lines({ RIGHTCALL_MASTER_KEY: '22'.repeat(32) })).get('vault.test')).toMatchObject({
    level: 'fail',
    what: saying('not the key that this database was sealed under'),
    mend: saying('RIGHTCALL_MASTER_KEY'),
  });
});

test('an API that nobody could use', async () => {
  const { RIGHTCALL_API_KEY: _, ...without } = sound;
  const findings = await examine({ ...without, RIGHTCALL_HOST: '0.0.0.0' });
  expect(findings.find(({ check }) => check === 'keys')).toMatchObject({
    level: 'fail',
    what: saying('refuses to listen on 0.0.0.0'),
    mend: saying('openssl rand'),
  });
});

test('an OIDC issuer that is away, or calls itself something else', async () => {
  const oidc = { RIGHTCALL_OIDC_AUDIENCE: 'rightcall' };
  expect((await lines({ ...oidc, RIGHTCALL_OIDC_ISSUER: 'http://127.0.0.1:1' })).get('oidc')).toMatchObject({
    level: 'fail',
    what: saying("the issuer's keys cannot be read"),
  });
  const issuer = await serveJson({ issuer: 'https://somebody.example', jwks_uri: 'https://x.example' });
  try {
    expect((await lines({ ...oidc, RIGHTCALL_OIDC_ISSUER: issuer.url })).get('oidc')).toMatchObject({
      level: 'fail',
      what: 'the issuer calls itself https://somebody.example',
      mend: saying('RIGHTCALL_OIDC_ISSUER'),
    });
  } finally {
    issuer.server.close();
  }
});

async function serveJson(body: object): Promise<{ url: string; server: Server }> {
  const server = createServer((_, response) => response.end(JSON.stringify(body)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

test('a carrier that does not answer', async () => {
  const [before] = await asOwner<{ config: object }>(engine.url, 'SELECT config FROM carriers');
  await asOwner(engine.url, `UPDATE carriers SET config = '{"baseUrl":"http://127.0.0.1:1"}'`);
  expect((await lines()).get('carrier.test.simulator')).toMatchObject({
    level: 'fail',
    what: saying('does not answer'),
    mend: saying('running'),
  });
  await asOwner(engine.url, 'UPDATE carriers SET config = $1', [before!.config]);
});

test('calendars that have ended: nothing they are needed for could be dialled', async () => {
  const clock = { from: Date.parse('2035-01-01T00:00:00Z'), realStart: Date.now(), speed: 1 };
  expect((await lines({ RIGHTCALL_CLOCK: JSON.stringify(clock) })).get('policies.test')).toMatchObject({
    level: 'fail',
    what: saying('ended on'),
    mend: saying('put a set in force'),
  });
});

test('work that nobody takes up', async () => {
  await asOwner(
    engine.url,
    `INSERT INTO call_events (tenant_id, carrier_id, event_id, attempt_id, type, at, payload, received_real)
     VALUES ($1, $2, 'e1', 'a1', 'ringing', now(), '{}', now() - interval '2 minutes')`,
    [engine.tenantId, engine.carrierId],
  );
  expect((await lines()).get('work.test')).toMatchObject({
    level: 'warn',
    what: "1 carriers' events that nothing was made of",
    mend: saying('is a worker running'),
  });
  await asOwner(engine.url, 'DELETE FROM call_events');
});

test('a namespace that is not there, and one without the search attributes, which --fix registers', async () => {
  const namespace = `doctor-${randomBytes(4).toString('hex')}`;
  expect((await lines({ TEMPORAL_NAMESPACE: namespace })).get('temporal.namespace')).toMatchObject({
    level: 'fail',
    what: `there is no namespace ${namespace}`,
    mend: saying('temporal operator namespace create'),
  });
  const { connection } = temporal.client;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  const attributes = async (fix: boolean) =>
    (await examine({ ...sound, TEMPORAL_NAMESPACE: namespace }, fix)).find(
      ({ check }) => check === 'temporal.search-attributes',
    );
  // The frontend knows a new namespace within a second or so.
  const until = Date.now() + 30_000;
  while ((await attributes(false))?.what.includes('lacks') !== true && Date.now() < until) await delay(200);
  expect(await attributes(false)).toMatchObject({
    level: 'fail',
    what: saying('lacks RightcallTenant'),
    mend: saying('rightcall doctor --fix'),
  });
  expect(await attributes(true)).toMatchObject({ level: 'ok', what: saying('registered') });
  expect(inject('temporal').namespace).not.toBe(namespace);
  // Other tests' workers are remembered in the namespace that they share; nobody ever polled in this one.
  expect((await lines({ TEMPORAL_NAMESPACE: namespace })).get('temporal.workers')).toMatchObject({
    level: 'warn',
    what: saying('nobody polls rightcall-lifecycle'),
    mend: 'start rightcall worker',
  });
});

test('a build that is not the current version of its deployment', async () => {
  expect((await lines({ RIGHTCALL_BUILD_ID: 'never-ran' })).get('temporal.deployment')).toMatchObject({
    level: 'warn',
    what: saying('no worker of rightcall has ever polled'),
    mend: saying('RIGHTCALL_BUILD_ID'),
  });
});

test('says whether decisions are sealed, by which key, and whether checkpoints have a second place', async () => {
  expect((await lines()).get('evidence')).toMatchObject({ level: 'warn', what: saying('are not sealed') });
  const folder = await mkdtemp(join(tmpdir(), 'rightcall-doctor-'));
  try {
    const RIGHTCALL_EVIDENCE_KEY_FILE = join(folder, 'evidence.pem');
    const alone = await lines({ RIGHTCALL_EVIDENCE_KEY_FILE });
    expect(alone.get('evidence')).toMatchObject({ level: 'ok', what: saying('made by the first worker') });
    expect(alone.get('evidence.copies')).toMatchObject({
      level: 'warn',
      what: saying('in the database alone'),
    });
    // It has made no key: that is for the worker.
    expect(existsSync(RIGHTCALL_EVIDENCE_KEY_FILE)).toBe(false);
    const { keyId } = signerFromFile(RIGHTCALL_EVIDENCE_KEY_FILE);
    const both = await lines({ RIGHTCALL_EVIDENCE_KEY_FILE, RIGHTCALL_EVIDENCE_DIR: folder });
    expect(both.get('evidence')).toMatchObject({ level: 'ok', what: saying(keyId) });
    expect(both.get('evidence.copies')?.level).toBe('ok');
    expect(both.get('evidence.test')).toMatchObject({ level: 'ok', what: saying('nothing is sealed yet') });
  } finally {
    await rm(folder, { recursive: true });
  }
});
