import { stopDialling, type StopAck } from '../../db/stop.ts';
import type { Database } from '../../db/client.ts';
import { notifyWork } from '../../db/notify.ts';
import { campaignById } from '../../db/repositories/campaigns.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { endContactsOfPerson, personOfNumber } from '../../db/repositories/contacts.ts';
import { upsertSuppression, type SuppressionInput } from '../../db/repositories/suppressions.ts';
import type { Clock } from '../../domain/clock.ts';
import { notFound } from '../../domain/failures.ts';
import { toIso } from '../../domain/time.ts';

/**
 * Add a number to a do-not-call list and see to it that it holds: when this resolves, nothing is sent to it in the
 * entry's scope (I3), and contacts of the person who has it have ended as `suppressed` there. An entry that begins
 * later ends no contact yet: the gate applies it from its first instant.
 * @throws RightcallError `not_found` where the campaign it is limited to is not known.
 */
export async function suppressNumber(
  deps: { readonly db: Database; readonly clock: Clock },
  said: Author & { readonly tenantId: string },
  input: SuppressionInput,
): Promise<{ id: string; created: boolean; endedContacts: number; stop: StopAck }> {
  const personId = await deps.db.inTenant(said.tenantId, (tx) => personOfNumber(tx, input.numberHash));
  let entry = { id: '', created: false };
  let endedContacts = 0;
  const stop = await stopDialling(
    deps.db,
    deps.clock,
    {
      tenantId: said.tenantId,
      kind: 'suppression',
      scope: 'number',
      targetId: personId,
      numberHash: input.numberHash,
      by: said.by,
      detail: { list: input.list, scope: input.scope, campaignId: input.campaignId, purpose: input.purpose },
    },
    async (tx) => {
      if (input.campaignId !== null && (await campaignById(tx, input.campaignId)) === null) {
        throw notFound('the campaign');
      }
      const at = deps.clock.now();
      entry = await upsertSuppression(tx, input, { at, by: said.by });
      await recordChange(tx, {
        by: said.by,
        requestId: said.requestId,
        action: 'addSuppression',
        resource: 'suppression',
        resourceId: entry.id,
        before: null,
        after: {
          list: input.list,
          scope: input.scope,
          campaignId: input.campaignId,
          purpose: input.purpose,
          validFrom: toIso(input.validFrom),
          validUntil: input.validUntil === null ? null : toIso(input.validUntil),
          created: entry.created,
        },
        at,
      });
      const binds = input.validFrom <= at && (input.validUntil === null || input.validUntil > at);
      if (personId === null || !binds) return;
      endedContacts = await endContactsOfPerson(tx, {
        personId,
        state: 'suppressed',
        reason: `suppression.${input.scope}`,
        purposes: input.purpose === null ? null : [input.purpose],
        channels: null,
        campaignId: input.campaignId,
        at,
      });
      if (endedContacts > 0) await notifyWork(tx);
    },
  );
  return { ...entry, endedContacts, stop };
}
