import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { InvalidArgumentError } from 'commander';
import { RightcallError, invalidInput, messageOf } from '../../../domain/failures.ts';
import type { Method, RequestParts } from '../http.ts';
import { exactlyOne, idFor, personIdOf } from '../ids.ts';
import { STDIN, patchOf, readDocument, secretOf } from '../input.ts';
import type { VerbContext } from '../verb.ts';
import { sheet } from '../render/sheet.ts';
import { plain } from '../text.ts';
import { bulkText, failedOf, joined, partsOf } from './bulk.ts';
import { tableOf } from './columns.ts';
import type { Field } from './fields.ts';
import { saveLines, showPages, wantedOf } from './pages.ts';
import { givenOf, namesOf, type Plan } from './plan.ts';

type Options = Readonly<Record<string, unknown>>;
type Values = ReadonlyMap<Field, unknown>;

/** Send the operation with what was given, and show its answer. */
export async function sendPlan(
  context: VerbContext,
  plan: Plan,
  args: readonly string[],
  options: Options,
): Promise<void> {
  const { spec, operation, offer } = plan;
  if ((await spec.instead?.(context, options)) === true) return;
  const given = resolvedLater(plan, args, options);
  const file = offer.arguments.includes('file') ? args.at(-1) : (options['file'] as string | undefined);
  const path = await pathOf(context, plan, given, options);
  const body = await bodyOf(context, plan, given, file, options);
  const query = await queryOf(context, given);
  const parts: RequestParts = {
    query,
    ...(body === null ? {} : { json: body }),
    headers: { ...context.headers, ...(await ifMatchOf(context, plan, path, options)) },
    nameOf: namesOf(plan, given, file !== undefined),
  };
  if (offer.csv === 'only' || (offer.csv === 'also' && options['csv'] === true)) {
    await saveCsv(context, plan, path, parts, options);
  } else if (offer.pageMax !== null && spec.lines === true) {
    await saveLines(context, path, parts, offer.pageMax, options['output'] as string | undefined);
  } else if (offer.pageMax !== null) {
    await showPages(context, spec.columns, path, parts, wantedOf(options, offer.pageMax));
  } else if (spec.listField !== undefined) {
    await sendParts(context, plan, spec.listField, path, parts);
  } else {
    const answer = await context.api.send(operation.method as Method, path, parts);
    context.show(answer, () => textOf(plan, answer));
  }
}

/** A list of any length, in as many requests as that takes; what was not done makes the whole a refusal. */
async function sendParts(
  context: VerbContext,
  plan: Plan,
  listField: string,
  path: string,
  parts: RequestParts,
): Promise<void> {
  const body = parts.json as Readonly<Record<string, unknown>>;
  const given = body[listField];
  const lists = partsOf(Array.isArray(given) ? (given as unknown[]) : []);
  const key = parts.headers?.['idempotency-key'];
  const answers: Readonly<Record<string, unknown>>[] = [];
  for (const [i, list] of lists.entries()) {
    answers.push(
      await context.api.send(plan.operation.method as Method, path, {
        ...parts,
        json: { ...body, [listField]: list },
        headers: {
          ...parts.headers,
          ...(key === undefined || i === 0 ? {} : { 'idempotency-key': `${key}/${i}` }),
        },
      }),
    );
  }
  const answer = joined(answers);
  context.show(answer, () => bulkText(answer));
  const { failed, all } = failedOf(answer);
  if (failed > 0) throw new RightcallError('refused', `${failed} of ${all} were not done`);
}

/** @throws RightcallError `invalid_input` for an argument that is not of its kind */
function resolvedLater(plan: Plan, args: readonly string[], options: Options): Values {
  try {
    return givenOf(plan, args, options);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw invalidInput([
      {
        field: plan.offer.usage.split(' ').slice(1).join(' '),
        fault: 'cannot be read',
        expected: messageOf(error).replace('Expected ', '').replace(/\.$/, ''),
      },
    ]);
  }
}

async function pathOf(
  { api, shell }: VerbContext,
  { spec, operation }: Plan,
  given: Values,
  options: Options,
): Promise<string> {
  let path = operation.path;
  if (spec.byNumber === true) {
    const by = exactlyOne(options, ['person', 'number']) === 0 ? 'person' : 'number';
    path = path.replace('{personId}', encodeURIComponent(await personIdOf(api, String(options[by]), shell)));
  }
  for (const [field, value] of given) {
    if (field.place !== 'path') continue;
    const id = await idFor(api, field.name, String(value), shell);
    path = path.replace(`{${field.name}}`, encodeURIComponent(id));
  }
  return path;
}

async function queryOf(
  { api, shell }: VerbContext,
  given: Values,
): Promise<NonNullable<RequestParts['query']>> {
  const query: Record<string, string | number | boolean | string[]> = {};
  for (const [field, value] of given) {
    if (field.place !== 'query') continue;
    query[field.name] =
      typeof value === 'string' ? await idFor(api, field.name, value, shell) : (value as number | string[]);
  }
  return query;
}

