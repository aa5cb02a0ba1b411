import { describe, expect, onTestFinished, test } from 'vitest';
import { createCalls } from '../../../carriers/simulator/calls.ts';
import type { CallPlan } from '../../../carriers/simulator/plan.ts';
import type { WireEvent } from '../../../carriers/simulator/wire.ts';
import { fixedClock } from '../../../domain/clock.ts';

const PLAN: CallPlan = {
  outcome: 'answered',
  setupS: 100,
  rings: true,
  ringS: 10,
  talkS: 60,
  disposition: 'interested',
  digits: '1',
  digitsAfterS: 30,
  agentAfterS: null,
  patienceS: 5,
};
const START = { attemptId: 'c/1', reference: 'r', startedAt: 0, ringTimeoutS: 30 };
const TO = '+12025550101';
const LEFT_ALONE = { joins: [], played: null, hungUpAt: null };

/** Timers never fire here: the clock is moved by hand, so what is seen comes of asking alone. */
function setUp() {
  const clock = fixedClock(0);
  const emitted: WireEvent[] = [];
  const calls = createCalls(clock, (event) => emitted.push(event));
  onTestFinished(() => calls.stop());
  return { clock, emitted, calls, types: () => emitted.map((e) => e.type) };
}

describe('a call', () => {
  test('is where the clock puts it, however late its timers are', () => {
    const { clock, calls, types } = setUp();
    calls.begin(START, TO, PLAN);
    expect(calls.lookup('c/1')).toMatchObject({ status: 'ringing', since: 0 });
    clock.set(105_000);
    expect(calls.lookup('c/1')).toMatchObject({ status: 'ringing', since: 100_000 });
    clock.set(150_000);
    expect(calls.lookup('c/1')).toMatchObject({ status: 'answered', since: 110_000 });
    expect(types()).toEqual(['ringing', 'answered', 'dtmf']);
    clock.set(170_000);
    expect(calls.live()).toEqual([]);
    expect(calls.lookup('c/1')).toMatchObject({ status: 'ended', at: 170_000 });
    expect(types()).toEqual(['ringing', 'answered', 'dtmf', 'ended']);
  });

  test('that ended before the hang-up came keeps its own end', () => {
    const { clock, calls, emitted } = setUp();
    calls.begin(START, TO, PLAN);
    clock.set(200_000);
    expect(calls.isLive('r', 200_000)).toBe(false);
    calls.hangUp('r', 200_000);
    expect(emitted.filter((e) => e.type === 'ended')).toHaveLength(1);
    expect(calls.lookup('c/1')).toMatchObject({ status: 'ended', at: 170_000, end: { by: 'callee' } });
  });

  test('taken up after a crash repeats no event that is on record, and none is left out', () => {
    const { clock, calls, emitted } = setUp();
    clock.set(1_000_000);
    calls.restoreLive(START, TO, PLAN, new Set(['r-ringing', 'r-answered']), LEFT_ALONE);
    expect(emitted.map((e) => [e.eventId, e.at])).toEqual([
      ['r-dtmf', 140_000],
      ['r-ended', 170_000],
    ]);
    expect(calls.lookup('c/1')).toMatchObject({ status: 'ended', at: 170_000 });
  });

  test('hung up just before a crash ends then, and not as it was planned', () => {
    const { clock, calls, emitted } = setUp();
    clock.set(1_000_000);
    calls.restoreLive(START, TO, PLAN, new Set(['r-ringing']), { ...LEFT_ALONE, hungUpAt: 120_000 });
    expect(emitted.map((e) => e.eventId)).toEqual(['r-answered', 'r-ended']);
    expect(calls.lookup('c/1')).toMatchObject({
      at: 120_000,
      end: { by: 'us', endedByUs: 'stop', talkS: 10 },
    });
  });

  describe('whose person waits for an agent', () => {
    const WAITING: CallPlan = { ...PLAN, digits: null, agentAfterS: 0 };

    test('is hung up by them when their patience is over', () => {
      const { clock, calls, emitted } = setUp();
      calls.begin(START, TO, WAITING);
      clock.set(200_000);
      calls.live();
      expect(emitted.at(-1)).toMatchObject({
        type: 'ended',
        at: 115_000,
        end: { by: 'callee', talkS: 5, disposition: null },
      });
    });

    test('is talked in from the joining on, by the agent who was joined', () => {
      const { clock, calls, emitted } = setUp();
      calls.begin(START, TO, WAITING);
      clock.set(112_000);
      expect(calls.bridge('r', 'anna', 112_000)).toBe('joined');
      expect(calls.bridge('r', 'anna', 112_000)).toBe('again');
      expect(calls.lookup('c/1')).toMatchObject({ status: 'answered', since: 110_000 });
      clock.set(300_000);
      calls.live();
      expect(emitted.map((e) => [e.type, e.at, e.agentId])).toEqual([
        ['ringing', 100_000, null],
        ['answered', 110_000, null],
        ['joined', 112_000, 'anna'],
        ['ended', 172_000, null],
      ]);
      expect(emitted.at(-1)!.end).toMatchObject({ by: 'callee', talkS: 62 });
    });

    test('is the last one’s who was joined to it', () => {
      const { clock, calls, emitted } = setUp();
      calls.begin(START, TO, WAITING);
      clock.set(112_000);
      calls.bridge('r', 'anna', 112_000);
      clock.set(113_000);
      expect(calls.bridge('r', 'ben', 113_000)).toBe('joined');
      const joined = emitted.filter((e) => e.type === 'joined');
      expect(joined.map((e) => [e.eventId, e.agentId])).toEqual([
        ['r-joined', 'anna'],
        ['r-joined-2', 'ben'],
      ]);
    });

    test('is neither joined nor told anything while it rings, nor once it is over', () => {
      const { clock, calls } = setUp();
      calls.begin(START, TO, WAITING);
      clock.set(105_000);
      expect(calls.bridge('r', 'anna', 105_000)).toBe('not_answered');
      expect(calls.play('r', 3, 105_000)).toBe('not_answered');
      clock.set(115_000);
      expect(calls.bridge('r', 'anna', 115_000)).toBe('ended');
      expect(calls.play('r', 3, 115_000)).toBe('ended');
    });

    test('that is told something hears it to its end, whatever their patience, and is hung up by us', () => {
      const { clock, calls, emitted } = setUp();
      calls.begin(START, TO, WAITING);
      clock.set(112_000);
      expect(calls.play('r', 6, 112_000)).toBe('playing');
      clock.set(113_000);
      expect(calls.play('r', 6, 113_000)).toBe('again');
      clock.set(300_000);
      calls.live();
      expect(emitted.at(-1)).toMatchObject({ type: 'ended', at: 118_000, end: { by: 'us', talkS: 8 } });
    });

    test('taken up after a crash goes on with what was done to it', () => {
      const { clock, calls, emitted } = setUp();
      clock.set(1_000_000);
      const joins = [{ at: 112_000, agentId: 'anna' }];
      calls.restoreLive(START, TO, WAITING, new Set(['r-ringing', 'r-answered']), { ...LEFT_ALONE, joins });
      expect(emitted.map((e) => [e.eventId, e.at])).toEqual([
        ['r-joined', 112_000],
        ['r-ended', 172_000],
      ]);
    });
  });

  test('is listed with its past from the instant at which it was taken, a page at a time, none left out', () => {
    const { clock, calls } = setUp();
    for (let n = 1; n <= 501; n++) {
      clock.set(n);
      calls.begin({ ...START, attemptId: `c/${n}`, reference: `r${n}`, startedAt: n }, TO, PLAN);
    }
    clock.set(1_000_000);
    const first = calls.past(1, 0);
    expect(first.calls).toHaveLength(500);
    const rest = calls.past(1, first.next!);
    expect(rest).toMatchObject({ calls: [{ attemptId: 'c/501', acceptedAt: 501 }], next: null });
    expect(calls.past(500, 0).calls.map((call) => call.attemptId)).toEqual(['c/500', 'c/501']);
    expect(rest.calls[0]).toMatchObject({ to: TO, call: { status: 'ended' } });
  });
});
