import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { evaluationSchema } from '../../domain/decision.ts';

const FILE = new URL('../../docs/decision.schema.json', import.meta.url).pathname;

test('docs/decision.schema.json is what an evaluation is (UPDATE_SCHEMAS=1 writes it)', async () => {
  const schema = {
    ...z.toJSONSchema(evaluationSchema, { target: 'draft-2020-12' }),
    title: 'A decision of rightcall policy evaluate',
  };
  const written = await format(JSON.stringify(schema), { ...(await resolveConfig(FILE)), filepath: FILE });
  if (process.env['UPDATE_SCHEMAS'] === '1') await writeFile(FILE, written);
  expect(await readFile(FILE, 'utf8')).toBe(written);
});
