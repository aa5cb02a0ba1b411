import type { Fault } from '../domain/failures.ts';
import type { ParsedCalendar, ParsedPack, PolicyDocument } from './documents.ts';
import { documentHash, parseDocument } from './documents.ts';
import { compileCalendar } from './calendar.ts';
import { isWithin } from './jurisdictions.ts';
import { ruleTypeNamed } from './registry.ts';
import type { Rule } from './rule.ts';
import { fewer, moreBound } from './strictness.ts';
import { dateOfDay } from './zones.ts';

/**
 * What in a candidate set could let through a call that a rule of the law or of a standard in the base set holds up
 * (I9): one fault for each such rule, naming it and how. Nothing is found where each of them stands again, at least as
 * strict; rules of the house and of vendors may be loosened by those who made them.
 *
 * What cannot be told to be as strict counts as looser. A document that is, to the letter, one of `trusted` (those that
 * ship with the engine, which were read from the law) is taken as it is.
 * @param accepted ids of rules whose loosening was agreed to, with its reason, where the law itself has changed
 */
export function loosenings(
  base: readonly PolicyDocument[],
  candidate: readonly PolicyDocument[],
  trusted: readonly PolicyDocument[] = [],
  accepted: ReadonlySet<string> = new Set(),
): Fault[] {
  const trustedHashes = new Set(trusted.map(documentHash));
  const before = split(base);
  const after = split(candidate);
  const rulesAfter = new Map(
    after.packs.flatMap(({ pack, hash }) =>
      pack.rules.map((rule) => [rule.id, { rule, pack, trusted: trustedHashes.has(hash) }]),
    ),
  );
  const faults: Fault[] = [];
  for (const { pack } of before.packs) {
    const successor = after.packs.find((one) => one.pack.id === pack.id);
    if (successor !== undefined && trustedHashes.has(successor.hash)) continue;
    for (const rule of pack.rules) {
      if (!isLaw(rule) || accepted.has(rule.id)) continue;
      const there = rulesAfter.get(rule.id);
      if (there?.trusted === true) continue;
      const how = there === undefined ? ['it is gone'] : looserIn(rule, there.rule);
      if (how.length > 0) faults.push(faultOf(pack.id, rule, how));
    }
    faults.push(...newCoverage(pack, successor?.pack));
  }
  faults.push(...brokenCalendars(before, after, accepted, trustedHashes));
  return faults;
}

interface Split {
  readonly packs: readonly { readonly pack: ParsedPack; readonly hash: string }[];
  readonly calendars: readonly { readonly calendar: ParsedCalendar; readonly hash: string }[];
}

/** @throws Error for a document that is not one; both sets were compiled before. */
function split(documents: readonly PolicyDocument[]): Split {
  const packs: { pack: ParsedPack; hash: string }[] = [];
  const calendars: { calendar: ParsedCalendar; hash: string }[] = [];
  for (const document of documents) {
    const parsed = parseDocument(document);
    if ('faults' in parsed) throw new Error(`${document.id} is not a policy document`);
    if ('pack' in parsed) packs.push({ pack: parsed.pack, hash: documentHash(document) });
    else calendars.push({ calendar: parsed.calendar, hash: documentHash(document) });
  }
  return { packs, calendars };
}

function isLaw(rule: Rule): boolean {
  return rule.strength === 'law' || rule.strength === 'standard';
}

function faultOf(pack: string, rule: Rule, how: readonly string[]): Fault {
  return {
    field: `${pack}/${rule.id}`,
    fault: `would be loosened: ${how.join('; ')}`,
    expected:
      'the rule as strict as before; where the law itself has changed, name the rule among those accepted, with the reason',
  };
}

