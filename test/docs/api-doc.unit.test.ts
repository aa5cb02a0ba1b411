import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withParts } from './api-doc.ts';
import { ROOT } from './documents.ts';

const FILE = join(ROOT, 'docs', 'api.md');

it('docs/api.md lists the problems and the operations that the code has (UPDATE_API_DOC=1 writes it)', async () => {
  const document = await readFile(FILE, 'utf8');
  const made = withParts(document);
  if (process.env['UPDATE_API_DOC'] === '1') await writeFile(FILE, made);
  else expect(document).toBe(made);
});
