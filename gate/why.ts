import type { Tx } from '../db/client.ts';
import {
  countWaiting,
  latestDeferrals,
  readCapacity,
  sampleByCohort,
  sampleByReason,
  sampleNotDue,
  sampleWaiting,
  waitingGroups,
  type Capacity,
  type WaitingGroup,
  type WaitingSample,
} from '../db/repositories/why.ts';
import { agentsOfCampaign, type CampaignAgentsNow } from '../db/repositories/campaign-agents.ts';
import { lineRestMs } from '../db/repositories/line-rests.ts';
import type { NoAgentReason } from '../domain/agent.ts';
import type { Clock } from '../domain/clock.ts';
import type { RuleResult } from '../domain/decision.ts';
import type { EpochMs } from '../domain/time.ts';
import { calendarsEndingSoon, evaluate, type CompiledPolicySet } from '../policies/index.ts';
import { calendarsInForce } from '../db/repositories/policies.ts';
import { campaignBlocks, type CampaignBlock } from './campaign-blocks.ts';
import { readCampaignNow, type CampaignNow } from './campaign-now.ts';
import { COHORT_RULE_TYPES } from './cohorts.ts';
import { horizonMsOn } from './decide.ts';
import { ruleOf, type DryCause } from './dry-run.ts';
import { readFactsOf, readLists } from './facts-batch.ts';
import type { PolicyReader } from './policy-source.ts';
import { countQuotas, holdsOf, quotasAt, type CountedQuota } from './rules/quotas.ts';

export const WAIT_KINDS = [
  'campaign',
  'promised',
  'retry_delay',
  'rule',
  'held',
  'not_before',
  'window',
  'agents',
  'capacity',
] as const;
/**
 * What kind of thing a contact waits for, by the first that stands in its way. `campaign`: something holds up all of
 * them. Not due yet: `promised` a call at an instant, the `retry_delay` after its last attempt, a `rule` that deferred it,
 * `held` back by the gate for what is no rule, or `not_before` an instant that was given. Due: the calling `window` of its
 * place is closed, or it waits for an agent (`agents`) or a line (`capacity`).
 */
export type WaitKind = (typeof WAIT_KINDS)[number];

export interface WaitCause {
  readonly kind: WaitKind;
  /** Stable code: of the block, the reason it was put back with, or `capacity`. */
  readonly code: string;
  /** Rules that it rests on; of a reason that several rules give, those of the samples. */
  readonly rules: readonly NonNullable<DryCause['rule']>[];
  readonly count: number;
  /** The first instant at which it ends for one of them; null: when somebody acts, or as lines become free. */
  readonly nextAt: EpochMs | null;
  readonly samples: readonly WaitingSample[];
  /** Of those that quotas hold back: the quotas that let nobody through now. */
  readonly quotas: readonly CountedQuota[];
}

/** Why a campaign's waiting contacts wait: each in exactly one cause. */
export interface Why {
  readonly at: EpochMs;
  readonly waiting: number;
  /** Sum to `waiting`; most contacts first. */
  readonly causes: readonly WaitCause[];
  /** Everything that holds up all of them; the first is the cause of `kind` campaign. */
  readonly blocks: readonly CampaignBlock[];
  /** The agents its calls can go to; null: none takes them. */
  readonly agents: CampaignAgentsNow | null;
  /** Null where the campaign has no carrier. */
  readonly capacity: Capacity | null;
  /** Calendars in force that say nothing beyond a day within the next 60: calls that depend on them are denied then. */
  readonly calendarsEnding: readonly { readonly id: string; readonly coveredTo: string }[];
}

/** Evidence of where the person is was taken back, and they are looked at again. */
export const PLACE_RETRACTED = 'place.retracted';

const SAMPLES = 5;
/** Reasons that the gate itself puts a contact back with (activities/calls/claim.ts, activities/pace/rejoin.ts). */
const HELD_REASONS: ReadonlySet<string> = new Set([
  'campaign.paused',
  'installation.stopped',
  'tenant.stopped',
  'carrier.paused',
  'carrier.resting',
  'carrier.busy',
  'person.on_call',
  'admission.lost',
  'admission.superseded',
  'consent.granted',
  'preview.skipped',
  'campaign.hours',
  'campaign.rules_pending',
  'campaign.quota_day',
  'campaign.quota_busy',
  PLACE_RETRACTED,
]);

/**
 * Partition a campaign's waiting contacts by what stands in their way now. Reads only, in a transaction that has to see one
 * state throughout (db/snapshot.ts).
 * @returns null when there is no such campaign.
 */
