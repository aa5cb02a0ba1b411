import type { CampaignDefinition } from '../domain/campaign.ts';
import { RightcallError } from '../domain/failures.ts';
import type { EpochMs } from '../domain/time.ts';
import {
  compilePolicySet,
  fromStored,
  toStored,
  type CompiledPolicySet,
  type PackDocument,
  type PolicyDocument,
} from '../policies/index.ts';
import type { Tx } from '../db/client.ts';
import { holdForComputing } from '../db/locks.ts';
import { policySetsByHash, storePolicySet, type PolicySetInput } from '../db/repositories/policies.ts';

/** Compiled sets by the hash of the set in force and the campaign's own hours; few, and costly to make. */
export interface PolicySource {
  /**
   * The set that binds a campaign: what is in force for the tenant, narrowed by the campaign's own hours. Stored with
   * its documents in this transaction if it was not yet, so that every decision made by it can be evaluated again (I7).
   * @throws RightcallError `unavailable` when no set is in force or a document is missing: nothing may be dialled (I6).
   */
  forCampaign(
    tx: Tx,
    inForce: string | null,
    campaign: CampaignRules,
    at: EpochMs,
  ): Promise<CompiledPolicySet>;
}

export interface CampaignRules {
  readonly id: string;
  readonly revision: number;
  readonly definition: CampaignDefinition;
  /** When the revision was made (engine clock). */
  readonly changedAt: EpochMs;
}

const CACHED_SETS_MAX = 200;

/**
 * The same sets for those who only ask (explanations, dry runs): nothing is ever stored, so the set's hash may name
 * one that no decision was made by yet.
 */
export interface PolicyReader {
  /**
   * The set that would bind a campaign.
   * @param inForce hash of the set in force; null: none is, and the one that the first start would put in force is
   * taken, if the reader was given one.
   * @throws RightcallError `unavailable` when there is none, or a document of it is missing.
   */
  forCampaign(tx: Tx, inForce: string | null, campaign: CampaignRules): Promise<CompiledPolicySet>;
}

/** @param shipped the set that the first start of a campaign puts in force where none is. */
export function createPolicyReader(shipped?: () => PolicySetInput): PolicyReader {
  const cache = new Map<string, CompiledPolicySet>();
  return {
    forCampaign: async (tx, inForce, campaign) => {
      const own = campaignPack(campaign);
      const key = `${tx.tenantId}/${inForce ?? 'shipped'}/${own === null ? '' : `${campaign.id}@${campaign.revision}`}`;
      const known = cache.get(key);
      if (known !== undefined) return known;
      await holdForComputing(tx);
      const documents =
        inForce === null && shipped !== undefined
          ? shipped().documents.map(fromStored)
          : await documentsInForce(tx, inForce);
      const compiled = compilePolicySet(own === null ? documents : [...documents, own]);
      if (cache.size >= CACHED_SETS_MAX) cache.clear();
      cache.set(key, compiled);
      return compiled;
    },
  };
}

async function documentsInForce(tx: Tx, inForce: string | null): Promise<PolicyDocument[]> {
  if (inForce === null) {
    throw new RightcallError('unavailable', 'no policy set is in force; publish one before dialling');
  }
  const stored = (await policySetsByHash(tx, [inForce])).get(inForce);
  if (stored === undefined) {
    throw new RightcallError(
      'unavailable',
      `the policy set in force (${inForce.slice(0, 12)}) is not stored whole`,
    );
  }
  return stored.map(fromStored);
}

export function createPolicySource(): PolicySource {
  const cache = new Map<string, { readonly compiled: CompiledPolicySet; stored: boolean }>();

  return {
    forCampaign: async (tx, inForce, campaign, at) => {
      if (inForce === null) {
        throw new RightcallError('unavailable', 'no policy set is in force; publish one before dialling');
      }
      const own = campaignPack(campaign);
      const key = `${tx.tenantId}/${inForce}/${own === null ? '' : `${campaign.id}@${campaign.revision}`}`;
      let known = cache.get(key);
      if (known?.stored === true) return known.compiled;
      // Until a committed transaction is seen to hold the set, each one that decides by it stores it too: the one that
      // stored it first may have been rolled back.
      if (known !== undefined && (await policySetsByHash(tx, [known.compiled.hash])).size > 0) {
        known.stored = true;
        return known.compiled;
      }
      const documents = await documentsInForce(tx, inForce);
      await holdForComputing(tx);
      if (own !== null) documents.push(own);
      known ??= { compiled: compilePolicySet(documents), stored: false };
      await storePolicySet(tx, { hash: known.compiled.hash, documents: documents.map(toStored) }, at);
      if (cache.size >= CACHED_SETS_MAX) cache.clear();
      cache.set(key, known);
      return known.compiled;
    },
  };
}

/** The campaign's own calling hours as a house pack, which by its kind can only narrow (I9); null when it has none. */
export function campaignPack(campaign: CampaignRules): PackDocument | null {
  const hours = campaign.definition.callingHours;
  if (hours === null) return null;
  const windows: Record<string, string[]> = {};
  for (const { days, from, until } of hours) {
    for (const day of days) (windows[day] ??= []).push(`${from}-${until}`);
  }
  return {
    kind: 'pack',
    id: `campaign-${campaign.id}`,
    version: campaign.revision,
    title: `Calling hours of the campaign ${campaign.definition.name}`,
    authority: 'house',
    rules: [
      {
        id: 'campaign.calling-hours',
        version: campaign.revision,
        type: 'calling_window',
        label: 'Calling hours of the campaign 外呼任务自定时段',
        jurisdiction: ['*'],
        strength: 'house',
        citation: {
          instrument: 'Campaign definition',
          article: `revision ${campaign.revision}`,
          url: null,
          checkedOn: new Date(campaign.changedAt).toISOString().slice(0, 10),
        },
        confidence: 'P',
        reasonCode: 'campaign.hours',
        params: { windows },
      },
    ],
  };
}
