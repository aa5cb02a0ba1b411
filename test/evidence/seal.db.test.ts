import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSealer } from '../../activities/services/seal.ts';
import { verifyBundle } from '../../audit/standalone/verify-bundle.mjs';
import { openDatabase, type Database } from '../../db/client.ts';
import { createSigner, type Signer } from '../../evidence/checkpoint.ts';
import { exportRecords, type ExportRecord, type ExportScope } from '../../evidence/export.ts';
import { fileSecondPlace } from '../../evidence/second-place.ts';
import { HOUR_MS } from '../../domain/time.ts';
import { pack, rule } from '../policies/support.ts';
import { History, MONDAY_10_SHANGHAI } from '../audit/history.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let db: Database;
let client: pg.Client;
let folder: string;
let signer: Signer;
let history: History;

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
  db = await openDatabase(database.url, { maxConnections: 6 });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await db.close();
  await database.drop();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rightcall-seal-'));
  signer = newSigner();
  history = new History(client, DOCUMENTS);
  await history.begin();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const newSigner = () => createSigner(generateKeyPairSync('ed25519').privateKey);
const sealer = (key = signer) => createSealer({ db, signer: key, secondPlace: fileSecondPlace(folder) });

/** Real time goes on by so much, for whoever asks the process for it: a checkpoint is due again. */
let ahead = 0;
function passTime(ms = 6_000): void {
  ahead += ms;
  const real = performance.timeOrigin + performance.now();
  vi.spyOn(Date, 'now').mockReturnValue(Math.floor(real + ahead));
}

async function seal(one = sealer()): Promise<void> {
  passTime();
  while (await one.round(history.tenantId));
}

async function decide(count: number, ids?: { contactId: string; personId: string }): Promise<string[]> {
  const of = ids ?? (await history.contact());
  const made: string[] = [];
  for (let i = 0; i < count; i++) {
    const { decisionId } = await history.decision(of, i, MONDAY_10_SHANGHAI + i * HOUR_MS, {
      stage: 'admission',
    });
    made.push(decisionId);
  }
  return made;
}

async function exported(scope: ExportScope = { kind: 'all' }): Promise<ExportRecord[]> {
  const records: ExportRecord[] = [];
  for await (const record of exportRecords(db, history.tenantId, scope)) records.push(record);
  return records;
}

const check = (records: readonly unknown[], keys: readonly string[] = []) =>
  verifyBundle(
    records.map((record) => JSON.stringify(record)),
    { keys },
  );

const sealedIds = async () =>
  (await exported())
    .filter((one) => one.kind === 'decision')
    .map((one) => (one['decision'] as { id: string }).id);

