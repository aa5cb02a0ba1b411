import { claimAttempt, type ClaimResult } from '../../activities/calls/claim.ts';
import { claimDue, waitingCohorts, type ClaimedBatch } from '../../activities/pace/claim-due.ts';
import { mixingOf } from '../../activities/pace/due-by-turns.ts';
import { judgeContacts } from '../../activities/services/judge-contacts.ts';
import { campaignById, lockCampaign, reviseCampaign } from '../../db/repositories/campaigns.ts';
import { RANKS } from '../../db/repositories/hopper.ts';
import { campaignDefinitionSchema, type CampaignDefinitionInput } from '../../domain/campaign.ts';
import type { TestEngine } from '../support/engine.ts';

export type Rules = NonNullable<CampaignDefinitionInput['rules']>;

/** Campaigns with rules in an engine, and what tests of them do over and over. */
export function ruledBy(engine: TestEngine) {
  const query = <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
    engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));

  return {
    query,

    /** A contact with these attributes, from a list of this name. */
    contact: async (
      campaignId: string,
      attributes: Record<string, unknown> = {},
      list: string | null = null,
    ): Promise<string> => {
      const { contactId, personId } = await engine.addContact(campaignId);
      const sealed = await engine.vault.sealAttributes(engine.tenantId, personId, contactId, attributes);
      if (sealed.kind !== 'opened') throw new Error('erased');
      const [file] =
        list === null
          ? [{ id: null }]
          : await query<{ id: string }>(
              `INSERT INTO imports (tenant_id, id, kind, campaign_id, source_name, content_hash, options, status,
                                    rows_done, counts, created_real)
               VALUES ($1, gen_random_uuid(), 'contacts', $2, $3, gen_random_uuid()::text, '{}', 'completed', 0, '{}',
                       now())
               RETURNING id`,
              campaignId,
              list,
            );
      await query(
        'UPDATE contacts SET attributes = $3, import_id = $4 WHERE tenant_id = $1 AND id = $2',
        contactId,
        sealed.value,
        file.id,
      );
      return contactId;
    },

    judge: async (): Promise<void> => {
      while (await judgeContacts(engine, engine.tenantId)) {
        // One batch after the other.
      }
    },

    stateOf: async (contactId: string) => {
      const [row] = await query<{
        state: string;
        reason: string | null;
        priority: number;
        rank: number;
        quotas: string[] | null;
      }>(
        `SELECT state, state_reason AS reason, priority, rank, quotas FROM contacts
         WHERE tenant_id = $1 AND id = $2`,
        contactId,
      );
      return row!;
    },

    revise: (campaignId: string, rules: Rules): Promise<void> =>
      engine.db.inTenant(engine.tenantId, async (tx) => {
        const row = (await lockCampaign(tx, campaignId))!;
        const definition = campaignDefinitionSchema.parse({ ...row.definition, rules });
        const { carrierId } = row;
        await reviseCampaign(tx, row, { definition, carrierId, by: 'test', at: engine.clock.now() });
      }),

    claimBatch: (
      campaignId: string,
      limit = 10,
      ranks: (typeof RANKS)['own'] | (typeof RANKS)['escalated'] = RANKS.own,
    ): Promise<ClaimedBatch> =>
      engine.db.inTenant(engine.tenantId, async (tx) => {
        const { definition } = (await campaignById(tx, campaignId))!;
        const cohorts = await waitingCohorts(tx, campaignId);
        return claimDue(tx, engine, campaignId, cohorts, limit, ranks, mixingOf(definition));
      }),

    gate: async (campaignId: string, contactId: string): Promise<ClaimResult> => {
      const [row] = await query<{ admission: number }>(
        `UPDATE contacts SET state = 'admitted', admissions = admissions + 1, admitted_real = now()
         WHERE tenant_id = $1 AND id = $2 RETURNING admissions AS admission`,
        contactId,
      );
      return engine.db.inTenant(engine.tenantId, (tx) =>
        claimAttempt(tx, engine, { campaignId, contactId, admission: row!.admission }),
      );
    },

    /** The call ends so, and its result is drawn. */
    end: async (contactId: string, outcome: string, disposition: string | null = null): Promise<void> => {
      await query(
        `UPDATE attempts SET state = 'ended', outcome = $3, disposition = $4, result = '{}'
         WHERE tenant_id = $1 AND contact_id = $2 AND state = 'claimed'`,
        contactId,
        outcome,
        disposition,
      );
    },
  };
}
