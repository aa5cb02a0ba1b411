import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tx } from '../db/client.ts';
import { cohortGroups, cohortWaiting, type CohortFilter } from '../db/repositories/cohorts.ts';
import { readCapacity, type Capacity } from '../db/repositories/why.ts';
import type { Clock } from '../domain/clock.ts';
import type { DialFacts } from '../domain/facts.ts';
import type { EpochMs } from '../domain/time.ts';
import type { ContactState } from '../domain/vocabulary.ts';
import { evaluate, remediesOf, type CompiledPolicySet, type RuleRemedies } from '../policies/index.ts';
import { campaignBlocks, type CampaignBlock } from './campaign-blocks.ts';
import { readCampaignNow, type CampaignNow } from './campaign-now.ts';
import { horizonMsOn } from './decide.ts';
import { judgeOf, ruleOf, type DryCause, type Judged } from './dry-run.ts';
import { apportion, estimate, type Estimate } from './estimate.ts';
import { readFactsOf, readLists, type BatchedContact } from './facts-batch.ts';
import { forecastCohort, type CohortForecast } from './cohort-forecast.ts';
import type { Eligible } from './forecast.ts';
import { knownZonesOf } from './places.ts';
import type { PolicyReader } from './policy-source.ts';
import { countQuotas, holdsOf, quotasAt, type QuotaHold } from './rules/quotas.ts';

export const COHORT_OUTCOMES = ['now', 'deferred', 'denied', 'exhausted', 'admitted', 'ended'] as const;
/** `now`: no rule stands against it. The next three: as in a dry run. `admitted`: a call is under way; `ended`: no more. */
export type CohortOutcome = (typeof COHORT_OUTCOMES)[number];

/** Why contacts of a cohort are not being dialled: the first thing that stands in their way. */
export interface CohortCause extends Estimate {
  readonly outcome: CohortOutcome;
  /** Stable code: a rule's reason, a block's code, `capacity`, or the reason that a contact ended with. */
  readonly code: string;
  /** Of those that ended. */
  readonly state: ContactState | null;
  readonly rule: (NonNullable<DryCause['rule']> & { readonly type: string }) | null;
  readonly nextAt: EpochMs | null;
  readonly samples: readonly string[];
  /** Of one of them: what would have to change for the rule, and whose zones its instants are told by. */
  readonly remedies: RuleRemedies | null;
  readonly zones: readonly string[];
}

/** Why the contacts that are asked about are not being dialled, each under one cause. Nothing of it is stored. */
export interface Cohort {
  readonly at: EpochMs;
  readonly campaign: Pick<CampaignNow, 'id' | 'definition'>;
  /** Contacts that the filter takes in; the causes sum to it. */
  readonly total: number;
  readonly waiting: number;
  /** Waiting contacts that the rules were asked about. */
  readonly evaluated: number;
  readonly exact: boolean;
  /** Most contacts first. */
  readonly causes: readonly CohortCause[];
  readonly blocks: readonly CampaignBlock[];
  readonly capacity: Capacity | null;
  readonly forecast: CohortForecast | null;
  /** Quotas of the campaign that let nobody through now. */
  readonly holds: readonly QuotaHold[];
}

/** Up to so many waiting contacts, all of them are asked about. */
export const COHORT_EXACT_MAX = 5_000;
/** Contacts read in one statement, and evaluations between two turns of the event loop. */
const BATCH = 250;
const TURN = 25;
const SAMPLES = 5;

interface Tallied {
  readonly judged: Judged;
  readonly facts: DialFacts | null;
  count: number;
  nextAt: EpochMs | null;
  readonly samples: string[];
}

/**
 * Ask about any part of a campaign's contacts. Reads only, in a transaction that sees one state throughout.
 * @param sample waiting contacts to ask the rules about where there are more than COHORT_EXACT_MAX
 * @returns null when there is no such campaign.
 */
