import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrokenBuild, Patch } from './builds.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** What is no code: linked, or made by running it. */
const LEFT_OUT = new Set([
  'node_modules',
  '.git',
  '.rightcall',
  'dist',
  'docs',
  'bench',
  'examples',
  'samples',
]);

/** The text with the patch applied. @throws Error when what it replaces does not stand there exactly once */
export function patched(text: string, { file, find, replace }: Patch): string {
  const parts = text.split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(
    `${file}: ${JSON.stringify(find)} stands there ${parts.length - 1} times; expected once: the code has changed, and ` +
      'the broken build must be made to break it again',
  );
}

/** The file of this checkout with all of a build's patches to it applied. */
export async function patchedFile(build: BrokenBuild, file: string): Promise<string> {
  const text = await readFile(join(ROOT, file), 'utf8');
  return build.patches.filter((patch) => patch.file === file).reduce(patched, text);
}

export function filesOf(build: BrokenBuild): string[] {
  return [...new Set(build.patches.map(({ file }) => file))];
}

/** A copy of this checkout's code with a build's patches applied. @returns its folder, and how to be rid of it */
export async function makeBuild(build: BrokenBuild): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), `rightcall-broken-${build.name}-`));
  await cp(ROOT, dir, {
    recursive: true,
    filter: (source) => !LEFT_OUT.has(relative(ROOT, source).split('/')[0]!),
  });
  await symlink(await realpath(join(ROOT, 'node_modules')), join(dir, 'node_modules'), 'dir');
  for (const file of filesOf(build)) await writeFile(join(dir, file), await patchedFile(build, file));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}
