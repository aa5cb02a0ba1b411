import { readFile, stat } from 'node:fs/promises';
import { parse } from 'yaml';
import { invalidInput } from '../../domain/failures.ts';
import { bundledDocuments, compilePolicySet } from '../../policies/index.ts';
import type { CompiledPolicySet, PolicyDocument } from '../../policies/index.ts';

/** The largest file taken (bytes). The largest pack that ships has some 30 kB. */
export const FILE_BYTES_MAX = 2 * 1024 * 1024;

/**
 * A YAML or JSON file as a value. JSON is YAML, so one reader does for both.
 * @throws invalid_input when it is not there, too large, or neither
 */
export async function readDocumentFile(path: string): Promise<unknown> {
  const refuse = (fault: string, expected: string) => invalidInput([{ field: path, fault, expected }]);
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) throw refuse('is not a file', 'a YAML or JSON file');
  if (found.size > FILE_BYTES_MAX) {
    throw refuse(`has ${found.size} bytes`, `at most ${FILE_BYTES_MAX}; a pack is text that people read`);
  }
  try {
    return parse(await readFile(path, 'utf8')) as unknown;
  } catch (error) {
    throw refuse(`is not YAML: ${String(error).split('\n')[0] ?? ''}`, 'a YAML or JSON file');
  }
}

/**
 * The set that `--packs` names: ids of packs that ship, paths of files, or `bundled`. Calendars that ship are in it,
 * unless a file has one of the same id.
 * @throws invalid_input for a name that is neither, and for what the documents have wrong
 */
export async function policySetNamed(names: string): Promise<CompiledPolicySet> {
  const shipped = bundledDocuments();
  const packs: unknown[] = [];
  for (const name of names
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')) {
    const known = shipped.filter((document) => document.kind === 'pack' && document.id === name);
    if (name === 'bundled') packs.push(...shipped.filter((document) => document.kind === 'pack'));
    else if (known.length > 0) packs.push(...known);
    else if (/[./\\]/.test(name)) packs.push(await readDocumentFile(name));
    else {
      const ids = shipped.filter(({ kind }) => kind === 'pack').map(({ id }) => id);
      throw invalidInput([
        {
          field: '--packs',
          fault: `${name} is not a pack that ships`,
          expected: `bundled, a file, or some of ${ids.join(', ')}`,
        },
      ]);
    }
  }
  if (packs.length === 0) {
    throw invalidInput([
      { field: '--packs', fault: 'names none', expected: 'bundled, ids of packs, or files' },
    ]);
  }
  return compilePolicySet(withCalendars(packs, shipped));
}

/** The documents, and the calendars that ship whose ids they do not have. */
export function withCalendars(documents: readonly unknown[], shipped: readonly PolicyDocument[]): unknown[] {
  const own = new Set(documents.map((one) => (one as { id?: unknown } | null)?.id));
  return [...documents, ...shipped.filter(({ kind, id }) => kind === 'calendar' && !own.has(id))];
}
