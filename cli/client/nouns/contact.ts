import { campaignIdOf, exactlyOne } from '../ids.ts';
import { secretOf } from '../input.ts';
import type { NounModule } from '../noun.ts';
import type { Column } from '../spec/table.ts';
import { pairs, plain } from '../text.ts';
import type { Verb } from '../verb.ts';

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
  usage: 'find <campaign>',
  about: "find a contact of a campaign by number or by the customer's own id",
  covers: ['searchContact'],
  writes: false,
  examples: ['contact find "March" --external-id C-1001', 'contact find "March" --number -'],
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
    const id = await campaignIdOf(context.api, campaign!);
    const found = await context.api.send<object>('POST', `/v1/campaigns/${id}/contacts/search`, { json });
    context.show(found, () => pairs(Object.entries(found)));
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
  {
    verb: 'timeline',
    operation: 'getContactTimeline',
    about: 'what happened to a contact, and why',
    text: (story: { entries: { at: string; text: string }[] }) =>
      story.entries.map((entry) => `${entry.at}  ${plain(entry.text)}`).join('\n'),
    examples: ['contact timeline 0195b3a0-0000-7000-8000-000000000001'],
  },
];
