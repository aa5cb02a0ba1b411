import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Pool } from 'undici';
import { messageOf } from '../../domain/failures.ts';
import type { WireEvent } from './wire.ts';

/** Events in one POST: about 30 kB, which a receiver reads at once. */
const MAX_BATCH = 100;
const MAX_IN_FLIGHT = 4;
/** A receiver that is away for the whole retention must not fill this process; about 100 MB. */
const MAX_QUEUED_EVENTS = 200_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;
const ANSWER_TIMEOUT_MS = 10_000;

interface Delivery {
  /** Kept over retries, as Standard Webhooks asks. */
  readonly id: string;
  readonly body: string;
  readonly eventIds: readonly string[];
  readonly since: number;
  tries: number;
}

export interface WebhookSender {
  /** Send these in as few requests as may be, after `delayMs` real ms. */
  send(events: readonly WireEvent[], delayMs: number): void;
  stats(): WebhookStats;
  close(): Promise<void>;
}

export interface WebhookStats {
  readonly requests: number;
  readonly delivered: number;
  readonly failedRequests: number;
  readonly dropped: number;
  readonly queued: number;
  readonly lastFailure: string | null;
}

/**
 * Sends signed events (Standard Webhooks: HMAC-SHA256 over id, timestamp and body; the timestamp is real
 * time) until the receiver says 2xx, with exponential backoff, for as long as the retention lasts. Order
 * is not kept, and a receiver that took a batch but whose answer was lost gets it again.
 */
export function createWebhookSender(options: {
  url: string;
  secret: string;
  retentionMs: number;
  onSettled: (kind: 'delivered' | 'dropped', eventIds: readonly string[]) => void;
}): WebhookSender {
  const url = new URL(options.url);
  const signer = new Webhook(options.secret);
  const pool = new Pool(url.origin, { connections: MAX_IN_FLIGHT, pipelining: 1 });
  const timers = new Set<NodeJS.Timeout>();
  const queue: Delivery[] = [];
  const counts = { requests: 0, delivered: 0, failedRequests: 0, dropped: 0 };
  let queuedEvents = 0;
  let inFlight = 0;
  let closed = false;
  let lastFailure: string | null = null;

  const later = (ms: number, act: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms);
    timers.add(timer);
  };

  const settle = (kind: 'delivered' | 'dropped', delivery: Delivery): void => {
    counts[kind] += delivery.eventIds.length;
    queuedEvents -= delivery.eventIds.length;
    options.onSettled(kind, delivery.eventIds);
  };

  const post = async (delivery: Delivery): Promise<string | null> => {
    const now = new Date();
    try {
      const answer = await pool.request({
        method: 'POST',
        path: `${url.pathname}${url.search}`,
        headers: {
          'content-type': 'application/json',
          'webhook-id': delivery.id,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
          'webhook-signature': signer.sign(delivery.id, now, delivery.body),
        },
        body: delivery.body,
        headersTimeout: ANSWER_TIMEOUT_MS,
        bodyTimeout: ANSWER_TIMEOUT_MS,
      });
      await answer.body.dump();
      return answer.statusCode >= 200 && answer.statusCode < 300 ? null : `status ${answer.statusCode}`;
    } catch (error) {
      return messageOf(error);
    }
  };

  const attempt = async (delivery: Delivery): Promise<void> => {
    counts.requests += 1;
    const failure = await post(delivery);
    if (closed) return;
    if (failure === null) return settle('delivered', delivery);
    counts.failedRequests += 1;
    lastFailure = failure;
    delivery.tries += 1;
    if (Date.now() - delivery.since >= options.retentionMs) return settle('dropped', delivery);
    later(Math.min(FIRST_BACKOFF_MS * 2 ** (delivery.tries - 1), MAX_BACKOFF_MS), () => {
      queue.push(delivery);
      pump();
    });
  };

  const pump = (): void => {
    while (!closed && inFlight < MAX_IN_FLIGHT) {
      const delivery = queue.shift();
      if (delivery === undefined) return;
      inFlight += 1;
      void attempt(delivery).finally(() => {
        inFlight -= 1;
        pump();
      });
    }
  };

  const enqueue = (events: readonly WireEvent[]): void => {
    for (let from = 0; from < events.length; from += MAX_BATCH) {
      const batch = events.slice(from, from + MAX_BATCH);
      const delivery: Delivery = {
        id: `msg_${randomUUID()}`,
        body: JSON.stringify({ events: batch }),
        eventIds: batch.map((e) => e.eventId),
        since: Date.now(),
        tries: 0,
      };
      queuedEvents += batch.length;
      if (queuedEvents > MAX_QUEUED_EVENTS) settle('dropped', delivery);
      else queue.push(delivery);
    }
    pump();
  };

  return {
    send: (events, delayMs) => {
      if (closed || events.length === 0) return;
      if (delayMs <= 0) enqueue(events);
      else later(delayMs, () => enqueue(events));
    },
    stats: () => ({ ...counts, queued: queuedEvents, lastFailure }),
    close: async () => {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      await pool.destroy();
    },
  };
}
