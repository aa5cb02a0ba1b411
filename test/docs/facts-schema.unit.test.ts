import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { dialFactsSchema } from '../../domain/facts.ts';

const FILE = new URL('../../docs/facts.schema.json', import.meta.url).pathname;

test('docs/facts.schema.json is what facts are (UPDATE_SCHEMAS=1 writes it)', async () => {
  const schema = {
    ...z.toJSONSchema(dialFactsSchema, { target: 'draft-2020-12' }),
    title: 'The facts that a decision looks at (rightcall.facts/2)',
  };
  const written = await format(JSON.stringify(schema), { ...(await resolveConfig(FILE)), filepath: FILE });
  if (process.env['UPDATE_SCHEMAS'] === '1') await writeFile(FILE, written);
  expect(await readFile(FILE, 'utf8')).toBe(written);
});
