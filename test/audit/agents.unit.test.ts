import { describe, expect, it } from 'vitest';
import { checkAgentCalls, checkSeat, STALE_SEAT_MS } from '../../audit/checks/agents.ts';
import type { StoredAgentCall, StoredSeat } from '../../audit/records.ts';

const REAL = Date.parse('2026-11-20T02:00:00Z');
const call = (n: number, connectedReal: number, endedReal: number | null): StoredAgentCall => ({
  attemptId: `c${n}/1`,
  agentId: 'anna',
  connectedReal,
  endedReal,
});
const seat = (more: Partial<StoredSeat>): StoredSeat => ({
  agentId: 'anna',
  state: 'in_call',
  attemptId: 'c1/1',
  previewId: null,
  leaseUntilReal: null,
  callState: 'connected',
  previewOpen: false,
  ...more,
});

describe('I10 agents', () => {
  it('finds nothing against calls one after the other, the last of which goes on', () => {
    expect(checkAgentCalls([call(1, 0, 10), call(2, 10, 20), call(3, 25, null)])).toEqual([]);
  });

  it.each([
    ['joined to another before the last was over', [call(1, 0, 10), call(2, 9, 20)], 1],
    ['joined to another while one goes on', [call(1, 0, null), call(2, 9, 20)], 1],
    ['joined to two during a long one', [call(1, 0, 100), call(2, 10, 20), call(3, 30, 40)], 2],
  ])('catches an agent %s', (_name, calls, found) => {
    expect(checkAgentCalls(calls)).toHaveLength(found);
  });

  it('finds nothing against seats at what is open and theirs', () => {
    for (const open of [
      seat({}),
      seat({ state: 'wrap_up', callState: 'wrap_up' }),
      seat({ state: 'reserved', callState: 'reserved', leaseUntilReal: REAL }),
      seat({ state: 'reserved', callState: 'connecting', leaseUntilReal: REAL }),
      seat({ state: 'reserved', attemptId: null, previewId: 'p', previewOpen: true, leaseUntilReal: 0 }),
    ]) {
      expect(checkSeat(open, REAL)).toEqual({ violations: [], warnings: [] });
    }
  });

  it.each([
    ['talks on a call that is over', { callState: 'over' }],
    ['talks on a call that is not theirs', { callState: null }],
    ['writes down a call that goes on', { state: 'wrap_up' }],
    ['is kept for a call that is over', { state: 'reserved', callState: 'over', leaseUntilReal: 0 }],
    [
      'is kept for a preview that is settled',
      { state: 'reserved', attemptId: null, previewId: 'p', callState: null },
    ],
  ])('catches one who %s', (_name, more) => {
    expect(checkSeat(seat(more), REAL).violations).toHaveLength(1);
  });

  it('points out one who is kept for nothing until the sweeper has had its time', () => {
    const kept = seat({ state: 'reserved', callState: 'over', leaseUntilReal: REAL });
    expect(checkSeat(kept, REAL + STALE_SEAT_MS)).toMatchObject({ violations: [], warnings: [{}] });
    expect(checkSeat(kept, REAL + STALE_SEAT_MS + 1).violations).toHaveLength(1);
  });
});
