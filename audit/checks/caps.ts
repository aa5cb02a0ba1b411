import { z } from 'zod';
import { DAY_MS, HOUR_MS, MINUTE_MS, toIso, type EpochMs } from '../../domain/time.ts';
import { COUNTED_ATTEMPT_STATES } from '../../domain/vocabulary.ts';
import { periodName, wallMs } from '../local-wall.ts';
import type { CappedAttempt } from '../records.ts';
import type { Violation } from '../verdict.ts';

/** What a `frequency_cap` rule says, read anew from its document: the audit shares no counting with the evaluator. */
export const capSchema = z.object({
  count: z.number().int().positive(),
  window: z.union([
    z.object({
      rolling: z.object({
        minutes: z.number().optional(),
        hours: z.number().optional(),
        days: z.number().optional(),
      }),
    }),
    z.object({ calendar: z.enum(['day', 'week', 'month']) }),
  ]),
  unit: z.enum(['attempt', 'connect', 'conversation']),
  key: z.string(),
  countPurposes: z.array(z.string()).default([]),
});
export type Cap = z.infer<typeof capSchema>;

export type CapLookup = (policySetHash: string, pack: string, rule: string) => Cap | null;

export interface CapsFinding {
  /** Pairs of a sent attempt and a cap that bound it. */
  readonly checked: number;
  readonly violations: readonly Violation[];
  /** Caps that could not be read from the stored documents, as `pack/rule`. */
  readonly unreadable: readonly string[];
}

/**
 * I5: for every attempt that was sent, and every cap that its decision says bound it, the window that ends with it
 * holds no more than the cap: counted by our record (from the latest instant an earlier attempt may have rung to the
 * earliest that this one may) and again by the carrier's instants.
 * @param attempts all attempts on one person, in any order
 */
export function checkCaps(attempts: readonly CappedAttempt[], capOf: CapLookup): CapsFinding {
  const counted = attempts.filter(
    (attempt) =>
      attempt.sendingAt !== null && (COUNTED_ATTEMPT_STATES as readonly string[]).includes(attempt.state),
  );
  const violations: Violation[] = [];
  const unreadable = new Set<string>();
  let checked = 0;
  for (const attempt of counted) {
    for (const { pack, rule } of attempt.caps) {
      const cap = attempt.policySetHash === null ? null : capOf(attempt.policySetHash, pack, rule);
      if (cap === null) {
        unreadable.add(`${pack}/${rule}`);
        continue;
      }
      checked += 1;
      const found = overByRecord(attempt, counted, cap) ?? overByCarrier(attempt, attempts, cap);
      if (found === null) continue;
      violations.push({
        subject: { attemptId: attempt.id, personId: attempt.personId, rule },
        what: `was number ${found.number} within its window when sent at ${toIso(found.at)} (${found.by})`,
        expected: `at most ${cap.count} by ${pack}/${rule}`,
      });
    }
  }
  return { checked, violations, unreadable: [...unreadable] };
}

type Over = { number: number; at: EpochMs; by: string };

function overByRecord(attempt: CappedAttempt, all: readonly CappedAttempt[], cap: Cap): Over | null {
  const at = attempt.sendingAt!;
  const earlier = all.filter((other) => {
    if (!isCountedWith(attempt, other, cap) || !cameBefore(other, attempt)) return false;
    const instant = instantOf(other, cap);
    return instant !== null && withinWindow(cap, instant, at, attempt.zones);
  });
  return earlier.length < cap.count ? null : { number: earlier.length + 1, at, by: "by the engine's record" };
}

function overByCarrier(attempt: CappedAttempt, all: readonly CappedAttempt[], cap: Cap): Over | null {
  for (const at of attempt.rungAt) {
    let earlier = 0;
    for (const other of all) {
      if (!isCountedWith(attempt, other, cap) || instantOf(other, cap) === null) continue;
      // Of connected calls the ring is what the carrier's log dates; the connection came after it.
      // Of two at the same instant one came first, so that each call too many is found once.
      const cameFirst = (rung: EpochMs) => rung < at || (rung === at && other.id < attempt.id);
      earlier += other.rungAt.filter(
        (rung) => cameFirst(rung) && withinWindow(cap, rung, at, attempt.zones),
      ).length;
    }
    if (earlier >= cap.count) return { number: earlier + 1, at, by: "by the carrier's log" };
  }
  return null;
}

function isCountedWith(attempt: CappedAttempt, other: CappedAttempt, cap: Cap): boolean {
  return (
    other.id !== attempt.id &&
    isSameKey(attempt, other, cap.key) &&
    (cap.countPurposes.length === 0 || cap.countPurposes.includes(other.purpose))
  );
}

/** What is not known to be about another debt or subject counts. A key that this check does not know counts all. */
function isSameKey(attempt: CappedAttempt, other: CappedAttempt, key: string): boolean {
  const differ = (a: string | null, b: string | null) => a !== null && b !== null && a !== b;
  if (key === 'number') return other.number === attempt.number;
  if (key === 'debt') return !differ(attempt.debt, other.debt);
  return key !== 'subject' || !differ(attempt.subject, other.subject);
}

function cameBefore(other: CappedAttempt, attempt: CappedAttempt): boolean {
  return other.claimedAt === attempt.claimedAt ? other.id < attempt.id : other.claimedAt < attempt.claimedAt;
}

function instantOf(attempt: CappedAttempt, cap: Cap): EpochMs | null {
  if (cap.unit === 'attempt') return attempt.rangAt;
  if (cap.unit === 'connect') return attempt.connectedAt;
  return attempt.conversation ? (attempt.connectedAt ?? attempt.rangAt) : null;
}

/** True when something at `earlier` still counts at `at`, in any reading: windows are closed on both ends. */
function withinWindow(cap: Cap, earlier: EpochMs, at: EpochMs, zones: readonly string[]): boolean {
  const { window } = cap;
  if ('calendar' in window) {
    return zones.some((zone) => {
      const [a, b] = [wallMs(zone, earlier), wallMs(zone, at)];
      return a !== null && b !== null && periodName(window.calendar, a) === periodName(window.calendar, b);
    });
  }
  const { minutes = 0, hours = 0, days = 0 } = window.rolling;
  if (at - earlier <= minutes * MINUTE_MS + hours * HOUR_MS + days * DAY_MS) return true;
  if (days === 0) return false;
  return zones.some((zone) => {
    const [a, b] = [wallMs(zone, earlier), wallMs(zone, at)];
    return a !== null && b !== null && b - a <= days * DAY_MS;
  });
}
