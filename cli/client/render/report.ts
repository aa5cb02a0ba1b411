import { pairs, percent, table } from '../text.ts';

type Counts = Readonly<Record<string, number>>;

export interface Report {
  readonly name: string;
  readonly progress: {
    readonly status: string;
    readonly imported: number;
    readonly byState: Counts;
    readonly attempts: number;
    readonly answered: number;
    readonly converted: number;
  };
  readonly deniedByReason: Counts;
  readonly deferredByReason: Counts;
  readonly attemptsByOutcome: Counts;
  readonly attemptsPerContact: number | null;
  readonly reached: number;
  readonly answerRate: number | null;
  readonly conversionRateOfReached: number | null;
  readonly conversionRateOfImported: number | null;
  readonly talk: { readonly totalS: number; readonly meanS: number | null };
  readonly byHour: readonly { readonly hour: number; readonly attempts: number; readonly answered: number }[];
  readonly zone: string;
  readonly stops: { readonly count: number; readonly p50Ms: number | null; readonly p99Ms: number | null };
}

/** Figures of a campaign (docs/api.md says what each is). */
export function reportText(report: Report): string {
  const { progress } = report;
  const sections: [string, string][] = [
    [
      `${report.name}, ${progress.status}`,
      pairs([
        ['contacts', progress.imported],
        ['reached', report.reached],
        ['attempts', progress.attempts],
        ['attempts per contact tried', report.attemptsPerContact?.toFixed(2) ?? null],
        ['answer rate 接听率', percent(report.answerRate)],
        ['conversion rate 转化率, of those reached', percent(report.conversionRateOfReached)],
        ['conversion rate 转化率, of those imported', percent(report.conversionRateOfImported)],
        ['talk, s in all', report.talk.totalS],
        ['talk, s a call', report.talk.meanS?.toFixed(0) ?? null],
        ['stops acknowledged, p50 / p99 ms', stopText(report.stops)],
      ]),
    ],
    ['Contacts by state', counts(progress.byState)],
    ['Denied, by reason', counts(report.deniedByReason)],
    ['Put off, by reason', counts(report.deferredByReason)],
    ['Attempts by outcome', counts(report.attemptsByOutcome)],
    [
      `By hour (${report.zone})`,
      table(
        ['HOUR', 'ATTEMPTS', 'ANSWERED', 'RATE'],
        report.byHour.map((row) => [
          row.hour,
          row.attempts,
          row.answered,
          percent(row.answered / row.attempts),
        ]),
      ),
    ],
  ];
  return sections.map(([title, text]) => `${title}\n${text}`).join('\n\n');
}

function counts(of: Counts): string {
  const entries = Object.entries(of).toSorted((a, b) => b[1] - a[1]);
  return entries.length === 0 ? 'none' : pairs(entries);
}

function stopText(stops: Report['stops']): string | null {
  return stops.p50Ms === null || stops.p99Ms === null
    ? null
    : `${stops.p50Ms.toFixed(0)} / ${stops.p99Ms.toFixed(0)} (${stops.count})`;
}

interface Figures {
  readonly attempts: number;
  readonly answered: number;
  readonly answerRate: number | null;
  readonly reached: number;
  readonly converted: number;
  readonly talkS: number;
}

export interface AttemptReport {
  readonly groupBy: string;
  readonly zone: string;
  readonly rows: readonly (Figures & { readonly key: string | null })[];
  readonly total: Figures;
}

/** Attempts by group, and all together. */
export function attemptReportText({ groupBy, zone, rows, total }: AttemptReport): string {
  const cells = (key: string | null, of: Figures) => [
    key,
    of.attempts,
    of.answered,
    percent(of.answerRate),
    of.reached,
    of.converted,
    of.talkS,
  ];
  const heading = groupBy === 'hour' || groupBy === 'day' ? `${groupBy} (${zone})` : groupBy;
  return table(
    [heading.toUpperCase(), 'ATTEMPTS', 'ANSWERED', 'ANSWER RATE', 'REACHED', 'CONVERTED', 'TALK S'],
    [...rows.map((row) => cells(row.key, row)), cells('all', total)],
  );
}
