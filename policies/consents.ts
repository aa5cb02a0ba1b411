import type { ConsentFact, DialFacts, SeparateConsent, Technology } from '../domain/facts.ts';
import type { EpochMs, Interval } from '../domain/time.ts';
import type { ConsentLevel, Purpose } from '../domain/vocabulary.ts';
import { CONSENT_LEVELS } from '../domain/vocabulary.ts';
import type { NextAllowed } from './intervals.ts';
import { listed, never } from './intervals.ts';

export interface ConsentQuestion {
  /** The consent must cover each of these. */
  readonly purposes: readonly Purpose[];
  readonly level: ConsentLevel;
  /** A grant counts this long from the moment it was given; null: no limit. */
  readonly maxAgeMs: number | null;
  /** Only grants whose `widens` names this count; null: any. */
  readonly widens: string | null;
  /** The grant must name this seller; null: it need not name any. */
  readonly seller: string | null;
  /** The grant must name each of these. */
  readonly technologies: readonly Technology[];
  /** The grant must have been asked for by itself, for this; null: it need not. */
  readonly separate: SeparateConsent | null;
  /** The grant must be a guardian's. */
  readonly guardian: boolean;
  /** The grant must be for this number, or for the person whatever the number; null: for any. */
  readonly number: string | null;
  /** It counts this long from when it was last verified that the number is the person's; null: however long. */
  readonly ownershipMaxAgeMs: number | null;
}

/** A question that asks for nothing but purpose and level. */
export const ANY_CONSENT = {
  maxAgeMs: null,
  widens: null,
  seller: null,
  technologies: [],
  separate: null,
  guardian: false,
  number: null,
  ownershipMaxAgeMs: null,
} as const satisfies Partial<ConsentQuestion>;

/** A stretch of time during which one grant is in force. */
export interface LiveGrant extends Interval {
  readonly eventId: string;
}

/**
 * What a person's consent events come to for one question.
 *
 * Events count by when they happened, not by when we learned of them: a withdrawal recorded late does not
 * cancel a grant given after it, and one at the same instant as a grant beats it. A withdrawal cancels every
 * earlier grant for its purposes and channels, and binds from the moment we know of it even if its clock was
 * ahead; a withdrawal that names no purpose or no channel withdraws all. Of the grants since, the latest that
 * is strong enough decides, with its own expiry; a weaker one given later takes nothing away.
 */
export interface ConsentState {
  /** Stretches in which all asked for is granted; sorted by start, and not touching unless grants differ. */
  readonly live: readonly LiveGrant[];
  /** The instants of `live` as a set. */
  readonly next: NextAllowed;
  /** The latest withdrawal, if it is what ended consent. */
  readonly withdrawnBy: ConsentFact | null;
  /** Grants since the last withdrawal, strong enough or not. */
  readonly grants: readonly ConsentFact[];
  /** Those of them that are too weak. */
  readonly weaker: readonly ConsentFact[];
  /** Those of them that are strong enough and do not name what they must: seller, technology, number, separate matter. */
  readonly notCovering: readonly ConsentFact[];
}

/** The part of the facts that says what was consented to, and by what channel the call is. */
export type ConsentFacts = Pick<DialFacts, 'consents' | 'channel'>;

export function consentState(facts: ConsentFacts, question: ConsentQuestion): ConsentState {
  const [first, ...others] = question.purposes.map((purpose) => stateFor(facts, purpose, question));
  if (first === undefined) throw new RangeError('A consent question names at least one purpose');
  const all = others.length === 0 ? first : others.reduce(both, first);
  return { ...all, next: all.live.length === 0 ? never : listed(all.live) };
}

/** Answers questions about one person's consents, each kind once: rules and exemptions ask alike. */
export function consentLookup(facts: DialFacts): (question: ConsentQuestion) => ConsentState {
  const asked: { question: ConsentQuestion; state: ConsentState }[] = [];
  return (question) => {
    const before = asked.find((one) => isSame(one.question, question));
    if (before !== undefined) return before.state;
    const state = consentState(facts, question);
    asked.push({ question, state });
    return state;
  };
}

