import { DateTime } from 'luxon';
import { stringify } from 'yaml';
import type { Case, CaseFile } from '../../policies/case-file.ts';
import { factsOfCase } from '../../policies/case-file.ts';
import { isVerified } from '../../policies/citation.ts';
import type { ParsedCalendar, ParsedPack } from '../../policies/documents.ts';
import type { CaseResult } from '../../policies/run-cases.ts';

/**
 * Pages that show people what ships: each pack's rules with their sources, and its cases as they come out. Made from
 * the packs and the cases, and held to them by packs.unit.test.ts.
 */

export interface PackSource {
  readonly pack: ParsedPack;
  /** Path from the repository's root. */
  readonly path: string;
}

export interface CaseSource {
  /** Path from the repository's root. */
  readonly path: string;
  readonly file: CaseFile;
  /** As many as the file has cases, in their order. */
  readonly results: readonly CaseResult[];
}

const MADE = '<!-- Made by `npm run docs:packs` from policies/packs and policies/cases. Edit those. -->';
const NOT_ADVICE =
  'Engineering material, not legal advice. What the columns mean: [Policies](../policies.md#reading-a-pack).';

type Rule = ParsedPack['rules'][number];

/** Every page by its file name. */
export function packPages(
  packs: readonly PackSource[],
  calendars: readonly ParsedCalendar[],
  cases: readonly CaseSource[],
): ReadonlyMap<string, string> {
  const sorted = packs.toSorted((a, b) => (a.pack.id < b.pack.id ? -1 : 1));
  const lawful = new Set(packs.filter(({ pack }) => isOfLawOrVendor(pack)).map(({ pack }) => pack.id));
  const told = subjectsOf(cases, lawful);
  const pages = new Map([['README.md', indexPage(sorted, calendars, told)]]);
  for (const source of sorted) {
    const own = told.filter(({ subjects }) => subjects.includes(source.pack.id)).map((one) => one.source);
    const elsewhere = told.filter(
      ({ source: { file }, subjects }) =>
        file.packs.includes(source.pack.id) && !subjects.includes(source.pack.id),
    );
    pages.set(`${source.pack.id}.md`, packPage(source, own, elsewhere));
  }
  return pages;
}

interface ToldFile {
  readonly source: CaseSource;
  /** The packs that the file is about. */
  readonly subjects: readonly string[];
}

/** True for packs that bind by themselves; what a house adds is seldom what a case is about. */
function isOfLawOrVendor(pack: PackSource['pack']): boolean {
  return pack.authority === 'law' || pack.rules.every((rule) => rule.strength === 'vendor');
}

/** A file is about those of its packs of the law or a vendor that the fewest files name: a state's, not the federal one. */
function subjectsOf(cases: readonly CaseSource[], lawful: ReadonlySet<string>): ToldFile[] {
  const named = new Map<string, number>();
  for (const { file } of cases) for (const id of file.packs) named.set(id, (named.get(id) ?? 0) + 1);
  return cases.map((source) => {
    const ofLaw = source.file.packs.filter((id) => lawful.has(id));
    const candidates = ofLaw.length > 0 ? ofLaw : source.file.packs;
    const fewest = Math.min(...candidates.map((id) => named.get(id)!));
    return { source, subjects: candidates.filter((id) => named.get(id) === fewest) };
  });
}

function indexPage(
  packs: readonly PackSource[],
  calendars: readonly ParsedCalendar[],
  told: readonly ToldFile[],
): string {
  const rows = packs.map(({ pack }) => {
    const own = told.filter(({ subjects }) => subjects.includes(pack.id));
    const count = own.reduce((sum, { source }) => sum + source.file.cases.length, 0);
    return [
      `[${pack.id}](${pack.id}.md)`,
      String(pack.version),
      pack.title,
      pack.authority,
      coverageOf(pack),
      String(pack.rules.length),
      String(pack.rules.filter((rule) => !isVerified(rule.confidence)).length),
      String(count),
    ];
  });
  return [
    MADE,
    '# The packs that ship',
    `${NOT_ADVICE}`,
    'Each page lists a pack’s rules with their sources, and the cases that the tests hold it to: what is asked, at which instant, and what comes out. The cases of several packs together stand on the page of the one that they are about.',
    table(['pack', 'version', 'title', 'authority', 'covers', 'rules', 'unverified', 'cases'], rows),
    '## Calendars',
    'Outside its coverage a calendar knows nothing, and rules that need it deny. The next year’s days are published as a new version of it.',
    table(
      ['calendar', 'version', 'title', 'covers', 'entries of days off', 'make-up workdays', 'sources'],
      calendars.map((calendar) => [
        `\`${calendar.id}\``,
        String(calendar.version),
        calendar.title,
        `${calendar.coverage.from} to ${calendar.coverage.to}`,
        String(calendar.daysOff.length),
        String(calendar.workdays.length),
        calendar.sources
          .map((one) => `${one.covers}: ${sourceOf(one.citation)} (${confidenceOf(one.confidence)})`)
          .join('<br>'),
      ]),
    ),
  ].join('\n\n');
}

