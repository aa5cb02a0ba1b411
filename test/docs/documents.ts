import { readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The documents, and the code blocks in them. How a block is checked follows from its language and from the comment
 * right above it (CONTRIBUTING.md, "Documents"):
 *
 *   <!-- checked: why it is not run -->     sh: read and checked word by word, not run
 *   <!-- interrupted after: 8 s -->         sh: run, and ended as Ctrl-C ends it, so long after its first output
 *   <!-- exit code: 4 -->                   sh: run, and must end with this
 *   <!-- text: what it is -->               text: nothing can be checked, and this is why
 */

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const MARKERS = ['checked', 'interrupted after', 'exit code', 'text'] as const;
export type MarkerName = (typeof MARKERS)[number];

export interface Block {
  /** Path of the document from the repository's root. */
  readonly file: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  readonly marker: { readonly name: MarkerName; readonly value: string } | null;
  /** True when nothing but empty lines, or one line of prose, stands between this block and the one before. */
  readonly followsBlock: boolean;
}

export const whereOf = (block: Pick<Block, 'file' | 'line'>) => `${block.file}:${block.line}`;

async function markdownUnder(folder: string, wanted: (path: string) => boolean): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => path.endsWith('.md') && !path.includes('node_modules') && wanted(path));
}

/** Paths of every document whose blocks are checked, from the root, in a fixed order. */
export async function documentPaths(): Promise<string[]> {
  return [
    'README.md',
    'CONTRIBUTING.md',
    ...(await markdownUnder('docs', () => true)).sort(),
    ...(await markdownUnder('examples', (path) => path.endsWith('README.md'))).sort(),
  ];
}

export async function blocksOf(path: string): Promise<Block[]> {
  return parseBlocks(path, await readFile(join(ROOT, path), 'utf8'));
}

/**
 * The fenced blocks of one document. Pure.
 * @throws Error naming file and line for a fence that is never closed, or a marker that is not known
 */
export function parseBlocks(file: string, markdown: string): Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  let lastEnd = -Infinity;
  for (let i = 0; i < lines.length; i++) {
    const open = /^( *)(`{3,})([^`]*)$/.exec(lines[i]!);
    if (open === null) continue;
    const [, indent, fence, info] = open as unknown as [string, string, string, string];
    const close = lines.findIndex((line, at) => at > i && line.trim() === fence);
    const line = i + 1;
    if (close === -1) throw new Error(`${file}:${line}: the code block is never closed`);
    const text = lines
      .slice(i + 1, close)
      .map((inside) => (inside.startsWith(indent) ? inside.slice(indent.length) : inside))
      .join('\n');
    const between = lines.slice(Math.max(0, lastEnd + 1), i).filter((inside) => inside.trim() !== '');
    blocks.push({
      file,
      line,
      language: info.trim(),
      text,
      marker: markerAbove(file, lines, i),
      followsBlock: Number.isFinite(lastEnd) && between.length === 0,
    });
    lastEnd = close;
    i = close;
  }
  return blocks;
}

function markerAbove(file: string, lines: readonly string[], fence: number): Block['marker'] {
  let at = fence - 1;
  while (at >= 0 && lines[at]!.trim() === '') at--;
  const comment = /^<!--(.*)-->$/.exec(lines[at]?.trim() ?? '');
  if (comment === null) return null;
  const match = /^ *([a-z ]+?): *(.*\S) *$/.exec(comment[1]!);
  const name = MARKERS.find((known) => known === match?.[1]);
  if (name === undefined) {
    throw new Error(
      `${file}:${at + 1}: "${comment[1]!.trim()}" is no marker of a code block; expected ${MARKERS.join(', ')}`,
    );
  }
  return { name, value: match![2]! };
}
