import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { recordChange, type Author } from './changes.ts';
import type { ConsentEventInput } from './consents.ts';

/**
 * Record a grant or a withdrawal in the change log: what was said, but for `source` and `basis`, which are free text,
 * in which a number or name may stand.
 */
export async function recordConsentChange(
  tx: Tx,
  said: Author,
  operationId: 'grantConsent' | 'withdrawConsent',
  stated: Omit<ConsentEventInput, 'kind'>,
  done: { eventId: string; at: EpochMs; reopenedContacts?: number; endedContacts?: number },
): Promise<void> {
  const { eventId, at, reopenedContacts, endedContacts } = done;
  await recordChange(tx, {
    by: said.by,
    requestId: said.requestId,
    action: operationId,
    resource: 'person',
    resourceId: stated.personId,
    before: null,
    after: {
      eventId,
      purposes: stated.purposes,
      channels: stated.channels,
      level: stated.level,
      occurredAt: toIso(stated.occurredAt),
      ...(reopenedContacts === undefined ? {} : { reopenedContacts }),
      ...(endedContacts === undefined ? {} : { endedContacts }),
    },
    at,
  });
}
