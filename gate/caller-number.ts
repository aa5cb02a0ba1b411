import type { Tx } from '../db/client.ts';
import { keepCallerNumber } from '../db/repositories/attestations.ts';
import type { Vault } from '../db/vault/index.ts';
import type { CampaignDefinition } from '../domain/campaign.ts';
import { callerIdOf } from '../policies/index.ts';

/**
 * Keep what decisions see of the number that a campaign shows, with the same keyed pseudonym as numbers called have. The
 * gate reads it in its own statement, where there is no key.
 */
export async function keepCallerOf(
  tx: Tx,
  vault: Pick<Vault, 'numberHash'>,
  { callerId }: Pick<CampaignDefinition, 'callerId'>,
): Promise<void> {
  const { country, type, prefix } = callerIdOf(callerId);
  await keepCallerNumber(tx, {
    number: callerId,
    numberHash: vault.numberHash(tx.tenantId, callerId),
    country,
    numberType: type,
    prefix,
  });
}
