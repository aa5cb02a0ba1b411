import { DAY_MS, MINUTE_MS, type EpochMs } from '../../domain/time.ts';
import { SEPARATE_CONSENTS, TECHNOLOGIES, type ConsentFact, type DialFacts } from '../../domain/facts.ts';
import { CONSENT_LEVELS } from '../../domain/vocabulary.ts';
import { evaluate, type CompiledPolicySet } from '../../policies/index.ts';

/** Contacts that are under the same local hours, by the facts of one of them. */
export interface Cohort {
  readonly facts: DialFacts;
  readonly contacts: number;
}

/** How long before the window the rehearsal begins, simulated: enough to see it open. */
export const HEAD_START_MS = 5 * MINUTE_MS;
/** How often and how far ahead instants are looked at: a window lasts for hours, and the longest wait is a weekend's. */
const LOOK_EVERY_MS = 30 * MINUTE_MS;
const LOOK_AHEAD_MS = 4 * DAY_MS;
/** Openings looked at; a day has at most one for each zone and rule, and later ones only repeat them. */
const MAX_OPENINGS = 24;

/**
 * Where a rehearsal's clock begins by default: shortly before the window that opens when the fewest of its contacts
 * may be called, so that it is the morning of the campaign's day whatever the hour of the real one. Pure.
 *
 * Only time is asked about: each cohort is given every consent and no history, since who may be called at all is the
 * gate's decision and not this one's.
 * @param notBefore the start is at or after this instant
 * @returns null when no cohort has a window ahead: then any instant is as good
 */
export function startBeforeWindow(
  cohorts: readonly Cohort[],
  policySet: CompiledPolicySet,
  notBefore: EpochMs,
): EpochMs | null {
  const neutral = cohorts.map((cohort) => ({ ...cohort, facts: consenting(cohort.facts, notBefore) }));
  const verdictAt = (facts: DialFacts, at: EpochMs) =>
    evaluate({ policySet, facts, at, horizonMs: 0 }).verdict;
  const earliest = notBefore + HEAD_START_MS;

  const openings = new Set<EpochMs>();
  for (const { facts } of neutral) {
    const opening = nextOpening((at) => verdictAt(facts, at), earliest);
    if (opening !== null) openings.add(opening);
  }
  let best: { opening: EpochMs; open: number } | null = null;
  for (const opening of [...openings].sort((a, b) => a - b).slice(0, MAX_OPENINGS)) {
    const open = neutral
      .filter(({ facts }) => verdictAt(facts, opening - HEAD_START_MS).kind === 'allow')
      .reduce((sum, cohort) => sum + cohort.contacts, 0);
    if (best === null || open < best.open) best = { opening, open };
  }
  return best === null ? null : best.opening - HEAD_START_MS;
}

/**
 * Where a rehearsal of some hours begins by default: the first instant from which on the most of its contacts may be
 * called for all of it. Pure; as above, only time is asked about.
 * @param forMs how long it lasts, simulated
 * @returns null when nobody may be called for so long
 */
export function startWhenMostOpen(
  cohorts: readonly Cohort[],
  policySet: CompiledPolicySet,
  notBefore: EpochMs,
  forMs: number,
): EpochMs | null {
  const neutral = cohorts.map((cohort) => ({ ...cohort, facts: consenting(cohort.facts, notBefore) }));
  let best: { at: EpochMs; open: number } | null = null;
  const first = Math.ceil(notBefore / LOOK_EVERY_MS) * LOOK_EVERY_MS;
  for (let at = first; at < first + LOOK_AHEAD_MS; at += LOOK_EVERY_MS) {
    const open = neutral
      .filter(({ facts }) => evaluate({ policySet, facts, at, horizonMs: forMs }).verdict.kind === 'allow')
      .reduce((sum, { contacts }) => sum + contacts, 0);
    if (open > (best?.open ?? 0)) best = { at, open };
  }
  return best?.at ?? null;
}

/** The first instant after `at` at which what was closed opens. */
function nextOpening(
  verdictAt: (at: EpochMs) => ReturnType<typeof evaluate>['verdict'],
  at: EpochMs,
): EpochMs | null {
  const now = verdictAt(at);
  if (now.kind === 'deny') return null;
  if (now.kind === 'defer') return now.until;
  if (now.until === null) return null;
  const closed = verdictAt(now.until);
  return closed.kind === 'defer' ? closed.until : null;
}

function consenting(facts: DialFacts, at: EpochMs): DialFacts {
  const consents = CONSENT_LEVELS.map((level): ConsentFact => ({
    eventId: `neutral-${level}`,
    kind: 'grant',
    purposes: [facts.purpose],
    channels: [facts.channel],
    level,
    source: 'neutral',
    occurredAt: at - MINUTE_MS,
    recordedAt: at - MINUTE_MS,
    expiresAt: null,
    widens: [],
    seller: facts.seller,
    technologies: [...TECHNOLOGIES],
    separate: [...SEPARATE_CONSENTS],
    guardian: true,
    number: null,
    ownershipVerifiedAt: at - MINUTE_MS,
    renewedFrom: null,
  }));
  return { ...facts, consents, suppressions: [], attempts: [], triggers: [] };
}
