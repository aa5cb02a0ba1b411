import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { invalidInput, messageOf } from '../../domain/failures.ts';

/** `-` is standard input, as everywhere. */
export const STDIN = '-';

/**
 * A JSON or YAML file (YAML reads both).
 * @param stdin what `-` stands for
 * @throws RightcallError `invalid_input` naming the file.
 */
export async function readDocument(
  path: string,
  stdin: NodeJS.ReadableStream,
): Promise<Record<string, unknown>> {
  // Few verbs read one, and the parser takes its time to load.
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(path === STDIN ? await readAll(stdin) : await readFile(path, 'utf8'));
  } catch (error) {
    throw invalidInput([{ field: path, fault: messageOf(error), expected: 'a readable JSON or YAML file' }]);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw invalidInput([
    { field: path, fault: 'holds no fields', expected: 'an object such as samples/campaign.yaml' },
  ]);
}

/** A value that should not stand in the list of processes: given as it is, or `-` for the first line of standard input. */
export async function secretOf(value: string, stdin: NodeJS.ReadableStream): Promise<string> {
  return value === STDIN ? ((await readAll(stdin)).split('\n')[0] ?? '').trim() : value;
}

/**
 * `retry.maxAttempts=4` as a merge patch; values are JSON where they read as JSON, else text.
 * @param start parts that are named already; the assignments go on top.
 * @throws RightcallError `invalid_input`
 */
export function patchOf(
  assignments: readonly string[],
  start: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const patch = structuredClone(start) as Record<string, unknown>;
  for (const assignment of assignments) {
    const match = /^([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)=(.*)$/s.exec(assignment);
    if (match === null) {
      throw invalidInput([
        { field: '--set', fault: 'is not an assignment', expected: 'path=value such as retry.maxAttempts=4' },
      ]);
    }
    const path = match[1]!.split('.');
    let place = patch;
    for (const key of path.slice(0, -1)) place = partOf(place, key);
    place[path.at(-1)!] = valueOf(match[2]!);
  }
  return patch;
}

/** The object under `key`, made where there is none; never one that was inherited. */
function partOf(place: Record<string, unknown>, key: string): Record<string, unknown> {
  const there = Object.hasOwn(place, key) ? place[key] : undefined;
  if (typeof there === 'object' && there !== null && !Array.isArray(there))
    return there as Record<string, unknown>;
  const made: Record<string, unknown> = {};
  place[key] = made;
  return made;
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const LANGUAGES = ['en', 'zh'];

/** Headers that ask for sentences in a language; none where none was given, so that the locale's is taken. */
export function languageHeaders(given: unknown): Record<string, string> {
  if (given === undefined) return {};
  if (typeof given === 'string' && LANGUAGES.includes(given)) return { 'accept-language': given };
  throw invalidInput([
    { field: '--lang', fault: 'is no language that is spoken here', expected: 'en or zh' },
  ]);
}

/** The lines of a text file that are not empty. @throws RightcallError `invalid_input` naming the file. */
export async function linesOf(path: string, stdin: NodeJS.ReadableStream): Promise<string[]> {
  let content: string;
  try {
    content = path === STDIN ? await readAll(stdin) : await readFile(path, 'utf8');
  } catch (error) {
    throw invalidInput([{ field: path, fault: messageOf(error), expected: 'a readable text file' }]);
  }
  return content.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
}
