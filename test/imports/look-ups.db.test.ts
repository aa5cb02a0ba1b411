import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { byteaArray, textArray } from '../../imports/binary-arrays.ts';
import { FIND_BY_EXTERNAL_ID, FIND_NUMBERS } from '../../imports/contact-lookups.ts';
import { newId } from '../../imports/ids.ts';
import { LOOK_UPS_BY_INDEX } from '../../imports/planner.ts';
import { createImportRig, type ImportRig } from './rig.ts';

/** Enough rows for the indexes to differ in height, which is what misled the planner. */
const ROWS = 60_000;

let rig: ImportRig;
beforeAll(async () => {
  rig = await createImportRig();
});
afterAll(() => rig?.close());

it('look-ups probe one index a value, in tables that were never analysed as in those that were', async () => {
  const { tenantId, campaignId } = await rig.tenant();
  const admin = new pg.Client({ connectionString: rig.url });
  await admin.connect();
  for (const table of ['persons', 'person_numbers', 'contacts']) {
    await admin.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
  }
  await admin.query(
    `CREATE TEMP TABLE made AS SELECT gen_random_uuid() AS id, gen_random_uuid() AS contact, n FROM generate_series(1, ${ROWS}) n`,
  );
  await admin.query(
    `INSERT INTO persons (tenant_id, id, created_real, updated_real) SELECT $1, id, now(), now() FROM made`,
    [tenantId],
  );
  await admin.query(
    `INSERT INTO person_numbers
       (tenant_id, number_hash, person_id, sealed_number, number_type, is_primary, locations, created_real)
     SELECT $1, sha256(n::text::bytea), id, '\\x00', 'mobile', true, '[]', now() FROM made`,
    [tenantId],
  );
  await admin.query(
    `INSERT INTO contacts
       (tenant_id, id, campaign_id, person_id, external_id, state, rank, priority, ready_at, admissions, attempts,
        counted_attempts, workflow_open, wake_pending, created_at, updated_at)
     SELECT $1, contact, $2, id, 'customer-' || n, 'waiting', 24, 5, now(), 0, 0, 0, false, false, now(), now() FROM made`,
    [tenantId, campaignId],
  );
  const plans = () =>
    rig.db.inTenant(tenantId, async (tx) => {
      await tx.query(`SELECT ${LOOK_UPS_BY_INDEX}`);
      const lines: string[] = [];
      for (const [text, wanted] of [
        [FIND_NUMBERS, byteaArray(Array.from({ length: 2_000 }, () => randomBytes(32)))],
        [FIND_BY_EXTERNAL_ID, textArray(Array.from({ length: 2_000 }, () => newId()))],
      ] as const) {
        const rows = await tx.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, [
          tenantId,
          campaignId,
          wanted,
        ]);
        lines.push(...rows.map((row) => row['QUERY PLAN']));
      }
      return lines;
    });
  for (const known of ['nothing', 'statistics']) {
    if (known === 'statistics') await admin.query('ANALYZE persons, person_numbers, contacts');
    const lines = await plans();
    expect(lines.join('\n')).not.toMatch(/Seq Scan|Sort|Bitmap|Hash Join|Merge Join/);
    const probes = lines.flatMap((line, i) => {
      const index = /Index Scan using (\S+) on (?:contacts|person_numbers)/.exec(line)?.[1];
      return index === undefined ? [] : [[index, lines[i + 1]!.trim()]];
    });
    expect(probes).toEqual([
      ['person_numbers_tenant_id_number_hash_pk', expect.stringContaining('number_hash >=')],
      ['contacts_campaign_person', expect.stringContaining('ROW(campaign_id, person_id) >=')],
      ['contacts_campaign_external', expect.stringContaining('external_id >=')],
    ]);
  }
  await admin.end();
});
