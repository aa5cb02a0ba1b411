import { RightcallError } from '../../../domain/failures.ts';
import { campaignIdOf } from '../ids.ts';
import { languageHeaders } from '../input.ts';
import type { NounModule } from '../noun.ts';
import { createBar } from '../progress-bar.ts';
import { previewText, progressText, type Preview } from '../render/policy-preview.ts';
import type { Verb, VerbContext } from '../verb.ts';

const ID = '0195b3a0-0000-7000-8000-000000000001';
const OTHER_ID = '0195b3a0-0000-7000-8000-000000000002';
/** How often (real ms) it is asked how far it is; it is written down about once a second. */
const POLL_MS = 1_000;

/** `rightcall policy preview`: what a draft would change. */
const preview: Verb = {
  usage: 'preview <draft>',
  about: 'what a checked draft would change: contacts, promises, and calls of the past; calls nobody',
  more:
    'A random sample answers at once; with --wait the rest is waited for, with a bar on a terminal. Without it, read the ' +
    'result later with policy preview-show.',
  covers: ['previewPolicyDraft', 'getPolicyPreview'],
  writes: true,
  examples: [
    `policy preview ${ID} --wait`,
    `policy preview ${ID} --campaign "March" --days 90 --wait --json`,
    `policy preview ${ID} --at 2026-03-02T20:00:00+08:00 --lang zh`,
  ],
  options: (command) => {
    command
      .option('--campaign <campaign>', 'one campaign, by id or name (default: all that run or are paused)')
      .option('--days <n>', 'how many days of past decisions to ask about (default: 30)')
      .option('--at <instant>', 'instant at which contacts are asked about, now or later (default: now)')
      .option('--wait', 'until it is finished')
      .option('--lang <language>', 'language of the sentences: en or zh (default: of the locale)');
  },
  work: async (context, [draft], options) => {
    const { api } = context;
    const campaign = options['campaign'] as string | undefined;
    const days = options['days'] as string | undefined;
    const at = options['at'] as string | undefined;
    const language = languageHeaders(options['lang']);
    const path = `/v1/policies/drafts/${encodeURIComponent(draft!)}/previews`;
    const json = {
      ...(campaign === undefined ? {} : { campaignId: await campaignIdOf(api, campaign) }),
      ...(days === undefined ? {} : { days: Number(days) }),
      ...(at === undefined ? {} : { at }),
    };
    const begun = await api.send<Preview>('POST', path, {
      json,
      headers: { ...context.headers, ...language },
      nameOf: (field) => `--${field}`,
    });
    const shown =
      options['wait'] === true ? await waitFor(context, `${path}/${begun.id}`, begun, language) : begun;
    context.show(shown, () => previewText(shown));
    if (shown.status === 'failed' || shown.status === 'cancelled') {
      throw new RightcallError('refused', `the preview is ${shown.status}: ${shown.failure ?? 'by request'}`);
    }
  },
};

async function waitFor(
  { api, shell, json }: VerbContext,
  path: string,
  begun: Preview,
  headers: Readonly<Record<string, string>>,
): Promise<Preview> {
  let present = begun;
  // People have the sample to look at while they wait.
  if (!json) shell.stderr.write(`${begun.summary.join('\n')}\n`);
  const bar = await createBar(shell, '{bar} {percentage} % {note}', 1);
  try {
    while (present.status === 'pending' || present.status === 'running') {
      await shell.sleep(POLL_MS);
      present = await api.send<Preview>('GET', path, { headers });
      bar.total(Math.max(1, present.progress?.total ?? 1));
      bar.at(present.progress?.done ?? 0, progressText(present.progress));
    }
  } finally {
    bar.stop();
  }
  return present;
}

export const previewVerbs: NounModule['verbs'] = [
  preview,
  {
    verb: 'previews',
    operation: 'listPolicyPreviews',
    names: { draftId: 'draft' },
    columns: [
      ['ID', 'id'],
      ['REVISION', 'draftRevision'],
      ['STATUS', 'status'],
      ['REQUESTED', 'requestedAt'],
      ['FINISHED', 'finishedAt'],
    ],
    examples: [`policy previews ${ID}`],
  },
  {
    verb: 'preview-show',
    operation: 'getPolicyPreview',
    names: { draftId: 'draft', previewId: 'preview' },
    about: 'how far a preview is, and what it found',
    text: previewText,
    examples: [`policy preview-show ${ID} ${OTHER_ID}`],
  },
  {
    verb: 'preview-affected',
    operation: 'listPolicyPreviewEntries',
    names: { draftId: 'draft', previewId: 'preview' },
    about: 'whom a preview found to be concerned, one by one',
    columns: [
      ['CONTACT', 'contactId'],
      ['CAMPAIGN', 'campaignId'],
      ['AT', 'at'],
      ['BEFORE', 'before.verdict'],
      ['AFTER', 'after.verdict'],
      ['UNTIL', 'after.until'],
      ['RULE', 'after.rule.id'],
    ],
    examples: [
      `policy preview-affected ${ID} ${OTHER_ID} --change newly_denied`,
      `policy preview-affected ${ID} ${OTHER_ID} --part calls --change newly_deferred --all --json`,
    ],
  },
  {
    verb: 'preview-cancel',
    operation: 'cancelPolicyPreview',
    names: { draftId: 'draft', previewId: 'preview' },
    about: 'cancel a preview that is not finished',
    text: ({ id, status }: Preview) => `${id} is ${status}`,
    examples: [`policy preview-cancel ${ID} ${OTHER_ID}`],
  },
];