describe('the sealer', () => {
  it('seals what was decided once, in batches that each continue the one before, and copies every checkpoint', async () => {
    const first = await decide(3);
    await seal();
    const second = await decide(2);
    await seal();
    await seal();
    expect(await sealedIds()).toEqual([...first, ...second]);
    const report = await check(await exported(), [signer.keyId]);
    expect(report).toMatchObject({ ok: true, faults: [], decisions: 5, checkpoints: 2, size: 5 });
    const [day] = await readdir(join(folder, history.tenantId));
    expect(await readdir(join(folder, history.tenantId, day!))).toEqual([
      '0000000000000003.json',
      '0000000000000005.json',
    ]);
  });

  it('seals a decision that is committed late, with a smaller id than others that are sealed', async () => {
    const late = new pg.Client({ connectionString: database.url });
    await late.connect();
    try {
      await late.query('BEGIN');
      const writer = new History(late, DOCUMENTS);
      Object.assign(writer, { tenantId: history.tenantId, campaignId: history.campaignId });
      const ids = await history.contact();
      const { decisionId } = await writer.decision(ids, 1, MONDAY_10_SHANGHAI);
      const others = await decide(2);
      // Long after any clock's skew: only the open transaction tells that something may still come.
      await seal();
      await db.inTenant(history.tenantId, (tx) =>
        tx.query(
          `UPDATE evidence_logs SET watch_id = 'ffffffff-0000-7000-8000-000000000000' WHERE tenant_id = $1`,
          [tx.tenantId],
        ),
      );
      await seal();
      await late.query('COMMIT');
      await seal();
      expect(decisionId < others[0]!).toBe(true);
      expect(await sealedIds()).toEqual([...others, decisionId]);
      expect((await check(await exported())).ok).toBe(true);
    } finally {
      await late.end();
    }
  });

  it('finds by its walk what came to stand below everything sealed, by a clock that was far behind', async () => {
    const first = await decide(2);
    await seal();
    await history.query(
      `UPDATE evidence_logs SET floor_id = 'ffffffff-ffff-7fff-bfff-ffffffffffff' WHERE tenant_id = $1`,
      [history.tenantId],
    );
    const missed = await decide(1);
    await seal();
    await seal();
    expect(await sealedIds()).toEqual([...first, ...missed]);
  });

  it('seals each decision once when several do so at once', async () => {
    const made = await decide(12);
    passTime();
    await Promise.all([sealer(), sealer(), sealer()].map((one) => one.round(history.tenantId)));
    await seal();
    expect((await sealedIds()).toSorted()).toEqual(made.toSorted());
    expect((await check(await exported())).ok).toBe(true);
  });

  it('goes on with another key, and the checkpoints of the one before still hold', async () => {
    await decide(2);
    await seal();
    const other = newSigner();
    await decide(1);
    await seal(sealer(other));
    const records = await exported();
    expect(await check(records, [signer.keyId, other.keyId])).toMatchObject({ ok: true });
    const alone = await check(records, [other.keyId]);
    expect(alone.ok).toBe(false);
    expect(alone.faults[0]?.what).toContain(`signed by ${signer.keyId}, which is not trusted`);
  });

  it('keeps on saying that the second place disagrees, and never replaces what stands there', async () => {
    await decide(2);
    await seal();
    const [day] = await readdir(join(folder, history.tenantId));
    // As after the database was taken back: there is a larger log there already.
    await writeFile(join(folder, history.tenantId, day!, '0000000000000009.json'), '{}');
    await decide(1);
    await expect(seal()).rejects.toThrow(/one of 9 decisions is there already/);
    expect(await readdir(join(folder, history.tenantId, day!))).toEqual([
      '0000000000000002.json',
      '0000000000000009.json',
    ]);
  });
});

describe('an export', () => {
  it('of a contact proves its decisions, and says which are not sealed yet', async () => {
    await decide(3);
    const ids = await history.contact();
    const mine = await decide(2, ids);
    await seal();
    await decide(4);
    await seal();
    await history.decision(ids, 9, MONDAY_10_SHANGHAI + 12 * HOUR_MS, { stage: 'admission' });
    const records = await exported({ kind: 'contact', contactId: ids.contactId });
    const report = await check(records);
    expect(report).toMatchObject({ ok: true, decisions: 2, unsealed: 1, checkpoints: 2, size: 9 });
    expect(report.packs).toContainEqual({ name: 'test-law 1', id: 'test-law', version: '1', decisions: 3 });
    expect(
      records.filter((one) => one.kind === 'decision').map((one) => (one['decision'] as { id: string }).id),
    ).toEqual(mine);
  });

  it('of a range holds the range and nothing else', async () => {
    const all = await decide(7);
    await seal();
    const records = await exported({ kind: 'range', from: 2, to: 5 });
    expect(await check(records)).toMatchObject({ ok: true, decisions: 3, size: 7 });
    expect(
      records.filter((one) => one.kind === 'decision').map((one) => (one['decision'] as { id: string }).id),
    ).toEqual(all.slice(2, 5));
  });

  it('holds after the person was erased: what is sealed are pseudonyms and hashes, and no key opens anything in it', async () => {
    const ids = await history.contact();
    await decide(2, ids);
    await seal();
    const before = await exported({ kind: 'contact', contactId: ids.contactId });
    // What erasing does: the key is destroyed, and the sealed fields with it.
    await client.query('DELETE FROM vault.person_keys WHERE tenant_id = $1 AND person_id = $2', [
      history.tenantId,
      ids.personId,
    ]);
    await history.query(
      'UPDATE persons SET profile = NULL, erased_real = now() WHERE tenant_id = $1 AND id = $2',
      [history.tenantId, ids.personId],
    );
    await client.query('DELETE FROM person_numbers WHERE tenant_id = $1 AND person_id = $2', [
      history.tenantId,
      ids.personId,
    ]);
    const after = await exported({ kind: 'contact', contactId: ids.contactId });
    expect((await check(after)).ok).toBe(true);
    expect(after.slice(1)).toEqual(before.slice(1));
    // The facts too may go: the leaf names them by hash alone.
    const withheld = after.map((one) =>
      one.kind === 'decision' ? { ...one, contents: {}, withheld: ['facts', 'results'] } : one,
    );
    expect(await check(withheld)).toMatchObject({ ok: true, withheld: 4 });
  });

  it('of a tenant that sealed nothing is whole and empty', async () => {
    expect(await check(await exported())).toMatchObject({ ok: true, decisions: 0, size: 0 });
  });
});

