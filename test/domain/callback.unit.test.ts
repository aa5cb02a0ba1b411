import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  dueTasks,
  ENGINE,
  firstWindow,
  movedTo,
  nextLook,
  ownerOf,
  takersAt,
  type CallbackStep,
  type OpenPromise,
} from '../../domain/callback.ts';
import {
  callbacksOf,
  campaignCallbacksSchema,
  type CampaignCallbacks,
} from '../../domain/campaign-callbacks.ts';
import { faultsOf } from '../../domain/faults.ts';
import { HOUR_MS, MINUTE_MS, toIso } from '../../domain/time.ts';

const T = Date.parse('2026-03-02T02:00:00Z');
const AGENT = 'agent:0195b3a0-0000-7000-8000-000000000001';

const minutes = (min: number, max: number) => fc.integer({ min, max }).map((n) => n * MINUTE_MS);
const windows = fc
  .tuple(minutes(0, 10_000), minutes(1, 3_000))
  .map(([after, length]) => ({ fromAt: T + after, untilAt: T + after + length }));
const settingsOf = fc
  .record({
    remindBeforeMinutes: fc.integer({ min: 0, max: 1_440 }),
    moveWithinHours: fc.integer({ min: 0, max: 744 }),
    fallback: fc.record({
      afterMinutes: fc.integer({ min: 0, max: 1_440 }),
      to: fc.constantFrom('team' as const, 'anybody' as const, 'nobody' as const),
    }),
  })
  .map((parts) => campaignCallbacksSchema.parse(parts));
const owners = fc.constantFrom(AGENT, 'team:renewals', 'key:ann');
const fresh = { askedAt: null, dueAskedAt: null, remindedAt: null, fellBackAt: null };

describe('a promise that the rules have no room for', () => {
  test('is moved to where they have some, as long as it was, while its window lasts and no further than the campaign says', () => {
    fc.assert(
      fc.property(
        windows,
        minutes(-3_000, 60_000),
        minutes(0, 14_000),
        fc.integer({ min: 0, max: 744 }),
        fc.option(minutes(0, 60_000)),
        (window, allowed, gone, moveWithinHours, end) => {
          const allowedFrom = window.untilAt + allowed;
          const now = T + gone;
          const endsAt = end === null ? null : T + end;
          const moved = movedTo(window, window, allowedFrom, { now, moveWithinHours, endsAt });
          const mayBe =
            allowedFrom >= window.untilAt &&
            now < window.untilAt &&
            allowedFrom < window.untilAt + moveWithinHours * HOUR_MS &&
            (endsAt === null || allowedFrom < endsAt);
          const expected = { fromAt: allowedFrom, untilAt: allowedFrom + window.untilAt - window.fromAt };
          expect(moved).toEqual(mayBe ? expected : null);
        },
      ),
    );
  });

  test('is not carried off by moves of moves: all of them are within the hours after the window promised at first', () => {
    fc.assert(
      fc.property(windows, fc.array(minutes(0, 3_000), { maxLength: 30 }), (promised, delays) => {
        let window = promised;
        const steps: CallbackStep[] = [];
        for (const delay of delays) {
          const limits = { now: window.fromAt, moveWithinHours: 72, endsAt: null };
          const moved = movedTo(window, firstWindow(window, steps), window.untilAt + delay, limits);
          if (moved === null) continue;
          steps.push({
            kind: 'moved',
            at: toIso(limits.now),
            by: ENGINE,
            reason: 'hours',
            from: toIso(window.fromAt),
            until: toIso(window.untilAt),
          });
          window = moved;
        }
        expect(firstWindow(window, steps)).toEqual(promised);
        expect(window.fromAt).toBeLessThan(promised.untilAt + 72 * HOUR_MS);
      }),
    );
  });

  test('is promised anew by whoever moves it', () => {
    const move = (by: string, from: number): CallbackStep => ({
      kind: 'moved',
      at: toIso(T),
      by,
      reason: null,
      from: toIso(from),
      until: toIso(from + HOUR_MS),
    });
    const now = { fromAt: T + 9 * HOUR_MS, untilAt: T + 10 * HOUR_MS };
    expect(firstWindow(now, [move(ENGINE, T), move('key:ann', T + HOUR_MS)])).toEqual(now);
    const later = [move('key:ann', T), move(ENGINE, T + 2 * HOUR_MS)];
    expect(firstWindow(now, later)).toEqual({ fromAt: T + 2 * HOUR_MS, untilAt: T + 3 * HOUR_MS });
  });
});

