import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVault, postgresKeyStore } from '../../db/vault/index.ts';
import type { LocationEvidence } from '../../domain/facts.ts';
import { importContacts, importDoNotCall, importStatus, listImportIssues } from '../../imports/index.ts';
import { createImportRig, file, NOW, type ImportRig } from './rig.ts';

const SHARED = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const SAMPLE = `${SHARED}/contacts-20k.csv.gz`;

let rig: ImportRig;
beforeAll(async () => {
  rig = await createImportRig();
});
afterAll(() => rig?.close());

const HEADER = 'id,phone,city,priority,consent_purpose,consent_basis,consent_at,consent_withdrawn_at\n';
const line = (id: string, n: number, rest = '') => `${id},+1202555${String(n).padStart(4, '0')},${rest}\n`;
const CONSENT = 'Rome,,marketing,explicit,2026-03-01T09:30:00+08:00,';

describe('an import of contacts', () => {
  it('makes persons, numbers, consents and waiting contacts that can be opened again', async () => {
    const at = await rig.tenant();
    const { counts } = await rig.run(at, `${HEADER}${line('a', 100, CONSENT)}${line('b', 101, 'Bari,9')}`);
    expect(counts).toMatchObject({
      rows: 2,
      created: 2,
      distinctValid: 2,
      invalid: 0,
      consented: 1,
      issues: 0,
    });
    expect(await rig.contacts(at)).toEqual([
      {
        number: '+12025550100',
        externalId: 'a',
        state: 'waiting',
        rank: 24,
        attributes: { city: 'Rome' },
        profile: null,
      },
      {
        number: '+12025550101',
        externalId: 'b',
        state: 'waiting',
        rank: 20,
        attributes: { city: 'Bari' },
        profile: null,
      },
    ]);
    const [stored] = await rig.query<{ number_hash: Buffer; country: string; locations: unknown[] }>(
      at.tenantId,
      'SELECT number_hash, country, locations FROM person_numbers ORDER BY created_real LIMIT 1',
    );
    expect(stored).toMatchObject({ country: 'US' });
    expect(stored!.locations.length).toBeGreaterThan(0);
    expect(
      await rig.query(
        at.tenantId,
        'SELECT kind, purposes, channels, level, basis, source, occurred_at, recorded_by FROM consent_events',
      ),
    ).toEqual([
      {
        kind: 'grant',
        purposes: ['marketing'],
        channels: ['voice'],
        level: 'express',
        basis: 'explicit',
        source: 'import',
        occurred_at: Date.parse('2026-03-01T01:30:00Z'),
        recorded_by: 'tester',
      },
    ]);
    const [contact] = await rig.query(
      at.tenantId,
      'SELECT ready_at, admissions, attempts FROM contacts LIMIT 1',
    );
    expect(contact).toEqual({ ready_at: NOW, admissions: 0, attempts: 0 });
  });

  it('stores no number, name or attribute in the clear', async () => {
    const at = await rig.tenant();
    await rig.run(at, 'phone,name,city\n+12025550142,Zebedee,Timbuktu\n(202) 555-01,Zebedee,Timbuktu\n');
    for (const table of [
      'persons',
      'person_numbers',
      'contacts',
      'imports',
      'import_issues',
      'consent_events',
    ]) {
      const rows = await rig.query<{ all: string }>(at.tenantId, `SELECT t::text AS all FROM ${table} t`);
      const text = rows
        .map((row) =>
          row.all.replace(/\\x([0-9a-f]+)/g, (_, hex: string) => Buffer.from(hex, 'hex').toString('latin1')),
        )
        .join('\n');
      expect(text).not.toMatch(/5550142|Zebedee|Timbuktu|202\) ?555/);
    }
  });

  it('merges rows of one number: later values win, the first external id stays, consents are kept', async () => {
    const at = await rig.tenant();
    const text =
      HEADER +
      line('a', 100, CONSENT) +
      'b,(202) 555-0100,Bari,7,,,,\n' +
      'c,+1 202 555 0100,,,service,written,2026-04-01T00:00:00Z,\n';
    for (const batchRows of [100, 1]) {
      const target = batchRows === 1 ? { ...at, campaignId: await rig.campaign(at.tenantId) } : at;
      const { counts } = await rig.run(target, text, { defaultCountry: 'US', batchRows });
      expect(counts).toMatchObject({ rows: 3, duplicates: 2, distinctValid: 1, created: 1, consented: 2 });
      expect(await rig.contacts(target)).toMatchObject([
        { externalId: 'a', attributes: { city: 'Bari' }, rank: 22 },
      ]);
    }
    expect(await rig.query(at.tenantId, 'SELECT kind FROM consent_events')).toHaveLength(2);
    expect(await rig.query(at.tenantId, 'SELECT id FROM persons')).toHaveLength(1);
  });

  it('twice with the same content gives the first counts and changes nothing', async () => {
    const at = await rig.tenant();
    const text = HEADER + line('a', 100, CONSENT) + line('b', 1, 'Bari');
    const first = await rig.run(at, text);
    const before = await rig.query(at.tenantId, 'SELECT * FROM contacts');
    rig.clock.advance(60_000);
    const again = await rig.run(at, text, { source: file(text, 'other-name.csv') });
    expect(again).toMatchObject({ alreadyImported: true, importId: first.importId, counts: first.counts });
    expect(await rig.query(at.tenantId, 'SELECT * FROM contacts')).toEqual(before);
    expect((await rig.run(at, text, { limit: 1 })).alreadyImported).toBe(false);
    rig.clock.set(NOW);
  });

  it('changed, updates the contacts it names and adds no consent twice', async () => {
    const at = await rig.tenant();
    await rig.run(at, HEADER + line('a', 100, CONSENT) + line('b', 101, 'Bari'));
    const { counts } = await rig.run(
      at,
      HEADER + line('a', 100, CONSENT) + line('b', 101, 'Pisa,9') + line('c', 102),
    );
    expect(counts).toMatchObject({
      created: 1,
      updated: 1,
      unchanged: 1,
      duplicates: 0,
      consentsRecorded: 0,
    });
    expect(await rig.contacts(at)).toMatchObject([
      { externalId: 'a', attributes: { city: 'Rome' } },
      { externalId: 'b', attributes: { city: 'Pisa' }, rank: 20 },
      { externalId: 'c', attributes: null },
    ]);
  });

  it('a new number for a known external id replaces the person’s number', async () => {
    const at = await rig.tenant();
    await rig.run(at, HEADER + line('a', 100, 'Rome'));
    const { counts } = await rig.run(at, HEADER + line('a', 103, 'Rome'));
    expect(counts).toMatchObject({ created: 0, updated: 1 });
    expect(await rig.contacts(at)).toMatchObject([{ externalId: 'a', number: '+12025550103' }]);
    expect(await rig.query(at.tenantId, 'SELECT is_primary FROM person_numbers ORDER BY is_primary')).toEqual(
      [{ is_primary: false }, { is_primary: true }],
    );
  });

  it('an external id that repeats within a file never makes one person of several', async () => {
    const text = HEADER + line('x', 100) + line('x', 101) + line('x', 102);
    for (const batchRows of [100, 1]) {
      const at = await rig.tenant();
      const { counts, importId } = await rig.run(at, text, { batchRows });
      expect(counts).toMatchObject({ created: 3, distinctValid: 3, issues: 2 });
      expect((await rig.contacts(at)).map((one) => one.externalId)).toEqual(['x', null, null]);
      const issues = await listImportIssues(rig.db, at.tenantId, importId);
      expect(issues.map((one) => [one.line, one.code])).toEqual([
        [3, 'external_id_taken'],
        [4, 'external_id_taken'],
      ]);
    }
  });

  it('leaves contacts that have come to their end as they are, and still records their consents', async () => {
    const at = await rig.tenant();
    await rig.run(at, HEADER + line('a', 100, 'Rome'));
    await rig.query(at.tenantId, `UPDATE contacts SET state = 'converted', rank = 29`);
    const { counts } = await rig.run(at, HEADER + line('a', 100, CONSENT.replace('Rome,', 'Pisa,9')));
    expect(counts).toMatchObject({ final: 1, updated: 0, created: 0, consentsRecorded: 1 });
    expect(await rig.contacts(at)).toMatchObject([
      { state: 'converted', rank: 29, attributes: { city: 'Rome' } },
    ]);
  });

  it('keeps the band of a contact that waits for a retry when its priority changes', async () => {
    const at = await rig.tenant();
    await rig.run(at, HEADER + line('a', 100, 'Rome'));
    await rig.query(at.tenantId, 'UPDATE contacts SET rank = 14');
    await rig.run(at, HEADER + line('a', 100, 'Rome,8'));
    expect(await rig.contacts(at)).toMatchObject([{ rank: 11 }]);
  });

  it('takes nothing in about a person who was erased', async () => {
    const at = await rig.tenant();
    await rig.run(at, HEADER + line('a', 100, 'Rome'));
    const [person] = await rig.query<{ id: string }>(
      at.tenantId,
      'UPDATE persons SET erased_real = now() RETURNING id',
    );
    await rig.vault.destroyPersonKey(at.tenantId, person!.id);
    const { counts } = await rig.run(at, HEADER + line('a', 100, CONSENT) + line('b', 101));
    expect(counts).toMatchObject({ rows: 2, invalid: 1, distinctValid: 1, created: 1, consentsRecorded: 0 });
  });

  it('keeps a declared zone beside the number’s own places, an unknown one too', async () => {
    const at = await rig.tenant();
    const { counts } = await rig.run(at, 'phone,时区\n+12025550100,Mars/Olympus\n');
    expect(counts).toMatchObject({ created: 1, issues: 1 });
    await rig.run(at, 'phone,时区\n+12025550100,America/Denver\n');
    const [row] = await rig.query<{ locations: { zone: string; source: string }[] }>(
      at.tenantId,
      'SELECT locations FROM person_numbers',
    );
    expect(row!.locations.filter((one) => one.source === 'declared').map((one) => one.zone)).toEqual([
      'Unknown/Declared',
      'America/Denver',
    ]);
    expect(row!.locations.some((one) => one.source === 'prefix')).toBe(true);
  });

  it('keeps addresses as evidence with source, confidence and instant, each once', async () => {
    const at = await rig.tenant();
    const file = 'phone,address_country,address_region,billing_country\n+12025550100,US,FL,CN\n';
    await rig.run(at, file);
    const { counts } = await rig.run(at, `${file}\n`);
    expect(counts).toMatchObject({ created: 0, updated: 0, unchanged: 1, issues: 0 });
    const [row] = await rig.query<{ locations: LocationEvidence[] }>(
      at.tenantId,
      'SELECT locations FROM person_numbers',
    );
    expect(row!.locations.filter((one) => one.source !== 'prefix')).toMatchObject([
      { source: 'address', jurisdiction: 'US-FL', zone: 'America/New_York', confidence: 'high' },
      { source: 'address', jurisdiction: 'US-FL', zone: 'America/Chicago', confidence: 'high' },
      { source: 'billing', jurisdiction: 'CN', zone: 'Asia/Shanghai', confidence: 'medium' },
    ]);
    for (const one of row!.locations) {
      expect(one.recordedAt === null).toBe(one.source === 'prefix');
    }
  });

  it('adds what the tables of prefixes tell of a known number since it was taken in', async () => {
    const at = await rig.tenant();
    await rig.run(at, 'phone\n+862055550101\n');
    await rig.query(
      at.tenantId,
      `UPDATE person_numbers SET locations = '[{"jurisdiction":"CN","zone":"Asia/Shanghai","source":"prefix","confidence":"high","recordedAt":null}]'`,
    );
    await rig.run(at, 'phone\n+86 20 5555 0101\n');
    const [row] = await rig.query<{ locations: LocationEvidence[] }>(
      at.tenantId,
      'SELECT locations FROM person_numbers',
    );
    expect(row!.locations.map((one) => one.jurisdiction)).toEqual(['CN', 'CN-GD']);
  });

  it('hands withdrawals of known persons over in the transaction that records them', async () => {
    const at = await rig.tenant();
    await rig.run(at, HEADER + line('a', 100, CONSENT));
    const handed: string[][] = [];
    const withdrawn = `${HEADER}${line('a', 100, `${CONSENT}2026-11-01T00:00:00Z`)}${line('b', 101, `${CONSENT}2026-11-01T00:00:00Z`)}`;
    const { counts } = await importContacts(
      {
        ...rig.deps,
        onWithdrawn: async (_tenantId, personIds, tx) => {
          const rows = await tx.query<{ person_id: string }>(
            `SELECT person_id FROM consent_events WHERE kind = 'withdrawal' AND person_id = ANY ($1)`,
            [personIds],
          );
          handed.push(rows.map((row) => row.person_id));
        },
      },
      { ...at, source: file(withdrawn), importedBy: 'tester' },
    );
    expect(counts).toMatchObject({ consented: 0, consentsRecorded: 3 });
    expect(handed).toEqual([[expect.any(String)]]);
  });

  it('reports what it did not take by line, masked, a page at a time', async () => {
    const at = await rig.tenant();
    const { importId, counts } = await rig.run(
      at,
      'phone,consent_purpose,consent_basis,consent_at\n12,,,\n"open\n+12025550100,marketing,hearsay,2026-01-01T00:00:00Z\n,,,\n',
    );
    expect(counts).toMatchObject({ rows: 4, invalid: 3, created: 1, issues: 4 });
    const page = await listImportIssues(rig.db, at.tenantId, importId, { limit: 3 });
    const rest = await listImportIssues(rig.db, at.tenantId, importId, { after: page.at(-1)!.id });
    expect([...page, ...rest].map((one) => [one.line, one.column, one.maskedValue, one.code])).toEqual([
      [2, 'phone', '**', 'phone_invalid'],
      [3, '', '"xxxx', 'quotes'],
      [4, 'consent_basis', 'xxxxxxx', 'consent_basis'],
      [5, 'phone', '', 'phone_missing'],
    ]);
  });

  it('of one tenant is not seen by another, and the same number is another person there', async () => {
    const [one, other] = [await rig.tenant(), await rig.tenant()];
    const text = HEADER + line('a', 100, CONSENT);
    const { importId } = await rig.run(one, text);
    expect((await rig.run(other, text)).alreadyImported).toBe(false);
    await expect(importStatus(rig.db, other.tenantId, importId)).rejects.toMatchObject({ code: 'not_found' });
    expect(await listImportIssues(rig.db, other.tenantId, importId)).toEqual([]);
    await expect(rig.run({ ...other, campaignId: one.campaignId }, text)).rejects.toMatchObject({
      code: 'not_found',
    });
    const hash = 'SELECT number_hash FROM person_numbers';
    expect(await rig.query(one.tenantId, hash)).not.toEqual(await rig.query(other.tenantId, hash));
  });
});

