import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packPages } from './pack-pages.ts';
import { PAGES_FOLDER, shippedCalendars, shippedCases, shippedPacks } from './shipped-packs.ts';

const HOW = '`npm run docs:packs` writes the pages of docs/packs anew';
const packs = shippedPacks();
const cases = shippedCases();
const pages = packPages(packs, shippedCalendars(), cases);

it('docs/packs has a page for every pack, an index, and no other', () => {
  expect([...pages.keys()].sort()).toEqual(['README.md', ...packs.map(({ pack }) => `${pack.id}.md`)].sort());
  expect(readdirSync(PAGES_FOLDER).sort(), HOW).toEqual([...pages.keys()].sort());
});

it.each([...pages])('docs/packs/%s says what ships', (name, text) => {
  expect(readFileSync(join(PAGES_FOLDER, name), 'utf8') === `${text}\n`, HOW).toBe(true);
});

it('every rule and every case that ships is shown once or more, and no case is shown as it was not expected', () => {
  const shown = [...pages.values()].join('\n');
  for (const { pack } of packs) for (const rule of pack.rules) expect(shown).toContain(`| \`${rule.id}\` |`);
  for (const { file, results } of cases) {
    expect(shown).toContain(`### ${file.title}`);
    for (const one of file.cases) expect(shown).toContain(`| ${one.name.replaceAll('|', '\\|')} |`);
    expect(results.flatMap(({ differences }) => differences)).toEqual([]);
  }
});
