import type { RuleResult } from '../domain/decision.ts';
import type {
  AttestationFact,
  ConsentFact,
  DialFacts,
  RelationshipFact,
  SeparateConsent,
  Technology,
} from '../domain/facts.ts';
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
  /** The consent on record is strong enough and does not name what it must. */
  readonly 'consent.cover': ConsentWanted & { readonly names: readonly string[] };
  /** Another consent, asked for by itself. */
  readonly 'consent.separate': ConsentWanted & { readonly separate: SeparateConsent };
  readonly 'consent.guardian': ConsentWanted;
  /** A dealing with the seller that the law lets count, where there was one. */
  readonly 'relationship.record': {
    readonly kinds: readonly RelationshipFact['kind'][];
    readonly withinDays: number | null;
    readonly why: string;
    readonly citation: Citation;
  };
  /** What is so and not on record of the person. */
  readonly 'callee.record': { readonly what: 'age' | 'kind' | 'relation' };
  readonly 'callee.nothing': { readonly why: 'age' | 'refused' | 'third_party' | 'self' };
  /** A number of the caller's own as the rule asks for it is shown. */
  readonly 'callerid.show': {
    readonly want: 'any' | 'range' | 'type' | 'country';
    readonly allowed: readonly string[];
  };
  /** Something that is so of the caller or the world is put on record. */
  readonly attest: {
    readonly kind: AttestationFact['kind'];
    readonly name: string;
    readonly maxAgeDays: number | null;
    readonly detail: AttestationFact['detail'];
  };
  readonly 'emergency.nothing': { readonly until: EpochMs | null };
  readonly 'line.declare': Readonly<Record<string, never>>;
  /** The line may not be used for this call. */
  readonly 'line.nothing': { readonly vendor: string; readonly why: 'use' | 'region' };
  readonly 'data.localise': Readonly<Record<string, never>>;
  /** The campaign's dialogue says, offers or marks what it must. */
  readonly 'script.declare': {
    readonly items: readonly string[];
    readonly withinS: number | null;
    readonly optOut: { readonly means: readonly string[]; readonly endWithinS: number } | null;
    readonly aiLabel: { readonly modes: readonly string[]; readonly at: readonly string[] } | null;
  };
  readonly 'ring.longer': { readonly seconds: number };
  readonly 'abandonment.figures': Readonly<Record<string, never>>;
  readonly 'abandonment.lower': { readonly ratePercent: number };
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

/** What a supposed consent says beside purpose, channel and level. */
interface ConsentMore {
  readonly widens?: readonly string[];
  readonly technologies?: readonly Technology[];
  readonly separate?: readonly SeparateConsent[];
  readonly guardian?: boolean;
}

/** The facts with such a consent, given just before the call, later than every statement there is. */
export function granting(
  wanted: ConsentWanted,
  { widens = [], technologies = [], separate = [], guardian = wanted.level === 'guardian' }: ConsentMore = {},
): (facts: DialFacts, at: EpochMs) => DialFacts {
  return (facts, at) => {
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
      technologies: [...technologies],
      separate: [...separate],
      guardian,
      number: facts.number.pseudonym,
      ownershipVerifiedAt: given,
      renewedFrom: null,
    };
    return { ...facts, consents: [...facts.consents, supposed] };
  };
}

/** The facts with something put on record that has been so since just before the call. */
export function attesting(
  kind: AttestationFact['kind'],
  name: string,
  detail: AttestationFact['detail'] = {},
): (facts: DialFacts, at: EpochMs) => DialFacts {
  return (facts, at) => ({
    ...facts,
    attestations: [
      ...facts.attestations,
      {
        attestationId: `supposed-${facts.attestations.length + 1}`,
        kind,
        name,
        jurisdiction: null,
        detail,
        validFrom: at - 1,
        validUntil: null,
        recordedAt: at - 1,
      },
    ],
  });
}

/** The facts with a copy of the list that is true now. */
export function holding(list: string): (facts: DialFacts, at: EpochMs) => DialFacts {
  return (facts, at) => ({
    ...facts,
    lists: [...facts.lists.filter((one) => one.list !== list), { list, asOf: at }],
  });
}

export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