/** In what a rule may be looser than it was; empty: it is at least as strict. */
export function looserIn(before: Rule, after: Rule): string[] {
  if (after.type !== before.type) return [`its type was ${before.type} and would be ${after.type}`];
  const how: string[] = [];
  const check = (strict: boolean, what: string) => {
    if (!strict) how.push(what);
  };
  check(
    before.jurisdiction.every((place) =>
      after.jurisdiction.some((bound) => bound === '*' || (place !== '*' && isWithin(place, bound))),
    ),
    `it would bind fewer places (${after.jurisdiction.join(', ')})`,
  );
  for (const selector of ['purpose', 'channel', 'calleeType', 'numberType', 'sector'] as const) {
    const would = after[selector].join(', ') || 'all';
    check(moreBound(before[selector], after[selector]), `it would bind less by ${selector} (${would})`);
  }
  check(isLaw(after), `its strength would be ${after.strength}`);
  check(
    after.effectiveFrom === null ||
      (before.effectiveFrom !== null && after.effectiveFrom <= before.effectiveFrom),
    `it would bind only from ${after.effectiveFrom ?? ''}`,
  );
  check(
    after.effectiveTo === null || (before.effectiveTo !== null && after.effectiveTo >= before.effectiveTo),
    `it would end on ${after.effectiveTo ?? ''}`,
  );
  check(fewer(before.exemptions, after.exemptions), 'it would have an exemption more');
  const type = ruleTypeNamed(before.type);
  if (type === undefined) return [...how, `${before.type} is not a rule type`];
  for (const name of type.loosened(before.params, after.params)) {
    how.push(`${name} would be ${textOf(after.params, name)} and was ${textOf(before.params, name)}`);
  }
  return how;
}

function textOf(params: unknown, name: string): string {
  return JSON.stringify((params as Record<string, unknown>)[name]) ?? 'left out';
}

/** A pack of the law that would cover more lets calls through that were denied as uncovered. */
function newCoverage(before: ParsedPack, after: ParsedPack | undefined): Fault[] {
  if (after === undefined) return [];
  const keyed = (pack: ParsedPack) =>
    pack.covers.flatMap(({ jurisdiction, purposes }) =>
      purposes.map((purpose) => `${jurisdiction} for ${purpose}`),
    );
  const known = new Set(keyed(before));
  const added = keyed(after).filter((one) => !known.has(one));
  if (added.length === 0 || after.version > before.version) return [];
  return [
    {
      field: `${after.id}.covers`,
      fault: `would cover ${added.join(', ')} in the same version`,
      expected: 'a higher version of the pack, with the rules of the law that was read for it',
    },
  ];
}

/** A calendar that a rule of the law counts on must not lose days off within what it covered, nor coverage. */
function brokenCalendars(
  before: Split,
  after: Split,
  accepted: ReadonlySet<string>,
  trustedHashes: ReadonlySet<string>,
): Fault[] {
  const faults: Fault[] = [];
  for (const { calendar } of before.calendars) {
    const successor = after.calendars.find((one) => one.calendar.id === calendar.id);
    // One that is gone is found when the set is compiled, if a rule still names it.
    if (successor === undefined || trustedHashes.has(successor.hash) || accepted.has(calendar.id)) continue;
    const old = compileCalendar(calendar);
    const changed = compileCalendar(successor.calendar);
    const lost = [...old.daysOff.keys()].filter((day) => !changed.daysOff.has(day));
    const swapped = [...changed.workdays].filter(
      (day) => day >= old.firstDay && day <= old.lastDay && !old.workdays.has(day),
    );
    const days = [...lost, ...swapped].sort((a, b) => a - b).map(dateOfDay);
    if (days.length === 0 || !isUsedByLaw(before, calendar.id)) continue;
    faults.push({
      field: calendar.id,
      fault: `would no longer hold up calls on ${days.slice(0, 10).join(', ')}`,
      expected:
        'every day off that rules of the law count on; where the source was corrected, name the calendar among those accepted',
    });
  }
  return faults;
}

function isUsedByLaw({ packs }: Split, calendar: string): boolean {
  return packs.some(({ pack }) =>
    pack.rules.some((rule) => isLaw(rule) && JSON.stringify(rule.params).includes(JSON.stringify(calendar))),
  );
}
