import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createImportRig, type ImportRig } from './rig.ts';

let rig: ImportRig;
beforeAll(async () => {
  rig = await createImportRig();
});
afterAll(() => rig.close());

const HEADER = 'external_id,phone,phone_2,phone_3,tz\n';
/** Fiction numbers of Washington, by their last three digits; 0: the cell is empty. */
const number = (n: number) => (n === 0 ? '' : `+12025550${n}`);
const line = (id: string, phones: readonly [number, number, number], tz = '') =>
  `${id},${phones.map(number).join(',')},${tz}\n`;
type At = Awaited<ReturnType<ImportRig['tenant']>>;

/** Numbers of the tenant's people: the primary one first, then those that are tried, then what is not. */
async function numbers(at: At): Promise<{ number: string; place: number | null; zones: string[] }[]> {
  const rows = await rig.query<{
    person_id: string;
    sealed_number: Buffer;
    is_primary: boolean;
    further_place: number | null;
    locations: { zone: string | null }[];
  }>(
    at.tenantId,
    'SELECT * FROM person_numbers WHERE tenant_id = $1 ORDER BY person_id, is_primary DESC, further_place NULLS LAST',
    [at.tenantId],
  );
  return Promise.all(
    rows.map(async (row) => {
      const sealer = (await rig.vault.sealersOf(at.tenantId, [row.person_id])).get(row.person_id)!;
      return {
        number: sealer.openNumber(row.sealed_number).slice(-3),
        place: row.is_primary ? 0 : row.further_place,
        zones: row.locations.flatMap(({ zone }) => (zone === null ? [] : [zone])),
      };
    }),
  );
}
const places = async (at: At) => (await numbers(at)).map((one) => [one.number, one.place]);
const issuesOf = (at: At) =>
  rig.query<{ column_name: string; code: string }>(
    at.tenantId,
    'SELECT "column" AS column_name, code FROM import_issues WHERE tenant_id = $1 ORDER BY id',
    [at.tenantId],
  );

describe('further numbers of a person', () => {
  it('are kept in their order, sealed, and the same file again changes nothing', async () => {
    const at = await rig.tenant();
    const text = HEADER + line('a', [100, 101, 102]);
    expect((await rig.run(at, text)).counts).toMatchObject({ created: 1, distinctValid: 1, issues: 0 });
    expect(await places(at)).toEqual([
      ['100', 0],
      ['101', 1],
      ['102', 2],
    ]);
    const { counts } = await rig.run(at, `${text}\n`);
    expect(counts).toMatchObject({ created: 0, updated: 0, unchanged: 1 });
    expect(await rig.query(at.tenantId, 'SELECT count(*) FROM contacts')).toEqual([{ count: 1 }]);
  });

  it('one that is another now takes the place, and what had it is not tried any more', async () => {
    const at = await rig.tenant();
    await rig.run(at, HEADER + line('a', [100, 101, 102]));
    const { counts } = await rig.run(at, HEADER + line('a', [100, 103, 0]));
    expect(counts).toMatchObject({ updated: 1 });
    expect(await places(at)).toEqual([
      ['100', 0],
      ['103', 1],
      ['102', 2],
      ['101', null],
    ]);
  });

  it('that cannot be read, or are somebody else’s, are left out and reported; the contact is taken', async () => {
    const at = await rig.tenant();
    const text = `${HEADER}a,${number(100)},12,${number(101)},\n${line('b', [101, 0, 0])}${line('c', [102, 100, 102])}`;
    const { counts } = await rig.run(at, text);
    expect(counts).toMatchObject({ created: 3, invalid: 0, issues: 3 });
    expect((await issuesOf(at)).map(({ column_name: column, code }) => `${column} ${code}`).sort()).toEqual([
      'phone_2 phone_invalid',
      'phone_2 phone_taken',
      'phone_3 phone_taken',
    ]);
    expect((await places(at)).every(([, place]) => place === 0)).toBe(true);
    // In a later file as well.
    await rig.run(at, HEADER + line('d', [104, 100, 0]));
    expect((await issuesOf(at)).at(-1)).toMatchObject({ column_name: 'phone_2', code: 'phone_taken' });
  });

  it('have every place that is stated of the person, also when it is stated later', async () => {
    const at = await rig.tenant();
    await rig.run(at, HEADER + line('a', [100, 101, 0], 'Europe/Berlin'));
    expect((await numbers(at)).map(({ zones }) => zones.includes('Europe/Berlin'))).toEqual([true, true]);
    await rig.run(at, HEADER + line('a', [100, 0, 0], 'Asia/Tokyo'));
    expect((await numbers(at)).map(({ zones }) => zones.includes('Asia/Tokyo'))).toEqual([true, true]);
  });

  it('a contact that had come to one of them is called at the number that a later file corrects', async () => {
    const at = await rig.tenant();
    await rig.run(at, HEADER + line('a', [100, 101, 0]));
    await rig.query(
      at.tenantId,
      `UPDATE contacts c SET number_hash = (SELECT number_hash FROM person_numbers n
         WHERE n.tenant_id = c.tenant_id AND n.further_place = 1) WHERE tenant_id = $1`,
      [at.tenantId],
    );
    await rig.run(at, HEADER + line('a', [105, 0, 0]));
    expect(await rig.query(at.tenantId, 'SELECT number_hash FROM contacts')).toEqual([{ number_hash: null }]);
    expect(await places(at)).toEqual([
      ['105', 0],
      ['101', 1],
      ['100', null],
    ]);
  });
});
