/** The web server that Rightcall tells of events: checks the signature, writes the event down, and then says so. */
import { createServer } from 'node:http';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';

const BODY_MAX_BYTES = 256 * 1024;

/** @param secrets what signatures are checked with; two of them while a secret is being rotated */
export function createReceiver(store, secrets) {
  return createServer((request, response) => {
    const answer = (status) => response.writeHead(status).end();
    if (request.method !== 'POST' || request.url !== '/hooks/rightcall') return answer(404);
    const chunks = [];
    let size = 0;
    request.on('data', (chunk) => {
      size += chunk.length;
      if (size > BODY_MAX_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on('end', () => {
      const event = verified(Buffer.concat(chunks).toString('utf8'), request.headers, secrets());
      // Not signed by whom we know: nothing of it is believed.
      if (event === null) return answer(401);
      try {
        store.takeEvent(event);
        answer(204);
      } catch {
        // It could not be written down: asking for it again is all that is right.
        answer(500);
      }
    });
  });
}

/** The event if one of the secrets signed it a few minutes ago at most; null otherwise. */
function verified(text, headers, secrets) {
  for (const secret of secrets) {
    try {
      return new Webhook(secret).verify(text, headers);
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
    }
  }
  return null;
}
