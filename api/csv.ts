/**
 * CSV that people open in a spreadsheet (RFC 4180). What is shown there may come from a file that somebody sent us, so
 * a cell that a spreadsheet would take for a formula is made text: it begins with an apostrophe.
 */

/** OWASP, "CSV Injection": what begins a formula in Excel, LibreOffice or Google Sheets, full-width forms included. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const QUOTED = /[",\r\n]/;

export type Cell = string | number | boolean | null;

/** One cell. Numbers are written as they are, a negative one too: it is no text of somebody else's. */
export function csvCell(value: Cell): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One line, with its end. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

export const CSV_TYPE = 'text/csv; charset=utf-8';

/** Whether a client that sent this `Accept` header wants CSV rather than JSON. */
export function prefersCsv(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const weights = new Map(
    accept.split(',').map((part) => {
      const [type = '', ...parameters] = part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      const q = parameters.find((one) => one.startsWith('q='));
      return [type, q === undefined ? 1 : Number(q.slice(2))];
    }),
  );
  const csv = weights.get('text/csv') ?? 0;
  return csv > 0 && csv >= (weights.get('application/json') ?? weights.get('*/*') ?? 0);
}

/**
 * A body that is made as it is read, so that neither its length nor a slow reader costs memory: the next part is asked
 * for when the one before was taken.
 */
export function streamOf(parts: AsyncIterator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const part = await parts.next();
        if (part.done === true) controller.close();
        else controller.enqueue(encoder.encode(part.value));
      },
      cancel: async () => {
        await parts.return?.();
      },
    },
    { highWaterMark: 1 },
  );
}
