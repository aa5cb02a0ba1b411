import { keyMeaning, type ColumnMapping, type ColumnTarget, type Field } from './columns.ts';
import { createCsvReader, type RecordFault } from './csv.ts';
import { createLineReader } from './lines.ts';

/** A row with its cells by meaning. Empty cells are absent. */
export interface Row {
  readonly kind: 'row';
  /** Line in the file it starts on, from 1. */
  readonly line: number;
  readonly cells: Readonly<Partial<Record<Field, string>>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Columns whose text held bytes that the file's encoding does not have; their values were left out. */
  readonly unreadable: readonly string[];
}

/** A line that is no row: its issue, and the text it begins with (not masked yet). */
export interface BrokenRow {
  readonly kind: 'broken';
  readonly line: number;
  readonly code: RecordFault | 'columns';
  readonly reason: string;
  readonly text: string;
}

/** Turns text, in whatever pieces, into rows. The header is not one of them. */
export interface RowReader {
  push(text: string): (Row | BrokenRow)[];
  end(): (Row | BrokenRow)[];
}

const FAULTS: Readonly<Record<RecordFault, string>> = {
  line_too_long: 'the line is longer than a million characters',
  quotes: 'a quote is opened and not closed, or text follows a closing quote',
  json: 'is no JSON object on one line',
};

const REPLACEMENT = '\ufffd';
const NO_COLUMNS: readonly string[] = [];

/** @param header whether the first record names the columns. */
export function createCsvRowReader(options: {
  delimiter: string;
  newline: '\n' | '\r';
  columns: readonly string[];
  targets: readonly ColumnTarget[];
  header: boolean;
}): RowReader {
  const lines = createLineReader(options.newline);
  const records = createCsvReader(options.delimiter);
  let header = options.header;

  function convert(from: ReturnType<typeof records.push>): (Row | BrokenRow)[] {
    const rows: (Row | BrokenRow)[] = [];
    for (const record of from) {
      if (header) header = false;
      else if ('fault' in record) {
        const { line, fault, text } = record;
        rows.push({ kind: 'broken', line, code: fault, reason: FAULTS[fault], text });
      } else rows.push(csvRow(record.line, record.fields, options.columns, options.targets));
    }
    return rows;
  }

  return {
    push: (text) => convert(records.push(lines.push(text))),
    end: () => [...convert(records.push(lines.end())), ...convert(records.end())],
  };
}

function csvRow(
  line: number,
  fields: readonly string[],
  columns: readonly string[],
  targets: readonly ColumnTarget[],
): Row | BrokenRow {
  if (fields.length > targets.length && fields.slice(targets.length).some((field) => field.trim() !== '')) {
    const reason = `has ${fields.length} fields where the header has ${targets.length}; one of them may hold the delimiter without quotes`;
    return { kind: 'broken', line, code: 'columns', reason, text: fields[0] ?? '' };
  }
  const cells: Partial<Record<Field, string>> = {};
  const attributes: Record<string, unknown> = {};
  let unreadable: string[] | undefined;
  const count = Math.min(fields.length, targets.length);
  for (let i = 0; i < count; i++) {
    const value = fields[i]!;
    if (value === '') continue;
    const target = targets[i]!;
    if (target.kind === 'ignored') continue;
    if (value.includes(REPLACEMENT)) (unreadable ??= []).push(columns[i]!);
    else if (target.kind === 'field') cells[target.field] = value;
    else attributes[target.name] = withoutNul(value.trim());
  }
  return { kind: 'row', line, cells, attributes, unreadable: unreadable ?? NO_COLUMNS };
}

/** PostgreSQL keeps no NUL in text, and nobody means one. */
function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '') : text;
}

export function createJsonRowReader(options: {
  mapping: ColumnMapping;
  fields: readonly Field[];
}): RowReader {
  const lines = createLineReader();
  const meanings = new Map<string, ReturnType<typeof keyMeaning>>();
  /** Keys differ without end in some files; the memory for them must not. */
  const meaningOf = (key: string) => {
    let meaning = meanings.get(key);
    if (meaning === undefined) {
      meaning = keyMeaning(key, options.mapping, options.fields);
      if (meanings.size >= 10_000) meanings.clear();
      meanings.set(key, meaning);
    }
    return meaning;
  };

  function convert(from: ReturnType<typeof lines.push>): (Row | BrokenRow)[] {
    const rows: (Row | BrokenRow)[] = [];
    for (const { line, text, tooLong } of from) {
      if (tooLong) {
        rows.push({ kind: 'broken', line, code: 'line_too_long', reason: FAULTS.line_too_long, text });
      } else if (text.trim() !== '') {
        const object = parseObject(text);
        rows.push(
          object === null
            ? { kind: 'broken', line, code: 'json', reason: FAULTS.json, text }
            : jsonRow(line, object, meaningOf),
        );
      }
    }
    return rows;
  }

  return { push: (text) => convert(lines.push(text)), end: () => convert(lines.end()) };
}

/** The object on a line, or null. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function jsonRow(
  line: number,
  object: Record<string, unknown>,
  meaningOf: (key: string) => ReturnType<typeof keyMeaning>,
): Row {
  const cells: Partial<Record<Field, string>> = {};
  const attributes: Record<string, unknown> = {};
  const filled: Partial<Record<Field, { rank: number; key: string }>> = {};
  let unreadable: string[] | undefined;
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === null || value === undefined || value === '') continue;
    const { target, rank } = meaningOf(key);
    if (target.kind === 'ignored') continue;
    if (typeof value === 'string' && value.includes(REPLACEMENT)) {
      (unreadable ??= []).push(key);
      continue;
    }
    if (target.kind === 'attribute') {
      attributes[key] = typeof value === 'string' ? withoutNul(value) : value;
      continue;
    }
    const before = filled[target.field];
    if (before !== undefined) {
      if (before.rank <= rank) {
        attributes[key] = value;
        continue;
      }
      attributes[before.key] = object[before.key];
    }
    filled[target.field] = { rank, key };
    cells[target.field] = asText(value);
  }
  return { kind: 'row', line, cells, attributes, unreadable: unreadable ?? NO_COLUMNS };
}

/** A list of purposes or so becomes `a;b`. */
function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(asText).join(';');
  return JSON.stringify(value);
}
