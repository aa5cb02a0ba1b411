import { InvalidArgumentError, Option } from 'commander';
import type { Field } from './fields.ts';

/** Ids that people give by another name of the thing: `--campaign` takes its id or its name. */
const NAMED: Readonly<Record<string, string>> = {
  campaignId: 'campaign',
  contactId: 'contact',
  personId: 'person',
  importId: 'import',
  carrierId: 'carrier',
  carrierName: 'carrier',
  suppressionId: 'entry',
  decisionId: 'decision',
  scriptId: 'script',
  callbackId: 'callback',
  endpointId: 'endpoint',
  deliveryId: 'delivery',
  keyId: 'key',
  teamId: 'team',
  agentId: 'agent',
};

/** What a field is called on the command line, without dashes: `readyBefore` is `ready-before`. */
export function optionNameOf(field: string): string {
  return (
    NAMED[field] ?? field.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`).replaceAll('_', '-')
  );
}

/** As commander keeps it: `ready-before` is `readyBefore`. */
export function attributeOf(optionName: string): string {
  return optionName.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  'date-time': 'instant',
  date: 'date',
  uri: 'url',
  uuid: 'id',
};

/** What stands in the angle brackets. */
export function placeholderOf(field: Field): string {
  const named = NAMED[field.name];
  if (named !== undefined) return named;
  if (field.kind === 'integer' || field.kind === 'number') return 'n';
  return PLACEHOLDERS[field.format ?? ''] ?? (field.choices === null ? 'text' : optionNameOf(field.name));
}

/**
 * The commander options of a field: one, or for a boolean the pair `--x` and `--no-x`.
 * @param name what it is to be called, without dashes
 */
export function optionsOf(field: Field, name: string): Option[] {
  const about = aboutOf(field);
  if (field.kind === 'boolean' && !field.many) {
    return [new Option(`--${name}`, about), new Option(`--no-${name}`, `not so`)];
  }
  const option = new Option(`--${name} <${placeholderOf(field)}>`, about);
  if (field.choices !== null) option.choices(field.choices);
  return [option.argParser((text: string, before: unknown) => readOption(field, text, before))];
}

function readOption(field: Field, text: string, before: unknown): unknown {
  const value = readValue(field, text);
  return field.many ? [...((before as unknown[] | undefined) ?? []), value] : value;
}

/** A field's value as the API wants it. @throws InvalidArgumentError, which commander shows with the option */
export function readValue(field: Field, text: string): string | number | boolean {
  if (field.choices !== null && !field.choices.includes(text)) {
    throw new InvalidArgumentError(`Allowed choices are ${field.choices.join(', ')}.`);
  }
  if (field.kind === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw new InvalidArgumentError('Expected true or false.');
  }
  if (field.kind === 'text') return text;
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(number) || (field.kind === 'integer' && !Number.isInteger(number))) {
    throw new InvalidArgumentError(
      field.kind === 'integer' ? 'Expected a whole number.' : 'Expected a number.',
    );
  }
  return number;
}

function aboutOf(field: Field): string {
  const text = field.about.replaceAll('`', '').replace(/\s+/g, ' ').trim();
  const notes = [
    ...(field.many ? ['may be repeated'] : []),
    ...(field.required ? ['needed'] : []),
    ...(field.default === null || typeof field.default === 'object'
      ? []
      : [`default: ${JSON.stringify(field.default).replaceAll('"', '')}`]),
  ];
  return notes.length === 0 ? text : `${text} (${notes.join('; ')})`;
}