describe('an interrupted import', () => {
  const text = HEADER + Array.from({ length: 60 }, (_, i) => line(`c${i}`, 100 + (i % 50), 'Rome')).join('');

  it('goes on after the rows that are stored, and ends with the same counts and contacts', async () => {
    const [whole, cut] = [await rig.tenant(), await rig.tenant()];
    const expected = await rig.run(whole, text, { batchRows: 7 });
    let batches = 0;
    const dying = {
      ...rig.deps,
      vault: {
        ...rig.vault,
        createPersonKeys: async (tenantId: string, ids: readonly string[]) => {
          if (++batches === 4) throw new Error('killed');
          return rig.vault.createPersonKeys(tenantId, ids);
        },
      },
    };
    const request = { ...cut, source: file(text), importedBy: 'tester', batchRows: 7 };
    await expect(importContacts(dying, request)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('can be resumed') as string,
    });
    const [running] = await rig.query<{ id: string }>(cut.tenantId, 'SELECT id FROM imports');
    const status = await importStatus(rig.db, cut.tenantId, running!.id);
    expect(status).toMatchObject({ status: 'running', rowsDone: 21, counts: { rows: 21, created: 21 } });
    const resumed = await importContacts(rig.deps, request);
    expect(resumed).toMatchObject({ resumedAfterRows: 21, counts: expected.counts, alreadyImported: false });
    expect(resumed.counts).toMatchObject({ rows: 60, duplicates: 10, created: 50 });
    expect(await rig.contacts(cut)).toEqual(await rig.contacts(whole));
  });

  it('waits for a database whose connections were cut, says so, and goes on', async () => {
    const at = await rig.tenant();
    const said: string[] = [];
    const admin = new pg.Client({ connectionString: rig.url });
    await admin.connect();
    let cut: Promise<unknown> | undefined;
    const vault = createVault({ keyProvider: rig.keyProvider, keyStore: await postgresKeyStore(rig.url) });
    const result = await importContacts(
      { ...rig.deps, vault },
      {
        ...at,
        source: file(text),
        importedBy: 'tester',
        batchRows: 5,
        onProgress: ({ phase, rowsDone }) => {
          said.push(phase);
          if (rowsDone >= 20) {
            cut ??= admin.query(
              `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'rightcall'`,
            );
          }
        },
      },
    );
    await cut;
    await admin.end();
    await vault.close();
    expect(said).toContain('waiting_for_database');
    expect(result.counts).toMatchObject({ rows: 60, duplicates: 10, created: 50 });
    expect(await rig.contacts(at)).toHaveLength(50);
  });

  it('by a file that ends too soon is marked as failed, with the reason', async () => {
    const at = await rig.tenant();
    let opened = 0;
    const source = {
      name: 'x.csv',
      open: () => file(opened++ < 2 ? text : text.slice(0, 900)).open(),
    };
    await expect(rig.run(at, '', { source, batchRows: 5 })).rejects.toThrow('changed while it was read');
    const [row] = await rig.query<{ id: string }>(at.tenantId, 'SELECT id FROM imports');
    expect(await importStatus(rig.db, at.tenantId, row!.id)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('changed') as string,
    });
  });
});

