import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ApiOperation } from './document.ts';
import type { Field, RequestFields } from './fields.ts';
import { optionNameOf, optionsOf } from './options.ts';
import type { SpecVerb } from './table.ts';

/** What a verb made from an operation offers: its arguments and options, and which field each stands for. */
export interface Offer {
  /** Such as `show <campaign>`. */
  readonly usage: string;
  /** In order: a field, or the file of the body. */
  readonly arguments: readonly (Field | 'file')[];
  readonly options: readonly { readonly field: Field; readonly name: string }[];
  /** Rows in one page at most; null: it is no list in pages. */
  readonly pageMax: number | null;
  /** The operation also answers with a table for spreadsheets. */
  readonly csv: 'no' | 'also' | 'only';
}

/** Options that all verbs have, or that are made here: no field may take their names. */
export const RESERVED = new Set([
  'json',
  'url',
  'api-key',
  'profile',
  'data',
  'idempotency-key',
  'limit',
  'all',
  'after',
  'set',
  'file',
  'if-revision',
  'csv',
  'output',
  'help',
]);

/** Fields of the query that options of our own stand for. */
const PAGING = ['limit', 'after'];
/** Where the document does not say (api/cursor.ts). */
const PAGE_MAX = 500;

/** @throws Error where a field would take a name that is taken: a test makes every verb. */
export function offerOf(spec: SpecVerb, operation: ApiOperation, { fields }: RequestFields): Offer {
  const [limit, after] = PAGING.map((name) =>
    fields.find((one) => one.place === 'query' && one.name === name),
  );
  const pageMax = limit === undefined || after === undefined ? null : (limit.maximum ?? PAGE_MAX);
  const csv = csvOf(operation, fields);
  const arguments_ = argumentsOf(spec, operation, fields);
  const given = new Set(arguments_.flatMap((one) => (one === 'file' ? [] : [one.name])));
  const hidden = new Set([
    ...(spec.hidden ?? []),
    ...(pageMax === null ? [] : PAGING),
    ...(csv === 'no' ? [] : ['format']),
    ...(spec.listField === undefined ? [] : [spec.listField]),
  ]);
  const options = fields
    .filter((field) => field.place !== 'path' && !given.has(field.name) && !hidden.has(field.name))
    .map((field) => ({ field, name: spec.names?.[field.name] ?? optionNameOf(field.name) }));
  const names = options.map(({ name }) => name);
  const taken = names.find((name, i) => RESERVED.has(name) || names.indexOf(name) !== i);
  if (taken !== undefined)
    throw new Error(`${spec.operation}: --${taken} is taken; give the field another name`);
  return { usage: usageOf(spec, arguments_), arguments: arguments_, options, pageMax, csv };
}

function argumentsOf(spec: SpecVerb, operation: ApiOperation, fields: readonly Field[]): (Field | 'file')[] {
  const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  const byOption = spec.byNumber === true ? ['personId'] : [];
  const find = (name: string, places: readonly string[]) => {
    const field = fields.find((one) => one.name === name && places.includes(one.place));
    if (field === undefined) throw new Error(`${spec.operation} has no field ${name}`);
    return field;
  };
  return [
    ...inPath.filter((name) => !byOption.includes(name)).map((name) => find(name, ['path'])),
    ...(spec.arguments ?? []).map((name) => find(name, ['query', 'body'])),
    ...(spec.fileArgument === true ? (['file'] as const) : []),
  ];
}

function usageOf(spec: SpecVerb, given: readonly (Field | 'file')[]): string {
  if (spec.joined !== undefined) return `${spec.verb} <${spec.joined}...>`;
  const shown = given.map((one) => {
    if (one === 'file') return '<file>';
    const name = spec.names?.[one.name] ?? optionNameOf(one.name);
    return `<${name}${one.many ? '...' : ''}>`;
  });
  return [spec.verb, ...shown].join(' ');
}

function csvOf(operation: ApiOperation, fields: readonly Field[]): Offer['csv'] {
  const good = Object.entries(operation.responses ?? {}).filter(([status]) => status.startsWith('2'));
  const types = good.flatMap(([, response]) => Object.keys(response.content ?? {}));
  if (!types.includes('text/csv')) return 'no';
  const choice = fields.some((field) => field.place === 'query' && field.name === 'format');
  return choice || types.includes('application/json') ? 'also' : 'only';
}

/** Add to the command what is offered. */
export function addOffer(command: Command, spec: SpecVerb, offer: Offer, request: RequestFields): void {
  if (spec.byNumber === true) {
    command
      .option('--person <id>', 'the person, by id')
      .option('--number <number>', 'the person, by number; - reads it from standard input');
  }
  for (const { field, name } of offer.options)
    for (const option of optionsOf(field, name)) command.addOption(option);
  for (const { flags, about } of spec.extra ?? []) command.option(flags, about);
  if (request.hasBody) addBody(command, spec, request);
  if (request.ifMatch !== 'no') {
    command.option(
      '--if-revision <n>',
      'refuse where it is at another revision by now (default: read first)',
    );
  }
  if (spec.lines === true) {
    command.option('--output <file>', 'write to a file instead of standard output');
  } else if (offer.pageMax !== null) {
    command
      .addOption(new Option('--limit <n>', 'rows at most (default: 50)').argParser(positive))
      .option('--all', 'every row there is')
      .option('--after <cursor>', '`next` of the page before');
  }
  if (offer.csv === 'also') command.option('--csv', 'as CSV, for spreadsheets');
  if (offer.csv !== 'no') command.option('--output <file>', 'write the CSV to a file');
}

function addBody(command: Command, spec: SpecVerb, { complex }: RequestFields): void {
  const parts = complex.filter((name) => name !== spec.listField);
  const hint = parts.length === 0 ? '' : `; also for ${parts.join(', ')}`;
  if (spec.fileArgument !== true) {
    command.option('--file <file>', 'the body, or its beginning, as JSON or YAML; - reads standard input');
  }
  command.option(
    '--set <path=value>',
    `one part of the body, such as a.b=4 or a=null; may be repeated${hint}`,
    (value: string, before: readonly string[] = []) => [...before, value],
  );
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('Expected a whole number from 1.');
}
