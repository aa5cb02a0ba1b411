import { secretOf } from '../input.ts';
import type { NounModule } from '../noun.ts';
import { stopLine, type StopAck } from '../render/stop.ts';
import { showPages } from '../spec/pages.ts';
import type { Column } from '../spec/table.ts';
import { tableOf } from '../spec/columns.ts';
import type { Verb } from '../verb.ts';

interface Suppression {
  readonly id: string;
  readonly list: string;
  readonly validUntil: string | null;
}

const columns: readonly Column[] = [
  ['ID', 'id'],
  ['NUMBER', 'number'],
  ['LIST', 'list'],
  ['SCOPE', 'scope'],
  ['SOURCE', 'source'],
  ['FROM', 'validFrom'],
  ['UNTIL', 'validUntil'],
];

const list: Verb = {
  usage: 'list',
  about: 'entries, newest first; or those that name one number',
  covers: ['listSuppressions', 'searchSuppressions'],
  writes: false,
  examples: ['suppress list --list internal', 'suppress list --number -'],
  options: (command) => {
    command
      .option('--list <name>', 'of this list alone')
      .option('--number <number>', 'those that name this number; - reads it from standard input')
      .option('--limit <n>', 'rows at most (default: 50)', Number)
      .option('--all', 'every row there is')
      .option('--after <cursor>', '`next` of the page before');
  },
  work: async (context, _args, options) => {
    if (options['number'] === undefined) {
      const query = { list: options['list'] as string | undefined };
      await showPages(context, { columns }, '/v1/suppressions', { query }, options);
      return;
    }
    const json = { number: await secretOf(options['number'] as string, context.shell.stdin) };
    const page = await context.api.send<{ items: object[] }>('POST', '/v1/suppressions/search', { json });
    context.show(page, () => tableOf(columns, page.items));
  },
};

export const verbs: NounModule['verbs'] = [
  {
    verb: 'add',
    operation: 'addSuppression',
    about:
      'never call this number; returns when nothing is sent to it any more; - reads it from standard input',
    arguments: ['number'],
    values: { source: 'command-line' },
    hidden: ['requestedByPerson'],
    extra: [{ flags: '--not-by-person', about: 'the person did not ask for it themself' }],
    prepare: (body, options) => {
      body['requestedByPerson'] ??= options['notByPerson'] !== true;
    },
    text: (answer: { suppression: Suppression; stop: StopAck }) =>
      `on list ${answer.suppression.list} as ${answer.suppression.id}; ${stopLine(answer.stop)}`,
    examples: [
      'suppress add +12025550100',
      'suppress add - --scope campaign --campaign "March" --source hotline',
    ],
  },
  list,
  {
    verb: 'end',
    operation: 'endSuppression',
    about: 'let an entry end now; it stays as evidence',
    text: (ended: Suppression) => `${ended.id} ends at ${ended.validUntil}`,
    examples: ['suppress end 0195b3a0-0000-7000-8000-000000000001'],
  },
];
