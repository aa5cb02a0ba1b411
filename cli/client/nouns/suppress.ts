import { secretOf } from '../input.ts';
import type { NounModule } from '../noun.ts';
import { stopLine, type StopAck } from '../render/stop.ts';
import type { Column } from '../spec/table.ts';
import { tableOf } from '../spec/columns.ts';
import type { VerbContext } from '../verb.ts';

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

/** Those that name one number: the number is sent in a body. */
async function ofNumber(context: VerbContext, number: string): Promise<void> {
  const json = { number: await secretOf(number, context.shell.stdin) };
  const page = await context.api.send<{ items: object[] }>('POST', '/v1/suppressions/search', { json });
  context.show(page, () => tableOf(columns, page.items));
}

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
  {
    verb: 'list',
    operation: 'listSuppressions',
    about: 'entries, newest first; or those that name one number',
    alsoCovers: ['searchSuppressions'],
    columns,
    extra: [
      { flags: '--number <number>', about: 'those that name this number; - reads it from standard input' },
    ],
    instead: async (context, options) => {
      if (options['number'] === undefined) return false;
      await ofNumber(context, options['number'] as string);
      return true;
    },
    examples: ['suppress list --list internal --state active', 'suppress list --number -'],
  },
  {
    verb: 'add-many',
    operation: 'addSuppressions',
    about: 'never call these numbers: a file of JSON lines, or of a number a line; - reads standard input',
    more:
      'A line is a number, or an object such as {"number":"+12025550100","list":"internal","validUntil":null}. ' +
      'A whole list with its date is taken in by rightcall import do-not-call.',
    fileArgument: true,
    listField: 'items',
    itemField: 'number',
    examples: ['suppress add-many numbers.txt'],
  },
  {
    verb: 'lists',
    operation: 'listSuppressionLists',
    about: 'do-not-call lists: how old, how long, and whether the rules still rely on them',
    columns: [
      ['LIST', 'list'],
      ['AS OF', 'asOf'],
      ['ENTRIES', 'entries'],
      ['STANDING', 'standing'],
      ['STALE FROM', 'staleFrom'],
    ],
    examples: ['suppress lists', 'suppress lists --count exact'],
  },
  {
    verb: 'end',
    operation: 'endSuppression',
    about: 'let an entry end now; it stays as evidence',
    text: (ended: Suppression) => `${ended.id} ends at ${ended.validUntil}`,
    examples: ['suppress end 0195b3a0-0000-7000-8000-000000000001'],
  },
];
