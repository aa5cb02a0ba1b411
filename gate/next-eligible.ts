import type { Tx } from '../db/client.ts';
import type { Verdict } from '../domain/decision.ts';
import type { DialFacts } from '../domain/facts.ts';
import { DAY_MS, type EpochMs } from '../domain/time.ts';
import { evaluate, type CompiledPolicySet } from '../policies/index.ts';
import type { CampaignBlock } from './campaign-blocks.ts';
import type { PolicyReader } from './policy-source.ts';
import type { ContactStanding, Standing } from './standing.ts';

/**
 * The first instant from `at` at which blocks that end by themselves are over and the rules allow it. Rules are asked
 * about the facts as they stand.
 */
export function nextEligible(
  standing: Standing,
  contact: ContactStanding | null,
  blocks: readonly CampaignBlock[],
  at: EpochMs,
  verdictAt: (at: EpochMs) => Verdict,
): EpochMs | null {
  if (blocks.some((block) => block.until === null)) return null;
  const free = Math.max(at, ...blocks.map((block) => block.until ?? at));
  const verdict = verdictAt(free);
  if (verdict.kind === 'deny') return null;
  const next = verdict.kind === 'allow' ? free : verdict.until;
  const { schedule, retry } = standing.campaign.definition;
  if (schedule.endAt !== null && next >= Date.parse(schedule.endAt)) return null;
  const first = contact?.firstAttemptAt ?? null;
  if (retry.withinDays !== null && first !== null && next > first + retry.withinDays * DAY_MS) return null;
  return next;
}

/** Sets by the instant from which each is in force, the first at the instant asked about. */
type SetsInForce = readonly { readonly from: EpochMs; readonly policySet: CompiledPolicySet }[];

/** What is published to take effect later counts for what is eligible then. */
export async function setsToCome(
  tx: Tx,
  policies: PolicyReader,
  standing: Standing,
  policySet: CompiledPolicySet,
  at: EpochMs,
): Promise<SetsInForce> {
  const sets = [{ from: at, policySet }];
  for (const { setHash, at: from } of standing.policiesToCome) {
    sets.push({ from, policySet: await policies.forCampaign(tx, setHash, standing.campaign) });
  }
  return sets;
}

/** The verdict for a call at or after `t`, each set being asked about the time in which it is in force. */
export function verdictBy(sets: SetsInForce, facts: DialFacts, t: EpochMs, horizonMs: number): Verdict {
  let at = t;
  for (const [n, { policySet }] of sets.entries()) {
    const next = sets[n + 1]?.from ?? Infinity;
    if (next <= at) continue;
    const { verdict } = evaluate({ policySet, facts, at, horizonMs });
    if (verdict.kind === 'allow') return at === t ? verdict : { kind: 'defer', until: at };
    if (verdict.kind === 'defer' && verdict.until < next) return verdict;
    // A set that never allows it holds only until the next takes its place.
    if (next === Infinity) return verdict;
    at = next;
  }
  return { kind: 'deny' };
}
