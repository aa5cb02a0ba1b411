import { plain, table } from '../text.ts';
import { ruleLines, type CitedRule } from './dry-run.ts';

interface Share {
  readonly count: number;
  readonly low: number;
  readonly high: number;
}

export interface CohortAnswer {
  readonly at: string;
  readonly summary: string;
  readonly waiting: number;
  readonly evaluated: number;
  readonly exact: boolean;
  readonly causes: readonly (Share & {
    readonly outcomeText: string;
    readonly code: string;
    readonly text: string;
    readonly rule: CitedRule | null;
    readonly nextAt: string | null;
    readonly samples: readonly string[];
    readonly remedies: readonly { readonly text: string; readonly proved: boolean }[];
  })[];
  readonly blocks: readonly { readonly code: string; readonly text: string; readonly remedy: string }[];
  readonly forecast: {
    readonly text: string;
    readonly steps: readonly { readonly from: string; readonly becoming: Share; readonly dialled: number }[];
    readonly assumed: Readonly<Record<string, number | string>> | null;
  } | null;
}

const shareText = ({ count, low, high }: Share) =>
  low === high ? String(count) : `${count} (${low}–${high})`;

/** Why contacts are not being dialled, cause by cause, and what the next hour is likely to bring. */
export function cohortText(answer: CohortAnswer): string {
  const { causes, blocks, forecast } = answer;
  const how = answer.exact
    ? ''
    : `\nAsked about ${answer.evaluated} of ${answer.waiting} that wait, drawn at random; counts are scaled, with 95 % intervals.`;
  return [
    `${plain(answer.summary)} At ${answer.at}.${how}`,
    ...blocks.map((block) => `all of them: ${plain(block.text)}; would end: ${plain(block.remedy)}`),
    ...causes.map((cause) =>
      [
        `${shareText(cause)}  ${plain(cause.text)} [${plain(cause.code)}; ${plain(cause.outcomeText)}]${
          cause.nextAt === null ? '' : `, the first from ${cause.nextAt}`
        }`,
        ...(cause.rule === null ? [] : ruleLines(cause.rule)),
        ...(cause.remedies.length === 0
          ? []
          : [
              `  would have to change: ${cause.remedies.map((one) => `${plain(one.text)}${one.proved ? ' ✓' : ''}`).join('; or ')}`,
            ]),
        ...(cause.samples.length === 0 ? [] : [`  such as ${cause.samples.map(plain).join(' ')}`]),
      ].join('\n'),
    ),
    ...(forecast === null
      ? []
      : [
          `${plain(forecast.text)}\n${table(
            ['FROM', 'BECOME ELIGIBLE', 'DIALLED'],
            forecast.steps.map((step) => [step.from, shareText(step.becoming), step.dialled]),
          )}`,
        ]),
  ].join('\n\n');
}
