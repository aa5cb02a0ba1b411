import type { Tx } from '../db/client.ts';
import type { CampaignAgentsNow } from '../db/repositories/campaign-agents.ts';
import { sampleByCohort, type WaitingGroup } from '../db/repositories/why.ts';
import type { NoAgentReason } from '../domain/agent.ts';
import type { Clock } from '../domain/clock.ts';
import type { RuleResult } from '../domain/decision.ts';
import type { EpochMs } from '../domain/time.ts';
import { evaluate, type CompiledPolicySet } from '../policies/index.ts';
import type { CampaignNow } from './campaign-now.ts';
import { COHORT_RULE_TYPES } from './cohorts.ts';
import { horizonMsOn } from './decide.ts';
import { ruleOf } from './dry-run.ts';
import { readFactsOf, readLists } from './facts-batch.ts';
import { SAMPLES, plain, sumOf, type WaitCause } from './wait-causes.ts';

/**
 * What contacts wait for that are due. The pacer knows which cohorts are closed; here one contact of each is asked about, which comes to the
 * same.
 */
export async function dueCauses(
  tx: Tx,
  clock: Clock,
  campaign: CampaignNow,
  policySet: CompiledPolicySet,
  groups: readonly WaitingGroup[],
  agents: CampaignAgentsNow | null,
  at: EpochMs,
): Promise<WaitCause[]> {
  if (groups.length === 0) return [];
  const noAgentFor = ({ withAgent }: WaitingGroup): NoAgentReason | null =>
    agents !== null && (agents.needed || withAgent) ? agents.reason : null;
  const cohorts = [...new Set(groups.map((group) => group.cohort!))];
  const samples = await sampleByCohort(tx, campaign.id, at, cohorts, SAMPLES);
  const cohortOfSample = new Map<string, string>();
  // The cohort of those not yet put into one says nothing of their place.
  for (const cohort of cohorts.filter((name) => name !== '')) {
    const sample = samples.find((one) => one.cohort === cohort);
    if (sample !== undefined) cohortOfSample.set(sample.contactId, cohort);
  }
  const facts = await readFactsOf(tx, campaign, await readLists(tx), [...cohortOfSample.keys()], at);
  const closedBy = new Map<string, RuleResult>();
  for (const contact of facts) {
    if (contact.facts === null) continue;
    const { results } = evaluate({ policySet, facts: contact.facts, at, horizonMs: horizonMsOn(clock) });
    const closing = results
      .filter((result) => result.outcome === 'defer' && COHORT_RULE_TYPES.has(result.type))
      .toSorted((a, b) => (b.until ?? 0) - (a.until ?? 0))[0];
    if (closing !== undefined) closedBy.set(cohortOfSample.get(contact.contactId)!, closing);
  }
  interface Cause {
    groups: WaitingGroup[];
    closing: RuleResult | null;
    noAgent: NoAgentReason | null;
  }
  const causes = new Map<string, Cause>();
  for (const group of groups) {
    const closing = closedBy.get(group.cohort!) ?? null;
    const noAgent = closing === null ? noAgentFor(group) : null;
    const key =
      closing === null ? (noAgent?.code ?? '') : `${closing.pack}/${closing.rule}/${closing.reason}`;
    const cause = causes.get(key) ?? { groups: [], closing, noAgent };
    cause.groups.push(group);
    causes.set(key, cause);
  }
  return [...causes.values()].map(({ groups: of, closing, noAgent }) => {
    const inCause = new Set(of.map((group) => group.cohort));
    const isOne = (sample: { cohort: string; withAgent: boolean }) =>
      of.some(({ cohort, withAgent }) => cohort === sample.cohort && withAgent === sample.withAgent);
    const until = [...inCause].flatMap((cohort) => closedBy.get(cohort!)?.until ?? []);
    return {
      kind: closing !== null ? 'window' : noAgent !== null ? 'agents' : 'capacity',
      code: closing !== null ? (closing.reason ?? 'window') : (noAgent?.code ?? 'capacity'),
      rules: closing === null ? [] : [ruleOf(policySet, closing)],
      count: sumOf(of).count,
      nextAt: until.length === 0 ? null : Math.min(...until),
      samples: samples.filter(isOne).slice(0, SAMPLES).map(plain),
      quotas: [],
    };
  });
}
