import fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { csvCell, csvLine, prefersCsv, streamOf } from '../../api/csv.ts';

test.each([
  ['=1+1', "'=1+1"],
  ['+86 138****5678', "'+86 138****5678"],
  ['-2', "'-2"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['\r=1', '"\'\r=1"'],
  ['＝1+1', "'＝1+1"],
  ['a,b', '"a,b"'],
  ['say "no"', '"say ""no"""'],
  ['=cmd|"/c calc"!A1,', '"\'=cmd|""/c calc""!A1,"'],
  ['plain 文字', 'plain 文字'],
  [-2, '-2'],
  [null, ''],
])('the cell %j is written as %j', (value, text) => {
  expect(csvCell(value)).toBe(text);
});

test('whatever is written is read back as one row of as many cells, none of which is a formula', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 6 }), (cells) => {
      // A single empty cell is an empty line.
      fc.pre(cells.length > 1 || cells[0] !== '');
      const rows = parse(csvLine(cells), { relax_column_count: false, record_delimiter: '\r\n' });
      expect(rows).toHaveLength(1);
      const read = rows[0] as unknown as string[];
      expect(read.map((cell, i) => (cell === `'${cells[i]!}` ? cells[i] : cell))).toEqual(cells);
      for (const cell of read) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    }),
  );
});

test.each([
  [undefined, false],
  ['*/*', false],
  ['application/json', false],
  ['text/csv', true],
  ['text/csv;q=0.5, application/json', false],
  ['application/json;q=0.2, text/csv', true],
  ['text/csv;q=0, */*', false],
])('Accept: %s wants CSV: %s', (accept, wanted) => {
  expect(prefersCsv(accept)).toBe(wanted);
});

test('a stream makes its parts as they are taken, and stops making them when its reader leaves', async () => {
  let made = 0;
  let left = false;
  const parts = (async function* () {
    try {
      for (;;) yield String(made++);
    } finally {
      left = true;
    }
  })();
  const reader = streamOf(parts).getReader();
  await reader.read();
  await new Promise((resolve) => setImmediate(resolve));
  expect(made).toBeLessThanOrEqual(3);
  await reader.cancel();
  expect(left).toBe(true);
});
