import { Webhook } from 'standardwebhooks';
import { EVENT_TYPE_PREFIX } from '../../domain/outgoing.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Clock } from '../../domain/clock.ts';
import type { OutgoingEvent } from '../../db/repositories/outgoing-events.ts';

/** CloudEvents 1.0, structured mode (cloudevents.io), with the extensions `sequence` and `partitionkey`. */
export interface CloudEvent {
  readonly specversion: '1.0';
  /** The same at every try and every replay: what receivers deduplicate by. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** Orders the events of one source as they were recorded; as text too. */
  readonly sequence: string;
  /** What order is kept by: the contact, or what else the event is about. */
  readonly partitionkey: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export const CONTENT_TYPE = 'application/cloudevents+json';
/** Digits of the largest bigint, so that sequences compare as texts. */
const SEQUENCE_DIGITS = 19;

/** The event as it is sent. The same event is the same text at every try. */
export function cloudEvent(
  tenantId: string,
  event: OutgoingEvent,
  clock: Clock,
  nowReal: EpochMs,
): CloudEvent {
  return {
    specversion: '1.0',
    id: event.id,
    source: `/rightcall/tenants/${tenantId}`,
    type: EVENT_TYPE_PREFIX + event.type,
    subject: event.subject,
    time: toIso(event.at ?? onEngineClock(event.recordedReal, clock, nowReal)),
    datacontenttype: 'application/json',
    sequence: String(event.seq).padStart(SEQUENCE_DIGITS, '0'),
    partitionkey: event.orderKey,
    data: event.data,
  };
}

/** A real instant on the engine's clock; the same unless a rehearsal scales it. */
function onEngineClock(real: EpochMs, clock: Clock, nowReal: EpochMs): EpochMs {
  return clock.speed === 1 ? real : Math.round(clock.now() - (nowReal - real) * clock.speed);
}

/**
 * Headers of Standard Webhooks 1.0.0, with a signature for each secret: during a rotation the old one signs too.
 * @param nowReal the instant of this very try; receivers refuse one far from their own clock
 */
export function signedHeaders(
  secrets: readonly string[],
  id: string,
  body: string,
  nowReal: EpochMs,
): Record<string, string> {
  const at = new Date(nowReal);
  return {
    'content-type': CONTENT_TYPE,
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(nowReal / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  };
}
