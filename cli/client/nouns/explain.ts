import { paintFor } from '../colour.ts';
import { campaignIdOf, isId } from '../ids.ts';
import { languageHeaders, secretOf } from '../input.ts';
import type { NounModule } from '../noun.ts';
import { explanationText, type Explanation } from '../render/explanation.ts';
import type { Verb, VerbContext } from '../verb.ts';

interface OfNumber {
  readonly number: string;
  readonly explanations: readonly Explanation[];
}

const explain: Verb = {
  usage: 'explain <number|contact>',
  about:
    'why a number or contact is, was or would be called or not: rules, citations, and from when it may be',
  more: 'A number is sent in a body and never stands in an address; - reads it from standard input.',
  covers: ['explainNumber', 'explainContact'],
  writes: false,
  examples: [
    'explain +12025550100',
    'explain - --campaign "March" --at 2026-03-02T21:30:00+08:00',
    'explain 0195b3a0-0000-7000-8000-000000000001 --rules',
    'explain 0195b3a0-0000-7000-8000-000000000001 --at 2026-03-02T21:30:00+08:00 --lang zh',
  ],
  options: (command) => {
    command
      .option(
        '--campaign <campaign>',
        'in this campaign (default: those that the person is in, else those that run)',
      )
      .option('--at <instant>', 'then, ISO 8601 with an offset (default: now)')
      .option('--lang <language>', 'language of the sentences: en or zh (default: of the locale)')
      .option('--rules', 'every rule, also those that let it pass');
  },
  work: async (context, [given], options) => {
    const at = options['at'] as string | undefined;
    const headers = languageHeaders(options['lang']);
    const paint = paintFor(context.shell);
    const textOf = (one: Explanation) => explanationText(one, paint, options['rules'] === true);
    if (isId(given!)) {
      const found = await context.api.send<Explanation>('GET', `/v1/contacts/${given}/explanation`, {
        query: { at },
        headers,
      });
      context.show(found, () => textOf(found));
      return;
    }
    const answer = await ofNumber(context, given!, options['campaign'] as string | undefined, at, headers);
    context.show(answer, () => {
      if (answer.explanations.length > 0)
        return `${answer.number}\n${answer.explanations.map(textOf).join('\n\n')}`;
      return `${answer.number} is in no campaign, and none runs: name one with --campaign`;
    });
  },
};

async function ofNumber(
  { api, shell }: VerbContext,
  given: string,
  campaign: string | undefined,
  at: string | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<OfNumber> {
  const number = await secretOf(given, shell.stdin);
  const json = {
    number,
    at,
    ...(campaign === undefined ? {} : { campaignId: await campaignIdOf(api, campaign) }),
  };
  return await api.send<OfNumber>('POST', '/v1/explain', {
    json,
    headers,
    nameOf: (field) => (field === 'number' ? '<number|contact>' : `--${field}`),
  });
}

export const verbs: NounModule['verbs'] = [explain];
