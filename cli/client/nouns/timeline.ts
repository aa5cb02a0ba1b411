import { contactIdOf } from '../ids.ts';
import type { NounModule } from '../noun.ts';
import { citationText, type Citation } from '../render/citation.ts';
import { plain } from '../text.ts';
import type { Verb } from '../verb.ts';

interface Entry {
  readonly at: string;
  readonly text: string;
  readonly link?: string | null;
  readonly reasons?: readonly { readonly reason: string; readonly citation: Citation | null }[];
}

interface Story {
  readonly entries: readonly Entry[];
  readonly next?: string | null;
}

/** Entries asked for at once. */
const PAGE = 200;

const options: Verb['options'] = (command) => {
  command
    .option('--latest', 'the latest first')
    .option('--limit <n>', 'entries at most (default: all)', Number)
    .option('--links', "addresses of its workflow in Temporal's UI");
};

const work: Verb['work'] = async (context, [given], options) => {
  const { api, shell, json } = context;
  const path = `/v1/contacts/${encodeURIComponent(await contactIdOf(api, given!, shell))}/timeline`;
  const limit = (options['limit'] as number | undefined) ?? Infinity;
  const sort = options['latest'] === true ? '-at' : undefined;
  const entries: Entry[] = [];
  let first: Story | null = null;
  let after: string | undefined;
  let shown = 0;
  do {
    const query = { limit: Math.min(limit - shown, PAGE), sort, after };
    const page: Story = await api.send<Story>('GET', path, { query });
    first ??= page;
    after = page.next ?? undefined;
    shown += page.entries.length;
    if (json) entries.push(...page.entries);
    else
      for (const entry of page.entries)
        shell.stdout.write(`${entryText(entry, options['links'] === true)}\n`);
  } while (after !== undefined && shown < limit);
  if (json) context.show({ ...first, entries, next: after ?? null }, () => '');
};

function entryText({ at, text, reasons, link }: Entry, links: boolean): string {
  const cited = (reasons ?? []).filter((one) => one.citation !== null);
  return [
    `${at}  ${plain(text)}`,
    ...cited.map((one) => `    ${plain(one.reason)}: ${citationText(one.citation)}`),
    ...(links && typeof link === 'string' ? [`    ${plain(link)}`] : []),
  ].join('\n');
}

const about = 'what happened to a contact, and why; by id, or by number where it is in one campaign';

/** `rightcall contact timeline`, and `rightcall timeline` for short. */
export const contactTimeline: Verb = {
  usage: 'timeline <contact>',
  about,
  covers: ['getContactTimeline'],
  writes: false,
  examples: [
    'contact timeline 0195b3a0-0000-7000-8000-000000000001',
    'contact timeline 0195b3a0-0000-7000-8000-000000000001 --latest --limit 10',
  ],
  options,
  work,
};

export const verbs: NounModule['verbs'] = [
  { ...contactTimeline, examples: ['timeline 0195b3a0-0000-7000-8000-000000000001', 'timeline - --latest'] },
];
