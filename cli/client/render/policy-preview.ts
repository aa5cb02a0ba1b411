import { plain, table } from '../text.ts';
import { citationText, type Citation } from './citation.ts';

interface Rule {
  readonly pack: string;
  readonly packVersion: number | null;
  readonly id: string;
  readonly label: string;
  readonly citation: Citation | null;
}

interface Passage {
  readonly change: string;
  readonly before: { readonly verdict: string; readonly reason: string | null };
  readonly after: { readonly verdict: string; readonly reason: string | null };
  readonly rule: Rule | null;
  readonly count: number;
}

interface Entry {
  readonly contactId: string;
  readonly change: string;
}

export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly perS: number | null;
  readonly etaS: number | null;
}

type Changes = Readonly<Record<string, number>>;

interface Tally {
  readonly total: number;
  readonly passages: readonly Passage[];
  readonly byCampaign: readonly {
    readonly campaignId: string;
    readonly name: string | null;
    readonly changes: Changes;
  }[];
  readonly byJurisdiction: readonly { readonly jurisdiction: string; readonly changes: Changes }[];
}

export interface Preview {
  readonly id: string;
  readonly draftId: string;
  readonly draftRevision: number;
  readonly status: string;
  readonly failure: string | null;
  readonly progress: Progress | null;
  readonly summary: readonly string[];
  readonly sample: { readonly passages: readonly Passage[] } | null;
  readonly result: {
    readonly contacts: Tally;
    readonly promises: { readonly samples: readonly Entry[] };
    readonly past: { readonly calls: Tally; readonly denials: Tally };
    readonly lists: readonly {
      readonly part: string;
      readonly change: string;
      readonly listed: number;
      readonly cut: boolean;
    }[];
  } | null;
}

export function progressText(progress: Progress | null): string {
  if (progress === null) return 'waits for a worker';
  const { phase, done, total, perS, etaS } = progress;
  const pace = perS === null ? '' : `, ${perS.toLocaleString('en-US')}/s`;
  const left = etaS === null ? '' : `, ${etaS} s left`;
  return `${phase}: ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}${pace}${left}`;
}

export function previewText(preview: Preview): string {
  const { id, draftRevision, status, failure, progress, summary, result } = preview;
  const state =
    status === 'running' || status === 'pending'
      ? `${status}; ${progressText(progress)}`
      : `${status}${failure === null ? '' : `: ${plain(failure)}`}`;
  const head = `Preview ${id} of revision ${draftRevision}: ${state}`;
  return [
    head,
    ...(summary.length === 0 ? [] : [summary.map(plain).join('\n')]),
    ...(result === null ? [] : resultText(result)),
  ].join('\n\n');
}

function resultText({ contacts, past, lists }: NonNullable<Preview['result']>): string[] {
  return [
    ...passagesText('Contacts: before and after', contacts.passages),
    ...groupText(
      'By campaign',
      contacts.byCampaign.map((one) => [one.name ?? one.campaignId, one.changes]),
    ),
    ...groupText(
      'By place',
      contacts.byJurisdiction.map((one) => [one.jurisdiction, one.changes]),
    ),
    ...passagesText(
      'Calls that would have been illegal',
      past.calls.passages.filter(({ change }) => change === 'newly_denied' || change === 'newly_deferred'),
    ),
    ...(lists.length === 0
      ? []
      : [
          `Lists, with policy preview-affected\n${table(
            ['PART', 'CHANGE', 'LISTED', ''],
            lists.map((one) => [one.part, one.change, one.listed, one.cut ? 'and more' : '']),
          )}`,
        ]),
  ];
}

const PASSAGES_MAX = 20;

function passagesText(title: string, passages: readonly Passage[]): string[] {
  if (passages.length === 0) return [];
  const lines = passages
    .slice(0, PASSAGES_MAX)
    .flatMap(({ change, before, after, rule, count }) => [
      `${count.toLocaleString('en-US')} ${plain(change.replaceAll('_', ' '))}: ${endText(before)} → ${endText(after)}`,
      ...(rule === null ? [] : ruleLines(rule)),
    ]);
  const more = passages.length - PASSAGES_MAX;
  return [`${title}\n${lines.join('\n')}${more > 0 ? `\n… and ${more} more` : ''}`];
}

function endText({ verdict, reason }: Passage['before']): string {
  return reason === null ? verdict : `${verdict} (${plain(reason)})`;
}

function ruleLines(rule: Rule): string[] {
  const pack = rule.packVersion === null ? rule.pack : `${rule.pack} ${rule.packVersion}`;
  return [`  ${plain(rule.label)} (${plain(pack)}, ${plain(rule.id)})`, `  ${citationText(rule.citation)}`];
}

const GROUPS_MAX = 20;
const COLUMNS = [
  'newly_denied',
  'newly_allowed',
  'newly_deferred',
  'later',
  'earlier',
  'shortened',
  'extended',
] as const;

/** Groups with a change, and the kinds of change that occur in any. */
function groupText(title: string, groups: readonly (readonly [string, Changes])[]): string[] {
  const touched = groups.filter(([, changes]) => COLUMNS.some((kind) => changes[kind]! > 0));
  if (touched.length === 0) return [];
  const kinds = COLUMNS.filter((kind) => touched.some(([, changes]) => changes[kind]! > 0));
  const rows = touched
    .slice(0, GROUPS_MAX)
    .map(([name, changes]) => [plain(name), ...kinds.map((kind) => changes[kind]!)]);
  const heads = ['', ...kinds.map((kind) => kind.replaceAll('_', ' ').toUpperCase())];
  return [`${title}\n${table(heads, rows)}`];
}
