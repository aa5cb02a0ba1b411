import { pairs, plain } from '../text.ts';
import { quotaText, type Quota } from './quota.ts';
import { blockLine, ruleLines, type CampaignBlock, type CitedRule } from './dry-run.ts';

export interface CampaignWhy {
  readonly at: string;
  readonly waiting: number;
  readonly causes: readonly {
    readonly kind: string;
    readonly code: string;
    readonly rules: readonly CitedRule[];
    readonly count: number;
    readonly nextAt: string | null;
    readonly quotas?: readonly Quota[];
    readonly samples: readonly { readonly contactId: string; readonly numbers: readonly string[] }[];
  }[];
  readonly blocks: readonly CampaignBlock[];
  readonly agents?: {
    readonly seats: Readonly<Record<string, number>>;
    readonly waitingCalls: number;
    readonly reason: { readonly code: string; readonly text: string } | null;
  } | null;
  readonly capacity: Readonly<Record<string, number | null>> | null;
  readonly calendarsEnding: readonly { readonly id: string; readonly coveredTo: string }[];
}

function agentsText({ seats, waitingCalls, reason }: NonNullable<CampaignWhy['agents']>): string {
  const counts = pairs(Object.entries({ ...seats, waitingCalls }));
  return reason === null
    ? `agents\n${counts}`
    : `agents: ${plain(reason.text)} (${plain(reason.code)})\n${counts}`;
}

/** Cause by cause why the waiting contacts wait; the counts add up to all of them. */
export function whyText(why: CampaignWhy): string {
  const causes = why.causes.map((cause) =>
    [
      `${cause.count}  ${plain(cause.code)} (${plain(cause.kind)})${cause.nextAt === null ? '' : `, the first until ${cause.nextAt}`}`,
      ...cause.rules.flatMap(ruleLines),
      ...(cause.quotas ?? []).map((quota) => `  quota ${quotaText(quota)}`),
      ...cause.samples.map((one) =>
        `  such as ${plain(one.contactId)} ${one.numbers.map(plain).join(' ')}`.trimEnd(),
      ),
    ].join('\n'),
  );
  return [
    `At ${why.at} ${why.waiting} contacts wait.`,
    ...why.blocks.map(blockLine),
    ...(causes.length === 0 ? [] : [causes.join('\n')]),
    ...why.calendarsEnding.map(
      ({ id, coveredTo }) =>
        `The calendar ${plain(id)} ends on ${coveredTo}; publish the next one, or calls that depend on it are denied then.`,
    ),
    ...(why.agents === null || why.agents === undefined ? [] : [agentsText(why.agents)]),
    ...(why.capacity === null ? [] : [`lines\n${pairs(Object.entries(why.capacity))}`]),
  ].join('\n\n');
}
