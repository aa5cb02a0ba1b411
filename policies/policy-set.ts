import type { Fault } from '../domain/failures.ts';
import { invalidInput } from '../domain/failures.ts';
import type { DialFacts } from '../domain/facts.ts';
import type { Interval } from '../domain/time.ts';
import { DAY_MS, HOUR_MS } from '../domain/time.ts';
import type { CompiledCalendar } from './calendar.ts';
import { compileCalendar } from './calendar.ts';
import type { ParsedCalendar, ParsedPack, PolicyDocument } from './documents.ts';
import { documentHash, parseDocument } from './documents.ts';
import { canonicalHash } from './hash.ts';
import { isWithin } from './jurisdictions.ts';
import { RULE_TYPE_NAMES, ruleTypeNamed } from './registry.ts';
import type { Judge } from './judgement.ts';
import type { Rule } from './rule.ts';
import { dateOfDay, dayOfDate } from './zones.ts';

/** A rule ready to judge. */
export interface CompiledRule {
  readonly pack: string;
  readonly rule: Rule;
  readonly judge: Judge;
  /** Instants at which the rule is in force, in the widest reading of its dates. */
  readonly inForce: Interval;
}

export interface DocumentSummary {
  readonly kind: 'pack' | 'calendar';
  readonly id: string;
  readonly version: number;
  readonly hash: string;
}

/** Packs and calendars checked, indexed and hashed; immutable, and used for any number of evaluations. */
export interface CompiledPolicySet {
  /** Lower-case hex SHA-256 over the canonical JSON of the documents, sorted by kind and id. */
  readonly hash: string;
  readonly documents: readonly DocumentSummary[];
  /** All rules, sorted by pack and id. */
  readonly rules: readonly CompiledRule[];
  /** Each calendar with the last day that it speaks of; warn well before it. */
  readonly calendars: readonly { readonly id: string; readonly coveredTo: string }[];
  /** True when a pack of the law covers the purpose in the country. */
  covers(country: string, purpose: DialFacts['purpose']): boolean;
  /** The rules that bind these candidate jurisdictions (sorted), purpose, channel, sector, callee and type of number. */
  rulesFor(jurisdictions: readonly string[], facts: DialFacts): readonly CompiledRule[];
}

/**
 * Checks documents and makes a set of them; the order of the documents never matters.
 * @throws invalid_input naming every fault: bad form, unknown rule types, ids used twice, calendars that are
 * missing, or a house rule that could widen.
 */
