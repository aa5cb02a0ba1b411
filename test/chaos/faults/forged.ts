import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { request } from 'undici';

/**
 * Events that the carrier never sent, by somebody who knows the address and not the secret: signed with another secret,
 * not signed at all, and with a body changed under its signature. None may be taken.
 * @returns the statuses that were answered; null where nothing was
 */
export async function sendForgeries(url: string, attemptId: string): Promise<(number | null)[]> {
  const at = new Date();
  const id = `msg_${randomBytes(8).toString('hex')}`;
  const event = {
    eventId: `evt_${randomBytes(8).toString('hex')}`,
    attemptId,
    reference: 'forged',
    type: 'ended',
    at: at.getTime(),
  };
  const body = JSON.stringify({ events: [event] });
  const other = new Webhook(`whsec_${randomBytes(32).toString('base64')}`);
  const headers = (signature: string | null): Record<string, string> => ({
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    ...(signature === null ? {} : { 'webhook-signature': signature }),
  });
  const send = async (signature: string | null, text: string): Promise<number | null> => {
    try {
      const answer = await request(url, {
        method: 'POST',
        headers: headers(signature),
        body: text,
        signal: AbortSignal.timeout(5_000),
      });
      await answer.body.dump();
      return answer.statusCode;
    } catch {
      return null;
    }
  };
  return [
    await send(other.sign(id, at, body), body),
    await send(null, body),
    await send(other.sign(id, at, body), body.replace('ended', 'answered')),
  ];
}
