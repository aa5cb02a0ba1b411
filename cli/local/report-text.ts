import type { CampaignProgress, CampaignReport } from '../../db/repositories/reports.ts';
import { CONTACT_STATES, type ContactState } from '../../domain/vocabulary.ts';
import { bar, columns, count, instant, share } from './format.ts';

/** What each final or waiting state means, for people. */
const STATE_WORDS: Record<ContactState, string> = {
  waiting: 'waiting',
  admitted: 'being called',
  converted: 'converted',
  refused: 'refused, or opted out',
  completed: 'talked to, nothing more to do',
  exhausted: 'not reached, attempts used up',
  invalid_number: 'number not in service',
  denied: 'denied by the rules',
  withdrawn: 'withdrew consent',
  suppressed: 'on a do-not-call list',
  stopped: 'campaign stopped first',
};

const HOUR_BAR_WIDTH = 30;

function percent(ratio: number | null): string {
  return ratio === null ? '–' : `${(100 * ratio).toFixed(1)} %`;
}

function breakdown(
  title: string,
  parts: Readonly<Partial<Record<string, number>>>,
  whole?: number,
): string[] {
  const rows = Object.entries(parts)
    .map(([name, n]) => [name, n ?? 0] as const)
    .sort((a, b) => b[1] - a[1]);
  if (rows.length === 0) return [];
  const total = whole ?? rows.reduce((sum, [, n]) => sum + n, 0);
  return ['', title, ...columns(rows.map(([name, n]) => [`  ${name}`, count(n), share(n, total)]))];
}

/** The report as a page for people. */
export function reportLines(report: CampaignReport): string[] {
  const { progress } = report;
  const states = CONTACT_STATES.filter((state) => (progress.byState[state] ?? 0) > 0);
  const span =
    report.startedAt === null
      ? []
      : [
          `${instant(report.startedAt)} to ${report.endedAt === null ? 'now' : instant(report.endedAt)}, simulated`,
        ];
  return [
    `Report: ${report.name}`,
    ...span,
    '',
    'Contacts',
    ...columns([
      ['  in the campaign', count(progress.imported), ''],
      ...states.map((state) => [
        `  ${STATE_WORDS[state]}`,
        count(progress.byState[state] ?? 0),
        share(progress.byState[state] ?? 0, progress.imported),
      ]),
    ]),
    ...breakdown('Denied, by reason', report.deniedByReason, progress.denied),
    '',
    'Key figures',
    ...columns([
      ['  call attempts', count(progress.attempts)],
      ['  attempts per contact tried', report.attemptsPerContact?.toFixed(2) ?? '–'],
      ['  answered', count(progress.answered)],
      ['  answer rate 接听率 (answered per attempt)', percent(report.answerRate)],
      ['  people reached', count(report.reached)],
      ['  conversion rate 转化率 (per person reached)', percent(report.conversionRateOfReached)],
      ['  conversion rate 转化率 (per contact in the campaign)', percent(report.conversionRateOfImported)],
      ['  mean talk time', report.talk.meanS === null ? '–' : `${report.talk.meanS.toFixed(0)} s`],
      [
        '  decisions: allow / defer / deny',
        `${count(report.decisions.allow)} / ${count(report.decisions.defer)} / ${count(report.decisions.deny)}`,
      ],
    ]),
    ...breakdown('Attempts, by outcome', report.attemptsByOutcome),
    ...breakdown('Conversations, by what they came to', report.dispositions),
    ...hours(report),
  ];
}

function hours(report: CampaignReport): string[] {
  if (report.byHour.length === 0) return [];
  const most = Math.max(...report.byHour.map((row) => row.attempts));
  const rows = report.byHour.map((row) => [
    `  ${String(row.hour).padStart(2, '0')}:00`,
    count(row.attempts),
    count(row.answered),
    bar(row.attempts / most, HOUR_BAR_WIDTH).replaceAll('-', ' '),
  ]);
  return ['', `Attempts and answers, by hour of day (${report.zone})`, ...columns(rows)];
}

/** The two live lines of a running campaign. */
export function progressLines(
  progress: CampaignProgress,
  view: {
    readonly callsPerSecond: number;
    readonly simulated: number;
    readonly leftMs: number | null;
    readonly idleMs: number | null;
  },
): string[] {
  const final = progress.imported - progress.waiting - progress.admitted;
  const part = progress.imported === 0 ? 0 : final / progress.imported;
  const counts = [
    `imported ${count(progress.imported)}`,
    `waiting ${count(progress.waiting)} (deferred ${count(progress.deferred)})`,
    `denied ${count(progress.denied)}`,
    `ringing ${count(progress.ringing)}`,
    `answered ${count(progress.answered)}`,
    `converted ${count(progress.converted)}`,
  ].join(' · ');
  const pace =
    view.idleMs === null
      ? `${view.callsPerSecond.toFixed(1)} calls/s`
      : `nobody is due for ${Math.ceil(view.idleMs / 1_000)} s`;
  const left = view.leftMs === null ? '' : ` · about ${Math.ceil(view.leftMs / 1_000)} s left`;
  return [
    counts,
    `${bar(part, 20)} ${Math.floor(part * 100)} % · ${pace} · ${instant(view.simulated)}${left}`,
  ];
}