describe('whatever is done to an export is found and named', () => {
  let records: ExportRecord[];
  let places: number[];
  const at = (n: number) => places[n % places.length]!;
  const idAt = (n: number) => (records[at(n)]!['decision'] as { id: string }).id;
  const named = (faults: readonly { decisionId?: string; position?: number }[]) =>
    faults.map((fault) => fault.decisionId ?? fault.position);

  beforeEach(async () => {
    await decide(9);
    await seal();
    await decide(4);
    await seal();
    records = await exported();
    places = records.flatMap((one, i) => (one.kind === 'decision' ? [i] : []));
    expect((await check(records)).ok).toBe(true);
  });

  it('any one bit of any decision, named by its id', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), async (n, bit) => {
        const lines = records.map((record) => JSON.stringify(record));
        const line = Buffer.from(lines[at(n)]!);
        line[Math.floor(bit / 8) % line.length]! ^= 1 << (bit % 8);
        lines[at(n)] = line.toString('utf8');
        const report = await verifyBundle(lines);
        expect(report.ok).toBe(false);
        // By its id, or, where the bit is in the id or breaks the form, by its place or line.
        const names = report.faults.flatMap((f) => [f.decisionId, f.position, f.line]);
        expect(names.some((name) => [idAt(n), n % 13, at(n) + 1].includes(name as never))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('any one bit of anything else that is checked: documents, sets, checkpoints, signatures, keys, proofs', async () => {
    const others = records.flatMap((one, i) => (['decision', 'bundle'].includes(one.kind) ? [] : [i]));
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), async (n, bit) => {
        const lines = records.map((record) => JSON.stringify(record));
        const i = others[n % others.length]!;
        const line = Buffer.from(lines[i]!);
        line[Math.floor(bit / 8) % line.length]! ^= 1 << (bit % 8);
        lines[i] = line.toString('utf8');
        expect((await verifyBundle(lines)).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('a decision that is taken out, by its place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (n) => {
        const report = await check(records.filter((_, i) => i !== at(n)));
        expect(named(report.faults)).toContain(n % 13);
        expect(report.ok).toBe(false);
      }),
      { numRuns: 26 },
    );
  });

  it('a decision that is put in, again or made up, by its id', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.boolean(), async (n, where, madeUp) => {
        const id = madeUp ? uuidv7() : idAt(n);
        const one = records[at(n)]!;
        const copy = { ...one, decision: { ...(one['decision'] as object), id } };
        const report = await check(records.toSpliced(at(where), 0, copy));
        expect(report.ok).toBe(false);
        expect(named(report.faults)).toContain(id);
      }),
      { numRuns: 100 },
    );
  });

  it('two decisions that change places, with or without their places in the log', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 12 }), fc.boolean(), async (n, step, renumber) => {
        const [i, j] = [at(n), at(n + step)];
        const [a, b] = [records[i]!, records[j]!];
        const swapped = records.with(i, renumber ? placed(b, a) : b).with(j, renumber ? placed(a, b) : a);
        const report = await check(swapped);
        expect(report.ok).toBe(false);
        expect([idAt(n), idAt(n + step)].some((id) => named(report.faults).includes(id))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('an end that is cut off, wherever', async () => {
    for (let length = 0; length < records.length; length++) {
      expect((await check(records.slice(0, length))).ok).toBe(false);
    }
  });
});

/** A record that is said to stand where another one does, with its proof. */
function placed(one: ExportRecord, where: ExportRecord): ExportRecord {
  return { ...one, position: where['position'], size: where['size'], path: where['path'] };
}
