import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { CONTACT_FIELDS, DO_NOT_CALL_FIELDS, mapColumns } from '../../imports/columns.ts';
import { createCsvReader, splitRecord, type CsvRecord } from '../../imports/csv.ts';
import { createLineReader } from '../../imports/lines.ts';
import { planReading, type FileOptions } from '../../imports/plan.ts';
import type { BrokenRow, Row } from '../../imports/rows.ts';
import { hashOf, sampleOf, textOf } from '../../imports/source.ts';

/** Text in pieces of the given lengths, the last one repeated. */
function pieces(text: string, size: number): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += size) parts.push(text.slice(at, at + size));
  return parts;
}

function recordsOf(text: string, size = 7, charsMax?: number): CsvRecord[] {
  const lines = createLineReader('\n', charsMax);
  const csv = createCsvReader(',');
  return [
    ...pieces(text, size).flatMap((piece) => csv.push(lines.push(piece))),
    ...csv.push(lines.end()),
    ...csv.end(),
  ];
}

async function read(
  bytes: Buffer,
  options: FileOptions & { name?: string; bare?: boolean; chunk?: number } = {},
): Promise<{ plan: ReturnType<typeof planReading>; rows: (Row | BrokenRow)[] }> {
  const chunk = options.chunk ?? 11;
  const source = {
    name: options.name ?? 'file',
    open: () =>
      Readable.from(
        (function* () {
          for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
        })(),
      ),
  };
  const fields = options.bare === true ? DO_NOT_CALL_FIELDS : CONTACT_FIELDS;
  const plan = planReading(await sampleOf(source), source.name, options, fields, options.bare === true);
  const reader = plan.rowReader();
  const rows: (Row | BrokenRow)[] = [];
  for await (const text of textOf(source, plan.detected.encoding, await hashOf(source))) {
    rows.push(...reader.push(text));
  }
  return { plan, rows: [...rows, ...reader.end()] };
}

const cellsOf = (rows: readonly (Row | BrokenRow)[]) =>
  rows.map((row) => (row.kind === 'row' ? row.cells : row.code));

describe('CSV records', () => {
  it('are what csv-parse makes of them, whatever stands in the fields and however the text arrives', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', '手', '0') });
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 20 }),
        (table, size) => {
          const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
          const text = table.map((row) => row.map(quoted).join(',')).join('\n');
          const expected = parse(text, { relax_column_count: true });
          expect(recordsOf(text, size).map((record) => ('fields' in record ? record.fields : null))).toEqual(
            expected,
          );
        },
      ),
    );
  });

  it('carry the line they start on, over line breaks in quotes and blank lines', () => {
    expect(recordsOf('a,b\r\n\r\n"1\n2",3\n4,5')).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 3, fields: ['1\n2', '3'] },
      { line: 5, fields: ['4', '5'] },
    ]);
  });

  it('an unbalanced quote costs its own row and no other', () => {
    const text = ['a,b', '1,2', '"3,4', ...Array.from({ length: 300 }, (_, i) => `${i},x`)].join('\n');
    const records = recordsOf(text);
    expect(records.filter((record) => 'fault' in record)).toEqual([
      { line: 3, fault: 'quotes', text: '"3,4' },
    ]);
    expect(records).toHaveLength(303);
    expect(records.at(-1)).toEqual({ line: 303, fields: ['299', 'x'] });
  });

  it('text after a closing quote costs its own row and no other', () => {
    expect(recordsOf('"a"b,c\nd,e\n"open')).toEqual([
      { line: 1, fault: 'quotes', text: '"a"b,c' },
      { line: 2, fields: ['d', 'e'] },
      { line: 3, fault: 'quotes', text: '"open' },
    ]);
    expect(splitRecord('5" pipe,x', ',')).toEqual(['5" pipe', 'x']);
  });

  it('an over-long line is dropped without being kept, and the next one is read', () => {
    const records = recordsOf(`a,b\n${'x'.repeat(5_000)}\n1,2\n${'y'.repeat(5_000)}`, 100, 1_000);
    expect(records.map((record) => ('fault' in record ? record.fault : record.fields))).toEqual([
      ['a', 'b'],
      'line_too_long',
      ['1', '2'],
      'line_too_long',
    ]);
    expect(records.every((record) => !('text' in record) || record.text.length <= 64)).toBe(true);
    expect(records.at(2)).toMatchObject({ line: 3 });
  });
});

