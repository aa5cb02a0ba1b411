import { describe, expect, it } from 'vitest';
import { checkPromise, STALE_PROMISE_MS } from '../../audit/checks/promises.ts';
import type { StoredPromise } from '../../audit/records.ts';
import type { CallbackStep } from '../../domain/callback.ts';
import { HOUR_MS, toIso } from '../../domain/time.ts';
import { AT, CONTACT, REAL } from './records.ts';

/** A promise of the hour from `AT` on that was kept, for tests to spoil one field of. */
function promise(more: Partial<StoredPromise> = {}): StoredPromise {
  return {
    id: '018f0000-0000-7000-8000-00000000000c',
    contactId: CONTACT,
    fromAt: AT,
    untilAt: AT + HOUR_MS,
    status: 'kept',
    steps: [],
    reason: null,
    keptAt: AT,
    sentInWindow: `${CONTACT}/1`,
    contactState: 'completed',
    settledAt: AT + 60_000,
    askedWhenDue: true,
    passedReal: null,
    ...more,
  };
}

const breached = (more: Partial<StoredPromise> = {}) =>
  promise({
    status: 'breached',
    reason: 'no_capacity',
    keptAt: null,
    sentInWindow: null,
    settledAt: AT + HOUR_MS,
    ...more,
  });
const open = (more: Partial<StoredPromise> = {}) =>
  promise({
    status: 'promised',
    keptAt: null,
    sentInWindow: null,
    settledAt: null,
    contactState: 'waiting',
    ...more,
  });

/** It stood two hours earlier, and was moved as it fell due. */
const moved = (more: Partial<Extract<CallbackStep, { kind: 'moved' }>> = {}): CallbackStep => ({
  kind: 'moved',
  at: toIso(AT - 2 * HOUR_MS),
  by: 'engine',
  reason: 'hours',
  from: toIso(AT - 2 * HOUR_MS),
  until: toIso(AT - HOUR_MS),
  ...more,
});

const found = (of: StoredPromise) => checkPromise(of, REAL);

describe('I11: finds nothing against a promise', () => {
  it.each([
    ['kept by a call within its window', promise()],
    ['breached with its reason', breached()],
    ['taken back with its reason', breached({ status: 'cancelled', askedWhenDue: false })],
    ['moved by the engine with its reason', promise({ steps: [moved()] })],
    [
      'moved twice',
      promise({
        steps: [
          moved({
            at: toIso(AT - 4 * HOUR_MS),
            from: toIso(AT - 4 * HOUR_MS),
            until: toIso(AT - 3 * HOUR_MS),
          }),
          moved(),
        ],
      }),
    ],
    [
      'moved by somebody to where and as long as they liked',
      promise({ steps: [moved({ by: 'key:a', reason: null, until: toIso(AT + HOUR_MS) })] }),
    ],
    ['breached before its window, with its contact', breached({ settledAt: AT - 1, askedWhenDue: false })],
    ['that is open', open()],
    ['whose window has just passed', open({ passedReal: REAL - STALE_PROMISE_MS })],
  ])('%s', (_, of) => {
    expect(found(of)).toEqual({ violations: [], warnings: [] });
  });
});

describe('I11: finds', () => {
  it.each<[string, StoredPromise, string]>([
    ['one kept by a call that was never sent', promise({ keptAt: null }), 'never sent'],
    ['one kept by a call before its window', promise({ keptAt: AT - 1 }), 'is kept by an attempt sent at'],
    [
      'one kept by a call after its window',
      promise({ keptAt: AT + HOUR_MS }),
      'is kept by an attempt sent at',
    ],
    ['one breached without a reason', breached({ reason: null }), 'is breached without a reason'],
    [
      'one taken back without a reason',
      breached({ status: 'cancelled', reason: null }),
      'is cancelled without a reason',
    ],
    [
      'one breached though it was called',
      breached({ sentInWindow: `${CONTACT}/1` }),
      'was sent within its window',
    ],
    ['one that is open with its contact done', open({ contactState: 'denied' }), 'its contact is denied'],
    ['one moved without a reason', promise({ steps: [moved({ reason: null })] }), 'without a reason'],
    [
      'one moved once its window was over',
      promise({ steps: [moved({ at: toIso(AT - HOUR_MS) })] }),
      'when its window was over',
    ],
    [
      'one moved into the window that had no room',
      promise({ steps: [moved({ from: toIso(AT - HOUR_MS + 1), until: toIso(AT + 1) })] }),
      'was moved by the engine to',
    ],
    [
      'one made shorter by a move',
      promise({ steps: [moved({ from: toIso(AT - 3 * HOUR_MS) })] }),
      'was moved by the engine to',
    ],
    [
      'one moved into itself on the way',
      promise({ steps: [moved(), moved()] }),
      'was moved by the engine to',
    ],
  ])('%s', (_, of, what) => {
    expect(found(of)).toEqual({
      violations: [expect.objectContaining({ what: expect.stringContaining(what) as string })],
      warnings: [],
    });
  });

  it.each<[string, StoredPromise, string]>([
    [
      'one long over that nobody settled',
      open({ passedReal: REAL - STALE_PROMISE_MS - 1 }),
      'is open, its window over',
    ],
    [
      'one about which nobody asked the rules when it fell due',
      breached({ askedWhenDue: false }),
      'nobody asked the rules',
    ],
  ])('and points out %s', (_, of, what) => {
    expect(found(of)).toEqual({
      violations: [],
      warnings: [expect.objectContaining({ what: expect.stringContaining(what) as string })],
    });
  });
});
