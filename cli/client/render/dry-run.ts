import { pairs, plain, table } from '../text.ts';
import { quotaText, type Quota } from './quota.ts';
import { citationText, type Citation } from './citation.ts';

interface Share {
  readonly count: number;
  readonly low: number;
  readonly high: number;
}

export interface CitedRule {
  readonly pack: string;
  readonly id: string;
  readonly label: string;
  readonly citation: Citation | null;
}

export interface CampaignBlock {
  readonly code: string;
  readonly until: string | null;
}

export interface DryRun {
  readonly at: string;
  readonly policies: { readonly inForce: boolean };
  readonly blocks: readonly CampaignBlock[];
  readonly startFaults: readonly {
    readonly field: string;
    readonly fault: string;
    readonly expected: string;
  }[];
  readonly total: number;
  readonly evaluated: number;
  readonly exact: boolean;
  readonly outcomes: Readonly<Record<'now' | 'deferred' | 'denied' | 'exhausted', Share>>;
  readonly deferredByHour: readonly {
    readonly hour: string;
    readonly reason: string;
    readonly count: number;
  }[];
  readonly causes: readonly (Share & {
    readonly outcome: string;
    readonly reason: string;
    readonly rule: CitedRule | null;
    readonly nextAt: string | null;
    readonly samples: readonly string[];
  })[];
  /** Of servers of before there were campaign rules there are none. */
  readonly rules?: {
    readonly leftOut: readonly { readonly reason: string; readonly count: number }[];
    readonly quotas: readonly (Quota & { readonly now: Share; readonly letsThrough: number })[];
    readonly lists: readonly {
      readonly list: string | null;
      readonly weight: number;
      readonly now: Share;
      readonly first: number;
    }[];
  };
}

/** What a start would come to: how many now, later, never, and why. */
export function dryRunText(run: DryRun): string {
  const { outcomes, exact } = run;
  const share = ({ count, low, high }: Share) =>
    exact ? String(count) : `about ${count} (${low} to ${high})`;
  const how = exact ? `all ${run.total}` : `${run.evaluated} of ${run.total}, drawn at random`;
  const sections = [
    `If dialled at ${run.at}; contacts asked about: ${how}. Nothing was called, nothing is kept.\n${pairs([
      ['called now', share(outcomes.now)],
      ['put off', share(outcomes.deferred)],
      ['denied', share(outcomes.denied)],
      ...(outcomes.exhausted.count === 0 ? [] : [['too late for them', share(outcomes.exhausted)] as const]),
    ])}`,
    ...(run.policies.inForce
      ? []
      : ['No policy packs are in force: asked were the shipped ones, which the first start puts in force.']),
    ...run.startFaults.map(
      (one) => `It cannot be started: ${plain(`${one.field} ${one.fault}; expected ${one.expected}`)}`,
    ),
    ...run.blocks.map((block) => blockLine(block)),
    ...(run.causes.length === 0 ? [] : [causesText(run, share)]),
    ...rulesText(run.rules, share),
    ...(run.deferredByHour.length === 0
      ? []
      : [
          `Put off until the hour (UTC)\n${table(
            ['HOUR', 'CONTACTS', 'REASON'],
            run.deferredByHour.map((one) => [one.hour, one.count, one.reason]),
          )}`,
        ]),
  ];
  return sections.join('\n\n');
}

/** What the campaign's own rules do with those that could be called, and whom they have left out. */
function rulesText(rules: DryRun['rules'], share: (one: Share) => string): string[] {
  if (rules === undefined) return [];
  const { leftOut, quotas, lists } = rules;
  return [
    ...(leftOut.length === 0
      ? []
      : [
          `Left out by its rules already, and not counted above\n${pairs(leftOut.map((one) => [one.reason, one.count]))}`,
        ]),
    ...(quotas.length === 0
      ? []
      : [
          `Quotas\n${table(
            ['QUOTA', 'COULD BE CALLED', 'ROOM FOR'],
            quotas.map((one) => [quotaText(one), share(one.now), one.letsThrough]),
          )}`,
        ]),
    ...(lists.length === 0
      ? []
      : [
          `Lists\n${table(
            ['LIST', 'WEIGHT', 'COULD BE CALLED', 'OF THE FIRST 100'],
            lists.map((one) => [plain(one.list ?? 'all others'), one.weight, share(one.now), one.first]),
          )}`,
        ]),
  ];
}

/** What holds all contacts of a campaign back. */
export function blockLine({ code, until }: CampaignBlock): string {
  return `All are held back besides: ${plain(code)}${until === null ? '' : ` until ${until}`}`;
}

function causesText(run: DryRun, share: (one: Share) => string): string {
  return `Why\n${run.causes
    .map((cause) =>
      [
        `${plain(cause.reason)}: ${share(cause)} ${cause.outcome}${cause.nextAt === null ? '' : `, the first until ${cause.nextAt}`}`,
        ...ruleLines(cause.rule),
        ...sampleLines(cause.samples),
      ].join('\n'),
    )
    .join('\n')}`;
}

/** A rule and what it rests on, indented. */
export function ruleLines(rule: CitedRule | null): string[] {
  if (rule === null) return [];
  return [
    `  ${plain(rule.label)} (${plain(rule.pack)} ${plain(rule.id)})`,
    `  ${citationText(rule.citation)}`,
  ];
}

export function sampleLines(samples: readonly string[]): string[] {
  return samples.length === 0 ? [] : [`  such as ${samples.map(plain).join(' ')}`];
}