describe('a file', () => {
  const text = '手机号,姓名,城市\n+86 199 0000 0101,张三,上海\n';
  const cells = [{ phone: '+86 199 0000 0101', name: '张三' }];

  it.each([
    ['utf-8', 'valid UTF-8', Buffer.from(text)],
    ['utf-8', 'byte order mark', Buffer.from(`\ufeff${text}`)],
    ['utf-16le', 'byte order mark', iconv.encode(text, 'utf-16le', { addBOM: true })],
    ['utf-16be', 'byte order mark', iconv.encode(text, 'utf-16be', { addBOM: true })],
    ['utf-16le', 'zero bytes', iconv.encode(`phone,name,city\n${text.split('\n')[1]}`, 'utf-16le')],
    ['gb18030', 'statistics', iconv.encode(text + '13900000102,李四,北京市朝阳区\n', 'gbk')],
  ])('in %s (%s) is read as what it says', async (encoding, by, bytes) => {
    const { plan, rows } = await read(bytes);
    expect(plan.detected).toMatchObject({ encoding, encodingBy: by });
    expect(rows[0]).toMatchObject({ kind: 'row', cells: cells[0] });
  });

  it('of broken UTF-8 loses the broken cells alone', async () => {
    const bytes = Buffer.concat([
      Buffer.from('phone,name,city\n+12025550100,'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(',Rome\n+12025550101,Ann,Rome\n'),
    ]);
    const { rows } = await read(bytes, { encoding: 'utf-8' });
    expect(rows).toMatchObject([
      { cells: { phone: '+12025550100' }, attributes: { city: 'Rome' }, unreadable: ['name'] },
      { cells: { phone: '+12025550101', name: 'Ann' }, unreadable: [] },
    ]);
  });

  it('is decompressed by its first bytes, whatever its name, and cut short it is said to be', async () => {
    const zipped = gzipSync(Buffer.from(text));
    expect(cellsOf((await read(zipped, { name: 'x.csv' })).rows)).toEqual(cells);
    await expect(read(zipped.subarray(0, zipped.length - 12))).rejects.toThrow('could not be read');
  });

  it.each([',', ';', '\t', '|'])('cut by %j is cut there', async (delimiter) => {
    const { plan, rows } = await read(Buffer.from(`id${delimiter}phone\n7${delimiter}+12025550100\n`));
    expect(plan.detected.delimiter).toBe(delimiter);
    expect(cellsOf(rows)).toEqual([{ external_id: '7', phone: '+12025550100' }]);
  });

  it.each([
    ['', 'is empty'],
    [' \n\n', 'is empty'],
    ['name,city\nA,B\n', 'none of them is the phone number; the file has: "name", "city"'],
    ['phone,name,name\n', 'stands twice in the header, in columns 2 and 3'],
    ['"phone,name\n', 'quote that is not closed'],
  ])('that is %j is refused with the reason', async (content, reason) => {
    await expect(read(Buffer.from(content))).rejects.toThrow(reason);
  });

  it('with a header alone has no rows', async () => {
    expect((await read(Buffer.from('phone,name\n'))).rows).toEqual([]);
  });

  it('with lines that end in CR alone is read', async () => {
    expect(cellsOf((await read(Buffer.from('phone,id\r+12025550100,7\r'))).rows)).toEqual([
      { phone: '+12025550100', external_id: '7' },
    ]);
  });

  it('a row with more fields than the header is not guessed at', async () => {
    const { rows } = await read(Buffer.from('phone,name\n+12025550100,Smith, Ann\n+12025550101,Ann,\n'));
    expect(cellsOf(rows)).toEqual(['columns', { phone: '+12025550101', name: 'Ann' }]);
  });

  it('that was changed between two readings is refused', async () => {
    let reads = 0;
    const source = {
      name: 'x.csv',
      open: () => Readable.from([Buffer.from(`phone\n+1202555010${reads++}\n`)]),
    };
    const hash = await hashOf(source);
    await expect(async () => {
      for await (const _text of textOf(source, 'utf-8', hash));
    }).rejects.toThrow('changed while it was read');
  });
});

describe('JSON Lines', () => {
  it('are read by key, whatever order and number of keys a row has', async () => {
    const { rows } = await read(
      Buffer.from(
        [
          '{"手机号":13900000101,"客户编号":"7","vip":true,"tags":["a"]}',
          '{"mobile":"+12025550101","phone":"+12025550100","consent_purpose":["marketing","service"]}',
          'no json',
          '[1]',
          '{"phone":null}',
        ].join('\n'),
      ),
    );
    expect(rows).toMatchObject([
      { cells: { phone: '13900000101', external_id: '7' }, attributes: { vip: true, tags: ['a'] } },
      {
        cells: { phone: '+12025550100', consent_purpose: 'marketing;service' },
        attributes: { mobile: '+12025550101' },
      },
      { kind: 'broken', code: 'json', line: 3 },
      { kind: 'broken', code: 'json', line: 4 },
      { cells: {} },
    ]);
  });
});

describe('a do-not-call list', () => {
  it('may be bare numbers, its first line included', async () => {
    const { rows } = await read(Buffer.from('+12025550100\n(202) 555-0101\n'), { bare: true });
    expect(cellsOf(rows)).toEqual([{ phone: '+12025550100' }, { phone: '(202) 555-0101' }]);
  });

  it('may have a header', async () => {
    const { rows } = await read(Buffer.from('号码\n+12025550100\n'), { bare: true });
    expect(cellsOf(rows)).toEqual([{ phone: '+12025550100' }]);
  });
});

describe('column mapping', () => {
  it('an explicit mapping wins, one column a field, and the rest stay attributes', () => {
    expect(mapColumns(['Mobile', 'tel', 'x', 'y'], { tel: 'phone', X: 'ignore' }, CONTACT_FIELDS)).toEqual([
      { kind: 'attribute', name: 'Mobile' },
      { kind: 'field', field: 'phone' },
      { kind: 'ignored' },
      { kind: 'attribute', name: 'y' },
    ]);
  });

  it.each([
    [{ nope: 'phone' }, 'names no column of the file'],
    [{ a: 'telefon' }, '"telefon" is no field'],
    [{ a: 'phone', b: 'phone' }, 'phone is mapped twice'],
  ])('%j is refused with the reason', (mapping, reason) => {
    expect(() => mapColumns(['a', 'b', 'phone'], mapping as Record<string, string>, CONTACT_FIELDS)).toThrow(
      reason,
    );
  });

  it('shows no whole number where a file without a header has its first row', () => {
    expect(() => mapColumns(['+12025550100', 'Rome'], {}, CONTACT_FIELDS)).toThrow(/\+\*{9}00/);
  });
});
