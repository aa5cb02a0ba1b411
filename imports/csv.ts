import { LINE_CHARS_MAX, type Line } from './lines.ts';

/**
 * CSV by RFC 4180, cut so that one broken row costs one row. A parser of whole streams (csv-parse was measured)
 * loses everything behind an unbalanced quote or an over-long line, and takes 8–12 µs a row; a row without quotes
 * is one `split`.
 */

export const DELIMITERS = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

export type RecordFault = 'line_too_long' | 'quotes' | 'json';

/** One record, or what is wrong with the line it starts on. */
export type CsvRecord =
  | { readonly line: number; readonly fields: string[] }
  | { readonly line: number; readonly fault: RecordFault; readonly text: string };

/**
 * The fields of one record. A quote opens a quoted field only at its beginning; elsewhere it is a character.
 * @returns `open` when it ends inside a quoted field, `malformed` when text follows a closing quote.
 */
export function splitRecord(text: string, delimiter: string): string[] | 'open' | 'malformed' {
  if (!text.includes('"')) return text.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  while (true) {
    if (text[at] !== '"') {
      const end = text.indexOf(delimiter, at);
      if (end === -1) {
        fields.push(text.slice(at));
        return fields;
      }
      fields.push(text.slice(at, end));
      at = end + 1;
      continue;
    }
    let value = '';
    let from = at + 1;
    while (true) {
      const quote = text.indexOf('"', from);
      if (quote === -1) return 'open';
      value += text.slice(from, quote);
      from = quote + 1;
      if (text[from] !== '"') break;
      value += '"';
      from += 1;
    }
    fields.push(value);
    if (from === text.length) return fields;
    if (text[from] !== delimiter) return 'malformed';
    at = from + 1;
  }
}

/** Lines a quoted field may run over; a quote still open then was never meant to be one. */
const RECORD_LINES_MAX = 200;

/** Puts lines together to records. Blank lines are no records. */
export interface CsvReader {
  push(lines: readonly Line[]): CsvRecord[];
  end(): CsvRecord[];
}

export function createCsvReader(delimiter: string): CsvReader {
  /** Lines of a record whose quoted field has not ended yet. */
  let open: Line[] = [];
  let openChars = 0;

  function giveUp(records: CsvRecord[]): void {
    const [first, ...rest] = open;
    open = [];
    openChars = 0;
    if (first === undefined) return;
    records.push({ line: first.line, fault: 'quotes', text: first.text });
    // What was taken for the inside of a field are rows of their own.
    for (const line of rest) take(line, records);
  }

  function take(line: Line, records: CsvRecord[]): void {
    if (line.tooLong) {
      giveUp(records);
      records.push({ line: line.line, fault: 'line_too_long', text: line.text });
      return;
    }
    if (open.length === 0) {
      if (line.text.trim() === '') return;
      const fields = splitRecord(line.text, delimiter);
      if (typeof fields !== 'string') records.push({ line: line.line, fields });
      else if (fields === 'malformed') records.push({ line: line.line, fault: 'quotes', text: line.text });
      else {
        open = [line];
        openChars = line.text.length;
      }
      return;
    }
    open.push(line);
    openChars += line.text.length + 1;
    if (line.text.includes('"')) {
      const fields = splitRecord(open.map((part) => part.text).join('\n'), delimiter);
      if (typeof fields !== 'string') {
        records.push({ line: open[0]!.line, fields });
        open = [];
        openChars = 0;
        return;
      }
      if (fields === 'malformed') return giveUp(records);
    }
    if (open.length > RECORD_LINES_MAX || openChars > LINE_CHARS_MAX) giveUp(records);
  }

  return {
    push: (lines) => {
      const records: CsvRecord[] = [];
      for (const line of lines) take(line, records);
      return records;
    },
    end: () => {
      const records: CsvRecord[] = [];
      while (open.length > 0) giveUp(records);
      return records;
    },
  };
}

/** The delimiter that cuts the header line into most columns; a comma where none cuts it. */
export function detectDelimiter(headerLine: string): Delimiter {
  const width = (delimiter: Delimiter) => {
    const fields = splitRecord(headerLine, delimiter);
    return typeof fields === 'string' ? 0 : fields.length;
  };
  return DELIMITERS.reduce((best, delimiter) => (width(delimiter) > width(best) ? delimiter : best));
}
