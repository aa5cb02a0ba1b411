import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RequestParts } from '../http.ts';
import { rowsOf } from '../text.ts';
import type { VerbContext } from '../verb.ts';
import { columnsOf, valueAt } from './columns.ts';
import type { Column } from './table.ts';

interface Page {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly next: string | number | null;
}

const DEFAULT_ROWS = 50;

export interface Wanted {
  /** Rows the API gives in one page at most. */
  readonly pageMax: number;
  /** Rows at most; null: all. */
  readonly rows: number | null;
  readonly after: string | undefined;
}

export function wantedOf(options: Readonly<Record<string, unknown>>, pageMax: number): Wanted {
  const limit = options['limit'] as number | undefined;
  return {
    pageMax,
    rows: options['all'] === true ? (limit ?? null) : (limit ?? DEFAULT_ROWS),
    after: options['after'] as string | undefined,
  };
}

/** Page after page, until there are the rows that were wanted. A page is gone when the next one comes: memory is flat. */
export async function* pagesOf(
  api: VerbContext['api'],
  path: string,
  parts: RequestParts,
  wanted: Wanted,
): AsyncGenerator<Page> {
  let after: string | number | undefined = wanted.after;
  let left = wanted.rows ?? Infinity;
  do {
    const query = { ...parts.query, limit: Math.min(left, wanted.pageMax), after };
    const page: Page = await api.send('GET', path, { ...parts, query });
    yield page;
    left -= page.items.length;
    after = page.next ?? undefined;
  } while (after !== undefined && left > 0);
}

/** A list as a table, or with --json as the API's own pages made one. */
export async function showPages(
  context: VerbContext,
  columns: readonly Column[] | undefined,
  path: string,
  parts: RequestParts,
  wanted: Wanted,
): Promise<void> {
  const pages = pagesOf(context.api, path, parts, wanted);
  if (context.json) await writeJson(context, pages);
  else await writeTable(context, columns, pages);
}

/** Every item there is, a line of JSON each. @param file undefined: standard output */
export async function saveLines(
  { api, shell }: VerbContext,
  path: string,
  parts: RequestParts,
  pageMax: number,
  file: string | undefined,
): Promise<void> {
  const pages = pagesOf(api, path, parts, { pageMax, rows: null, after: undefined });
  if (file === undefined) for await (const text of linesOfPages(pages)) shell.stdout.write(text);
  // It tells of people: it is for whoever asked for it alone.
  else await pipeline(Readable.from(linesOfPages(pages)), createWriteStream(file, { mode: 0o600 }));
}

async function* linesOfPages(pages: AsyncIterable<Page>): AsyncGenerator<string> {
  for await (const { items } of pages) yield items.map((item) => `${JSON.stringify(item)}\n`).join('');
}

async function writeJson({ shell: { stdout } }: VerbContext, pages: AsyncIterable<Page>): Promise<void> {
  let next: Page['next'] = null;
  let written = 0;
  stdout.write('{\n  "items": [');
  for await (const page of pages) {
    for (const item of page.items) {
      stdout.write(`${written++ === 0 ? '' : ','}\n    ${JSON.stringify(item)}`);
    }
    next = page.next;
  }
  stdout.write(`${written === 0 ? '' : '\n  '}],\n  "next": ${JSON.stringify(next)}\n}\n`);
}

async function writeTable(
  { shell: { stdout, stderr } }: VerbContext,
  columns: readonly Column[] | undefined,
  pages: AsyncIterable<Page>,
): Promise<void> {
  let widths: readonly number[] | null = null;
  let shown: readonly Column[] = columns ?? [];
  let next: Page['next'] = null;
  for await (const page of pages) {
    if (columns === undefined && widths === null) shown = columnsOf(page.items);
    const rows = page.items.map((item) => shown.map(([, path]) => valueAt(item, path)));
    if (widths === null && rows.length === 0) stdout.write('none\n');
    else {
      const made = rowsOf(widths === null ? shown.map(([heading]) => heading) : null, rows, widths);
      widths = made.widths;
      stdout.write(made.text === '' ? '' : `${made.text}\n`);
    }
    next = page.next;
  }
  if (next !== null && stdout.isTTY)
    stderr.write('there are more: --all shows them, --limit so many of them\n');
}
