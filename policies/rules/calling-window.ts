import { z } from 'zod';
import { consentState, grantAt, liveIntervals } from '../consents.ts';
import { holds, intersection, listed, never, union } from '../intervals.ts';
import type { Judgement, Subject } from '../rule.ts';
import { defineRuleType } from '../rule.ts';
import { scheduleIn, scheduleSchema } from '../schedule.ts';
import { localText } from '../zones.ts';

const params = z.strictObject({
  /** When calls are allowed, local time; all candidate zones must agree (I4). */
  windows: scheduleSchema,
  /**
   * Minutes that local habit runs behind the clock, by jurisdiction (`CN-XJ`) or zone (`Asia/Urumqi`): delays
   * each start and never extends an end. Xinjiang's offices work two hours after the legal time.
   */
  habitualOffsetMinutes: z.record(z.string(), z.number().int().min(0).max(720)).default({}),
  /**
   * Windows allowed too while the person's live consent for the call's purpose and channel names this rule in
   * its `widens`. Law and standards only.
   */
  widenedWindows: scheduleSchema.optional(),
});

/** The rule type `calling_window`: hours of the day and week in which a call may ring. */
export const callingWindow = defineRuleType({
  type: 'calling_window',
  params,
  widening: (p) => (p.widenedWindows === undefined ? [] : ['widenedWindows']),
  prepare(p, rule) {
    const usual = scheduleIn(p.windows);
    const widened = p.widenedWindows === undefined ? null : scheduleIn(p.widenedWindows);
    const delayOf = (zone: string, jurisdictions: readonly string[]) =>
      Math.max(0, ...[zone, ...jurisdictions].map((key) => p.habitualOffsetMinutes[key] ?? 0));

    return (subject: Subject): Judgement => {
      const { facts, zones, jurisdictions } = subject;
      if (zones.length === 0) return unknownZone;
      const usualSet = intersection(zones.map((zone) => usual(zone, delayOf(zone, jurisdictions))));
      const localTimes = (t: number) => ({
        localTimes: Object.fromEntries(zones.map((zone) => [zone, localText(zone, t)])),
      });
      const refusal = (t: number) => ({ reason: rule.reasonCode, inputs: localTimes(t) });
      if (widened === null) {
        return { next: usualSet, refusal, grounds: (t) => ({ inputs: localTimes(t) }) };
      }
      const consent = consentState(facts, {
        purposes: [facts.purpose],
        level: 'express',
        maxAgeMs: null,
        widens: rule.id,
      });
      if (consent.live.length === 0) {
        return { next: usualSet, refusal, grounds: (t) => ({ inputs: localTimes(t) }) };
      }
      const widenedSet = intersection([
        listed(liveIntervals(consent)),
        ...zones.map((zone) => widened(zone, 0)),
      ]);
      return {
        next: union(usualSet, widenedSet),
        refusal,
        grounds: (t) => {
          if (holds(usualSet, t)) return { inputs: localTimes(t) };
          return {
            exempt: true,
            inputs: { ...localTimes(t), widenedBy: grantAt(consent, t)?.eventId ?? null },
          };
        },
      };
    };
  },
});

const unknownZone: Judgement = {
  next: never,
  refusal: () => ({ reason: 'zone.unknown', inputs: { zones: [] } }),
  grounds: () => ({ inputs: {} }),
};
