import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ParsedCalendar } from '../../policies/documents.ts';
import { parseDocument } from '../../policies/documents.ts';
import { bundledCases, bundledDocuments } from '../../policies/index.ts';
import { runCases } from '../../policies/run-cases.ts';
import { ROOT } from './documents.ts';
import type { CaseSource, PackSource } from './pack-pages.ts';

export const PAGES_FOLDER = join(ROOT, 'docs', 'packs');

/** The packs that ship, with where they are kept. */
export function shippedPacks(): PackSource[] {
  return readdirSync(join(ROOT, 'policies', 'packs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => `policies/packs/${name.replaceAll('\\', '/')}`)
    .flatMap((path) => {
      const parsed = parseDocument(parse(readFileSync(join(ROOT, path), 'utf8')));
      return 'pack' in parsed ? [{ pack: parsed.pack, path }] : [];
    });
}

/** The calendars that ship. */
export function shippedCalendars(): ParsedCalendar[] {
  return bundledDocuments().flatMap((document) => {
    const parsed = parseDocument(document);
    return 'calendar' in parsed ? [parsed.calendar] : [];
  });
}

/** The cases that ship, as they come out. */
export function shippedCases(): CaseSource[] {
  const documents = bundledDocuments();
  return bundledCases().map(({ name, file }) => ({
    path: `policies/cases/${name}`,
    file,
    results: runCases(file, documents),
  }));
}
