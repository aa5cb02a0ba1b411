import type { Command } from 'commander';
import { invalidInput } from '../../domain/failures.ts';
import { campaignIdOf } from './campaign-id.ts';
import { secretOf } from './input.ts';
import { pairs, plain, table } from './text.ts';
import { verb } from './verb.ts';

interface Contact {
  readonly id: string;
  readonly externalId: string | null;
  readonly numbers: readonly string[];
  readonly state: string;
  readonly stateReason: string | null;
  readonly readyAt: string;
  readonly countedAttempts: number;
}

interface Timeline {
  readonly contact: Contact;
  readonly entries: readonly { readonly at: string; readonly kind: string; readonly text: string }[];
}

/** `rightcall contact …` */
export function register(program: Command): void {
  const contact = program.command('contact').description('contacts (客户名单项) and their story');

  verb(contact, 'show <contact>', 'one contact by id', async (c, [id]) => {
    const found = await c.api.send<Contact>('GET', `/v1/contacts/${encodeURIComponent(id!)}`);
    c.show(found, () => pairs(Object.entries(found)));
  });

  verb(contact, 'timeline <contact>', 'what happened to a contact, and why', async (c, [id]) => {
    const story = await c.api.send<Timeline>('GET', `/v1/contacts/${encodeURIComponent(id!)}/timeline`);
    c.show(story, () => story.entries.map((entry) => `${entry.at}  ${plain(entry.text)}`).join('\n'));
  });

  verb<{ number?: string; externalId?: string }>(
    contact,
    'find <campaign>',
    "find a contact by number or by the customer's own id",
    async (c, [campaign], options) => {
      const id = await campaignIdOf(c.api, campaign!);
      const found = await c.api.send<Contact>('POST', `/v1/campaigns/${id}/contacts/search`, {
        json: await searchOf(options),
      });
      c.show(found, () => pairs(Object.entries(found)));
    },
  )
    .option('--number <number>', 'international form; - reads it from standard input')
    .option('--external-id <id>', "the customer's own id");

  verb<{ state?: string; limit: string }>(
    contact,
    'list <campaign>',
    'contacts of a campaign',
    async (c, args, options) => {
      const id = await campaignIdOf(c.api, args[0]!);
      const page = await c.api.send<{ items: Contact[] }>('GET', `/v1/campaigns/${id}/contacts`, {
        query: { state: options.state, limit: options.limit },
      });
      c.show(page, () =>
        table(
          ['ID', 'EXTERNAL ID', 'NUMBER', 'STATE', 'REASON', 'READY AT', 'ATTEMPTS'],
          page.items.map((item) => [
            item.id,
            item.externalId,
            item.numbers[0],
            item.state,
            item.stateReason,
            item.readyAt,
            item.countedAttempts,
          ]),
        ),
      );
    },
  )
    .option('--state <state>', 'only those in this state, such as denied')
    .option('--limit <n>', 'rows at most', '50');
}

async function searchOf(options: {
  number?: string;
  externalId?: string;
}): Promise<{ number: string } | { externalId: string }> {
  if (options.number !== undefined && options.externalId === undefined) {
    return { number: await secretOf(options.number) };
  }
  if (options.externalId !== undefined && options.number === undefined)
    return { externalId: options.externalId };
  throw invalidInput([
    { field: 'options', fault: 'do not say what to find', expected: '--number or --external-id' },
  ]);
}
