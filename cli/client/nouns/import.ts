import type { Command } from 'commander';
import type { ApiClient } from '../http.ts';
import { campaignIdOf } from '../ids.ts';
import type { NounModule } from '../noun.ts';
import { pairs } from '../text.ts';
import type { Verb } from '../verb.ts';

interface ImportStatus {
  readonly id: string;
  readonly status: string;
  readonly rowsDone: number;
  readonly sourceName: string;
  readonly counts: Readonly<Record<string, number>>;
}

interface Imported {
  readonly alreadyImported: boolean;
  readonly import: ImportStatus;
}

function importedText(done: Imported): string {
  const head = done.alreadyImported
    ? `${done.import.sourceName} was taken in before; nothing changed`
    : `${done.import.sourceName} is taken in`;
  return `${head}\n${pairs([['import', done.import.id], ...Object.entries(done.import.counts)])}`;
}

function fileOptions(command: Command): void {
  command
    .option('--name <name>', 'file name to record (default: that of the file)')
    .option('--format <format>', 'csv or jsonl; found out where left out')
    .option('--default-country <code>', 'country of numbers that name none, such as CN');
}

/** Options of the query as they are, without those that were not given. */
function queryOf(
  options: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (typeof options[name] === 'string' ? [[name, options[name]]] : [])),
  );
}

/** Of the newest import that runs: the one this very command waits for, unless others import as well. */
async function rowsOfNewest(api: ApiClient, campaignId?: string): Promise<number | null> {
  const query = { campaignId, status: 'running', limit: 1 };
  const { items } = await api.send<{ items: ImportStatus[] }>('GET', '/v1/imports', { query });
  return items[0]?.rowsDone ?? null;
}

const contacts: Verb = {
  usage: 'contacts <campaign> <file>',
  about: 'take a contact list into a campaign: CSV or JSON lines, gzip or not; - reads standard input',
  covers: ['importContacts'],
  writes: true,
  examples: [
    'import contacts "March" samples/contacts.csv --default-country CN',
    'import contacts "March" - --format jsonl',
  ],
  options: (command) => {
    fileOptions(command);
    command
      .option('--delimiter <character>', 'comma, semicolon, | or the word tab; found out where left out')
      .option('--encoding <name>', 'such as gb18030; found out where left out')
      .option('--limit <n>', 'take in so many rows at most');
  },
  work: async (context, [campaign, file], options) => {
    // Streams and bars are for these two verbs alone.
    const { upload } = await import('../upload.ts');
    const id = await campaignIdOf(context.api, campaign!);
    const done = await upload<Imported>(context.api, context.shell, {
      path: `/v1/campaigns/${id}/imports`,
      file: file!,
      query: queryOf(options, ['name', 'format', 'defaultCountry', 'delimiter', 'encoding', 'limit']),
      headers: context.headers,
      rowsStored: (api) => rowsOfNewest(api, id),
    });
    context.show(done, () => importedText(done));
  },
};

const doNotCall: Verb = {
  usage: 'do-not-call <file>',
  about: 'take in a do-not-call list (勿扰名单); - reads standard input',
  covers: ['importDoNotCall'],
  writes: true,
  examples: [
    'import do-not-call samples/do-not-call.txt --list internal',
    'import do-not-call - --scope national',
  ],
  options: (command) => {
    fileOptions(command);
    command
      .option('--list <name>', 'name of the list (default: internal)')
      .option('--scope <scope>', 'tenant or national (default: tenant)')
      .option('--as-of <instant>', 'when the list was true at its source, ISO 8601 with an offset');
  },
  work: async (context, [file], options) => {
    const { upload } = await import('../upload.ts');
    const done = await upload<Imported>(context.api, context.shell, {
      path: '/v1/do-not-call/imports',
      file: file!,
      query: queryOf(options, ['name', 'format', 'defaultCountry', 'list', 'scope', 'asOf']),
      headers: context.headers,
      rowsStored: (api) => rowsOfNewest(api),
    });
    context.show(done, () => importedText(done));
  },
};

export const verbs: NounModule['verbs'] = [
  contacts,
  doNotCall,
  {
    verb: 'list',
    operation: 'listImports',
    columns: [
      ['ID', 'id'],
      ['FILE', 'sourceName'],
      ['KIND', 'kind'],
      ['STATUS', 'status'],
      ['ROWS', 'rowsDone'],
      ['CREATED', 'createdAt'],
    ],
    examples: ['import list --campaign "March"'],
  },
  {
    verb: 'show',
    operation: 'getImport',
    about: 'how far an import is',
    examples: ['import show 0195b3a0-0000-7000-8000-000000000001'],
  },
  {
    verb: 'issues',
    operation: 'listImportIssues',
    about: 'rows that were not taken, and why',
    columns: [
      ['LINE', 'line'],
      ['COLUMN', 'column'],
      ['VALUE', 'maskedValue'],
      ['CODE', 'code'],
      ['REASON', 'reason'],
    ],
    examples: [
      'import issues 0195b3a0-0000-7000-8000-000000000001 --all',
      'import issues 0195b3a0-0000-7000-8000-000000000001 --csv --output issues.csv',
    ],
  },
];