function packPage(
  { pack, path }: PackSource,
  own: readonly CaseSource[],
  elsewhere: readonly ToldFile[],
): string {
  const about = [
    `\`${pack.id}\`, version ${pack.version}, authority: ${pack.authority}.`,
    pack.covers.length === 0 ? '' : `Covers ${coverageOf(pack)}.`,
    `Source: ${link(path, path)}.`,
  ];
  const parts = [
    MADE,
    `# ${pack.title}`,
    about.filter((text) => text !== '').join(' '),
    NOT_ADVICE,
    ...(pack.notes === undefined ? [] : [pack.notes.trim()]),
    '## Rules',
    table(
      ['rule', 'says', 'binds', 'source', 'confidence'],
      pack.rules.map((rule) => rowOf(rule)),
    ),
    ...(own.length === 0 ? [] : ['## Cases', ...own.flatMap((source) => casesOf(source))]),
  ];
  if (elsewhere.length > 0) {
    const links = elsewhere.map(({ subjects, source }) => `[${source.file.title}](${subjects[0]!}.md)`);
    parts.push('## More cases', `It takes part in these too: ${links.join('; ')}.`);
  }
  return parts.join('\n\n');
}

function rowOf(rule: Rule): string[] {
  const freed = rule.exemptions.map(
    ({ why, citation, confidence }) =>
      `Free where ${why} (${sourceOf(citation)}; ${confidenceOf(confidence)}).`,
  );
  return [
    `\`${rule.id}\``,
    [rule.label, ...freed, ...(rule.notes === undefined ? [] : [rule.notes.trim()])].join('<br>'),
    bindsOf(rule),
    `${sourceOf(rule.citation)}; checked ${rule.citation.checkedOn}`,
    confidenceOf(rule.confidence),
  ];
}

function bindsOf(rule: Rule): string {
  const limits = [
    rule.purpose.join(', ') || 'every purpose',
    rule.jurisdiction.join(', '),
    ...[rule.channel, rule.calleeType, rule.numberType, rule.sector]
      .filter((list) => list.length > 0)
      .map((list) => list.join(', ')),
    ...(rule.effectiveFrom === null ? [] : [`from ${rule.effectiveFrom}`]),
    ...(rule.effectiveTo === null ? [] : [`to ${rule.effectiveTo}`]),
  ];
  return [`\`${rule.type}\``, limits.join('; '), `\`${compact(rule.params, 600)}\``].join('<br>');
}

function casesOf({ path, file, results }: CaseSource): string[] {
  const common = compact(file.facts, 600);
  return [
    `### ${file.title}`,
    `From ${link(path, path)}, with the packs ${file.packs.map((id) => `[${id}](${id}.md)`).join(', ')}. Facts, unless the case says otherwise: \`${common}\``,
    table(
      ['case', 'asked for', 'facts', 'answer', 'because of'],
      file.cases.map((one, index) => caseRow(file, one, results[index]!)),
    ),
  ];
}

function caseRow(file: CaseFile, one: Case, { evaluation }: CaseResult): string[] {
  const { locations } = factsOfCase({ ...file.facts, ...one.facts });
  const zone = locations.find((location) => location.zone !== null)?.zone ?? 'UTC';
  const { verdict, results } = evaluation;
  const owed = [...new Set(results.flatMap(({ duties = [] }) => duties.map(({ kind }) => `\`${kind}\``)))];
  const answer =
    verdict.kind === 'deny'
      ? 'deny'
      : verdict.until === null
        ? verdict.kind
        : `${verdict.kind} until ${localTime(verdict.until, zone)}`;
  const against = results.filter(({ outcome }) => outcome === 'deny' || outcome === 'defer');
  const because = [
    ...new Set(against.map(({ rule, reason }) => `\`${rule}\`${reason === null ? '' : ` (${reason})`}`)),
  ];
  return [
    one.name,
    localTime(one.at, zone) + (one.horizonMs === 0 ? '' : ` and ${one.horizonMs / 1_000} s after`),
    Object.keys(one.facts).length === 0 ? '' : `\`${compact(one.facts, 700)}\``,
    verdict.kind === 'allow' && owed.length > 0 ? `${answer}; owes ${owed.join(', ')}` : answer,
    because.join('<br>'),
  ];
}

/** `Mon 2026-11-23 08:00 -05:00`, with seconds and milliseconds only where there are any. */
function localTime(at: number, zone: string): string {
  const named = DateTime.fromMillis(at, { zone, locale: 'en' });
  const local = named.isValid ? named : DateTime.fromMillis(at, { zone: 'UTC', locale: 'en' });
  const clock = at % 60_000 === 0 ? 'HH:mm' : at % 1_000 === 0 ? 'HH:mm:ss' : 'HH:mm:ss.SSS';
  return local.toFormat(`ccc yyyy-MM-dd ${clock} ZZ`);
}

function coverageOf({ covers }: ParsedPack): string {
  return covers.map(({ jurisdiction, purposes }) => `${jurisdiction}: ${purposes.join(', ')}`).join('; ');
}

function sourceOf({ instrument, article, url }: Rule['citation']): string {
  const text = article === null ? instrument : `${instrument}, ${article}`;
  return url === null ? text : `[${text}](${url})`;
}

function confidenceOf(confidence: Rule['confidence']): string {
  return `${confidence}, ${isVerified(confidence) ? 'verified' : 'unverified'}`;
}

/** On one line, as the packs write it; what is longer than a reader wants to see ends in an ellipsis. */
function compact(value: unknown, most: number): string {
  const text = stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim().replaceAll('`', "'");
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}

function link(text: string, path: string): string {
  return `[${text}](../../${path})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('\n', ' ').replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