function isSame(a: ConsentQuestion, b: ConsentQuestion): boolean {
  return (
    a.level === b.level &&
    a.maxAgeMs === b.maxAgeMs &&
    a.widens === b.widens &&
    a.seller === b.seller &&
    a.separate === b.separate &&
    a.guardian === b.guardian &&
    a.number === b.number &&
    a.ownershipMaxAgeMs === b.ownershipMaxAgeMs &&
    sameList(a.technologies, b.technologies) &&
    sameList(a.purposes, b.purposes)
  );
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}
type PurposeState = Omit<ConsentState, 'next'>;

function both(a: PurposeState, b: PurposeState): PurposeState {
  return {
    live: overlap(a.live, b.live),
    withdrawnBy: a.withdrawnBy ?? b.withdrawnBy,
    grants: a.grants.filter((grant) => b.grants.includes(grant)),
    weaker: a.weaker.filter((grant) => b.weaker.includes(grant)),
    notCovering: a.notCovering.filter((grant) => b.notCovering.includes(grant)),
  };
}

function stateFor(facts: ConsentFacts, purpose: Purpose, question: ConsentQuestion): PurposeState {
  let withdrawal: ConsentFact | null = null;
  for (const event of facts.consents) {
    if (event.kind !== 'withdrawal' || !covers(event, purpose, facts)) continue;
    if (withdrawal === null || byTime(event, withdrawal) > 0) withdrawal = event;
  }
  const since = facts.consents.filter(
    (event) =>
      event.kind === 'grant' &&
      covers(event, purpose, facts) &&
      (question.widens === null || event.widens.includes(question.widens)) &&
      (withdrawal === null || event.occurredAt > withdrawal.occurredAt),
  );
  const needed = CONSENT_LEVELS.indexOf(question.level);
  const levelled = since.filter((event) => CONSENT_LEVELS.indexOf(event.level) >= needed);
  const strong = levelled.filter((event) => names(event, question)).sort(byTime);
  const live: LiveGrant[] = [];
  strong.forEach((grant, index) => {
    const replacedAt = strong[index + 1]?.occurredAt ?? Infinity;
    const agedOutAt = question.maxAgeMs === null ? Infinity : grant.occurredAt + question.maxAgeMs;
    const ownedUntil =
      question.ownershipMaxAgeMs === null
        ? Infinity
        : (grant.ownershipVerifiedAt ?? -Infinity) + question.ownershipMaxAgeMs;
    const until = Math.min(replacedAt, grant.expiresAt ?? Infinity, agedOutAt, ownedUntil);
    if (grant.occurredAt < until) live.push({ eventId: grant.eventId, from: grant.occurredAt, until });
  });
  const weaker = since.filter((event) => !levelled.includes(event));
  const notCovering = levelled.filter((event) => !strong.includes(event));
  return { live, withdrawnBy: since.length === 0 ? withdrawal : null, grants: since, weaker, notCovering };
}

/** True when a grant names all that the question wants named. */
function names(grant: ConsentFact, question: ConsentQuestion): boolean {
  return (
    (question.seller === null || grant.seller === question.seller) &&
    question.technologies.every((technology) => grant.technologies.includes(technology)) &&
    (question.separate === null || grant.separate.includes(question.separate)) &&
    (!question.guardian || grant.guardian) &&
    (question.number === null || grant.number === null || grant.number === question.number)
  );
}

function covers(event: ConsentFact, purpose: Purpose, facts: ConsentFacts): boolean {
  const all = event.kind === 'withdrawal';
  return (
    ((all && event.purposes.length === 0) || event.purposes.includes(purpose)) &&
    ((all && event.channels.length === 0) || event.channels.includes(facts.channel))
  );
}

/** Oldest first; ties by when we learned of it, then by id, so that the order of the list never matters. */
function byTime(a: ConsentFact, b: ConsentFact): number {
  return (
    a.occurredAt - b.occurredAt ||
    a.recordedAt - b.recordedAt ||
    (a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0)
  );
}

function overlap(a: readonly LiveGrant[], b: readonly LiveGrant[]): LiveGrant[] {
  return a.flatMap((x) =>
    b
      .map((y) => ({ eventId: x.eventId, from: Math.max(x.from, y.from), until: Math.min(x.until, y.until) }))
      .filter((both) => both.from < both.until),
  );
}

/** The grant in force at `t`, if any. */
export function grantAt(state: ConsentState, t: EpochMs): LiveGrant | null {
  return state.live.find((grant) => grant.from <= t && t < grant.until) ?? null;
}
