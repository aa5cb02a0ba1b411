import type { Clock } from '../../domain/clock.ts';
import { deliveryDelaysMs, type FaultSettings } from './faults.ts';
import { eventJournalPath, openJournal, type EventLine } from './journal.ts';
import { createWebhookSender, type WebhookStats } from './webhooks.ts';
import type { SimulatorSettings } from './options.ts';
import type { WireEvent } from './wire.ts';

export interface EventOutlet {
  /** An event happened: record it, then send it, with the others of the same few milliseconds. */
  emit(event: WireEvent): void;
  /** Send events of before a restart that nobody took. */
  resend(events: readonly WireEvent[]): void;
  stats(): WebhookStats;
  close(): Promise<void>;
}

const NOTHING_SENT: WebhookStats = {
  requests: 0,
  delivered: 0,
  failedRequests: 0,
  dropped: 0,
  queued: 0,
  lastFailure: null,
};

/** Journal first, webhook second: an event that was sent is always on record, whatever is killed when. */
export function createEventOutlet(
  settings: SimulatorSettings,
  clock: Clock,
  faults: () => FaultSettings,
): EventOutlet {
  const journal = openJournal<EventLine>(eventJournalPath(settings.logFile));
  const settle = (kind: 'delivered' | 'dropped' | 'withheld', eventIds: readonly string[]): void =>
    journal.append({ kind, at: clock.now(), eventIds: [...eventIds] });
  const sender =
    settings.webhookUrl === null
      ? null
      : createWebhookSender({
          url: settings.webhookUrl,
          secret: settings.webhookSecret!,
          retentionMs: settings.webhookRetentionMs,
          onSettled: settle,
        });
  let waiting: WireEvent[] = [];
  let timer: NodeJS.Timeout | null = null;

  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const events = waiting;
    waiting = [];
    journal.append(...events.map((event) => ({ kind: 'event' as const, event })));
    if (sender === null) return;
    const byDelay = new Map<number, WireEvent[]>();
    const withheld: string[] = [];
    for (const event of events) {
      const delays = deliveryDelaysMs(faults(), settings.seed, event.eventId);
      if (delays.length === 0) withheld.push(event.eventId);
      for (const delayMs of delays) byDelay.set(delayMs, [...(byDelay.get(delayMs) ?? []), event]);
    }
    if (withheld.length > 0) settle('withheld', withheld);
    for (const [delayMs, batch] of byDelay) sender.send(batch, delayMs);
  };

  return {
    emit: (event) => {
      waiting.push(event);
      timer ??= setTimeout(flush, settings.batchWindowMs);
    },
    resend: (events) => sender?.send(events, 0),
    stats: () => sender?.stats() ?? NOTHING_SENT,
    close: async () => {
      flush();
      await sender?.close();
      journal.close();
    },
  };
}
