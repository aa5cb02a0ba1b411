import { invalidInput, type Fault } from '../../domain/failures.ts';
import { faultsOf } from '../../domain/faults.ts';
import { caseFileSchema, type CaseFile } from '../../policies/case-file.ts';
import {
  asPolicyDocument,
  bundledCases,
  bundledDocuments,
  compilePolicySet,
  contradictions,
  runCases,
  type PolicyDocument,
} from '../../policies/index.ts';

import type { Shell } from '../client/shell.ts';
import { EXIT } from '../exit-codes.ts';
import { readDocumentFile } from './documents.ts';

/**
 * Checks documents in form and together with all that ship (a file takes the place of what has its id), and runs cases:
 * those of the files, and all that ship and name a pack that a file changes.
 * @returns the exit code: 1 where a case comes out otherwise or rules contradict each other
 * @throws invalid_input for a document or case at fault
 */
export async function testPolicies(files: readonly string[], shell: Shell): Promise<number> {
  const { documents, cases } = await sortFiles(files);
  const own = new Set(documents.map(({ kind, id }) => `${kind} ${id}`));
  const all = [...bundledDocuments().filter(({ kind, id }) => !own.has(`${kind} ${id}`)), ...documents];
  const faults = contradictions(compilePolicySet(all));
  for (const { field, fault, expected } of faults) say(shell, `✗ ${field} ${fault}; expected ${expected}`);

  const changed = new Set(documents.map(({ id }) => id));
  const shipped = bundledCases()
    .map(({ file }) => file)
    .filter(
      (file) =>
        files.length === 0 ||
        documents.some(({ kind }) => kind === 'calendar') ||
        file.packs.some((id) => changed.has(id)),
    );
  let passed = 0;
  let failed = 0;
  for (const file of [...shipped, ...cases]) {
    checkPacks(file, all);
    for (const { name, differences } of runCases(file, all)) {
      if (differences.length === 0) passed += 1;
      else {
        failed += 1;
        say(shell, `✗ ${file.title}: ${name}: ${differences.join('; ')}`);
      }
    }
  }
  const of =
    documents.length > 0
      ? documents.map(({ id, version }) => `${id} ${version}`).join(', ')
      : 'all that ship';
  say(shell, `${of}: ${passed} cases as expected, ${failed} otherwise, ${faults.length} contradictions`);
  return failed > 0 || faults.length > 0 ? EXIT.failed : EXIT.ok;
}

function say(shell: Shell, text: string): void {
  shell.stdout.write(`${text}\n`);
}

/** A file with `cases` is one of cases; any other must be a document. */
async function sortFiles(
  files: readonly string[],
): Promise<{ documents: PolicyDocument[]; cases: CaseFile[] }> {
  const documents: PolicyDocument[] = [];
  const cases: CaseFile[] = [];
  for (const path of files) {
    const value = await readDocumentFile(path);
    if (typeof value === 'object' && value !== null && 'cases' in value && !('kind' in value)) {
      const parsed = caseFileSchema.safeParse(value);
      if (!parsed.success) {
        throw invalidInput(
          faultsOf(parsed.error, value, { prefix: `${path}: `, root: path, docs: 'docs/policies.md' }),
        );
      }
      cases.push(parsed.data);
    } else documents.push(asPolicyDocument(value));
  }
  return { documents, cases };
}

function checkPacks(file: CaseFile, documents: readonly PolicyDocument[]): void {
  const known = new Set(documents.map(({ id }) => id));
  const faults: Fault[] = file.packs
    .filter((id) => !known.has(id))
    .map((id) => ({
      field: `${file.title}: packs`,
      fault: `names ${id}, which is not there`,
      expected: 'ids of packs that ship or are given as files',
    }));
  if (faults.length > 0) throw invalidInput(faults);
}
