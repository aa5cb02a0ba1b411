import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Transform } from 'node:stream';
import { SingleBar, Presets } from 'cli-progress';
import type { Command } from 'commander';
import { invalidInput, messageOf } from '../../domain/failures.ts';
import { campaignIdOf } from './campaign-id.ts';
import type { ApiClient, RequestParts } from './http.ts';
import { STDIN } from './input.ts';
import { pairs, table } from './text.ts';
import { verb } from './verb.ts';

interface Imported {
  readonly alreadyImported: boolean;
  readonly import: {
    readonly id: string;
    readonly status: string;
    readonly sourceName: string;
    readonly counts: Readonly<Record<string, number>>;
  };
}

interface FileOptions {
  readonly name?: string;
  readonly format?: string;
  readonly defaultCountry?: string;
}

interface Issue {
  readonly line: number;
  readonly column: string;
  readonly maskedValue: string;
  readonly code: string;
  readonly reason: string;
}

/** `rightcall import …` */
export function register(program: Command): void {
  const parent = program.command('import').description('contact lists and do-not-call lists, from files');

  withFileOptions(
    verb<FileOptions & { delimiter?: string; encoding?: string; limit?: string }>(
      parent,
      'contacts <campaign> <file>',
      'take a contact list into a campaign: CSV or JSON lines, gzip or not; - reads standard input',
      async (c, [campaign, file], options) => {
        const path = `/v1/campaigns/${await campaignIdOf(c.api, campaign!)}/imports`;
        const { delimiter, encoding, limit } = options;
        const done = await upload(c.api, path, file!, options, { delimiter, encoding, limit });
        c.show(done, () => importedText(done));
      },
    ),
  )
    .option('--delimiter <character>', 'comma, semicolon, | or the word tab; found out where left out')
    .option('--encoding <name>', 'such as gb18030; found out where left out')
    .option('--limit <n>', 'take in so many rows at most');

  withFileOptions(
    verb<FileOptions & { list?: string; scope?: string; asOf?: string }>(
      parent,
      'do-not-call <file>',
      'take in a do-not-call list (勿扰名单); - reads standard input',
      async (c, [file], options) => {
        const { list, scope, asOf } = options;
        const done = await upload(c.api, '/v1/do-not-call/imports', file!, options, { list, scope, asOf });
        c.show(done, () => importedText(done));
      },
    ),
  )
    .option('--list <name>', 'name of the list (default: internal)')
    .option('--scope <scope>', 'tenant or national (default: tenant)')
    .option('--as-of <instant>', 'when the list was true at its source, ISO 8601 with an offset');

  verb(parent, 'show <import>', 'how far an import is', async (c, [id]) => {
    const found = await c.api.send<Record<string, unknown>>('GET', `/v1/imports/${encodeURIComponent(id!)}`);
    c.show(found, () => pairs(Object.entries(found)));
  });

  verb<{ limit: string }>(
    parent,
    'issues <import>',
    'rows that were not taken, and why',
    async (c, [id], options) => {
      const path = `/v1/imports/${encodeURIComponent(id!)}/issues`;
      const page = await c.api.send<{ items: Issue[] }>('GET', path, { query: { limit: options.limit } });
      c.show(page, () =>
        table(
          ['LINE', 'COLUMN', 'VALUE', 'CODE', 'REASON'],
          page.items.map((issue) => [issue.line, issue.column, issue.maskedValue, issue.code, issue.reason]),
        ),
      );
    },
  ).option('--limit <n>', 'rows at most', '50');
}

function withFileOptions(command: Command): Command {
  return command
    .option('--name <name>', 'file name to record (default: that of the file)')
    .option('--format <format>', 'csv or jsonl; found out where left out')
    .option('--default-country <code>', 'country of numbers that name none, such as CN');
}

async function upload(
  api: ApiClient,
  path: string,
  file: string,
  options: FileOptions,
  more: NonNullable<RequestParts['query']>,
): Promise<Imported> {
  const bytes = file === STDIN ? null : sizeOf(file);
  const bar = progressBar(bytes);
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bar?.increment(chunk.length);
      done(null, chunk);
    },
    flush(done) {
      bar?.update({ phase: 'storing' });
      done();
    },
  });
  const source = file === STDIN ? process.stdin : createReadStream(file);
  source.on('error', (error: Error) => counted.destroy(error));
  try {
    return await api.send<Imported>('POST', path, {
      query: {
        name: options.name ?? (file === STDIN ? 'standard input' : basename(file)),
        format: options.format,
        defaultCountry: options.defaultCountry,
        ...more,
      },
      stream: source.pipe(counted),
    });
  } finally {
    bar?.stop();
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    throw invalidInput([{ field: 'file', fault: messageOf(error), expected: 'a file that can be read' }]);
  }
}

/** On a terminal alone; a log gets no bar. */
function progressBar(bytes: number | null): SingleBar | null {
  if (bytes === null || !process.stderr.isTTY) return null;
  const bar = new SingleBar(
    { format: '{phase} {bar} {percentage} %', stream: process.stderr, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(bytes, 0, { phase: 'sending' });
  return bar;
}

function importedText(done: Imported): string {
  const head = done.alreadyImported
    ? `${done.import.sourceName} was taken in before; nothing changed`
    : `${done.import.sourceName} is taken in`;
  return `${head}\n${pairs([['import', done.import.id], ...Object.entries(done.import.counts)])}`;
}
