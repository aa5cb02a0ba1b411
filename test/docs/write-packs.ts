import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packPages } from './pack-pages.ts';
import { PAGES_FOLDER, shippedCalendars, shippedCases, shippedPacks } from './shipped-packs.ts';

/** npm run docs:packs: writes the pages of docs/packs anew from the packs and cases that ship. */
const pages = packPages(shippedPacks(), shippedCalendars(), shippedCases());
rmSync(PAGES_FOLDER, { recursive: true, force: true });
mkdirSync(PAGES_FOLDER, { recursive: true });
for (const [name, text] of pages) writeFileSync(join(PAGES_FOLDER, name), `${text}\n`);
process.stdout.write(`${pages.size} pages written to docs/packs\n`);
