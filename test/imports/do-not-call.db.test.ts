import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importDoNotCall, type DoNotCallImport } from '../../imports/index.ts';
import { createImportRig, file, NOW, type ImportRig } from './rig.ts';

let rig: ImportRig;
beforeAll(async () => {
  rig = await createImportRig();
});
afterAll(() => rig?.close());

function run(tenantId: string, text: string, options: Partial<DoNotCallImport> = {}) {
  return importDoNotCall(rig.deps, {
    tenantId,
    source: file(text, 'list.txt'),
    importedBy: 'tester',
    ...options,
  });
}

describe('an import of a do-not-call list', () => {
  it('adds each number once, by hash alone, and marks the list as fresh', async () => {
    const { tenantId } = await rig.tenant();
    const { counts } = await run(tenantId, '+12025550100\n(202) 555-0100\n2025550101\n555\n', {
      defaultCountry: 'US',
    });
    expect(counts).toEqual({ rows: 4, invalid: 1, duplicates: 1, added: 2, known: 0, issues: 1 });
    const rows = await rig.query(
      tenantId,
      'SELECT number_hash, list, scope, requested_by_person, valid_until, recorded_at FROM suppressions',
    );
    expect(rows).toHaveLength(2);
    expect(rows).toContainEqual({
      number_hash: rig.vault.numberHash(tenantId, '+12025550100'),
      list: 'internal',
      scope: 'tenant',
      requested_by_person: false,
      valid_until: null,
      recorded_at: NOW,
    });
    expect(await rig.query(tenantId, 'SELECT list, as_of FROM suppression_lists')).toEqual([
      { list: 'internal', as_of: NOW },
    ]);
  });

  it('with the same file again adds nothing and is as fresh as the day it came again, never older', async () => {
    const { tenantId } = await rig.tenant();
    await run(tenantId, '+12025550100\n');
    rig.clock.advance(86_400_000);
    expect((await run(tenantId, '+12025550100\n')).alreadyImported).toBe(true);
    rig.clock.set(NOW);
    const older = await run(tenantId, '+12025550100\n+12025550101\n', { asOf: NOW - 86_400_000 });
    expect(older.counts).toMatchObject({ added: 1, known: 1 });
    expect(await rig.query(tenantId, 'SELECT as_of FROM suppression_lists')).toEqual([
      { as_of: NOW + 86_400_000 },
    ]);
    expect(await rig.query(tenantId, 'SELECT id FROM suppressions')).toHaveLength(2);
  });

  it('only ever makes an entry last longer', async () => {
    const { tenantId } = await rig.tenant();
    const list = (until: string) =>
      `phone,valid_from,valid_until\n+12025550100,2026-06-01T00:00:00Z,${until}\n`;
    const until = async () =>
      (await rig.query<{ valid_until: number | null }>(tenantId, 'SELECT valid_until FROM suppressions'))[0]!
        .valid_until;
    await run(tenantId, list('2027-01-01T00:00:00Z'));
    await run(tenantId, list('2026-12-01T00:00:00Z'));
    expect(await until()).toBe(Date.parse('2027-01-01T00:00:00Z'));
    const { counts } = await run(tenantId, list('sometime'));
    expect(counts).toMatchObject({ known: 1, invalid: 0, issues: 1 });
    expect(await until()).toBeNull();
    await run(tenantId, list('2028-01-01T00:00:00Z'));
    expect(await until()).toBeNull();
  });

  it('keeps what an entry is about; of two categories, or of none once, neither limits it', async () => {
    const { tenantId } = await rig.tenant();
    const kept = async () =>
      (
        await rig.query<{ category: string | null }>(
          tenantId,
          'SELECT category FROM suppressions ORDER BY category',
        )
      ).map(({ category }) => category);
    const list = (...rows: string[]) => `phone,类别\n${rows.join('\n')}\n`;
    await run(tenantId, list('+12025550100,banking', '+12025550101, health ', '+12025550101,banking'));
    expect(await kept()).toEqual(['banking', null]);
    await run(tenantId, list('+12025550100,banking', '+12025550102,banking', '+12025550102,'));
    expect(await kept()).toEqual(['banking', null, null]);
    const { counts } = await run(tenantId, list(`+12025550100,${'x'.repeat(101)}`));
    expect(counts).toMatchObject({ known: 1, invalid: 0, issues: 1 });
    expect(await kept()).toEqual([null, null, null]);
  });

  it('of all channels, like every list in a file, is no longer limited to those it had', async () => {
    const { tenantId } = await rig.tenant();
    await run(tenantId, '+12025550100\n');
    await rig.query(tenantId, `UPDATE suppressions SET channels = '{sms}' WHERE tenant_id = $1`, [tenantId]);
    await run(tenantId, '+12025550100\n+12025550101\n');
    expect(await rig.query(tenantId, 'SELECT DISTINCT channels FROM suppressions')).toEqual([
      { channels: [] },
    ]);
  });

  it('hands every batch’s numbers over in the transaction that stores them', async () => {
    const { tenantId } = await rig.tenant();
    const seen: number[] = [];
    await importDoNotCall(
      {
        ...rig.deps,
        onSuppressed: async (_tenant, hashes, tx) => {
          const rows = await tx.query('SELECT 1 FROM suppressions WHERE number_hash = ANY ($1)', [hashes]);
          seen.push(hashes.length, rows.length);
        },
      },
      {
        tenantId,
        source: file('+12025550100\n+12025550101\n+12025550102\n'),
        importedBy: 'tester',
        batchRows: 2,
      },
    );
    expect(seen).toEqual([2, 2, 1, 1]);
  });

  it('stores nothing of a batch whose hand-over fails, and goes on there when it is run again', async () => {
    const { tenantId } = await rig.tenant();
    const request = { tenantId, source: file('+12025550100\n'), importedBy: 'tester' };
    const failing = {
      ...rig.deps,
      onSuppressed: async () => {
        throw new Error('not stopped');
      },
    };
    await expect(importDoNotCall(failing, request)).rejects.toThrow('can be resumed');
    expect(await rig.query(tenantId, 'SELECT 1 FROM suppressions')).toEqual([]);
    expect(await rig.query(tenantId, 'SELECT 1 FROM suppression_lists')).toEqual([]);
    expect((await importDoNotCall(rig.deps, request)).counts).toMatchObject({ added: 1 });
  });

  it('says which campaign or purpose a narrower scope needs', async () => {
    const { tenantId, campaignId } = await rig.tenant();
    await expect(run(tenantId, '+12025550100\n', { scope: 'campaign' })).rejects.toThrow(
      'campaignId: is missing',
    );
    await expect(run(tenantId, '+12025550100\n', { campaignId })).rejects.toThrow(
      'has no meaning for scope tenant',
    );
    await run(tenantId, '+12025550100\n', { scope: 'purpose', purpose: 'marketing', list: 'no-marketing' });
    await run(tenantId, '+12025550100\n', { scope: 'campaign', campaignId });
    expect(await rig.query(tenantId, 'SELECT scope FROM suppressions ORDER BY scope')).toEqual([
      { scope: 'campaign' },
      { scope: 'purpose' },
    ]);
  });
});
