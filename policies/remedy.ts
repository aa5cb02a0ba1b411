import type { RuleResult } from '../domain/decision.ts';
import type { ConsentFact, DialFacts } from '../domain/facts.ts';
import type { EpochMs } from '../domain/time.ts';
import type { ConsentLevel, Purpose } from '../domain/vocabulary.ts';
import type { Citation } from './citation.ts';
import type { CompiledRule } from './policy-set.ts';

/**
 * What would have to change for a rule to let a call pass. Each is something that the law itself foresees: time that goes
 * by, a fact that is recorded because it is true, a document that is kept up to date. Where nothing may be done, that is
 * said (`optout.nothing`, `list.nothing`); a way around a rule, such as another number, is never one.
 */
export interface RemedyDetails {
  /** Nothing but time. */
  readonly wait: { readonly until: EpochMs };
  readonly 'consent.give': ConsentWanted;
  /** The one there was has run out. */
  readonly 'consent.renew': ConsentWanted & { readonly maxAgeDays: number | null };
  readonly 'consent.strengthen': ConsentWanted;
  /** It was withdrawn: only the person can give it again, unasked. */
  readonly 'consent.anew': ConsentWanted;
  /** The law itself frees the call from the rule where the person gave this. */
  readonly 'consent.exempts': ConsentWanted & { readonly why: string; readonly citation: Citation };
  /** A consent that names the rule widens it. */
  readonly 'consent.widens': ConsentWanted & { readonly rule: string };
  readonly 'list.hold': { readonly list: string; readonly maxAgeDays: number };
  readonly 'list.refresh': { readonly list: string; readonly maxAgeDays: number };
  /** Somebody else's list names the number. `until`: the entry ends; null: it does not. */
  readonly 'list.nothing': { readonly list: string; readonly until: EpochMs | null };
  readonly 'optout.nothing': { readonly until: EpochMs | null };
  readonly 'place.declare': { readonly what: 'jurisdiction' | 'zone' };
  readonly 'zone.correct': { readonly zones: readonly string[] };
  readonly 'pack.publish': { readonly countries: readonly string[]; readonly purpose: Purpose };
  readonly 'calendar.publish': { readonly calendar: string; readonly coveredTo: string | null };
  /** No instant serves all rules: what stands against it is told at this one. */
  readonly 'rule.see': { readonly rule: string };
}

export interface ConsentWanted {
  readonly level: ConsentLevel;
  readonly purposes: readonly Purpose[];
  readonly channel: DialFacts['channel'];
}

export type RemedyCode = keyof RemedyDetails;

/** A way that is thought of, with the facts or the instant that it would make of those there are. */
export type Way = {
  readonly [C in RemedyCode]: {
    readonly code: C;
    readonly detail: RemedyDetails[C];
    /** The facts, had it been done; absent: it is not done with facts, or cannot be supposed. */
    readonly supposing?: (facts: DialFacts, at: EpochMs) => DialFacts;
    /** The instant at which it would be; absent: the one asked about. */
    readonly then?: EpochMs;
  };
}[RemedyCode];

/** One way in which a rule would come to allow the call. */
export type Remedy = {
  readonly [C in RemedyCode]: {
    readonly code: C;
    readonly detail: RemedyDetails[C];
    /** The rule was asked again as if it had been done, and allows the call. */
    readonly proved: boolean;
  };
}[RemedyCode];

/** What a way is found from. */
export interface Stand {
  readonly result: RuleResult;
  /** Null for a guard of the engine. */
  readonly compiled: CompiledRule | null;
  /** Parameters of the rule as its type reads them, defaults filled in. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly facts: DialFacts;
  readonly at: EpochMs;
}

export function wantedOf(
  facts: DialFacts,
  level: ConsentLevel,
  purposes: readonly Purpose[] = [facts.purpose],
): ConsentWanted {
  return { level, purposes, channel: facts.channel };
}

/** The facts with such a consent, given just before the call. */
export function granting(
  wanted: ConsentWanted,
  widens: readonly string[] = [],
): (facts: DialFacts, at: EpochMs) => DialFacts {
  return (facts, at) => {
    // Later than every statement there is, as it would have to be.
    const given = Math.max(at - 1, ...facts.consents.map((event) => event.occurredAt + 1));
    const supposed: ConsentFact = {
      eventId: `supposed-${facts.consents.length + 1}`,
      kind: 'grant',
      purposes: [...wanted.purposes],
      channels: [wanted.channel],
      level: wanted.level,
      source: 'supposed',
      occurredAt: given,
      recordedAt: given,
      expiresAt: null,
      widens: [...widens],
      seller: facts.seller,
      technologies: technologiesOf(facts),
      separate: [],
      guardian: wanted.level === 'guardian',
      number: facts.number.pseudonym,
      ownershipVerifiedAt: given,
      renewedFrom: null,
    };
    return { ...facts, consents: [...facts.consents, supposed] };
  };
}

/** The kinds of call that this one is, as a consent names them. */
function technologiesOf({ technology }: DialFacts): ConsentFact['technologies'] {
  return [
    ...(technology.artificialVoice ? (['artificial_voice'] as const) : []),
    ...(technology.prerecorded ? (['prerecorded'] as const) : []),
    ...(technology.autodialler ? (['autodialler'] as const) : []),
  ];
}

/** The facts with a copy of the list that is true now. */
export function holding(list: string): (facts: DialFacts, at: EpochMs) => DialFacts {
  return (facts, at) => ({
    ...facts,
    lists: [...facts.lists.filter((one) => one.list !== list), { list, asOf: at }],
  });
}
