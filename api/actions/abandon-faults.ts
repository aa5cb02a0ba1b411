import type { Tx } from '../../db/client.ts';
import { holdForComputing } from '../../db/locks.ts';
import { activePolicySetHash, policySetsByHash } from '../../db/repositories/policies.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Fault } from '../../domain/failures.ts';
import type { EpochMs } from '../../domain/time.ts';
import {
  abandonmentCaps,
  compilePolicySet,
  fromStored,
  type CompiledPolicySet,
} from '../../policies/index.ts';

/** The set in force, compiled; it changes rarely, and takes long to be made. */
let known: { readonly hash: string; readonly set: CompiledPolicySet } | null = null;

/**
 * A campaign's own limit can only be tighter than the law's (I9): one above a rule in force is refused, naming the rule.
 * Where no policies are in force yet there is nothing to hold it to; the gate holds every call to them all the same.
 */
export async function abandonFaults(
  tx: Tx,
  definition: Pick<CampaignDefinition, 'pacing' | 'purpose' | 'channel' | 'sector'>,
  at: EpochMs,
): Promise<Fault[]> {
  const percent = definition.pacing?.maxAbandonPercent ?? null;
  if (percent === null) return [];
  const hash = await activePolicySetHash(tx, at);
  if (hash === null) return [];
  const set = await compiled(tx, hash);
  // Whatever its mode is now, it may be switched to predictive while it runs.
  const [strictest] = abandonmentCaps(set, { ...definition, mode: 'predictive' }, at);
  if (strictest === undefined || percent <= strictest.ratePercent) return [];
  const { pack, rule, ratePercent } = strictest;
  return [
    {
      field: 'pacing.maxAbandonPercent',
      fault: `is ${percent}, above the ${ratePercent} % of ${rule} (${pack}), which is in force`,
      expected: `at most ${ratePercent}, or null for what the rules allow`,
    },
  ];
}

async function compiled(tx: Tx, hash: string): Promise<CompiledPolicySet> {
  if (known?.hash === hash) return known.set;
  const documents = (await policySetsByHash(tx, [hash])).get(hash) ?? [];
  await holdForComputing(tx);
  const set = compilePolicySet(documents.map(fromStored));
  known = { hash, set };
  return set;
}
