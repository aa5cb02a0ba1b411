import { pairs, plain, table } from '../text.ts';

interface Estimated {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

interface Figures {
  readonly attempts: number;
  readonly attemptsEach: Estimated;
  readonly answers: Estimated;
  readonly conversions: Estimated;
  readonly attemptsPerConversion: number | null;
  readonly daysToHalf: number | null;
  readonly daysTo90: number | null;
  readonly daysToAll: number | null;
  readonly byAttempt: readonly {
    readonly n: number;
    readonly attempts: number;
    readonly answerRate: number;
  }[];
  readonly ends: readonly { readonly state: string; readonly reason: string; readonly share: number }[];
  /** Of arms there are none within. */
  readonly arms?: readonly {
    readonly arm: string;
    readonly contacts: number;
    readonly figures: Figures | null;
  }[];
}

export interface RetryForecast {
  readonly basis: {
    readonly source: 'campaign' | 'tenant' | 'defaults';
    readonly attempts: number;
    readonly contacts: number;
    readonly callsPerHour: number;
    readonly zone: string;
    readonly assumed: readonly string[];
    readonly leavesOut: readonly string[];
  };
  readonly forecast: Figures;
  readonly byOwnRules: Figures | null;
}

const SOURCES = {
  campaign: 'people as the campaign’s own attempts found them',
  tenant: 'people as all campaigns found them',
  defaults: 'people as published figures have them',
} as const;

const whole = (n: number) => String(Math.round(n));
const days = (n: number | null) => (n === null ? 'not within a year' : `${n.toFixed(1)} days`);
const between = ({ mean, low, high }: Estimated) => `${whole(mean)} (${whole(low)} to ${whole(high)})`;
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

/** What each arm of an experiment comes to, who share the lines. */
function armsText(arms: NonNullable<Figures['arms']>): string[] {
  if (arms.length === 0) return [];
  const head = ['ARM', 'CONTACTS', 'ATTEMPTS EACH', 'REACHED', 'CONVERTED', 'ALL IN'];
  const rows = arms.map(({ arm, contacts, figures }) => [
    plain(arm),
    whole(contacts),
    ...(figures === null
      ? ['nobody is in it', '', '', '']
      : [
          figures.attemptsEach.mean.toFixed(2),
          between(figures.answers),
          between(figures.conversions),
          days(figures.daysToAll),
        ]),
  ]);
  return [`By arm of its experiment\n${table(head, rows)}`];
}

/** What rules would come to, beside the campaign's own where others were asked about, and what that rests on. */
export function retryForecastText({ basis, forecast, byOwnRules }: RetryForecast): string {
  const columns = byOwnRules === null ? [forecast] : [forecast, byOwnRules];
  const head = byOwnRules === null ? ['', 'THE RULES'] : ['', 'THESE RULES', 'ITS OWN'];
  const row = (name: string, of: (figures: Figures) => string) => [name, ...columns.map(of)];
  const sections = [
    `${basis.contacts} contacts, ${whole(basis.callsPerHour)} calls an hour, hours in ${plain(basis.zone)}; ` +
      `${SOURCES[basis.source]}${basis.attempts === 0 ? '' : ` (${basis.attempts} attempts)`}. Nobody is called.`,
    table(head, [
      row('attempts', (one) => whole(one.attempts)),
      row('attempts each', (one) => one.attemptsEach.mean.toFixed(2)),
      row('reached', (one) => between(one.answers)),
      row('converted', (one) => between(one.conversions)),
      row('attempts a conversion', (one) => one.attemptsPerConversion?.toFixed(1) ?? 'none converts'),
      row('half done with in', (one) => days(one.daysToHalf)),
      row('nine of ten in', (one) => days(one.daysTo90)),
      row('all in', (one) => days(one.daysToAll)),
    ]),
    ...[forecast, byOwnRules].flatMap((one) => armsText(one?.arms ?? [])),
    `By attempt\n${table(
      ['ATTEMPT', 'MADE', 'ANSWERED'],
      forecast.byAttempt.map((one) => [one.n, whole(one.attempts), percent(one.answerRate)]),
    )}`,
    `How contacts end\n${table(
      ['STATE', 'REASON', 'SHARE'],
      forecast.ends.map((one) => [one.state, one.reason, percent(one.share)]),
    )}`,
    pairs([
      ['assumed', basis.assumed.length === 0 ? 'nothing' : basis.assumed.join(', ')],
      ['left out', basis.leavesOut.join('; ')],
    ]),
  ];
  return sections.join('\n\n');
}