describe('imports at the same time', () => {
  const text = HEADER + Array.from({ length: 80 }, (_, i) => line(`c${i}`, 100 + i, 'Rome')).join('');

  it('of the same file: one does the work and the other gets its counts', async () => {
    const at = await rig.tenant();
    const phases: string[] = [];
    const both = await Promise.all([
      rig.run(at, text, { batchRows: 10 }),
      rig.run(at, text, { batchRows: 10, onProgress: ({ phase }) => phases.push(phase) }),
    ]);
    expect(both.map((one) => one.alreadyImported).sort()).toEqual([false, true]);
    expect(both[0].counts).toEqual(both[1].counts);
    expect(await rig.contacts(at)).toHaveLength(80);
  });

  it('of overlapping files for two campaigns make each person once', async () => {
    const at = await rig.tenant();
    const second = { ...at, campaignId: await rig.campaign(at.tenantId) };
    const other = HEADER + Array.from({ length: 80 }, (_, i) => line(`d${i}`, 140 + i, 'Bari')).join('');
    await Promise.all([rig.run(at, text, { batchRows: 9 }), rig.run(second, other, { batchRows: 11 })]);
    expect(await rig.contacts(at)).toHaveLength(80);
    expect(await rig.contacts(second)).toHaveLength(80);
    const persons = await rig.query(at.tenantId, 'SELECT DISTINCT person_id FROM person_numbers');
    expect(persons).toHaveLength(120);
  });

  it('do the batch again when somebody else made one of its numbers meanwhile', async () => {
    const at = await rig.tenant();
    let made = false;
    const hash = rig.vault.numberHash(at.tenantId, '+12025550100');
    const racing = {
      ...rig.deps,
      vault: {
        ...rig.vault,
        // Runs between the look-up of what is known and the insert.
        sealersOf: async (tenantId: string, ids: readonly string[]) => {
          if (!made) {
            made = true;
            const personId = (await rig.vault.createPersonKeys(tenantId, [at.campaignId]))[0]!;
            await rig.query(
              tenantId,
              `WITH p AS (INSERT INTO persons (tenant_id, id, created_real, updated_real) VALUES ($1, $2, now(), now()))
               INSERT INTO person_numbers (tenant_id, number_hash, person_id, sealed_number, number_type, is_primary,
                                           locations, created_real)
               VALUES ($1, $3, $2, $4, 'mobile', true, '[]', now())`,
              [tenantId, personId.personId, hash, personId.sealNumber('+12025550100')],
            );
          }
          return rig.vault.sealersOf(tenantId, ids);
        },
      },
    };
    const { counts } = await importContacts(racing, { ...at, source: file(text), importedBy: 'tester' });
    expect(counts).toMatchObject({ created: 80, duplicates: 0 });
    expect(await rig.query(at.tenantId, 'SELECT id FROM persons')).toHaveLength(80);
  });
});

