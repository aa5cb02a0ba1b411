import type { z } from 'zod';
import { invalidInput, type Fault } from './failures.ts';
import { campaignDefinitionSchema, type CampaignDefinition } from './campaign.ts';

type Issue = z.core.$ZodIssue;

/** Where the value that was checked stands, and where people read what it may be. */
export interface CheckedPlace {
  /** Put before each field, such as `query.`. */
  readonly prefix: string;
  /** Name of the value as a whole. */
  readonly root: string;
  readonly docs: string;
}

/**
 * What a schema found, as faults that people can act on: field, what is wrong with it, what would be right.
 * Values are never repeated, since a field may be personal.
 * @param input the value that was checked; tells a missing field from one of the wrong type.
 * @param at a body of the API by default; a text is its prefix alone.
 */
export function faultsOf(error: z.core.$ZodError, input: unknown, at: string | CheckedPlace = ''): Fault[] {
  const place = typeof at === 'string' ? { prefix: at, root: 'body', docs: 'docs/api.md' } : at;
  return error.issues.flatMap((issue) => faultsOfIssue(issue, input, place));
}

/** @throws RightcallError `invalid_input` naming each field at fault. */
export function parseCampaignDefinition(input: unknown): CampaignDefinition {
  const parsed = campaignDefinitionSchema.safeParse(input);
  if (!parsed.success) throw invalidInput(faultsOf(parsed.error, input));
  return parsed.data;
}

function faultsOfIssue(issue: Issue, input: unknown, place: CheckedPlace): Fault[] {
  const { prefix, root, docs } = place;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: prefix + fieldPath([...issue.path, key]),
      fault: 'is not a known field',
      expected: `its correct spelling, or nothing: ${docs} lists the fields`,
    }));
  }
  const missing = valueAt(input, issue.path) === undefined;
  const [fault, expected] = wordsOf(issue, missing, docs);
  const path = fieldPath(issue.path);
  return [{ field: path === '' ? root : prefix + path, fault, expected }];
}

function wordsOf(
  issue: Exclude<Issue, { code: 'unrecognized_keys' }>,
  missing: boolean,
  docs: string,
): [string, string] {
  const own = ownWords(issue, docs);
  switch (issue.code) {
    case 'invalid_type':
      return own ?? [missing ? 'is missing' : 'is of the wrong type', nameOfType(issue.expected)];
    case 'invalid_value': {
      const expected =
        issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`;
      return own ?? [missing ? 'is missing' : 'is not one of the known values', expected];
    }
    case 'too_small':
      return own ?? ['is too small or too short', `at least ${issue.minimum} ${unitOf(issue.origin)}`.trim()];
    case 'too_big':
      return own ?? ['is too large or too long', `at most ${issue.maximum} ${unitOf(issue.origin)}`.trim()];
    case 'invalid_format':
      return own ?? [missing ? 'is missing' : 'is not in the right form', nameOfFormat(issue.format, docs)];
    case 'not_multiple_of':
      return own ?? ['is not a multiple of the step', `a multiple of ${issue.divisor}`];
    case 'invalid_union': {
      // What tells the forms apart has one value for each.
      const options = 'options' in issue ? (issue.options ?? []) : [];
      if (own !== null || options.length === 0) {
        return (
          own ?? [missing ? 'is missing' : 'is none of the forms it may have', `one of the forms in ${docs}`]
        );
      }
      const expected = `one of ${options.map(String).join(', ')}`;
      return [missing ? 'is missing' : 'is not one of the known values', expected];
    }
    case 'invalid_key':
    case 'invalid_element':
      return own ?? ['has a key or element that is not allowed', `the names that ${docs} lists`];
    case 'custom':
      return own ?? ['is not valid', `see ${docs}`];
  }
}

/** Schemas of this project word their own messages as `fault; expected`; zod's own start with a capital. */
function ownWords(issue: Issue, docs: string): [string, string] | null {
  const { message } = issue;
  if (/^[A-Z]/.test(message)) return null;
  const expected: unknown = issue.code === 'custom' ? issue.params?.['expected'] : undefined;
  if (typeof expected === 'string') return [message, expected];
  const cut = message.indexOf('; ');
  return cut < 0
    ? [message, `a value that ${docs} allows`]
    : [message.slice(0, cut), message.slice(cut + 2).replace(/^expected /, '')];
}

function nameOfType(type: string): string {
  const names: Record<string, string> = {
    int: 'a whole number',
    number: 'a number',
    string: 'a text',
    boolean: 'true or false',
    array: 'a list',
    object: 'an object',
    record: 'an object',
  };
  return names[type] ?? type;
}

function nameOfFormat(format: string, docs: string): string {
  const names: Record<string, string> = {
    datetime: 'an ISO 8601 instant with an offset, such as 2026-03-02T09:00:00+08:00',
    guid: 'a UUID',
    uuid: 'a UUID',
    url: 'a URL',
    regex: `the form that ${docs} gives`,
  };
  return names[format] ?? format;
}

function unitOf(origin: string): string {
  if (origin === 'string') return 'characters';
  return origin === 'array' || origin === 'set' ? 'elements' : '';
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
}

/** `retry.byOutcome.busy.delayMinutes[0]` */
export function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}
