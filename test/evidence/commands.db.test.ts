import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createSealer } from '../../activities/services/seal.ts';
import { runAuditExport } from '../../cli/audit-export.ts';
import { runAuditVerify } from '../../cli/audit-verify.ts';
import { openDatabase, type Database } from '../../db/client.ts';
import { HOUR_MS } from '../../domain/time.ts';
import { createSigner } from '../../evidence/checkpoint.ts';
import { pack, rule } from '../policies/support.ts';
import { History, MONDAY_10_SHANGHAI } from '../audit/history.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const VERIFIER = fileURLToPath(new URL('../../audit/standalone/verify-bundle.mjs', import.meta.url));
const signer = createSigner(generateKeyPairSync('ed25519').privateKey);
let database: TestDatabase;
let db: Database;
let client: pg.Client;
let folder: string;
let contactId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await openDatabase(database.url, { maxConnections: 2 });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  folder = await mkdtemp(join(tmpdir(), 'rightcall-export-'));
  const history = new History(client, [
    pack([rule('test.hours', 'calling_window', { windows: { daily: ['09:00-20:00'] } })]),
  ]);
  await history.begin();
  const ids = await history.contact();
  contactId = ids.contactId;
  for (const hours of [0, 1, 11]) {
    await history.decision(ids, hours, MONDAY_10_SHANGHAI + hours * HOUR_MS, { stage: 'admission' });
  }
  await createSealer({ db, signer, secondPlace: null }).round(history.tenantId);
  vi.stubEnv('DATABASE_URL', database.url);
  vi.stubEnv('RIGHTCALL_TENANT', history.tenantId);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await client.end();
  await db.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

afterEach(() => vi.restoreAllMocks());

/** What a command prints, and its exit code. */
async function printed(work: () => Promise<number>): Promise<{ code: number; text: string }> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  const code = await work();
  return { code, text };
}

/** The one file alone in a folder of its own, as a regulator has it. */
async function alone(file: string, ...args: string[]): Promise<{ code: number; text: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'rightcall-regulator-'));
  try {
    await copyFile(VERIFIER, join(dir, 'verify-bundle.mjs'));
    await copyFile(file, join(dir, 'evidence.jsonl'));
    return await new Promise((resolve) => {
      execFile(
        process.execPath,
        ['verify-bundle.mjs', 'evidence.jsonl', ...args],
        { cwd: dir, env: {} },
        (error, stdout) => resolve({ code: Number(error?.code ?? 0), text: stdout }),
      );
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

test('what audit export writes is checked by the one file alone, which says in words what was decided, why and by what', async () => {
  const file = join(folder, 'contact.jsonl');
  expect(await runAuditExport({ contact: contactId, output: file })).toBe(0);
  const { code, text } = await alone(file, '--key', signer.keyId);
  expect(text).toContain('All of it holds.');
  expect(code).toBe(0);
  expect(text).toMatch(/2026-11-23T02:00:00\.000Z {2}the call was allowed/);
  expect(text).toMatch(
    /the call was put off until \S+\n {4}because no\.test_hours: test\.hours \(made up for a test, 1\)/,
  );
  expect(text).toContain('by: test-law version 1, engine version rightcall.evaluator/');
  expect(text).toContain('test-law 1: decided in 3 decisions');
  const other = await alone(file, '--quiet', '--key', '0123456789abcdef');
  expect([other.code, other.text]).toEqual([1, expect.stringContaining('which is not trusted')]);
});

test('audit verify --export checks it offline, and names a decision that was changed in the file', async () => {
  const file = join(folder, 'all.jsonl');
  await runAuditExport({ output: file });
  vi.stubEnv('DATABASE_URL', 'postgres://127.0.0.1:1/nothing');
  const good = await printed(() => runAuditVerify({ export: file, quiet: true, key: [signer.keyId] }));
  expect([good.code, good.text]).toEqual([0, expect.stringContaining('All of it holds.')]);
  const changed = join(folder, 'changed.jsonl');
  const text = await readFile(file, 'utf8');
  await writeFile(changed, text.replace('"verdict":"', '"verdict":"not '));
  const bad = await printed(() => runAuditVerify({ export: changed, quiet: true }));
  vi.stubEnv('DATABASE_URL', database.url);
  expect(bad.code).toBe(1);
  expect(bad.text).toMatch(
    /✗ was changed: it is not what was sealed at its place \[decision [0-9a-f-]{36}, place 0/,
  );
});

test('a part of the log is asked for by places or by instants, and bad wishes are refused by name', async () => {
  const lines = async (options: object) => {
    const file = join(folder, 'part.jsonl');
    await runAuditExport({ ...options, output: file });
    return (await readFile(file, 'utf8')).split('\n').filter((line) => line.includes('"kind":"decision"'))
      .length;
  };
  expect(await lines({ from: '1', to: '3' })).toBe(2);
  expect(await lines({ from: '2026-01-01T00:00:00Z', to: '2036-01-01T00:00:00Z' })).toBe(3);
  expect(await lines({ from: '2036-01-01T00:00:00Z' })).toBe(0);
  await expect(runAuditExport({ from: 'yesterday' })).rejects.toMatchObject({
    faults: [{ field: '--from' }],
  });
  await expect(runAuditExport({ from: '3', to: '1' })).rejects.toMatchObject({ faults: [{ field: '--to' }] });
  await expect(runAuditExport({ contact: 'x' })).rejects.toMatchObject({ faults: [{ field: '--contact' }] });
  await expect(runAuditVerify({ export: 'f', log: 'l' })).rejects.toMatchObject({
    faults: [{ field: '--log' }],
  });
});
