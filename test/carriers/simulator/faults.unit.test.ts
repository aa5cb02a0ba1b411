import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  deliveryDelaysMs,
  formatFaults,
  isDown,
  NO_FAULTS,
  parseFaults,
  requestFaults,
  type FaultSettings,
} from '../../../carriers/simulator/faults.ts';

const share = fc.integer({ min: 1, max: 1000 }).map((n) => n / 1000);
const ms = fc.integer({ min: 0, max: 100_000 });
const anyFaults: fc.Arbitrary<FaultSettings> = fc.record({
  lostAnswer: share,
  slow: fc.record({ share, ms }),
  serverError: share,
  maxCallsPerSecond: fc.option(fc.integer({ min: 1, max: 500 }), { nil: null }),
  duplicate: share,
  reorder: fc.record({ share, ms }),
  late: fc.record({ share, ms }),
  missing: share,
  down: fc.option(fc.oneof(fc.record({ afterMs: ms, forMs: ms }), fc.constant({ afterMs: 0, forMs: null })), {
    nil: null,
  }),
});

describe('a fault specification', () => {
  test('with everything in it is read', () => {
    const text =
      'lost-answer=0.02, slow=0.05:3000,5xx=0.01,429=20,dup=0.1,reorder=0.1,late=0.05:5000,missing=0.01,down=60000:5000';
    expect(parseFaults(text)).toEqual({
      lostAnswer: 0.02,
      slow: { share: 0.05, ms: 3000 },
      serverError: 0.01,
      maxCallsPerSecond: 20,
      duplicate: 0.1,
      reorder: { share: 0.1, ms: 200 },
      late: { share: 0.05, ms: 5000 },
      missing: 0.01,
      down: { afterMs: 60_000, forMs: 5_000 },
    });
  });

  test('that is empty means no faults; 429 alone one call a second; down alone until it changes', () => {
    expect(parseFaults('')).toEqual(NO_FAULTS);
    expect(parseFaults('429').maxCallsPerSecond).toBe(1);
    expect(parseFaults('down').down).toEqual({ afterMs: 0, forMs: null });
  });

  test('written out is read back to the same faults', () => {
    fc.assert(
      fc.property(anyFaults, (faults) => {
        expect(parseFaults(formatFaults(faults))).toEqual(faults);
      }),
    );
  });

  const WRONG: [text: string, field: string][] = [
    ['slow=0.5', 'faults.slow'],
    ['slow=0.5:fast', 'faults.slow'],
    ['lost-answer=1.5', 'faults.lost-answer'],
    ['lost-answer=-1', 'faults.lost-answer'],
    ['lost-answer', 'faults.lost-answer'],
    ['lost-answer=0.1:5', 'faults.lost-answer'],
    ['lost-answer=', 'faults.lost-answer'],
    ['missing=1e-3', 'faults.missing'],
    ['429=0', 'faults.429'],
    ['down=5', 'faults.down'],
    ['dup=0.1,dup=0.2', 'faults.dup'],
    ['constructor=1', 'faults.constructor'],
    ['lost=0.1', 'faults.lost'],
  ];
  test.each(WRONG)('%s is refused, naming %s', (text, field) => {
    expect(() => parseFaults(text)).toThrow(`${field}:`);
  });

  test('names every fault in it at once, and the right form of each', () => {
    expect(() => parseFaults('slow=x,dup=2')).toThrow(/slow=<share>:<ms>.*dup=<share>/);
  });
});

describe('faults are drawn', () => {
  const faults = parseFaults(
    'lost-answer=0.3,5xx=0.2,slow=0.1:70,missing=0.1,dup=0.2,late=0.1:900,reorder=0.1:40',
  );
  const ids = Array.from({ length: 5_000 }, (_, i) => `c${i}/1`);
  const shareOf = (is: (id: string) => boolean): number => ids.filter(is).length / ids.length;

  test('the same again for the same seed, id and turn, and anew for another turn', () => {
    const draw = (seed: string, turn: number) =>
      ids.map((id) => requestFaults(faults, seed, 'dial', id, turn));
    expect(draw('s', 1)).toEqual(draw('s', 1));
    expect(draw('s', 1)).not.toEqual(draw('s', 2));
    expect(draw('s', 1)).not.toEqual(draw('t', 1));
  });

  test('in the shares that were asked for', () => {
    const request = (id: string) => requestFaults(faults, 's', 'dial', id, 1);
    expect(shareOf((id) => request(id).status !== null)).toBeCloseTo(0.2, 1);
    expect(shareOf((id) => request(id).lost !== null)).toBeCloseTo(0.3, 1);
    expect(shareOf((id) => request(id).delayMs === 70)).toBeCloseTo(0.1, 1);
    expect(shareOf((id) => deliveryDelaysMs(faults, 's', id).length === 0)).toBeCloseTo(0.1, 1);
    expect(shareOf((id) => deliveryDelaysMs(faults, 's', id).length === 2)).toBeCloseTo(0.18, 1);
    expect(shareOf((id) => deliveryDelaysMs(faults, 's', id)[0] === 900)).toBeCloseTo(0.09, 1);
  });

  test('both ways of losing an answer and all three statuses occur', () => {
    const drawn = ids.map((id) => requestFaults(faults, 's', 'dial', id, 1));
    expect(new Set(drawn.map((d) => d.lost))).toEqual(new Set([null, 'cut', 'hanging']));
    expect(new Set(drawn.map((d) => d.status))).toEqual(new Set([null, 500, 502, 503]));
  });

  test('only a dial loses its answer', () => {
    for (const kind of ['lookup', 'hangup'] as const) {
      expect(shareOf((id) => requestFaults(faults, 's', kind, id, 1).lost !== null)).toBe(0);
    }
  });

  test('without faults nothing happens to anything', () => {
    expect(requestFaults(NO_FAULTS, 's', 'dial', 'c/1', 1)).toEqual({ status: null, delayMs: 0, lost: null });
    expect(deliveryDelaysMs(NO_FAULTS, 's', 'e')).toEqual([0]);
  });
});

test('down holds from its start for its length', () => {
  const faults = parseFaults('down=100:50');
  expect([99, 100, 149, 150].map((since) => isDown(faults, since))).toEqual([false, true, true, false]);
  expect(isDown(parseFaults('down'), 1e9)).toBe(true);
  expect(isDown(NO_FAULTS, 0)).toBe(false);
});
