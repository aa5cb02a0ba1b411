import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseCampaign } from '../../cli/local/campaign-file.ts';
import { PURPOSES } from '../../domain/vocabulary.ts';
import { bundledDocuments } from '../../policies/index.ts';
import { ROOT } from './documents.ts';

const read = (path: string) => readFile(join(ROOT, path), 'utf8');
/** The scenarios that the project was asked for. */
const SCENARIOS = ['collection', 'sales', 'plan-promotion', 'follow-up', 'survey', 'appointment'];

it('every scenario has a page and a whole campaign that a rehearsal takes, and no other file lies there', async () => {
  const files = (await readdir(join(ROOT, 'samples', 'campaigns'))).filter((name) => name.endsWith('.yaml'));
  expect(files.sort()).toEqual(SCENARIOS.map((name) => `${name}.yaml`).sort());
  const names = new Set<string>();
  for (const scenario of SCENARIOS) {
    const definition = parseCampaign(await read(`samples/campaigns/${scenario}.yaml`), scenario);
    names.add(definition.name);
    const page = await read(`docs/campaigns/${scenario}.md`);
    expect(page, scenario).toContain(`\`purpose: ${definition.purpose}\``);
    expect(page, scenario).toContain(`samples/campaigns/${scenario}.yaml`);
  }
  expect(names.size).toBe(SCENARIOS.length);
});

it('the rules that the pages cite are in the shipped packs', async () => {
  const ids = new Set(
    bundledDocuments().flatMap((document) =>
      'rules' in document ? document.rules.map((rule) => rule.id) : [],
    ),
  );
  for (const scenario of SCENARIOS) {
    const page = await read(`docs/campaigns/${scenario}.md`);
    const cited = [...page.matchAll(/`((?:cn|us|house)\.[\w.-]+)`/g)].map((match) => match[1]!);
    expect(
      cited.filter((id) => !ids.has(id)),
      scenario,
    ).toEqual([]);
  }
});

it('docs/campaigns/README.md says what the shipped packs cover', async () => {
  const covers = bundledDocuments().flatMap((document) =>
    'covers' in document ? (document.covers ?? []) : [],
  );
  const covered = (jurisdiction: string, purpose: string) =>
    covers.some((c) => c.jurisdiction === jurisdiction && (c.purposes as readonly string[]).includes(purpose))
      ? 'yes'
      : 'no';
  const text = await read('docs/campaigns/README.md');
  const rows = [...text.matchAll(/^\| `(\w+)` +\| (yes|no) +\| (yes|no) +\|$/gm)].map((match) =>
    match.slice(1),
  );
  expect(rows).toEqual(PURPOSES.map((purpose) => [purpose, covered('CN', purpose), covered('US', purpose)]));
});

it('samples name no telephone number that could be somebody’s', async () => {
  for (const name of await readdir(join(ROOT, 'samples', 'campaigns'))) {
    const text = await read(`samples/campaigns/${name}`);
    const numbers = [...text.matchAll(/\+\d[\d ]{8,}\d/g)].map((match) => match[0].replaceAll(' ', ''));
    // 555-0100 to 555-0199 are kept for fiction; the Chinese ones are made up of zeros.
    expect(
      numbers.filter((number) => !/^\+1\d{3}55501\d\d$|^\+861990000\d{4}$/.test(number)),
      name,
    ).toEqual([]);
  }
});
