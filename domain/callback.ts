import type { CampaignCallbacks } from './campaign-callbacks.ts';
import { HOUR_MS, MINUTE_MS, type EpochMs } from './time.ts';
import type { ContactState } from './vocabulary.ts';

/**
 * A callback (预约回拨): a promise to call within a window. `promised` until an attempt is sent within the window
 * (`kept`), the window is over without one (`breached`, with the reason), or it is taken back (`cancelled`) (I11). One
 * that is moved stays the same promise: its steps tell from where, when, by whom and why.
 */
export const CALLBACK_STATUSES = ['promised', 'kept', 'breached', 'cancelled'] as const;
export type CallbackStatus = (typeof CALLBACK_STATUSES)[number];

/** Who wanted it: staff for them, the agent in the call, the person themself, or a rule of the campaign. */
export const CALLBACK_ASKERS = ['staff', 'agent', 'person', 'rule'] as const;
export type CallbackAsker = (typeof CALLBACK_ASKERS)[number];

/** Who moves a promise that the rules have no room for. */
export const ENGINE = 'engine';

export interface Window {
  /** Not before. */
  readonly fromAt: EpochMs;
  /** And before this. */
  readonly untilAt: EpochMs;
}

/** What happened to a promise on its way, in order; instants on the engine's clock. */
export type CallbackStep =
  /** It had this window, and was given another. */
  | {
      readonly kind: 'moved';
      readonly at: string;
      readonly by: string;
      /** Reason code of a rule; null: somebody wanted it so. */
      readonly reason: string | null;
      readonly from: string;
      readonly until: string;
    }
  /** The agent who owns it was told that it is near. */
  | { readonly kind: 'reminded'; readonly at: string; readonly by: string; readonly owner: string }
  /** Its owner was not free, and others take it. */
  | { readonly kind: 'fell_back'; readonly at: string; readonly by: string; readonly to: 'team' | 'anybody' };
export const CALLBACK_STEPS = ['moved', 'reminded', 'fell_back'] as const;

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

/** Whose promise it is, as its `owner` says. */
export type Owner =
  | { readonly kind: 'agent'; readonly agentId: string }
  | { readonly kind: 'team'; readonly team: string }
  /** An account that takes no calls. */
  | { readonly kind: 'account' };

export function ownerOf(owner: string): Owner {
  const agent = /^agent:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(owner);
  if (agent !== null) return { kind: 'agent', agentId: agent[1]! };
  return owner.startsWith('team:')
    ? { kind: 'team', team: owner.slice('team:'.length) }
    : { kind: 'account' };
}

/** A promise, as what is to be done about it goes by it. */
export interface OpenPromise extends Window {
  readonly owner: string;
  /** The rules were asked about the window that it has when it was made, or when it was given it. */
  readonly askedAt: EpochMs | null;
  /** They were asked when it fell due. */
  readonly dueAskedAt: EpochMs | null;
  readonly remindedAt: EpochMs | null;
  readonly fellBackAt: EpochMs | null;
}

/** What is due about a promise, in the order in which it is done. */
export type PromiseTask = 'ask' | 'remind' | 'ask_due' | 'fall_back';

/** Instants at which something is to be done about a promise, as things stand; what was done is left out. */
function tasksOf(promise: OpenPromise, callbacks: CampaignCallbacks): [PromiseTask, EpochMs][] {
  const { fromAt } = promise;
  const owner = ownerOf(promise.owner).kind;
  const tasks: [PromiseTask, EpochMs][] = [];
  if (promise.askedAt === null) tasks.push(['ask', -Infinity]);
  if (owner === 'agent' && promise.remindedAt === null) {
    tasks.push(['remind', fromAt - callbacks.remindBeforeMinutes * MINUTE_MS]);
  }
  if (promise.dueAskedAt === null) tasks.push(['ask_due', fromAt]);
  const { afterMinutes, to } = callbacks.fallback;
  const narrows = owner === 'agent' || (owner === 'team' && to !== 'team');
  if (narrows && to !== 'nobody' && promise.fellBackAt === null) {
    tasks.push(['fall_back', fromAt + afterMinutes * MINUTE_MS]);
  }
  return tasks;
}

export function dueTasks(promise: OpenPromise, callbacks: CampaignCallbacks, now: EpochMs): PromiseTask[] {
  return tasksOf(promise, callbacks).flatMap(([task, at]) => (at <= now ? [task] : []));
}

/** When the promise is to be looked at next; null: not before its window is over. */
export function nextLook(promise: OpenPromise, callbacks: CampaignCallbacks, now: EpochMs): EpochMs | null {
  const instants = tasksOf(promise, callbacks).map(([, at]) => Math.max(at, now));
  return instants.length === 0 ? null : Math.min(...instants);
}

/**
 * The window that a promise is given which the rules leave no room for before `allowedFrom`: as long as the one it had,
 * from then on. A promise is moved while its window lasts and never after: what is over is breached.
 * @param first the window that was promised before it was ever moved
 * @returns null: it stays where it is, since there is room in its window, or it would be moved too far.
 */
export function movedTo(
  promise: Window,
  first: Window,
  allowedFrom: EpochMs,
  limits: { readonly now: EpochMs; readonly moveWithinHours: number; readonly endsAt: EpochMs | null },
): Window | null {
  if (allowedFrom < promise.untilAt || limits.now >= promise.untilAt) return null;
  if (allowedFrom >= first.untilAt + limits.moveWithinHours * HOUR_MS) return null;
  if (limits.endsAt !== null && allowedFrom >= limits.endsAt) return null;
  return { fromAt: allowedFrom, untilAt: allowedFrom + (promise.untilAt - promise.fromAt) };
}

/** The window that was promised at first; somebody who moves it promises it anew. */
export function firstWindow(promise: Window, steps: readonly CallbackStep[]): Window {
  let first = promise;
  for (const step of steps.toReversed()) {
    if (step.kind !== 'moved') continue;
    if (step.by !== ENGINE) break;
    first = { fromAt: Date.parse(step.from), untilAt: Date.parse(step.until) };
  }
  return first;
}

/**
 * Who may take a callback's call now: its owner until the fallback's minutes of the window have gone by, then their team
 * or anybody, as the campaign says. Before the window, and where it is an account's, anybody.
 * @returns `heldUntil`: when others may take it as well; null: nobody is waited for
 */
export function takersAt(
  promise: Window & { readonly owner: string },
  { fallback }: CampaignCallbacks,
  now: EpochMs,
): { readonly who: 'owner' | 'team' | 'anybody'; readonly heldUntil: EpochMs | null } {
  const owner = ownerOf(promise.owner).kind;
  if (owner === 'account' || now < promise.fromAt || now >= promise.untilAt) {
    return { who: 'anybody', heldUntil: null };
  }
  const until = promise.fromAt + fallback.afterMinutes * MINUTE_MS;
  const isHeld = fallback.to === 'nobody' || now < until;
  const heldUntil = fallback.to === 'nobody' ? promise.untilAt : Math.min(until, promise.untilAt);
  if (owner === 'team') {
    if (isHeld) return { who: 'team', heldUntil };
    return { who: fallback.to === 'team' ? 'team' : 'anybody', heldUntil: null };
  }
  if (isHeld) return { who: 'owner', heldUntil };
  return { who: fallback.to === 'team' ? 'team' : 'anybody', heldUntil: null };
}
