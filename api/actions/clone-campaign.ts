import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../../db/client.ts';
import {
  copyContacts,
  countUnreached,
  readUnreached,
  type UnreachedContact,
} from '../../db/repositories/campaign-copies.ts';
import { campaignById, insertCampaign, type CampaignRow } from '../../db/repositories/campaigns.ts';
import { carrierByName } from '../../db/repositories/carriers.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { RightcallError, invalidInput, notFound } from '../../domain/failures.ts';
import { parseCampaignDefinition } from '../../domain/faults.ts';
import { keepCallerOf } from '../../gate/caller-number.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { ApiDeps, ApiVault } from '../deps.ts';
import { teamFaults } from './agent-faults.ts';
import { mergePatch, recordedDefinition } from './change-campaign.ts';
import { campaignRuleFaults } from './rule-faults.ts';

/** More contacts than this are imported, not copied: each one's attributes are opened and sealed again in a request. */
export const CLONED_CONTACTS_MAX = 100_000;
/** Contacts read, sealed and written at a time. */
const BATCH = 1_000;

export interface CloneRequest extends Author {
  readonly tenantId: string;
  readonly campaignId: string;
  readonly name: string;
  /** JSON merge patch of the definition it is made from. */
  readonly changes: Readonly<Record<string, unknown>>;
  readonly contacts: 'none' | 'unreached';
}

/**
 * Make a draft after another campaign, whatever state that is in.
 * @returns the draft, and how many contacts were copied into it.
 * @throws RightcallError `invalid_input` where the changes make no valid definition; `refused` for too many contacts.
 */
export async function cloneCampaign(
  deps: Pick<ApiDeps, 'db' | 'clock' | 'vault'>,
  request: CloneRequest,
): Promise<{ campaign: CampaignRow; contacts: number }> {
  return deps.db.inTenant(request.tenantId, async (tx) => {
    const source = await campaignById(tx, request.campaignId);
    if (source === null) throw notFound('the campaign');
    const { name } = request;
    const definition = parseCampaignDefinition(mergePatch(source.definition, { ...request.changes, name }));
    const faults = [...(await teamFaults(tx, definition)), ...(await campaignRuleFaults(tx, definition))];
    if (faults.length > 0) throw invalidInput(faults);
    const at = deps.clock.now();
    const carrier = await carrierByName(tx, definition.carrier);
    const { by, requestId } = request;
    const campaign = await insertCampaign(tx, {
      id: uuidv7(),
      definition,
      carrierId: carrier?.id ?? null,
      by,
      at,
    });
    await keepCallerOf(tx, deps.vault, definition);
    const contacts =
      request.contacts === 'none' ? 0 : await copyUnreached(tx, deps.vault, source.id, campaign.id, at);
    await recordChange(tx, {
      by,
      requestId,
      action: 'cloneCampaign',
      resource: 'campaign',
      resourceId: campaign.id,
      before: null,
      after: { revision: 1, definition: recordedDefinition(definition), clonedFrom: source.id, contacts },
      at,
    });
    return { campaign, contacts };
  });
}

async function copyUnreached(
  tx: Tx,
  vault: ApiVault,
  from: string,
  to: string,
  at: EpochMs,
): Promise<number> {
  if ((await countUnreached(tx, from, CLONED_CONTACTS_MAX + 1)) > CLONED_CONTACTS_MAX) {
    throw new RightcallError('refused', 'too many contacts to copy in one request', {
      faults: [
        {
          field: 'contacts',
          fault: `are more than ${CLONED_CONTACTS_MAX}`,
          expected: '"none", and the list imported into the clone (POST /v1/campaigns/{campaignId}/imports)',
        },
      ],
    });
  }
  let copied = 0;
  let after: string | null = null;
  for (;;) {
    const contacts = await readUnreached(tx, from, after, BATCH);
    const copies = await resealed(tx.tenantId, vault, contacts);
    if (copies.length > 0) await copyContacts(tx, to, copies, at);
    copied += copies.length;
    after = contacts.at(-1)?.id ?? null;
    if (contacts.length < BATCH) return copied;
  }
}

interface Copy {
  readonly from: string;
  readonly id: string;
  readonly attributes: Buffer | null;
}

/** Attributes are sealed to the contact they belong to; whose key is gone by now is left out. */
async function resealed(
  tenantId: string,
  vault: ApiVault,
  contacts: readonly UnreachedContact[],
): Promise<Copy[]> {
  const withAttributes = contacts.filter((contact) => contact.attributes !== null);
  const sealers = await vault.sealersOf(tenantId, [...new Set(withAttributes.map((c) => c.personId))]);
  try {
    return contacts.flatMap<Copy>(({ id: from, personId, attributes }) => {
      const id = uuidv7();
      if (attributes === null) return [{ from, id, attributes }];
      const sealer = sealers.get(personId);
      if (sealer === undefined) return [];
      return [{ from, id, attributes: sealer.sealAttributes(id, sealer.openAttributes(from, attributes)) }];
    });
  } finally {
    for (const sealer of sealers.values()) sealer.dispose();
  }
}