/** The file's parts, on top of them what --set says, and on top of those the options. */
async function bodyOf(
  context: VerbContext,
  { spec, request, offer }: Plan,
  given: Values,
  file: string | undefined,
  options: Options,
): Promise<Record<string, unknown> | null> {
  if (!request.hasBody) return null;
  const start = file === undefined ? {} : await fromFile(context, spec, file);
  const body = patchOf((options['set'] as readonly string[] | undefined) ?? [], start);
  for (const [field, value] of given) {
    if (field.place === 'body') body[field.name] = await bodyValueOf(context, field, value);
  }
  for (const [name, value] of Object.entries(spec.values ?? {})) if (!(name in body)) body[name] = value;
  spec.prepare?.(body, options);
  const missing = offer.options.filter(
    ({ field }) => field.place === 'body' && field.required && !(field.name in body),
  );
  if (missing.length > 0 && file === undefined) {
    throw invalidInput(
      missing.map(({ field, name }) => ({
        field: `--${name}`,
        fault: 'is missing',
        expected: (field.choices?.join(', ') ?? field.about).replace(/\.$/, ''),
      })),
    );
  }
  return body;
}

async function bodyValueOf({ api, shell }: VerbContext, field: Field, value: unknown): Promise<unknown> {
  if (typeof value !== 'string' || field.kind !== 'text') return value;
  if (value === STDIN) return await secretOf(value, shell.stdin);
  return await idFor(api, field.name, value, shell);
}

/** An object; or a list, or an item a line (JSON lines, or bare texts), where the body holds one. */
async function fromFile(
  { shell }: VerbContext,
  { listField, itemField, fileField }: Plan['spec'],
  file: string,
): Promise<Record<string, unknown>> {
  if (listField === undefined) {
    const document = await readDocument(file, shell.stdin);
    return fileField === undefined ? document : { [fileField]: document };
  }
  const items: unknown[] = [];
  const source = file === STDIN ? shell.stdin : createReadStream(file);
  try {
    for await (const line of createInterface({ input: source, crlfDelay: Infinity })) {
      if (line.trim() !== '') items.push(itemOf(line.trim(), itemField));
    }
  } catch (error) {
    throw invalidInput([
      { field: file, fault: messageOf(error), expected: 'a readable file, an item a line' },
    ]);
  }
  const [only] = items;
  if (items.length === 1 && typeof only === 'object' && only !== null && listField in only) {
    return only as Record<string, unknown>;
  }
  return { [listField]: items.length === 1 && Array.isArray(only) ? only : items };
}

function itemOf(line: string, itemField: string | undefined): unknown {
  if (/^[[{"]/.test(line)) {
    try {
      return JSON.parse(line) as unknown;
    } catch {
      // Taken as it is: the API says what is wrong with it, and where.
    }
  }
  return itemField === undefined ? line : { [itemField]: line };
}

async function ifMatchOf(
  { api }: VerbContext,
  { request, spec }: Plan,
  path: string,
  options: Options,
): Promise<Record<string, string>> {
  if (request.ifMatch === 'no') return {};
  const given = options['ifRevision'] as string | undefined;
  if (given !== undefined) return { 'if-match': `"${given.replaceAll('"', '')}"` };
  try {
    const thing = spec.revisionAbove === true ? path.slice(0, path.lastIndexOf('/')) : path;
    return { 'if-match': `"${await revisionAt(api, thing)}"` };
  } catch (error) {
    // What is not there yet is about to be made; where it has to be there, the change itself says so.
    if (error instanceof RightcallError && error.code === 'not_found') return {};
    throw error;
  }
}

/** Of what the path names, or of what it is a part of: a script's versions have the revision of the script. */
async function revisionAt(api: VerbContext['api'], path: string): Promise<number> {
  const { revision } = await api.send<{ revision?: number }>('GET', path);
  return revision ?? (await revisionAt(api, path.slice(0, path.lastIndexOf('/'))));
}

async function saveCsv(
  { api, shell }: VerbContext,
  { operation, request }: Plan,
  path: string,
  parts: RequestParts,
  options: Options,
): Promise<void> {
  const byQuery = request.fields.some((field) => field.place === 'query' && field.name === 'format');
  const answer = await api.open(operation.method as Method, path, {
    ...parts,
    query: { ...parts.query, ...(byQuery ? { format: 'csv' } : {}) },
    headers: { ...parts.headers, accept: 'text/csv' },
  });
  const file = options['output'] as string | undefined;
  if (file === undefined) await pipeline(answer.body, shell.stdout, { end: false });
  // A table may name contacts: it is for whoever asked for it alone.
  else await pipeline(answer.body, createWriteStream(file, { mode: 0o600 }));
}

function textOf({ spec }: Plan, answer: unknown): string {
  if (spec.text !== undefined) return spec.text(answer as never);
  if (answer === null || answer === undefined) return 'done';
  const { items } = answer as { items?: unknown };
  if (spec.columns !== undefined && Array.isArray(items)) return tableOf(spec.columns, items as object[]);
  return typeof answer === 'object' ? sheet(answer) : plain(answer);
}
