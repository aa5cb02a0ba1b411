import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../../db/client.ts';
import { notifyWork } from '../../db/notify.ts';
import { lockCampaign, reviseCampaign, type CampaignRow } from '../../db/repositories/campaigns.ts';
import { carrierByName } from '../../db/repositories/carriers.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Clock } from '../../domain/clock.ts';
import { RightcallError, conflict, invalidInput, notFound, type Fault } from '../../domain/failures.ts';
import { parseCampaignDefinition } from '../../domain/faults.ts';
import { maskNumber } from '../../domain/mask.ts';
import { keepCallerOf } from '../../gate/caller-number.ts';
import type { ApiVault } from '../deps.ts';
import { abandonFaults } from './abandon-faults.ts';
import { teamFaults } from './agent-faults.ts';
import { campaignRuleFaults } from './rule-faults.ts';
import { scriptFaults } from './script-faults.ts';

/** Why a part stays as it is once dialling has begun. Everything else may change while the campaign runs. */
const FIXED_ONCE_STARTED = {
  purpose: 'consents, caps and the attempts already made are counted by it',
  channel: 'consents and the attempts already made are counted by it',
} as const satisfies Partial<Record<keyof CampaignDefinition, string>>;

/**
 * Apply a JSON merge patch (RFC 7396: null takes a part back to its default) to a campaign's definition as a new
 * revision; the old ones are kept. Rules bind from the next admission on; calls under way end as they began.
 * @param change.ifRevision the revision the patch was made for.
 * @throws RightcallError `precondition_failed` when it is another by now, `refused` for what cannot change any
 * more, `invalid_input` for a definition that is not valid.
 */
export async function changeCampaign(
  deps: { db: Database; clock: Clock; vault: ApiVault },
  change: Author & {
    readonly tenantId: string;
    readonly campaignId: string;
    readonly patch: Readonly<Record<string, unknown>>;
    readonly ifRevision: number;
  },
): Promise<CampaignRow> {
  return deps.db.inTenant(change.tenantId, async (tx) => {
    const campaign = await lockCampaign(tx, change.campaignId);
    if (campaign === null) throw notFound('the campaign');
    if (campaign.revision !== change.ifRevision) {
      const detail = `the campaign is at revision ${campaign.revision}, the change was made for ${change.ifRevision}`;
      throw new RightcallError('precondition_failed', detail);
    }
    if (campaign.status === 'stopped' || campaign.status === 'completed') {
      throw conflict(`the campaign is ${campaign.status}; its definition is kept as it was`);
    }
    const definition = parseCampaignDefinition(mergePatch(campaign.definition, change.patch));
    const unknown = [
      ...(await teamFaults(tx, definition)),
      ...(await abandonFaults(tx, definition, deps.clock.now())),
      ...(await campaignRuleFaults(tx, definition)),
    ];
    if (unknown.length > 0) throw invalidInput(unknown);
    const carrier = await carrierByName(tx, definition.carrier);
    const faults =
      campaign.status === 'draft'
        ? []
        : [
            ...changeFaults(campaign.definition, definition, carrier !== null),
            ...(await scriptFaults(tx, definition)),
          ];
    if (faults.length > 0) {
      throw new RightcallError('refused', 'this cannot change once the campaign was started', { faults });
    }
    if (isDeepStrictEqual(definition, campaign.definition)) return campaign;
    const carrierId = carrier?.id ?? null;
    const revised = await reviseCampaign(tx, campaign, {
      definition,
      carrierId,
      by: change.by,
      at: deps.clock.now(),
    });
    await recordChange(tx, {
      by: change.by,
      requestId: change.requestId,
      action: 'changeCampaign',
      resource: 'campaign',
      resourceId: campaign.id,
      before: { revision: campaign.revision, definition: recordedDefinition(campaign.definition) },
      after: { revision: revised.revision, definition: recordedDefinition(definition) },
      at: deps.clock.now(),
    });
    await keepCallerOf(tx, deps.vault, definition);
    await notifyWork(tx);
    return revised;
  });
}

/** A definition as the change log keeps it: the caller id is a number, and no number stands there. */
export function recordedDefinition(definition: CampaignDefinition): Record<string, unknown> {
  return { ...definition, callerId: maskNumber(definition.callerId) };
}

/** What a campaign that was started cannot take over from its new definition. */
export function changeFaults(
  before: CampaignDefinition,
  after: CampaignDefinition,
  carrierKnown: boolean,
): Fault[] {
  const faults: Fault[] = Object.entries(FIXED_ONCE_STARTED).flatMap(([field, why]) => {
    const key = field as keyof typeof FIXED_ONCE_STARTED;
    if (before[key] === after[key]) return [];
    const expected = `${before[key]}, or another campaign`;
    return [{ field, fault: `cannot change once the campaign was started, because ${why}`, expected }];
  });
  if (!carrierKnown) {
    const expected = 'the name of a carrier that was added (PUT /v1/carriers/{name})';
    faults.push({ field: 'carrier', fault: `names ${after.carrier}, which is no carrier here`, expected });
  }
  return faults;
}

/** RFC 7396. Keys that could reach an object's prototype are data like any other here. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
