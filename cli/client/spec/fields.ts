import { resolve, type ApiDocument, type ApiOperation, type Schema } from './document.ts';

/** One value of a request that can be given on the command line. */
export interface Field {
  /** As the API names it. */
  readonly name: string;
  readonly place: 'path' | 'query' | 'body';
  readonly kind: 'text' | 'integer' | 'number' | 'boolean';
  /** It may be given several times. */
  readonly many: boolean;
  readonly choices: readonly string[] | null;
  /** Of the schema, such as `date-time`; null where it names none. */
  readonly format: string | null;
  /** Of a number; null where there is none. */
  readonly maximum: number | null;
  readonly about: string;
  readonly required: boolean;
  readonly default: unknown;
}

/** What a request takes: its simple fields, and whether it has a body, which may hold more than those. */
export interface RequestFields {
  readonly fields: readonly Field[];
  /** Names of body fields that are objects or lists of objects: for `--set` and `--file`. */
  readonly complex: readonly string[];
  readonly hasBody: boolean;
  /** An If-Match header is taken; `required` where the API insists. */
  readonly ifMatch: 'no' | 'optional' | 'required';
  readonly takesIdempotencyKey: boolean;
}

export function fieldsOf(document: ApiDocument, operation: ApiOperation): RequestFields {
  const parameters = operation.parameters ?? [];
  const fields: Field[] = [];
  for (const { name, in: place, required, description, schema } of parameters) {
    if (place !== 'path' && place !== 'query') continue;
    const field = fieldOf(document, name, schema ?? {}, place, required === true);
    if (field !== null) fields.push(description === undefined ? field : { ...field, about: description });
  }
  const header = (name: string) => parameters.find((one) => one.in === 'header' && one.name === name);
  const ifMatch = header('if-match');
  const body = bodySchemaOf(operation);
  const { simple, complex } = body === null ? { simple: [], complex: [] } : bodyFields(document, body);
  return {
    fields: [...fields, ...simple],
    complex,
    hasBody: body !== null,
    ifMatch: ifMatch === undefined ? 'no' : ifMatch.required === true ? 'required' : 'optional',
    takesIdempotencyKey: header('idempotency-key') !== undefined,
  };
}

/** Of a JSON body; null where there is none, or it is a file. */
function bodySchemaOf(operation: ApiOperation): Schema | null {
  const content = operation.requestBody?.content ?? {};
  const type = Object.keys(content).find((one) => one.endsWith('json') && !one.endsWith('x-ndjson'));
  return type === undefined ? null : (content[type]?.schema ?? {});
}

interface Properties {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: ReadonlySet<string>;
}

/** Of a union: what any of its parts takes, and what all of them ask for. */
function propertiesOf(document: ApiDocument, given: Schema): Properties {
  const schema = resolve(document, given);
  const own: Properties = {
    properties: schema.properties ?? {},
    required: new Set(schema.required ?? []),
  };
  const all = (schema.allOf ?? []).map((part) => propertiesOf(document, part));
  const any = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].map((part) => propertiesOf(document, part));
  const [first, ...others] = any;
  const inEach = [...(first?.required ?? [])].filter((name) => others.every((one) => one.required.has(name)));
  return {
    properties: Object.assign({}, ...[own, ...all, ...any].map((part) => part.properties)) as Record<
      string,
      Schema
    >,
    required: new Set([...own.required, ...all.flatMap((part) => [...part.required]), ...inEach]),
  };
}

function bodyFields(document: ApiDocument, body: Schema): { simple: Field[]; complex: string[] } {
  const { properties, required } = propertiesOf(document, body);
  const simple: Field[] = [];
  const complex: string[] = [];
  for (const [name, schema] of Object.entries(properties)) {
    const field = fieldOf(document, name, schema, 'body', required.has(name));
    if (field === null) complex.push(name);
    else simple.push(field);
  }
  return { simple, complex };
}

function fieldOf(
  document: ApiDocument,
  name: string,
  given: Schema,
  place: Field['place'],
  required: boolean,
): Field | null {
  const schema = withoutNull(document, given);
  const value = schema.type === 'array' ? withoutNull(document, schema.items ?? {}) : schema;
  const named = choicesOf(value);
  // A query has only texts: yes and no are written out there.
  const yesOrNo = place === 'query' && named?.toSorted().join() === 'false,true';
  const kind = yesOrNo ? 'boolean' : kindOf(value);
  if (kind === null) return null;
  const choices = yesOrNo ? null : named;
  return {
    name,
    place,
    kind,
    many: schema.type === 'array',
    choices,
    format: value.format ?? null,
    maximum: value.maximum ?? null,
    about: given.description ?? schema.description ?? value.description ?? wordsOf(name),
    required,
    default: given.default ?? schema.default ?? null,
  };
}

/** `number or null` is a number: a null is written with `--set name=null`. */
function withoutNull(document: ApiDocument, given: Schema): Schema {
  const schema = resolve(document, given);
  const types = Array.isArray(schema.type) ? (schema.type as string[]).filter((one) => one !== 'null') : null;
  if (types !== null) return types.length === 1 ? { ...schema, type: types[0]! } : { ...schema, type: types };
  const parts = (schema.anyOf ?? schema.oneOf ?? schema.allOf)?.map((part) => resolve(document, part));
  if (parts === undefined) return schema;
  const rest = parts.filter((part) => part.type !== 'null');
  return rest.length === 1
    ? { ...withoutNull(document, rest[0]!), ...described(schema) }
    : unionOf(schema, rest);
}

/** A union of texts is text, whatever their forms; of anything else it is for `--set`. */
function unionOf(schema: Schema, parts: readonly Schema[]): Schema {
  const all = parts.every((part) => part.type === 'string');
  const choices = parts.map(choicesOf);
  if (!all) return schema;
  return {
    type: 'string',
    ...described(schema),
    ...(choices.includes(null) ? {} : { enum: choices.flat() }),
  };
}

function described(schema: Schema): Schema {
  return {
    ...(schema.description === undefined ? {} : { description: schema.description }),
    ...(schema.default === undefined ? {} : { default: schema.default }),
  };
}

function kindOf({ type, ...schema }: Schema): Field['kind'] | null {
  if (type === 'string' || schema.enum?.every((one) => typeof one === 'string') === true) return 'text';
  if (typeof schema.const === 'string') return 'text';
  if (type === 'integer' || type === 'number' || type === 'boolean') return type;
  return null;
}

function choicesOf(schema: Schema): string[] | null {
  if (typeof schema.const === 'string') return [schema.const];
  const named = schema.enum?.filter((one): one is string => typeof one === 'string') ?? [];
  return named.length === 0 ? null : named;
}

/** `defaultCountry` as `default country`. */
function wordsOf(name: string): string {
  return name.replace(
    /([a-z])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );
}
