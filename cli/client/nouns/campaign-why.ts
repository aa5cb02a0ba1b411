import { campaignIdOf } from '../ids.ts';
import { languageHeaders, linesOf } from '../input.ts';
import { cohortText, type CohortAnswer } from '../render/cohort.ts';
import { whyText, type CampaignWhy } from '../render/why.ts';
import type { Verb } from '../verb.ts';

const LISTS = ['state', 'reason', 'cohort', 'zone', 'jurisdiction'] as const;

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

export const whyCampaign: Verb = {
  usage: 'why <campaign>',
  about: 'why its contacts are not being dialled: cause by cause, with rule, citation and next instant',
  more:
    'Without options: those that wait. With any: the contacts they name, in every state, what would have to change for ' +
    'each cause, and with --forecast what the next hour is likely to bring. Options of one kind widen, of different kinds narrow.',
  covers: ['explainCampaignWaiting', 'explainCohort'],
  writes: false,
  examples: [
    'campaign why "March"',
    'campaign why "March" --forecast',
    'campaign why "March" --state denied --reason consent.missing --lang zh',
    'campaign why "March" --zone America/New_York --jurisdiction US-FL',
    'campaign why "March" --contacts ids.txt',
  ],
  options: (command) => {
    command
      .option('--forecast', 'how many become eligible in the next hour, and are likely to be dialled')
      .option('--state <state>', 'contacts in this state; may be given again', collect)
      .option('--reason <code>', 'contacts with this reason on record; may be given again', collect)
      .option('--cohort <name>', 'contacts of this cohort of the hopper; may be given again', collect)
      .option('--zone <zone>', 'contacts that may live in this zone; may be given again', collect)
      .option(
        '--jurisdiction <code>',
        'contacts that may be there, such as US or US-FL; may be given again',
        collect,
      )
      .option('--contacts <file>', 'contacts by id, one a line; - reads standard input')
      .option('--sample <n>', 'of how many the rules are asked where more than 5000 wait (default: 2000)')
      .option('--lang <language>', 'language of the sentences: en or zh (default: of the locale)');
  },
  work: async (context, [given], options) => {
    const id = await campaignIdOf(context.api, given!);
    const file = options['contacts'] as string | undefined;
    const sample = options['sample'] as string | undefined;
    const isNarrowed = LISTS.some((name) => options[name] !== undefined) || file !== undefined;
    if (
      !isNarrowed &&
      options['forecast'] !== true &&
      sample === undefined &&
      options['lang'] === undefined
    ) {
      const why = await context.api.send<CampaignWhy>('GET', `/v1/campaigns/${id}/why`);
      context.show(why, () => whyText(why));
      return;
    }
    const json = {
      ...Object.fromEntries(
        LISTS.flatMap((name) => (options[name] === undefined ? [] : [[`${name}s`, options[name]]])),
      ),
      ...(file === undefined ? {} : { contactIds: await linesOf(file, context.shell.stdin) }),
      ...(sample === undefined ? {} : { sample: Number(sample) }),
      forecast: options['forecast'] === true,
    };
    const answer = await context.api.send<CohortAnswer>('POST', `/v1/campaigns/${id}/why`, {
      json,
      headers: languageHeaders(options['lang']),
      nameOf: (field) =>
        field.startsWith('contactIds') ? '--contacts' : `--${field.replace(/s(\[\d+\])?$/, '')}`,
    });
    context.show(answer, () => cohortText(answer));
  },
};
