import { campaignIdOf, exactlyOne } from '../ids.ts';
import { secretOf } from '../input.ts';
import type { NounModule } from '../noun.ts';
import { stopLine, type StopAck } from '../render/stop.ts';
import { tableOf } from '../spec/columns.ts';
import type { Column } from '../spec/table.ts';
import { sheet } from '../render/sheet.ts';
import type { Verb } from '../verb.ts';
import { contactTimeline } from './timeline.ts';

export const contactColumns: readonly Column[] = [
  ['ID', 'id'],
  ['EXTERNAL ID', 'externalId'],
  ['NUMBER', 'numbers.0'],
  ['STATE', 'state'],
  ['REASON', 'stateReason'],
  ['READY AT', 'readyAt'],
  ['ATTEMPTS', 'countedAttempts'],
];

const find: Verb = {
  usage: 'find [campaign]',
  about: "find contacts by number or by the customer's own id, in one campaign or in all",
  covers: ['searchContact', 'searchContacts'],
  writes: false,
  examples: ['contact find --number -', 'contact find "March" --external-id C-1001'],
  options: (command) => {
    command
      .option('--number <number>', 'international form; - reads it from standard input')
      .option('--external-id <id>', "the customer's own id");
  },
  work: async (context, [campaign], options) => {
    const by = exactlyOne(options, ['number', 'externalId']);
    const json =
      by === 0
        ? { number: await secretOf(options['number'] as string, context.shell.stdin) }
        : { externalId: options['externalId'] };
    if (campaign === undefined) {
      const page = await context.api.send<{ items: object[] }>('POST', '/v1/contacts/search', { json });
      context.show(page, () => tableOf(contactColumns, page.items));
      return;
    }
    const id = await campaignIdOf(context.api, campaign);
    const found = await context.api.send<object>('POST', `/v1/campaigns/${id}/contacts/search`, { json });
    context.show(found, () => sheet(found));
  },
};

export const verbs: NounModule['verbs'] = [
  {
    verb: 'list',
    operation: 'listContacts',
    about: 'contacts of a campaign',
    columns: contactColumns,
    examples: ['contact list "March" --state denied', 'contact list "March" --all --json'],
  },
  find,
  {
    verb: 'show',
    operation: 'getContact',
    about: 'one contact by id',
    examples: ['contact show 0195b3a0-0000-7000-8000-000000000001'],
  },
  contactTimeline,
  {
    verb: 'stop',
    operation: 'stopContact',
    about: 'stop one contact for good; returns when nothing is sent to it any more',
    text: ({ state, ended, stop }: { state: string; ended: boolean; stop: StopAck }) =>
      `${ended ? 'stopped' : `it had ended before, as ${state}`}; ${stopLine(stop)}`,
    examples: [
      'contact stop 0195b3a0-0000-7000-8000-000000000001 --reason "asked by mail"',
      'contact stop -',
    ],
  },
  {
    verb: 'stop-many',
    operation: 'stopContacts',
    about: 'stop many contacts for good: a file of ids, one a line; - reads standard input',
    listField: 'contactIds',
    fileArgument: true,
    examples: ['contact stop-many ids.txt --reason "list withdrawn"'],
  },
  {
    verb: 'move',
    operation: 'moveContact',
    about: 'move a person to another campaign',
    names: { campaignId: 'to' },
    examples: ['contact move 0195b3a0-0000-7000-8000-000000000001 --to "April" --reason "speaks Cantonese"'],
  },
  {
    verb: 'agent',
    operation: 'setContactAgent',
    about: 'say which agent a contact belongs to; null: nobody',
    examples: [
      'contact agent 0195b3a0-0000-7000-8000-000000000001 --agent 0195b3a0-0000-7000-8000-000000000002',
      'contact agent 0195b3a0-0000-7000-8000-000000000001 --set agentId=null',
    ],
  },
  {
    verb: 'matter',
    operation: 'changeMatter',
    about: 'record or correct who a contact is and what the call is about; null makes it unknown',
    examples: [
      'contact matter 0195b3a0-0000-7000-8000-000000000001 --relation third_party --debtor-unreachable',
      'contact matter 0195b3a0-0000-7000-8000-000000000001 --debt-ref D-2041 --set birthDate=null',
    ],
  },
];