export async function whyWaiting(
  tx: Tx,
  deps: { readonly clock: Clock; readonly policies: PolicyReader },
  campaignId: string,
): Promise<Why | null> {
  const at = deps.clock.now();
  const campaign = await readCampaignNow(tx, campaignId, at);
  if (campaign === null) return null;
  const blocks = [...campaignBlocks(campaign, at), ...(await restBlock(tx, deps.clock, campaign, at))];
  const agents = await agentsOfCampaign(tx, campaignId, campaign.definition);
  const causes =
    blocks.length > 0
      ? await blockedCauses(tx, campaignId, blocks[0]!)
      : await contactCauses(tx, deps, campaign, agents, at);
  return {
    at,
    waiting: causes.reduce((sum, cause) => sum + cause.count, 0),
    causes: causes.toSorted((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
    blocks,
    agents,
    capacity: await readCapacity(tx, campaignId),
    calendarsEnding: calendarsEndingSoon({ calendars: await calendarsInForce(tx, at) }, at),
  };
}

/** The carrier does not answer, or takes nothing, and is left alone for a moment. */
async function restBlock(
  tx: Tx,
  clock: Clock,
  { carrier }: CampaignNow,
  at: EpochMs,
): Promise<CampaignBlock[]> {
  const restMs = carrier === null ? 0 : await lineRestMs(tx, carrier.id);
  if (carrier === null || restMs === 0) return [];
  const until = at + Math.ceil(restMs * clock.speed);
  return [{ code: 'carrier.resting', until, detail: { carrier: carrier.name } }];
}

async function blockedCauses(tx: Tx, campaignId: string, block: CampaignBlock): Promise<WaitCause[]> {
  const count = await countWaiting(tx, campaignId);
  if (count === 0) return [];
  const samples = await sampleWaiting(tx, campaignId, SAMPLES);
  return [{ kind: 'campaign', code: block.code, rules: [], count, nextAt: block.until, samples, quotas: [] }];
}

async function contactCauses(
  tx: Tx,
  deps: { readonly clock: Clock; readonly policies: PolicyReader },
  campaign: CampaignNow,
  agents: CampaignAgentsNow | null,
  at: EpochMs,
): Promise<WaitCause[]> {
  const groups = await waitingGroups(tx, campaign.id, at);
  const policySet = await deps.policies.forCampaign(tx, campaign.policySetHash, campaign);
  return [
    ...(await notDueCauses(
      tx,
      campaign,
      policySet,
      groups.filter((group) => !group.due),
      at,
    )),
    ...(await dueCauses(
      tx,
      deps.clock,
      campaign,
      policySet,
      groups.filter((group) => group.due),
      agents,
      at,
    )),
  ];
}

async function notDueCauses(
  tx: Tx,
  campaign: CampaignNow,
  policySet: CompiledPolicySet,
  groups: readonly WaitingGroup[],
  at: EpochMs,
): Promise<WaitCause[]> {
  const causes: WaitCause[] = [];
  const holds = holdsOf(await countQuotas(tx, campaign.id, quotasAt(campaign.definition, at)), at);
  const add = (
    kind: WaitKind,
    code: string,
    of: readonly WaitingGroup[],
    samples: readonly WaitingSample[],
  ) => {
    if (of.length === 0) return;
    const quotas = holds.filter(({ reason }) => reason === code).map((hold) => hold.of);
    causes.push({ kind, code, rules: [], ...sumOf(of), samples, quotas });
  };
  const promised = groups.filter((group) => group.promised);
  add('promised', 'callback.promised', promised, await samplesOf(promised, 'promised'));
  const rest = groups.filter((group) => !group.promised);
  const without = rest.filter((group) => group.reason === null);
  add('not_before', 'ready_at', without, await samplesOf(without, 'no_reason'));

  const withReason = rest.filter((group) => group.reason !== null);
  const samples = await sampleByReason(
    tx,
    campaign.id,
    at,
    withReason.map((group) => group.reason!),
    SAMPLES,
  );
  for (const group of withReason) {
    const reason = group.reason!;
    add(waitKindOf(reason), reason, [group], samples.filter((sample) => sample.reason === reason).map(plain));
  }
  return withRules(tx, policySet, causes);

  async function samplesOf(of: readonly WaitingGroup[], which: 'promised' | 'no_reason') {
    return of.length === 0 ? [] : sampleNotDue(tx, campaign.id, at, which, SAMPLES);
  }
}

/** What kind of thing a contact that is not due waits for, by the reason it was put back with. */
export function waitKindOf(reason: string): WaitKind {
  if (reason.startsWith('retry.')) return 'retry_delay';
  if (reason.startsWith('agents.')) return 'agents';
  return HELD_REASONS.has(reason) ? 'held' : 'rule';
}

/** The rules that deferred the samples, as their decisions have them; else those of the set that give the reason. */
async function withRules(
  tx: Tx,
  policySet: CompiledPolicySet,
  causes: readonly WaitCause[],
): Promise<WaitCause[]> {
  const asked = causes.filter((cause) => cause.kind === 'rule').flatMap((cause) => cause.samples);
  const deferrals =
    asked.length === 0
      ? []
      : await latestDeferrals(
          tx,
          asked.map((one) => one.contactId),
        );
  const resultsOf = new Map(deferrals.map(({ contactId, results }) => [contactId, results]));
  return causes.map((cause) => {
    if (cause.kind !== 'rule') return cause;
    const decided = cause.samples
      .flatMap((sample) => resultsOf.get(sample.contactId) ?? [])
      .filter((result) => result.reason === cause.code && result.outcome === 'defer');
    const found = decided.length > 0 ? decided : givingReason(policySet, cause.code);
    const rules = new Map(
      found.map((result) => [`${result.pack}/${result.rule}`, ruleOf(policySet, result)]),
    );
    return { ...cause, rules: [...rules.values()] };
  });
}

function givingReason(policySet: CompiledPolicySet, reason: string): Pick<RuleResult, 'pack' | 'rule'>[] {
  return policySet.rules
    .filter(({ rule }) => rule.reasonCode === reason)
    .map(({ pack, rule }) => ({ pack, rule: rule.id }));
}

/** The pacer knows which cohorts are closed; here one contact of each is asked about, which comes to the same. */
async function dueCauses(
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

function sumOf(groups: readonly WaitingGroup[]): { count: number; nextAt: EpochMs } {
  return {
    count: groups.reduce((sum, group) => sum + group.count, 0),
    nextAt: Math.min(...groups.map((group) => group.nextReadyAt)),
  };
}

function plain({ contactId, personId }: WaitingSample): WaitingSample {
  return { contactId, personId };
}