describe.skipIf(!existsSync(SAMPLE))(`the sample of 20,000 rows (skipped where ${SHARED} is missing)`, () => {
  it('gives exactly the counts it was made with, compressed or not', async () => {
    const at = await rig.tenant();
    const expected = JSON.parse(readFileSync(`${SHARED}/contacts-20k-expected.json`, 'utf8')) as Record<
      string,
      number
    >;
    const { counts } = await rig.run(at, '', { source: SAMPLE });
    expect({
      rows: counts.rows,
      invalid: counts.invalid,
      duplicates: counts.duplicates,
      distinct_valid: counts.distinctValid,
      consented: counts.consented,
    }).toEqual({
      rows: expected['rows'],
      invalid: expected['invalid'],
      duplicates: expected['duplicates'],
      distinct_valid: expected['distinct_valid'],
      consented: expected['consented'],
    });
    expect(counts.issues).toBe(280);
    const plain = await rig.run(at, gunzipSync(readFileSync(SAMPLE)));
    expect(plain.alreadyImported).toBe(false);
    expect(plain.counts).toMatchObject({ created: 0, final: 0, duplicates: 390, consentsRecorded: 0 });
    expect(plain.counts.updated + plain.counts.unchanged).toBe(19_330);
    const list = await importDoNotCall(rig.deps, {
      tenantId: at.tenantId,
      source: `${SHARED}/contacts-20k-do-not-call.txt`,
      importedBy: 'tester',
    });
    expect(list.counts).toMatchObject({
      rows: expected['do_not_call'],
      added: expected['do_not_call'],
      invalid: 0,
    });
  }, 180_000);
});