/** What is noted once a task is done. */
function done(promise: OpenPromise, settings: CampaignCallbacks, now: number): OpenPromise {
  const noted = {
    ask: 'askedAt',
    ask_due: 'dueAskedAt',
    remind: 'remindedAt',
    fall_back: 'fellBackAt',
  } as const;
  return dueTasks(promise, settings, now).reduce((one, task) => ({ ...one, [noted[task]]: now }), promise);
}

test('what is due about a promise is done once, in time, and each look brings the next one nearer', () => {
  fc.assert(
    fc.property(windows, owners, settingsOf, minutes(0, 10_000), (window, owner, settings, ahead) => {
      let now = T - ahead;
      let promise: OpenPromise = { ...window, owner, ...fresh };
      const seen: string[] = [];
      for (let looks = 0; ; looks += 1) {
        expect(looks).toBeLessThan(6);
        seen.push(...dueTasks(promise, settings, now));
        promise = done(promise, settings, now);
        const next = nextLook(promise, settings, now);
        if (next === null) break;
        expect(next).toBeGreaterThan(now);
        now = next;
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(expect.arrayContaining(['ask', 'ask_due']));
      expect(seen.includes('remind')).toBe(owner === AGENT);
      if (owner === AGENT) {
        expect(promise.remindedAt).toBe(
          Math.max(T - ahead, window.fromAt - settings.remindBeforeMinutes * MINUTE_MS),
        );
      }
    }),
  );
});

test('a callback waits for its owner and no longer than the campaign says; nobody is waited for into the past', () => {
  fc.assert(
    fc.property(windows, owners, settingsOf, minutes(-100, 14_000), (window, owner, settings, after) => {
      const now = T + after;
      const { who, heldUntil } = takersAt({ ...window, owner }, settings, now);
      if (heldUntil !== null) expect(heldUntil).toBeGreaterThan(now);
      if (heldUntil !== null) expect(heldUntil).toBeLessThanOrEqual(window.untilAt);
      const isDue = window.fromAt <= now && now < window.untilAt;
      if (!isDue || owner === 'key:ann') expect(who).toBe('anybody');
      const over = now >= window.fromAt + settings.fallback.afterMinutes * MINUTE_MS;
      if (isDue && owner === AGENT) expect(who === 'owner').toBe(settings.fallback.to === 'nobody' || !over);
      if (isDue && over && settings.fallback.to === 'anybody') expect(who).toBe('anybody');
    }),
  );
});

it('an owner is an agent, a team, or an account that takes no calls', () => {
  expect(ownerOf(AGENT)).toEqual({ kind: 'agent', agentId: AGENT.slice(6) });
  expect(ownerOf('team:a b')).toEqual({ kind: 'team', team: 'a b' });
  for (const account of ['key:ann', 'agent:ann', 'agent:', 'campaign']) {
    expect(ownerOf(account)).toEqual({ kind: 'account' });
  }
});

it('definitions stored before there were callbacks in them read as those that say nothing', () => {
  expect(callbacksOf({})).toEqual(campaignCallbacksSchema.parse({}));
});

it.each([
  ['a reminder after the fact', { remindBeforeMinutes: -1 }, 'remindBeforeMinutes'],
  ['a fallback to somebody else', { fallback: { to: 'boss' } }, 'fallback.to'],
  ['a rule of nothing', { rules: [{ on: {}, afterMinutes: 5, windowMinutes: 5 }] }, 'rules[0].on'],
  [
    'a rule after a final no',
    { rules: [{ on: { disposition: 'opted_out' }, afterMinutes: 5, windowMinutes: 5 }] },
    'rules[0].on.disposition',
  ],
  [
    'a window of nothing',
    { rules: [{ on: { outcome: 'busy' }, afterMinutes: 5, windowMinutes: 0 }] },
    'rules[0].windowMinutes',
  ],
  [
    'a rule into the past',
    { rules: [{ on: { outcome: 'busy' }, afterMinutes: -5, windowMinutes: 5 }] },
    'rules[0].afterMinutes',
  ],
])('%s is refused with its field', (_name, input, field) => {
  const read = campaignCallbacksSchema.safeParse(input);
  expect(read.success).toBe(false);
  expect(faultsOf(read.error!, input).map((fault) => fault.field)).toEqual([field]);
});