export async function explainCohort(
  tx: Tx,
  deps: { readonly clock: Clock; readonly policies: PolicyReader },
  campaignId: string,
  filter: CohortFilter,
  options: { readonly sample: number; readonly forecast: boolean },
): Promise<Cohort | null> {
  const at = deps.clock.now();
  const campaign = await readCampaignNow(tx, campaignId, at);
  if (campaign === null) return null;
  const policySet = await deps.policies.forCampaign(tx, campaign.policySetHash, campaign);
  const blocks = campaignBlocks(campaign, at);
  const groups = await cohortGroups(tx, campaignId, filter, SAMPLES);
  const waiting = groups.reduce((sum, group) => sum + (group.state === 'waiting' ? group.count : 0), 0);
  const limit = waiting <= COHORT_EXACT_MAX ? COHORT_EXACT_MAX : options.sample;
  const ids = waiting === 0 ? [] : await cohortWaiting(tx, campaignId, filter, limit);
  const horizonMs = horizonMsOn(deps.clock);
  const judge = judgeOf(policySet, horizonMs, at);
  const tallies = new Map<string, Tallied>();
  const eligible: Eligible[] = [];
  await eachOf(tx, campaign, ids, at, (contact) => {
    const judged = judge(contact);
    tally(tallies, contact, judged);
    const from = judged.outcome === 'now' ? at : judged.until;
    if (contact.facts === null || from === null) return;
    const then = evaluate({ policySet, facts: contact.facts, at: from, horizonMs }).verdict;
    eligible.push({ from, until: then.kind === 'allow' ? then.until : from });
  });
  const capacity = await readCapacity(tx, campaignId);
  const causes = [
    ...waitingCauses(tallies, policySet, blocks, { waiting, evaluated: ids.length, at, horizonMs }),
    ...groups.filter((group) => group.state !== 'waiting').map(endedCause),
  ];
  return {
    at,
    campaign: { id: campaignId, definition: campaign.definition },
    total: groups.reduce((sum, group) => sum + group.count, 0),
    waiting,
    evaluated: ids.length,
    exact: ids.length === waiting,
    causes: causes.toSorted((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
    blocks,
    capacity,
    forecast: options.forecast
      ? await forecastCohort(tx, deps.clock, campaign, {
          at,
          eligible,
          waiting,
          evaluated: ids.length,
          blocks,
          capacity,
        })
      : null,
    holds: holdsOf(await countQuotas(tx, campaignId, quotasAt(campaign.definition, at)), at),
  };
}

async function eachOf(
  tx: Tx,
  campaign: CampaignNow,
  ids: readonly string[],
  at: EpochMs,
  work: (contact: BatchedContact) => void,
): Promise<void> {
  const lists = await readLists(tx);
  for (let from = 0; from < ids.length; from += BATCH) {
    const batch = await readFactsOf(tx, campaign, lists, ids.slice(from, from + BATCH), at);
    for (const [index, contact] of batch.entries()) {
      if (index % TURN === TURN - 1) await nextTurn();
      work(contact);
    }
  }
}

function tally(tallies: Map<string, Tallied>, contact: BatchedContact, judged: Judged): void {
  const { outcome, reason, result, until } = judged;
  const key = [outcome, reason, result?.pack, result?.rule].join('|');
  const known = tallies.get(key) ?? { judged, facts: contact.facts, count: 0, nextAt: null, samples: [] };
  tallies.set(key, known);
  known.count += 1;
  if (known.samples.length < SAMPLES) known.samples.push(contact.contactId);
  if (until !== null) known.nextAt = Math.min(known.nextAt ?? Infinity, until);
}

function waitingCauses(
  tallies: ReadonlyMap<string, Tallied>,
  policySet: CompiledPolicySet,
  blocks: readonly CampaignBlock[],
  of: {
    readonly waiting: number;
    readonly evaluated: number;
    readonly at: EpochMs;
    readonly horizonMs: number;
  },
): CohortCause[] {
  const all = [...tallies.values()];
  const scaled = apportion(
    of.waiting,
    all.map((one) => one.count),
  );
  return all.map((one, i): CohortCause => {
    const { outcome, reason, result } = one.judged;
    const isFree = outcome === 'now';
    return {
      outcome,
      // Whom no rule holds waits for what holds up all of them, else for a line.
      code: isFree ? (blocks[0]?.code ?? 'capacity') : (reason ?? 'not stated'),
      state: null,
      rule: result === null ? null : { ...ruleOf(policySet, result), type: result.type },
      ...estimate(scaled[i]!, one.count, of.evaluated, of.waiting),
      nextAt: isFree ? (blocks[0]?.until ?? null) : one.nextAt,
      samples: one.samples,
      remedies: remediesFor(one, policySet, of),
      zones: one.facts === null ? [] : knownZonesOf(one.facts),
    };
  });
}

function remediesFor(
  { judged, facts }: Tallied,
  policySet: CompiledPolicySet,
  { at, horizonMs }: { readonly at: EpochMs; readonly horizonMs: number },
): RuleRemedies | null {
  const { result } = judged;
  if (result === null || facts === null) return null;
  const { rules } = remediesOf(policySet, facts, evaluate({ policySet, facts, at, horizonMs }));
  return rules.find(({ pack, rule }) => pack === result.pack && rule === result.rule) ?? null;
}

function endedCause(group: {
  readonly state: ContactState;
  readonly reason: string | null;
  readonly count: number;
  readonly samples: readonly string[];
}): CohortCause {
  const { state, reason, count, samples } = group;
  return {
    outcome: state === 'admitted' ? 'admitted' : 'ended',
    code: reason ?? state,
    state,
    rule: null,
    count,
    low: count,
    high: count,
    nextAt: null,
    samples,
    remedies: null,
    zones: [],
  };
}
