import { DAY_MS, HOUR_MS, MINUTE_MS } from './time.ts';

/**
 * What customers' systems are told (docs/events.md). A type here is `com.rightcall.` + its name in the event itself.
 * The database's triggers write them (migration 0007); a value changed here is a change of contract.
 */
export const EVENT_TYPES = [
  'attempt.ended',
  'disposition.recorded',
  'conversion.recorded',
  'contact.finished',
  'contact.reopened',
  'consent.withdrawn',
  'suppression.added',
  'suppression.changed',
  'campaign.status_changed',
  'callback.promised',
  'callback.changed',
  'callback.kept',
  'callback.breached',
  'callback.cancelled',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Sent to one endpoint because somebody asked for it; no endpoint subscribes to it. */
export const TEST_EVENT = 'endpoint.test';

/** Every type there is and will be. */
export const EVERY_EVENT = '*';

export const EVENT_TYPE_PREFIX = 'com.rightcall.';

/** `contact`: events of one contact one after the other, in the order in which things happened. */
export const ENDPOINT_ORDERS = ['contact', 'none'] as const;
export type EndpointOrder = (typeof ENDPOINT_ORDERS)[number];

/** `dead`: given up; it can be replayed. `cancelled`: its endpoint was removed. */
export const DELIVERY_STATES = ['pending', 'delivered', 'dead', 'cancelled'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Why a try failed. `status`: an answer that is not 2xx. `address`: the host leads where nothing is sent. */
export const DELIVERY_FAULTS = [
  'status',
  'redirect',
  'timeout',
  'connection',
  'tls',
  'address',
  'gone',
] as const;
export type DeliveryFault = (typeof DELIVERY_FAULTS)[number];

/** When a failed delivery is tried again, and when it is given up. All real ms. */
export interface RetryPlan {
  /** Before the second try, the third, …; the last one repeats. */
  readonly delaysMs: readonly number[];
  /** A try that fails this long after the delivery was made is the last. */
  readonly giveUpAfterMs: number;
  /** Failures of an endpoint in a row after which it is left alone for a while, and then tried with one delivery. */
  readonly restAfterFailures: number;
  readonly restMs: readonly number[];
}

/** The schedule that docs/events.md states. */
export const RETRY_PLAN: RetryPlan = {
  delaysMs: [5_000, 30_000, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS],
  giveUpAfterMs: 3 * DAY_MS,
  restAfterFailures: 5,
  restMs: [5_000, 15_000, 30_000, MINUTE_MS, 5 * MINUTE_MS],
};

/** A receiver's Retry-After is honoured up to here: longer than the schedule's longest pause makes no sense. */
export const RETRY_AFTER_MAX_MS = 6 * HOUR_MS;
/** Tries of many deliveries that failed together are spread by this share either way. */
const SPREAD = 0.1;

/** How one try ended. */
export type TryResult =
  | { readonly kind: 'delivered'; readonly status: number }
  | {
      readonly kind: 'failed';
      readonly fault: DeliveryFault;
      readonly status: number | null;
      /** What the receiver asked for, real ms; null: nothing. */
      readonly retryAfterMs: number | null;
    };

export type NextTry = { readonly kind: 'again'; readonly inMs: number } | { readonly kind: 'dead' };

/**
 * What follows a failed try of a delivery.
 * @param attempts tries so far, this one included
 * @param ageMs real ms since the delivery was made
 * @param chance 0 to 1, drawn anew for each
 */
export function nextTry(
  plan: RetryPlan,
  attempts: number,
  ageMs: number,
  retryAfterMs: number | null,
  chance: number,
): NextTry {
  if (ageMs >= plan.giveUpAfterMs) return { kind: 'dead' };
  const planned = plan.delaysMs[Math.min(attempts, plan.delaysMs.length) - 1] ?? 0;
  const spread = planned * (1 + SPREAD * (2 * chance - 1));
  const asked = Math.min(retryAfterMs ?? 0, RETRY_AFTER_MAX_MS);
  // The last try comes at the end of the time, not after it.
  return { kind: 'again', inMs: Math.round(Math.min(Math.max(spread, asked), plan.giveUpAfterMs - ageMs)) };
}

/** How long (real ms) an endpoint is left alone after so many failures in a row; 0: not at all. */
export function restAfter(plan: RetryPlan, failuresInRow: number): number {
  const over = failuresInRow - plan.restAfterFailures;
  return over < 0 ? 0 : plan.restMs[Math.min(over, plan.restMs.length - 1)]!;
}
