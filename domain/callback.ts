import type { EpochMs } from './time.ts';
import type { ContactState } from './vocabulary.ts';

/**
 * A callback (预约回拨): a promise to call within a window. `promised` until an attempt is sent within the window
 * (`kept`), the window is over without one (`breached`, with the reason), or it is taken back (`cancelled`) (I11).
 */
export const CALLBACK_STATUSES = ['promised', 'kept', 'breached', 'cancelled'] as const;
export type CallbackStatus = (typeof CALLBACK_STATUSES)[number];

/** Where a contact stood before the promise put it into the hopper. */
export interface ContactBefore {
  readonly state: ContactState;
  readonly reason: string | null;
  /** When it was due then; of a contact that waited. */
  readonly readyAt: EpochMs | null;
}

/**
 * Final states from which a promise takes a contact back into the hopper: the person said no final no, and the number
 * is one that can be called. All others stay as they are.
 */
const REOPENED_BY_PROMISE: readonly ContactState[] = ['completed', 'exhausted', 'converted'];

/** What a promise to a contact in `state` needs: nothing, the hopper to be entered anew, or it cannot be made. */
export function effectOfPromise(state: ContactState): 'moves' | 'stays' | 'reopens' | 'refused' {
  if (state === 'waiting') return 'moves';
  // A gate pass or a call is under way; what comes after it finds the promise.
  if (state === 'admitted') return 'stays';
  return REOPENED_BY_PROMISE.includes(state) ? 'reopens' : 'refused';
}

/** Whether a promise outlives a call that ended the contact in `state`: the call was not the one that was promised. */
export function outlives(state: ContactState): boolean {
  return REOPENED_BY_PROMISE.includes(state);
}
