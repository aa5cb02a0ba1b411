/** Text for people: tables and pairs, aligned also where Chinese characters take two cells. */

/** Columns a string takes in a terminal: East Asian wide characters take two (Unicode TR 11, the blocks used here). */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    width +=
      /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** What could move the cursor or hide text in a terminal is shown as `?`: names come from files and callers. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?');
}

/** A table with a heading; a line of its own where there are no rows. */
export function table(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return rows.length === 0 ? 'none' : rowsOf(headings, rows, null).text;
}

/**
 * Rows in columns, for a table that comes page by page.
 * @param headings null for the pages after the first
 * @param before widths of the page before, which this one keeps where they do
 */
export function rowsOf(
  headings: readonly string[] | null,
  rows: readonly (readonly unknown[])[],
  before: readonly number[] | null,
): { text: string; widths: readonly number[] } {
  const cells = [...(headings === null ? [] : [headings]), ...rows.map((row) => row.map(plain))];
  const columns = headings?.length ?? before?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(before?.[i] ?? 0, ...cells.map((row) => widthOf(row[i] ?? ''))),
  );
  const lines = cells.map((row) =>
    row
      .map((cell, i) => pad(cell, widths[i]!))
      .join('  ')
      .trimEnd(),
  );
  return { text: lines.join('\n'), widths };
}

/** Label and value, a line each; values that are absent are left out. */
export function pairs(entries: readonly (readonly [string, unknown])[]): string {
  const shown = entries.filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...shown.map(([label]) => widthOf(label)));
  return shown.map(([label, value]) => `${pad(label, width)}  ${plain(value)}`).join('\n');
}

/** `12.3 %`; a dash where there is nothing to divide by. */
export function percent(rate: number | null): string {
  return rate === null ? '–' : `${(rate * 100).toFixed(1)} %`;
}