export function compilePolicySet(documents: readonly unknown[]): CompiledPolicySet {
  const faults: Fault[] = [];
  const packs: ParsedPack[] = [];
  const calendars: ParsedCalendar[] = [];
  for (const document of documents) {
    const parsed = parseDocument(document);
    if ('faults' in parsed) faults.push(...parsed.faults);
    else if ('pack' in parsed) packs.push(parsed.pack);
    else calendars.push(parsed.calendar);
  }
  faults.push(...repeated(packs, 'pack'), ...repeated(calendars, 'calendar'));
  const compiledCalendars = new Map(calendars.map((c) => [c.id, compileCalendar(c)]));
  const rules = compileRules(packs, compiledCalendars, faults);
  if (faults.length > 0) throw invalidInput(faults);

  const sorted = sortDocuments(documents as readonly PolicyDocument[]);
  return {
    hash: canonicalHash(sorted),
    documents: sorted.map(({ kind, id, version }, i) => ({
      kind,
      id,
      version,
      hash: documentHash(sorted[i]!),
    })),
    rules,
    calendars: calendars.map((c) => ({ id: c.id, coveredTo: c.coverage.to })).sort(byId),
    covers: coverageOf(packs),
    rulesFor: indexOf(rules),
  };
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function sortDocuments(documents: readonly PolicyDocument[]): PolicyDocument[] {
  return documents.toSorted((a, b) => (a.kind === b.kind ? byId(a, b) : a.kind < b.kind ? -1 : 1));
}

function repeated(documents: readonly { id: string }[], kind: string): Fault[] {
  const ids = documents.map((document) => document.id);
  return ids
    .filter((id, index) => ids.indexOf(id) !== index)
    .map((id) => ({
      field: id,
      fault: `is the id of two ${kind}s`,
      expected: 'one version of each in a set',
    }));
}

function compileRules(
  packs: readonly ParsedPack[],
  calendars: ReadonlyMap<string, CompiledCalendar>,
  faults: Fault[],
): CompiledRule[] {
  const compiled: CompiledRule[] = [];
  const seen = new Set<string>();
  for (const pack of packs) {
    pack.rules.forEach((rule, index) => {
      const field = `${pack.id}.rules[${index}]`;
      if (seen.has(rule.id)) {
        faults.push({
          field: `${field}.id`,
          fault: `${rule.id} is used twice`,
          expected: 'an id used once in a set',
        });
      }
      seen.add(rule.id);
      const type = ruleTypeNamed(rule.type);
      if (type === undefined) {
        const expected = `one of ${RULE_TYPE_NAMES.join(', ')}`;
        faults.push({ field: `${field}.type`, fault: `${rule.type} is not a rule type`, expected });
        return;
      }
      if (rule.effectiveFrom !== null && rule.effectiveTo !== null && rule.effectiveTo < rule.effectiveFrom) {
        const expected = 'a day at or after effectiveFrom';
        faults.push({ field: `${field}.effectiveTo`, fault: 'is before effectiveFrom', expected });
      }
      const result = type.compile(rule, `${field}.params`, { calendars });
      if ('faults' in result) faults.push(...result.faults);
      else compiled.push({ pack: pack.id, rule, judge: result.judge, inForce: inForce(rule) });
    });
  }
  return compiled.sort((a, b) => (a.pack === b.pack ? byId(a.rule, b.rule) : a.pack < b.pack ? -1 : 1));
}

/** A date begins first at UTC+14 and ends last at UTC−12, so a rule binds from the one to the other. */
function inForce(rule: Rule): Interval {
  return {
    from: rule.effectiveFrom === null ? -Infinity : dayOfDate(rule.effectiveFrom) * DAY_MS - 14 * HOUR_MS,
    until: rule.effectiveTo === null ? Infinity : (dayOfDate(rule.effectiveTo) + 1) * DAY_MS + 12 * HOUR_MS,
  };
}

function coverageOf(packs: readonly ParsedPack[]): CompiledPolicySet['covers'] {
  const covered = new Set(
    packs.flatMap((pack) =>
      pack.covers.flatMap((c) => c.purposes.map((purpose) => `${c.jurisdiction}/${purpose}`)),
    ),
  );
  return (country, purpose) => covered.has(`${country}/${purpose}`);
}

/** Answers kept; there are few combinations, but a sector is free text. */
const CACHED_ANSWERS_MAX = 2_000;

function indexOf(rules: readonly CompiledRule[]): CompiledPolicySet['rulesFor'] {
  const answers = new Map<string, readonly CompiledRule[]>();
  return (jurisdictions, facts) => {
    const { purpose, channel, sector, callee, number } = facts;
    const key = `${jurisdictions.join(' ')}|${purpose}|${channel}|${callee.kind ?? ''}|${number.type}|${sector ?? ''}`;
    let answer = answers.get(key);
    if (answer === undefined) {
      answer = rules.filter(({ rule }) => binds(rule, jurisdictions, facts));
      if (answers.size >= CACHED_ANSWERS_MAX) answers.clear();
      answers.set(key, answer);
    }
    return answer;
  };
}

function binds(rule: Rule, jurisdictions: readonly string[], facts: DialFacts): boolean {
  return (
    rule.jurisdiction.some((bound) => bound === '*' || jurisdictions.some((one) => isWithin(one, bound))) &&
    (rule.purpose.length === 0 || rule.purpose.includes(facts.purpose)) &&
    (rule.channel.length === 0 || rule.channel.includes(facts.channel)) &&
    (rule.sector.length === 0 || (facts.sector !== null && rule.sector.includes(facts.sector))) &&
    (rule.calleeType.length === 0 ||
      facts.callee.kind === null ||
      rule.calleeType.includes(facts.callee.kind)) &&
    (rule.numberType.length === 0 || mayBe(facts.number.type).some((type) => rule.numberType.includes(type)))
  );
}

type NumberType = DialFacts['number']['type'];
const ALL_TYPES: readonly NumberType[] = [
  'mobile',
  'fixed_line',
  'fixed_line_or_mobile',
  'toll_free',
  'other',
  'unknown',
];

/** What a number of a type may be: +1 numbers are mobile or fixed, and of others the type is not known at all. */
function mayBe(type: NumberType): readonly NumberType[] {
  if (type === 'unknown') return ALL_TYPES;
  return type === 'fixed_line_or_mobile' ? [type, 'fixed_line', 'mobile'] : [type];
}

/** Calendars of a set whose coverage ends within `withinDays` of `at` (or has ended), for the operator's warning. */
export function calendarsEndingSoon(
  set: Pick<CompiledPolicySet, 'calendars'>,
  at: number,
  withinDays = 60,
): { id: string; coveredTo: string }[] {
  const horizon = dateOfDay(Math.floor(at / DAY_MS) + withinDays);
  return set.calendars.filter((calendar) => calendar.coveredTo <= horizon);
}
