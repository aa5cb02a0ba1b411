import type { Fault } from '../domain/failures.ts';
import type { Purpose } from '../domain/vocabulary.ts';
import { PURPOSES } from '../domain/vocabulary.ts';
import { holds, intersection } from './intervals.ts';
import type { Subject } from './judgement.ts';
import { isWithin } from './jurisdictions.ts';
import type { CompiledPolicySet, CompiledRule } from './policy-set.ts';

/** The rule types that say at what hours and on what days a call may ring. */
const TIME_TYPES: ReadonlySet<string> = new Set(['calling_window', 'calendar_block']);
/** A Monday 00:00 UTC without any holiday near; the search goes on from it for the evaluator's 400 days. */
const FROM = Date.UTC(2026, 2, 2);

/**
 * Rules of hours and days that leave no instant between them, so that a whole country or part of it could not be called
 * for a purpose: nobody means that, and whoever does says so by a suppression. Named are the rules that bind all, those
 * of one sector with those that bind any.
 */
export function contradictions(set: CompiledPolicySet): Fault[] {
  const timed = set.rules.filter(({ rule }) => TIME_TYPES.has(rule.type) && rule.effectiveTo === null);
  const faults = new Map<string, Fault>();
  for (const place of new Set(timed.flatMap(({ rule }) => rule.jurisdiction))) {
    for (const purpose of PURPOSES) {
      for (const sector of [null, ...new Set(timed.flatMap(({ rule }) => rule.sector))]) {
        const binding = timed.filter((one) => binds(one, place, purpose, sector));
        if (binding.length < 2 || hasInstant(binding, place, purpose, sector)) continue;
        const rules = binding.map(({ rule }) => rule.id).sort();
        const key = rules.join(' ');
        if (faults.has(key)) continue;
        faults.set(key, {
          field: rules.join(', '),
          fault: `leave no hour at which ${place === '*' ? 'anybody' : place} may be called for ${purpose}`,
          expected: 'hours and days that have at least some time in common',
        });
      }
    }
  }
  return [...faults.values()];
}

function binds({ rule }: CompiledRule, place: string, purpose: Purpose, sector: string | null): boolean {
  return (
    rule.jurisdiction.some((bound) => bound === '*' || isWithin(place, bound)) &&
    (rule.purpose.length === 0 || rule.purpose.includes(purpose)) &&
    (rule.sector.length === 0 || (sector !== null && rule.sector.includes(sector)))
  );
}

/** By one zone for all: whether hours have a minute in common does not depend on which it is. */
function hasInstant(
  rules: readonly CompiledRule[],
  place: string,
  purpose: Purpose,
  sector: string | null,
): boolean {
  const subject = subjectAt(place, purpose, sector);
  const common = intersection(rules.map((rule) => rule.judge(subject).next));
  const first = common(FROM);
  return first !== null && holds(common, Math.max(first.from, FROM));
}

function subjectAt(place: string, purpose: Purpose, sector: string | null): Subject {
  const facts = { purpose, sector, channel: 'voice', consents: [] } as unknown as Subject['facts'];
  return {
    facts,
    zones: ['UTC'],
    jurisdictions: place === '*' ? [] : [place],
    consent: () => ({
      live: [],
      next: () => null,
      withdrawnBy: null,
      grants: [],
      weaker: [],
      notCovering: [],
    }),
  };
}
