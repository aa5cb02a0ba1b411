import { z } from 'zod';
import { periodName, wallMs } from '../../../audit/local-wall.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, toIso, type EpochMs } from '../../../domain/time.ts';
import { rulesOf } from './documents.ts';
import { clockOffMs, heldUpBy } from './faults.ts';
import { callsOf, type LoggedCall } from './logged-calls.ts';
import { byId, dialsOf, grouped, type AttemptRecord, type Case } from './records.ts';
import type { Findings, Found } from './verdict.ts';

const capSchema = z.object({
  count: z.number().int(),
  window: z.union([
    z.object({
      rolling: z.object({
        minutes: z.number().default(0),
        hours: z.number().default(0),
        days: z.number().default(0),
      }),
    }),
    z.object({ calendar: z.enum(['day', 'week', 'month']) }),
  ]),
  unit: z.enum(['attempt', 'connect', 'conversation']),
  key: z.string(),
  countPurposes: z.array(z.string()).default([]),
});
type Cap = z.infer<typeof capSchema>;

interface Rung {
  readonly attempt: AttemptRecord;
  readonly at: EpochMs;
  readonly atReal: EpochMs;
  readonly call: LoggedCall | undefined;
}

/**
 * I5: for each call that the carrier took and each cap that bound it, how many the person had received by the carrier's log
 * in the window that ends with it: over all campaigns and numbers. What the carrier did not take is not counted. And
 * nobody is called while they are being called: one pass of the gate a person at a time.
 */
export function judgeCaps({ evidence, records }: Case): Findings {
  const attempts = byId(records.attempts);
  const decisions = byId(records.decisions);
  const calls = callsOf(evidence);
  const { speed } = evidence.run.clock;
  const rung = dialsOf(evidence).flatMap(({ attemptId, accepted, at, atReal }): Rung[] => {
    const attempt = attemptId === null || !accepted ? undefined : attempts.get(attemptId);
    return attempt === undefined ? [] : [{ attempt, at, atReal, call: calls?.get(attempt.id) }];
  });
  const violations: Found[] = [];
  const residuals: Found[] = [];
  // A call that came so late that it was given up had stopped to count: somebody may have been called in its place.
  const add = (found: Found, calls: readonly Rung[]) => {
    const why = calls.map(({ attempt, atReal }) => heldUpBy(evidence.faults, attempt.sendingReal, atReal));
    const held = why.find((one) => one !== null);
    if (held === undefined) violations.push(found);
    else residuals.push({ ...found, what: `${found.what}; ${held}` });
  };
  const notLooked = new Set<string>();
  if (calls === null)
    notLooked.add('caps on connected calls and conversations: the journal of events is not there');
  let looked = 0;
  for (const ofPerson of grouped(rung, ({ attempt }) => `${attempt.tenantId} ${attempt.personId}`).values()) {
    for (const one of ofPerson) {
      looked += 1;
      for (const other of callsMeanwhile(one, ofPerson, speed, evidence.faults)) {
        add(foundMeanwhile(one, other), [one, other]);
      }
      const decision = decisions.get(one.attempt.decisionId);
      const rules = decision === undefined ? null : rulesOf(records, decision, 'frequency_cap');
      if (decision === undefined || rules === null) continue;
      const zones = (decision.facts?.locations ?? []).flatMap(({ zone }) => (zone === null ? [] : [zone]));
      for (const rule of rules) {
        const cap = capSchema.safeParse(rule.params).data;
        if (cap === undefined) {
          notLooked.add(`the cap ${rule.name}: it cannot be read from the stored documents`);
          continue;
        }
        looked += 1;
        const earlier = ofPerson.filter((other) => {
          if (!isCountedWith(one, other, cap)) return false;
          const at = instantOf(other, cap);
          // Stepped clocks stood at either call: the window may be short by both steps.
          const offMs =
            speed *
            (clockOffMs(evidence.faults, one.attempt.claimedReal, one.atReal) +
              clockOffMs(evidence.faults, other.atReal, other.atReal));
          return at !== null && isWithin(cap, at, one.at, offMs, zones);
        });
        if (earlier.length < cap.count) continue;
        const found: Found = {
          subject: { personId: one.attempt.personId, attemptId: one.attempt.id },
          aroundReal: one.atReal,
          what: `the call that the carrier took at ${toIso(one.at)} (engine clock) was number ${earlier.length + 1} in its window, after ${earlier.map(({ attempt }) => attempt.id).join(', ')}`,
          expected: `at most ${cap.count} by ${rule.name}`,
        };
        add(found, [one, ...earlier]);
      }
    }
  }
  return { looked, violations, residuals, notLooked: [...notLooked] };
}

/** Calls to the person that were still up, by the carrier's journal, when the carrier took this one. */
function callsMeanwhile(
  one: Rung,
  ofPerson: readonly Rung[],
  speed: number,
  faults: Case['evidence']['faults'],
): Rung[] {
  return ofPerson.filter(({ attempt, at, atReal, call }) => {
    const endedAt = call?.endedAt ?? null;
    // Nobody could say whether it rang: its quarantine frees the person, whatever the journal knows.
    if (attempt.id === one.attempt.id || endedAt === null || attempt.outcome === 'unknown') return false;
    const offMs = speed * clockOffMs(faults, atReal, one.atReal);
    return at < one.at && one.at < endedAt - offMs;
  });
}

function foundMeanwhile(one: Rung, { attempt, call }: Rung): Found {
  return {
    subject: { personId: one.attempt.personId, attemptId: one.attempt.id },
    aroundReal: one.atReal,
    what: `the carrier took a call at ${toIso(one.at)} (engine clock) while ${attempt.id} was up until ${toIso(call!.endedAt!)}`,
    expected: 'one call to a person at a time',
  };
}

function isCountedWith(one: Rung, other: Rung, cap: Cap): boolean {
  const before = other.at < one.at || (other.at === one.at && other.attempt.id < one.attempt.id);
  if (!before || other.attempt.id === one.attempt.id) return false;
  if (cap.countPurposes.length > 0 && !cap.countPurposes.includes(other.attempt.purpose)) return false;
  const differ = (a: string | null, b: string | null) => a !== null && b !== null && a !== b;
  switch (cap.key) {
    case 'number':
      return other.attempt.number === one.attempt.number;
    case 'debt':
      return !differ(other.attempt.debt, one.attempt.debt);
    case 'subject':
      return !differ(other.attempt.subject, one.attempt.subject);
    default:
      return true;
  }
}

function instantOf({ at, call }: Rung, cap: Cap): EpochMs | null {
  if (cap.unit === 'attempt') return at;
  if (cap.unit === 'connect') return call?.answeredAt ?? null;
  return call?.byPerson === true ? call.answeredAt : null;
}

/** True where `earlier` still counts at `at` in each reading: rolling days as 24 hours, whatever clocks were put forward. */
function isWithin(cap: Cap, earlier: EpochMs, at: EpochMs, offMs: number, zones: readonly string[]): boolean {
  const { window } = cap;
  if (earlier > at) return false;
  if ('calendar' in window) {
    return zones.some((zone) => {
      const walls = [
        wallMs(zone, earlier),
        wallMs(zone, at),
        wallMs(zone, at + offMs),
        wallMs(zone, earlier - offMs),
      ];
      const names = walls.map((wall) => (wall === null ? null : periodName(window.calendar, wall)));
      return names.every((name) => name !== null && name === names[0]);
    });
  }
  const { minutes, hours, days } = window.rolling;
  return at - earlier <= minutes * MINUTE_MS + hours * HOUR_MS + days * DAY_MS - offMs;
}
