import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { RULE_TYPE_NAMES, ruleTypeNamed } from '../../policies/registry.ts';

/** Sections of the reference by their heading. */
async function sections(): Promise<Map<string, string>> {
  const text = await readFile(new URL('../../docs/rule-types.md', import.meta.url), 'utf8');
  const parts = text.split(/^### `([a-z_]+)`$/m).slice(1);
  return new Map(
    parts.flatMap((name, i) => (i % 2 === 0 ? [[name, parts[i + 1]!.split('\n## ')[0]!] as const] : [])),
  );
}

test('docs/rule-types.md has every type and no other', async () => {
  expect([...(await sections()).keys()].sort()).toEqual(RULE_TYPE_NAMES);
});

test.each(RULE_TYPE_NAMES)('%s: docs/rule-types.md has every parameter and no other', async (name) => {
  const schema = z.toJSONSchema(ruleTypeNamed(name)!.params, { io: 'input', unrepresentable: 'any' });
  const section = (await sections()).get(name)!;
  const table = section.split('\n').flatMap((line) => /^\| `([A-Za-z]+)`/.exec(line)?.[1] ?? []);
  expect(table.sort()).toEqual(Object.keys(schema.properties ?? {}).sort());
});
