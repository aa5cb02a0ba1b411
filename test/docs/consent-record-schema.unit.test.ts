import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { exchangedRecordSchema } from '../../domain/exchanged-record.ts';

const FILE = new URL('../../docs/consent-record.schema.json', import.meta.url).pathname;

test('docs/consent-record.schema.json is what a consent record may be (UPDATE_SCHEMAS=1 writes it)', async () => {
  const schema = {
    ...z.toJSONSchema(exchangedRecordSchema, { target: 'draft-2020-12', io: 'input' }),
    title: 'A consent record with what became of it, after ISO/IEC TS 27560:2023',
  };
  const written = await format(JSON.stringify(schema), { ...(await resolveConfig(FILE)), filepath: FILE });
  if (process.env['UPDATE_SCHEMAS'] === '1') await writeFile(FILE, written);
  expect(await readFile(FILE, 'utf8')).toBe(written);
});
