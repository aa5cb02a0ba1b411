import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { CaseFile } from './case-file.ts';
import { caseFileSchema } from './case-file.ts';
import type { PolicyDocument } from './documents.ts';
import { asPolicyDocument } from './documents.ts';

const FOLDERS = ['packs', 'calendars'] as const;

/**
 * The packs and calendars that ship with the engine, read from `policies/packs` and `policies/calendars`
 * anew at each call.
 * @throws invalid_input when a file is not a valid document
 */
export function bundledDocuments(): PolicyDocument[] {
  return FOLDERS.flatMap((folder) => filesIn(folder).map(({ value }) => asPolicyDocument(value)));
}

/**
 * The cases that ship with the packs, by file name, read from `policies/cases` anew at each call.
 * @throws ZodError when a file is not one of cases
 */
export function bundledCases(): { readonly name: string; readonly file: CaseFile }[] {
  return filesIn('cases').map(({ name, value }) => ({ name, file: caseFileSchema.parse(value) }));
}

/** Every YAML file of a folder and its folders, by path. */
function filesIn(folder: string): { readonly name: string; readonly value: unknown }[] {
  const root = join(fileURLToPath(new URL('.', import.meta.url)), folder);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => ({ name, value: parse(readFileSync(join(root, name), 'utf8')) as unknown }));
}
