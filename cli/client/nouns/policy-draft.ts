import type { Command } from 'commander';
import { invalidInput } from '../../../domain/failures.ts';
import { readDocument } from '../input.ts';
import { draftLine, type Draft } from '../render/policy.ts';
import type { Shell } from '../shell.ts';
import type { Verb } from '../verb.ts';

const ID = '0195b3a0-0000-7000-8000-000000000001';
const collect = (value: string, before: readonly string[] = []) => [...before, value];

type Options = Readonly<Record<string, unknown>>;
const list = (options: Options, name: string) => (options[name] as readonly string[] | undefined) ?? [];

/** What both verbs say of documents: files to put, names to take out, cases, rules of the law that may loosen. */
function documentOptions(command: Command): void {
  command
    .option(
      '-f, --file <file>',
      'a pack or calendar to put, as YAML or JSON; may be repeated; - reads standard input',
      collect,
    )
    .option(
      '--remove <kind/id>',
      'a document to take out, such as pack/house-marketing; may be repeated',
      collect,
    )
    .option('--cases <file>', 'a file of cases to run at every check; may be repeated', collect)
    .option(
      '--accept <rule=reason>',
      'a rule of the law that may become looser, and why; may be repeated',
      collect,
    )
    .option('--note <text>', 'why, for those who review it');
}

async function documentsFrom(shell: Shell, options: Options): Promise<Record<string, unknown>> {
  const read = (name: string) =>
    Promise.all(list(options, name).map((file) => readDocument(file, shell.stdin)));
  const [put, cases] = [await read('file'), await read('cases')];
  const remove = list(options, 'remove');
  const accepted = list(options, 'accept').map(acceptedOf);
  const note = options['note'] as string | undefined;
  return {
    ...(put.length === 0 ? {} : { put }),
    ...(cases.length === 0 ? {} : { cases }),
    ...(remove.length === 0 ? {} : { remove }),
    ...(accepted.length === 0 ? {} : { accepted }),
    ...(note === undefined ? {} : { note }),
  };
}

function acceptedOf(text: string): { rule: string; reason: string } {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return { rule: text.slice(0, at), reason: text.slice(at + 1) };
  throw invalidInput([
    {
      field: '--accept',
      fault: 'says no reason',
      expected: '<rule>=<reason> such as cn.pipl.consent="repealed on …"',
    },
  ]);
}

export const draftVerb: Verb = {
  usage: 'draft',
  about: 'write a draft: packs and calendars to put into the set in force, or to take out',
  more: 'Nothing takes effect until it was checked, previewed, approved by somebody else, and published.',
  covers: ['createPolicyDraft'],
  examples: [
    'policy draft --title "Quieter evenings in Guangdong" -f house-guangdong.yaml --cases guangdong-cases.yaml',
    'policy draft --title "Holidays of 2027" -f cn-statutory-holidays.yaml',
    'policy draft --title "Without our own caps" --remove pack/house-marketing',
  ],
  writes: true,
  options: (command) => {
    command.requiredOption('--title <text>', 'what it is about');
    documentOptions(command);
  },
  work: async (context, _args, options) => {
    const json = { title: options['title'], ...(await documentsFrom(context.shell, options)) };
    const draft = await context.api.send<Draft>('POST', '/v1/policies/drafts', {
      json,
      headers: context.headers,
    });
    context.show(draft, () => draftLine(draft));
  },
};

export const editVerb: Verb = {
  usage: 'edit <draft>',
  about: 'edit a draft; whoever does is one of its authors, and it is checked, previewed and approved anew',
  covers: ['changePolicyDraft'],
  examples: [`policy edit ${ID} -f house-guangdong.yaml`, `policy edit ${ID} --undo pack/house-marketing`],
  writes: true,
  options: (command) => {
    command.option('--title <text>', 'what it is about');
    documentOptions(command);
    command
      .option('--undo <kind/id>', 'a document to leave as it is after all; may be repeated', collect)
      .option('--if-revision <n>', 'refuse where it is at another revision by now (default: read first)');
  },
  work: async (context, [id], options) => {
    const path = `/v1/policies/drafts/${encodeURIComponent(id!)}`;
    const undo = list(options, 'undo');
    const json = {
      ...(options['title'] === undefined ? {} : { title: options['title'] }),
      ...(await documentsFrom(context.shell, options)),
      ...(undo.length === 0 ? {} : { undo }),
    };
    const given = options['ifRevision'] as string | undefined;
    const revision = given?.replaceAll('"', '') ?? (await context.api.send<Draft>('GET', path)).revision;
    const draft = await context.api.send<Draft>('PATCH', path, {
      json,
      headers: { ...context.headers, 'if-match': `"${revision}"` },
    });
    context.show(draft, () => draftLine(draft));
  },
};

export const rollbackVerb: Verb = {
  usage: 'rollback <set>',
  about: 'write a draft that goes back to a set published before, by its hash or the beginning of it',
  more: 'It is checked, previewed, approved by somebody else and published like any other.',
  covers: ['createPolicyDraft'],
  examples: ['policy rollback 3f9a1c22 --note "calls at noon were not meant"'],
  writes: true,
  options: (command) => {
    command
      .option('--title <text>', 'what it is about (default: which set it goes back to)')
      .option('--note <text>', 'why, for those who review it');
  },
  work: async (context, [set], options) => {
    const json = {
      title: (options['title'] as string | undefined) ?? `Back to ${set!.slice(0, 12)}`,
      fromSet: set,
      note: (options['note'] as string | undefined) ?? null,
    };
    const draft = await context.api.send<Draft>('POST', '/v1/policies/drafts', {
      json,
      headers: context.headers,
    });
    context.show(draft, () => draftLine(draft));
  },
};
