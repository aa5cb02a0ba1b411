import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfterMsOf } from '../../activities/deliver/post.ts';
import { cloudEvent } from '../../activities/deliver/message.ts';
import { scaledClock, systemClock } from '../../domain/clock.ts';
import { nextTry, restAfter, RETRY_AFTER_MAX_MS, RETRY_PLAN } from '../../domain/outgoing.ts';
import { DAY_MS } from '../../domain/time.ts';

describe('the schedule of retries', () => {
  it('is 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 3 h, then 6 h, for three days', () => {
    const tries: number[] = [];
    let ageMs = 0;
    for (let attempts = 1; ; attempts += 1) {
      const next = nextTry(RETRY_PLAN, attempts, ageMs, null, 0.5);
      if (next.kind === 'dead') break;
      tries.push(next.inMs / 1_000);
      ageMs += next.inMs;
    }
    expect(tries.slice(0, 9)).toEqual([5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 21_600]);
    // The last try comes when the three days are over, and not before.
    expect(ageMs).toBe(3 * DAY_MS);
    expect(tries.length).toBe(19);
  });

  it('whatever a receiver asks for: never sooner than it asked up to 6 h, never past the end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 3 * DAY_MS - 1 }),
        fc.option(fc.integer({ min: 1, max: 9 * DAY_MS })),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempts, ageMs, asked, chance) => {
          const next = nextTry(RETRY_PLAN, attempts, ageMs, asked, chance);
          if (next.kind !== 'again') return false;
          const left = RETRY_PLAN.giveUpAfterMs - ageMs;
          const wanted = Math.min(asked ?? 0, RETRY_AFTER_MAX_MS, left);
          return next.inMs <= left && next.inMs >= Math.floor(wanted) && next.inMs > 0;
        },
      ),
    );
  });

  it('is spread by a tenth, so that what failed together does not come back together', () => {
    const at = (chance: number) => nextTry(RETRY_PLAN, 6, 0, null, chance);
    expect(at(0)).toEqual({ kind: 'again', inMs: 54 * 60_000 });
    expect(at(1)).toEqual({ kind: 'again', inMs: 66 * 60_000 });
  });

  it('leaves an endpoint alone after five failures in a row, for five minutes at most', () => {
    expect([0, 4, 5, 6, 7, 8, 9, 50].map((n) => restAfter(RETRY_PLAN, n) / 1_000)).toEqual([
      0, 0, 5, 15, 30, 60, 300, 300,
    ]);
  });
});

describe('Retry-After', () => {
  it('is read as seconds or a date, up to 6 h; anything else is none', () => {
    const now = Date.parse('2026-11-25T10:00:00Z');
    expect(retryAfterMsOf('120', now)).toBe(120_000);
    expect(retryAfterMsOf('Wed, 25 Nov 2026 10:01:00 GMT', now)).toBe(60_000);
    expect(retryAfterMsOf('999999', now)).toBe(RETRY_AFTER_MAX_MS);
    for (const none of [undefined, '', '-5', '0', 'soon', '1e9', 'Wed, 25 Nov 2020 10:00:00 GMT']) {
      expect(retryAfterMsOf(none, now)).toBeNull();
    }
  });
});

describe('a CloudEvent', () => {
  const event = {
    seq: 17,
    id: '0190f3b0-0000-7000-8000-000000000001',
    type: 'campaign.status_changed',
    subject: 'campaigns/c',
    orderKey: 'c',
    at: null,
    recordedReal: 1_000_000,
    data: {},
  };

  it('whose fact keeps no instant has the one at which it was recorded, on the engine’s clock', () => {
    expect(cloudEvent('t', event, systemClock, 9_999_999).time).toBe(new Date(1_000_000).toISOString());
    const clock = scaledClock({ from: 5_000_000, realStart: 900_000, speed: 10 }, () => 1_200_000);
    expect(cloudEvent('t', event, clock, 1_200_000).time).toBe(new Date(6_000_000).toISOString());
  });

  it('is the same at every try: its sequence compares as text', () => {
    expect(cloudEvent('t', event, systemClock, 1).sequence).toBe('0000000000000000017');
    expect(cloudEvent('t', { ...event, at: 5 }, systemClock, 1)).toEqual(
      cloudEvent('t', { ...event, at: 5 }, systemClock, 99),
    );
  });
});
