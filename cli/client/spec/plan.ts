import { InvalidArgumentError } from 'commander';
import { operationOf, type ApiDocument, type ApiOperation } from './document.ts';
import { fieldsOf, type Field, type RequestFields } from './fields.ts';
import { offerOf, type Offer } from './offer.ts';
import { attributeOf, readValue } from './options.ts';
import type { SpecVerb } from './table.ts';

type Options = Readonly<Record<string, unknown>>;

/** All that is known of a verb when it runs. */
export interface Plan {
  readonly spec: SpecVerb;
  readonly operation: ApiOperation;
  readonly request: RequestFields;
  readonly offer: Offer;
}

/** The plan of a verb; null where the document has no such operation. */
export function planOf(document: ApiDocument, spec: SpecVerb): Plan | null {
  const operation = operationOf(document, spec.operation);
  if (operation === null) return null;
  const request = fieldsOf(document, operation);
  return { spec, operation, request, offer: offerOf(spec, operation, request) };
}

/** Values by field, as they were given. */
export function givenOf(
  { spec, offer }: Plan,
  typed: readonly string[],
  options: Options,
): ReadonlyMap<Field, unknown> {
  const given = new Map<Field, unknown>();
  const args = spec.joined === undefined ? typed : typed.flatMap((one) => one.split('/'));
  offer.arguments.forEach((field, i) => {
    if (field === 'file') return;
    const texts = field.many ? args.slice(i) : args.slice(i, i + 1);
    if (texts.length === 0) throw new InvalidArgumentError(`Expected ${offer.arguments.length} parts.`);
    const values = texts.map((text) => readValue(field, text));
    given.set(field, field.many ? values : values[0]);
  });
  for (const { field, name } of offer.options) {
    const value = options[attributeOf(name)];
    if (value !== undefined) given.set(field, value);
  }
  return given;
}

/** What the API calls a field, as whoever typed the command called it. */
export function namesOf(
  { offer }: Plan,
  given: ReadonlyMap<Field, unknown>,
  bodyGiven: boolean,
): (field: string) => string {
  const names = new Map<string, string>();
  for (const field of offer.arguments) {
    if (field !== 'file') names.set(keyOf(field), `<${field.name.replace(/(?<=.)(Id|Name)$/, '')}>`);
  }
  for (const { field, name } of offer.options) {
    // A file's own words stand for what the file says.
    if (!bodyGiven || given.has(field)) names.set(keyOf(field), `--${name}`);
  }
  return (field) => names.get(field) ?? names.get(field.replace(/\[\d+\]$/, '')) ?? field;
}

function keyOf({ place, name }: Field): string {
  return place === 'body' ? name : `${place}.${name}`;
}
