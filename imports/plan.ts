import { invalidInput } from '../domain/failures.ts';
import { mapColumns, phoneColumnMissing, keyMeaning, type ColumnMapping, type Field } from './columns.ts';
import { createCsvReader, DELIMITERS, detectDelimiter } from './csv.ts';
import { askedEncoding, decoderFor, detectEncoding, type DetectedEncoding } from './encoding.ts';
import { createLineReader, LINE_CHARS_MAX } from './lines.ts';
import { createCsvRowReader, createJsonRowReader, parseObject, type RowReader } from './rows.ts';

export const FORMATS = ['csv', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

/** What a person may say about a file; all of it is found out when left out. */
export interface FileOptions {
  readonly format?: Format;
  readonly mapping?: ColumnMapping;
  /** One character. */
  readonly delimiter?: string;
  readonly encoding?: string;
}

/** What was found out about a file; kept with its import. */
export interface Detected {
  readonly format: Format;
  readonly encoding: string;
  readonly encodingBy: DetectedEncoding['by'];
  readonly delimiter: string | null;
  /** False for a bare list of numbers. */
  readonly header: boolean;
  /** Column name → field, `attribute` or `ignore`. */
  readonly columns: Readonly<Record<string, string>>;
}

export interface ReadingPlan {
  readonly detected: Detected;
  /** The fields that some column fills, as far as the beginning of the file shows. */
  readonly mapped: ReadonlySet<Field>;
  /** A reader that starts at the file's beginning. */
  rowReader(): RowReader;
}

/**
 * Decide how to read a file from its name and first bytes.
 * @param bareList a single column of numbers needs no header (do-not-call lists).
 * @throws RightcallError `invalid_input`: nothing in it, no column for the number, a header that is none.
 */
export function planReading(
  sample: { readonly bytes: Buffer; readonly whole: boolean },
  name: string,
  options: FileOptions,
  fields: readonly Field[],
  bareList: boolean,
): ReadingPlan {
  const encoding =
    options.encoding === undefined
      ? detectEncoding(sample.bytes, sample.whole)
      : askedEncoding(options.encoding);
  const decoder = decoderFor(encoding.encoding);
  const text = decoder.write(sample.bytes) + (sample.whole ? decoder.end() : '');
  if (text.trim() === '') throw fault('source', `${name} is empty`, 'a file with a header and rows');
  const format = options.format ?? formatOf(name, text);
  return format === 'jsonl'
    ? planJson(text, sample.whole, encoding, options, fields)
    : planCsv(text, encoding, options, fields, bareList);
}

function formatOf(name: string, text: string): Format {
  const plain = name.toLowerCase().replace(/\.gz$/, '');
  if (/\.(jsonl|ndjson)$/.test(plain)) return 'jsonl';
  if (/\.(csv|tsv)$/.test(plain)) return 'csv';
  return text.trimStart().startsWith('{') ? 'jsonl' : 'csv';
}

function planJson(
  text: string,
  whole: boolean,
  encoding: DetectedEncoding,
  options: FileOptions,
  fields: readonly Field[],
): ReadingPlan {
  const mapping = options.mapping ?? {};
  const lines = createLineReader();
  const sampled = [...lines.push(text), ...(whole ? lines.end() : [])];
  const keys = new Set<string>();
  for (const { text: line } of sampled) for (const key of Object.keys(parseObject(line) ?? {})) keys.add(key);
  if (keys.size === 0 && sampled.length > 0) {
    throw fault('source', 'its first lines are no JSON objects', 'one JSON object a line (JSON Lines)');
  }
  // Checks the mapping's fields as well; what a key means is decided row by row, since rows differ in their keys.
  for (const [key, meaning] of Object.entries(mapping)) {
    if (meaning !== 'attribute' && meaning !== 'ignore' && !fields.includes(meaning as Field)) {
      throw fault(
        `mapping.${key}`,
        `${JSON.stringify(meaning)} is no field`,
        `one of: ${fields.join(', ')}, attribute, ignore`,
      );
    }
  }
  const columns: Record<string, string> = {};
  const mapped = new Set<Field>();
  for (const key of [...keys].slice(0, 200)) {
    const { target } = keyMeaning(key, mapping, fields);
    columns[key] =
      target.kind === 'field' ? target.field : target.kind === 'ignored' ? 'ignore' : 'attribute';
    if (target.kind === 'field') mapped.add(target.field);
  }
  if (!mapped.has('phone')) throw phoneColumnMissing([...keys]);
  return {
    detected: {
      format: 'jsonl',
      encoding: encoding.encoding,
      encodingBy: encoding.by,
      delimiter: null,
      header: false,
      columns,
    },
    mapped,
    rowReader: () => createJsonRowReader({ mapping, fields }),
  };
}

function planCsv(
  text: string,
  encoding: DetectedEncoding,
  options: FileOptions,
  fields: readonly Field[],
  bareList: boolean,
): ReadingPlan {
  if (options.delimiter !== undefined && options.delimiter.length !== 1) {
    throw fault(
      'delimiter',
      'is not one character',
      `such as ${DELIMITERS.map((d) => JSON.stringify(d)).join(' ')}`,
    );
  }
  // Old Macs ended lines in CR alone; some spreadsheets still do.
  const newline = !text.includes('\n') && text.includes('\r') ? '\r' : '\n';
  const lineReader = createLineReader(newline, LINE_CHARS_MAX);
  const lines = [...lineReader.push(text), ...lineReader.end()];
  const first = lines.find((line) => line.text.trim() !== '')!;
  const delimiter = options.delimiter ?? detectDelimiter(first.text);
  const csv = createCsvReader(delimiter);
  const [record] = [...csv.push(lines), ...csv.end()];
  if (record === undefined || 'fault' in record) {
    throw fault(
      'source',
      'its header line has a quote that is not closed',
      'a header line with the column names',
    );
  }
  const header = !(
    bareList &&
    record.fields.length === 1 &&
    /^[\s+\d().\-/０-９＋]+$/.test(record.fields[0]!)
  );
  const columns = header ? record.fields.map((column) => column.trim()) : ['phone'];
  const targets = mapColumns(columns, header ? (options.mapping ?? {}) : {}, fields);
  return {
    detected: {
      format: 'csv',
      encoding: encoding.encoding,
      encodingBy: encoding.by,
      delimiter,
      header,
      columns: Object.fromEntries(
        targets.map((target, i) => [
          columns[i]!,
          target.kind === 'field' ? target.field : target.kind === 'ignored' ? 'ignore' : 'attribute',
        ]),
      ),
    },
    mapped: new Set(targets.flatMap((target) => (target.kind === 'field' ? [target.field] : []))),
    rowReader: () => createCsvRowReader({ delimiter, newline, columns, targets, header }),
  };
}

function fault(field: string, what: string, expected: string): Error {
  return invalidInput([{ field, fault: what, expected }]);
}
