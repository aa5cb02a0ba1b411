import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSealer } from '../../activities/services/seal.ts';
import { verifyAudit } from '../../audit/verify.ts';
import { formatVerdict } from '../../audit/report.ts';
import { openDatabase, type Database } from '../../db/client.ts';
import { HOUR_MS } from '../../domain/time.ts';
import { createSigner } from '../../evidence/checkpoint.ts';
import { fileSecondPlace } from '../../evidence/second-place.ts';
import { pack, rule } from '../policies/support.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { History, MONDAY_10_SHANGHAI } from './history.ts';

let database: TestDatabase;
let db: Database;
let client: pg.Client;
let folder: string;
let history: History;
let made: string[];

const signer = createSigner(generateKeyPairSync('ed25519').privateKey);
const DOCUMENTS = [
  pack([
    rule(
      'test.hours',
      'calling_window',
      { windows: { daily: ['09:00-20:00'] } },
      { reasonCode: 'window.closed' },
    ),
  ]),
];

beforeAll(async () => {
  database = await createTestDatabase();
  db = await openDatabase(database.url, { maxConnections: 2 });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await db.close();
  await database.drop();
});

/** Five sealed decisions under one checkpoint, and its copy. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rightcall-seals-'));
  history = new History(client, DOCUMENTS);
  await history.begin();
  made = [];
  for (let i = 0; i < 5; i++) await decide();
  await seal();
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function decide(): Promise<void> {
  const ids = await history.contact('waiting');
  const at = MONDAY_10_SHANGHAI + made.length * HOUR_MS;
  made.push((await history.decision(ids, 1, at, { stage: 'admission' })).decisionId);
}

async function seal(): Promise<void> {
  await createSealer({ db, signer, secondPlace: fileSecondPlace(folder) }).round(history.tenantId);
}

async function audit(withCopies = true) {
  return verifyAudit({
    db,
    tenantId: history.tenantId,
    ...(withCopies ? { secondPlace: fileSecondPlace(folder) } : {}),
  });
}

/** What stands against I7, with what it is about. */
async function faults(): Promise<{ of: unknown; what: string }[]> {
  const verdict = await audit();
  expect(verdict.ok).toBe(false);
  return verdict.invariants
    .find((one) => one.id === 'I7')!
    .violations.map(({ subject, what }) => ({
      of: subject['decisionId'] ?? subject['checkpoint'] ?? subject['copy'],
      what,
    }));
}

const tenant = () => history.tenantId;
const copyFile = async () => {
  const [day] = await readdir(join(folder, tenant()));
  const [name] = await readdir(join(folder, tenant(), day!));
  return join(folder, tenant(), day!, name!);
};

describe('an audit of a sealed history', () => {
  it('holds, and says what is sealed, by whom, and what is in the second place', async () => {
    const verdict = await audit();
    expect(verdict.invariants.flatMap((one) => one.violations)).toEqual([]);
    expect(verdict.ok).toBe(true);
    expect(verdict.seals).toMatchObject({ sealed: 5, checkpoints: 1, copies: 1, keys: [signer.keyId] });
    expect(formatVerdict(verdict)).toContain(
      'sealed: 5 decisions under 1 signed checkpoint, 1 of them in the second place',
    );
  });

  it('says that nothing is sealed where nothing is, and that no second place was given', async () => {
    const fresh = new History(client, DOCUMENTS);
    await fresh.begin();
    const verdict = await verifyAudit({ db, tenantId: fresh.tenantId });
    expect(verdict).toMatchObject({ ok: true, seals: null });
    expect(JSON.stringify(verdict.invariants)).toContain('none is sealed');
    expect(JSON.stringify((await audit(false)).invariants)).toContain('no second place was given');
  });

  it('names a decision that was changed, down to what its facts are said to hash to', async () => {
    await history.query(
      `UPDATE decisions SET recorded_real = recorded_real + interval '1 ms' WHERE id = $1`,
      [made[2]],
    );
    expect(await faults()).toEqual([{ of: made[2], what: 'was changed after it was sealed' }]);
  });

  it('names a decision that is missing', async () => {
    await history.query('DELETE FROM decisions WHERE id = $1', [made[1]]);
    expect(await faults()).toEqual([{ of: made[1], what: 'was sealed and is missing' }]);
  });

  it('names a decision that is missing with its place in the log, and the checkpoint that no longer holds', async () => {
    await history.query('DELETE FROM decisions WHERE id = $1', [made[1]]);
    await history.query('DELETE FROM evidence_leaves WHERE decision_id = $1', [made[1]]);
    expect(await faults()).toEqual([
      { of: made[2], what: 'follows a gap in the evidence log: the places 1 to 1 are missing' },
      { of: 5, what: expect.stringContaining('does not hold for the log') as string },
    ]);
  });

  it('names a decision that was put in and is not sealed', async () => {
    await decide();
    expect(await faults()).toEqual([
      { of: made[5], what: expect.stringContaining('is not sealed') as string },
    ]);
  });

  it('finds decisions that changed places', async () => {
    await history.query('DELETE FROM evidence_leaves WHERE tenant_id = $1 AND position IN (0, 1)', [
      tenant(),
    ]);
    for (const [position, id] of [
      [0, made[1]],
      [1, made[0]],
    ]) {
      await history.query(`INSERT INTO evidence_leaves SELECT $1, $2, $3, '\\x00'`, [tenant(), position, id]);
    }
    const found = await faults();
    expect(found.map((one) => one.of)).toEqual([made[1], made[0], 5]);
  });

  it('finds a decision that was changed together with its leaf, by the root that was signed', async () => {
    await history.query(`UPDATE evidence_leaves SET hash = sha256(hash) WHERE decision_id = $1`, [made[3]]);
    expect((await faults()).map((one) => one.of)).toEqual([made[3], 5]);
  });

  it('finds a checkpoint that was signed anew with another key, by its copy', async () => {
    const other = createSigner(generateKeyPairSync('ed25519').privateKey);
    const { rows } = await client.query<{ root: string; at_real: Date }>(
      'SELECT root, at_real FROM evidence_checkpoints WHERE tenant_id = $1',
      [tenant()],
    );
    const forged = other.sign({
      tenantId: tenant(),
      size: 5,
      root: rows[0]!.root,
      atReal: rows[0]!.at_real.getTime(),
    });
    await history.query(
      'UPDATE evidence_checkpoints SET key_id = $2, public_key = $3, signature = $4 WHERE tenant_id = $1',
      [tenant(), forged.checkpoint.keyId, forged.checkpoint.publicKey, forged.signature],
    );
    expect(await faults()).toEqual([{ of: 5, what: 'is another one in the second place' }]);
  });

  it('finds that the database was taken back, and that a copy was lost or damaged', async () => {
    const file = await copyFile();
    const before = await readFile(file, 'utf8');
    await rm(file);
    expect(await faults()).toEqual([{ of: 5, what: 'is missing in the second place' }]);
    await writeFile(file, before.replace('"size":5', '"size":6'));
    expect((await faults()).map((one) => one.what)).toEqual([
      'is missing in the second place',
      'has a signature that does not hold',
      'is in the second place and not in the database',
    ]);
  });
});
