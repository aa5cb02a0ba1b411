import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { documentPaths, ROOT } from './documents.ts';

/** The name GitHub gives to a heading, for links to it. */
const anchorOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

const anchorsOf = async (path: string) =>
  [...(await readFile(path, 'utf8')).matchAll(/^#{1,6} (.*)$/gm)].map((match) => anchorOf(match[1]!));

it.each(await documentPaths())('every link of %s inside the repository leads somewhere', async (path) => {
  const text = (await readFile(join(ROOT, path), 'utf8')).replace(/^```[\s\S]*?^```/gm, '');
  const lost: string[] = [];
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target!)) continue;
    const [file = '', anchor] = target!.split('#');
    const at = file === '' ? join(ROOT, path) : join(ROOT, dirname(path), file);
    const there = await access(at).then(
      () => true,
      () => false,
    );
    const named =
      anchor === undefined || !at.endsWith('.md') || (there && (await anchorsOf(at)).includes(anchor));
    if (!there || !named) lost.push(target!);
  }
  expect(lost).toEqual([]);
});
