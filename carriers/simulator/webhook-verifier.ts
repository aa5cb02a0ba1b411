import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { invalidInput, messageOf } from '../../domain/failures.ts';
import type { WebhookResult, WebhookVerifier } from '../port.ts';
import { callEndOf } from './read-end.ts';
import { webhookBodySchema } from './wire.ts';

/** Standard Webhooks: refuse deliveries signed more than five minutes from now, so that none can be replayed later. */
const TOLERANCE_MS = 5 * 60_000;

/**
 * Checks and reads the simulator's deliveries. Signature and age are in real time, whatever the clock of
 * the rehearsal; `at` in the events is on that clock.
 * @throws RightcallError `invalid_input` when the secret is not one of Standard Webhooks
 */
export function createSimulatorWebhookVerifier(options: { readonly secret: string }): WebhookVerifier {
  const webhook = webhookFor(options.secret);
  return {
    read: (headers, body): WebhookResult => {
      const lower = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v]));
      const stamp = lower['webhook-timestamp'] ?? '';
      if (!/^\d{1,12}$/.test(stamp))
        return refused('timestamp', 'webhook-timestamp is missing or not seconds');
      const offMs = Math.abs(Date.now() - Number(stamp) * 1000);
      if (offMs > TOLERANCE_MS) return refused('timestamp', 'webhook-timestamp is over five minutes off');
      try {
        webhook.verify(body, lower, { jsonParse: false });
      } catch (error) {
        if (error instanceof WebhookVerificationError) return refused('signature', error.message);
        throw error;
      }
      return readEvents(body);
    },
  };
}

function readEvents(body: string): WebhookResult {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    return refused('unreadable', messageOf(error));
  }
  const parsed = webhookBodySchema.safeParse(value);
  if (!parsed.success) {
    return refused(
      'unreadable',
      parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '),
    );
  }
  const events = parsed.data.events.map(({ end, ...event }) => ({
    ...event,
    end: end === null ? null : callEndOf(event.at, end),
  }));
  return { kind: 'events', events };
}

function webhookFor(secret: string): Webhook {
  try {
    return new Webhook(secret);
  } catch {
    throw invalidInput([
      {
        field: 'carrier.webhookSecret',
        fault: 'is not a webhook secret',
        expected: 'whsec_ followed by base64',
      },
    ]);
  }
}

function refused(reason: 'signature' | 'timestamp' | 'unreadable', detail: string): WebhookResult {
  return { kind: 'refused', reason, detail };
}
