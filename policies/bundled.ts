import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { CaseFile } from './case-file.ts';
import { caseFileSchema } from './case-file.ts';
import type { PolicyDocument } from './documents.ts';
import { asPolicyDocument } from './documents.ts';

const FOLDERS = ['packs', 'calendars'] as const;

/**
 * The packs and calendars that ship with the engine, read from `policies/packs` and `policies/calendars` and the
 * folders in them, anew at each call.
 * @throws invalid_input when a file is not a valid document
 */
export function bundledDocuments(): PolicyDocument[] {
  return FOLDERS.flatMap((folder) => yamlFiles(folder).map(({ content }) => asPolicyDocument(content)));
}

/** The cases that ship, by the name of their file under `policies/cases` (`us/fl.yaml`). */
export function bundledCases(): { readonly name: string; readonly file: CaseFile }[] {
  return yamlFiles('cases').map(({ name, content }) => ({ name, file: caseFileSchema.parse(content) }));
}

function yamlFiles(folder: string): { name: string; content: unknown }[] {
  const root = fileURLToPath(new URL(folder, import.meta.url));
  return (readdirSync(root, { recursive: true }) as string[])
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.split(sep).join('/'))
    .sort()
    .map((name) => ({ name, content: parse(readFileSync(join(root, name), 'utf8')) as unknown }));
}
