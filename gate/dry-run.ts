import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tx } from '../db/client.ts';
import type { Vault } from '../db/vault/index.ts';
import type { Clock } from '../domain/clock.ts';
import type { Evaluation, RuleResult } from '../domain/decision.ts';
import type { DialFacts } from '../domain/facts.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type EpochMs } from '../domain/time.ts';
import { evaluate, type Citation, type CompiledPolicySet } from '../policies/index.ts';
import { campaignBlocks, type CampaignBlock } from './campaign-blocks.ts';
import { readCampaignNow } from './campaign-now.ts';
import { horizonMsOn } from './decide.ts';
import { apportion, estimate, type Estimate } from './estimate.ts';
import { readFactsOf, readLists, type BatchedContact } from './facts-batch.ts';
import type { PolicyReader } from './policy-source.ts';
import { askRules, type DryRules, type RuledContact, type RulesAsked } from './rules/dry-rules.ts';

/** What would become of a waiting contact, were it looked at at an instant. */
export type DryOutcome = 'now' | 'deferred' | 'denied' | 'exhausted';

/** Why contacts would not be called: the rule or delay that decides, and how many it holds. */
export interface DryCause extends Estimate {
  readonly outcome: Exclude<DryOutcome, 'now'>;
  readonly reason: string;
  /** Null: no rule, but a retry's delay, a promise, or a call that is up. */
  readonly rule: {
    readonly pack: string;
    readonly id: string;
    readonly label: string;
    /** Null for a guard of the engine itself. */
    readonly citation: Citation | null;
  } | null;
  /** The first instant at which one of them may be called; null: none. */
  readonly nextAt: EpochMs | null;
  /** Some contacts by id. */
  readonly samples: readonly string[];
}

/** What would happen to a campaign's waiting contacts. Nothing of it is stored. */
export interface DryRun {
  readonly at: EpochMs;
  readonly policies: {
    readonly setHash: string;
    /** False: the shipped set, which the first start would put in force. */ readonly inForce: boolean;
  };
  /** What keeps all of them from being dialled, apart from the rules. */
  readonly blocks: readonly CampaignBlock[];
  /** Contacts that wait, and of how many of them the rules were asked. */
  readonly total: number;
  readonly evaluated: number;
  /** All were asked; otherwise a random sample, and the counts are scaled. */
  readonly exact: boolean;
  /** Sums to `total`. */
  readonly outcomes: Readonly<Record<DryOutcome, Estimate>>;
  /** Those deferred, by the hour (its beginning) until which, and the reason; sums to their count. */
  readonly deferredByHour: readonly {
    readonly hour: EpochMs;
    readonly reason: string;
    readonly count: number;
  }[];
  /** Most contacts first; the counts of an outcome sum to its count. */
  readonly causes: readonly DryCause[];
  /** What the campaign's own rules would do with those that would be called now, and whom they have left out. */
  readonly rules: DryRules;
}

export interface DryRunDeps {
  readonly clock: Clock;
  readonly policies: PolicyReader;
  readonly vault: Pick<Vault, 'sealersOf'>;
}

/** Up to so many waiting contacts, all of them are asked about. */
export const DRY_RUN_EXACT_MAX = 5_000;
/** Contacts read in one statement. */
const BATCH = 250;
/** Evaluations between two turns of the event loop: a few ms. */
const TURN = 25;
const SAMPLES = 5;
/** The gate looks again after this long at a person who is on a call (activities/calls/claim.ts). */
const BUSY_PERSON_DELAY_MS = 5 * MINUTE_MS;

/**
 * Ask the rules about a campaign's waiting contacts as if it looked at them at `at`. Reads only; the transaction should be
 * one that sees one state throughout.
 * @param at now or later (engine clock); facts are those of now
 * @param sample contacts to ask about where there are more than DRY_RUN_EXACT_MAX
 * @returns null when there is no such campaign.
 */
export async function dryRun(
  tx: Tx,
  deps: DryRunDeps,
  campaignId: string,
  at: EpochMs,
  sample: number,
): Promise<DryRun | null> {
  const campaign = await readCampaignNow(tx, campaignId, at);
  if (campaign === null) return null;
  const policySet = await deps.policies.forCampaign(tx, campaign.policySetHash, campaign);
  const { ids, total } = await chooseContacts(tx, campaignId, sample);
  const judge = judgeOf(policySet, horizonMsOn(deps.clock), at);
  const tally = new Tally(policySet);
  const lists = await readLists(tx);
  const rules = await askRules(tx, deps.vault, campaign, at);
  for (let from = 0; from < ids.length; from += BATCH) {
    const batch = await readFactsOf(tx, campaign, lists, ids.slice(from, from + BATCH), at);
    const ruled = await rules.ruled(batch.map(({ contactId }) => contactId));
    for (const [index, contact] of batch.entries()) {
      if (index % TURN === TURN - 1) await nextTurn();
      tally.add(contact.contactId, byRules(rules, ruled.get(contact.contactId), judge(contact)));
    }
  }
  return {
    at,
    policies: { setHash: policySet.hash, inForce: campaign.policySetHash !== null },
    blocks: campaignBlocks(campaign, at),
    ...tally.result(total),
    rules: await rules.result(ids.length, total),
  };
}

/** What the campaign's own rules leave of it: the filter is asked before all others, a quota at last, of whom all let pass. */
function byRules(rules: RulesAsked, contact: RuledContact | undefined, judged: Judged): Judged {
  if (contact === undefined) return judged;
  const { leftOut } = contact;
  if (leftOut !== null) return { outcome: 'denied', reason: leftOut, result: null, until: null };
  if (judged.outcome !== 'now') return judged;
  rules.add(contact);
  const hold = rules.holdOn(contact);
  if (hold === null) return judged;
  const { reason, until } = hold;
  return { outcome: until === null ? 'denied' : 'deferred', reason, result: null, until };
}

/** All waiting contacts, or a simple random sample of them. */
async function chooseContacts(
  tx: Tx,
  campaignId: string,
  sample: number,
): Promise<{ ids: string[]; total: number }> {
  const [counted] = await tx.query<{ n: number }>(
    `SELECT count(*) AS n FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting'`,
    [tx.tenantId, campaignId],
  );
  const total = counted!.n;
  const limit = total <= DRY_RUN_EXACT_MAX ? DRY_RUN_EXACT_MAX : sample;
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting'
     ORDER BY random() LIMIT $3`,
    [tx.tenantId, campaignId, limit],
  );
  return { ids: rows.map((row) => row.id), total };
}

/** What would become of one contact, and what decides it. */
export interface Judged {
  readonly outcome: DryOutcome;
  readonly reason: string | null;
  readonly result: RuleResult | null;
  /** Of those deferred. */
  readonly until: EpochMs | null;
}

/**
 * As the pacer and the gate would have it: a contact is looked at when it is due, denied for good or deferred by the
 * rules of that instant, and given up where that is too late. A denial is told even of a contact that is not due yet.
 */
export function judgeOf(policySet: CompiledPolicySet, horizonMs: number, at: EpochMs) {
  const ask = (facts: DialFacts, t: EpochMs) => evaluate({ policySet, facts, at: t, horizonMs });

  return (contact: BatchedContact): Judged => {
    const { facts, readyAt } = contact;
    const { withinDays } = contact.definition.retry;
    if (facts === null) return { outcome: 'denied', reason: 'number.missing', result: null, until: null };
    const first = ask(facts, at);
    if (first.verdict.kind === 'deny') return against('denied', first, null);
    const isDue = readyAt <= at;
    const then = isDue ? first : ask(facts, readyAt);
    switch (then.verdict.kind) {
      case 'deny':
        return against('denied', then, null);
      case 'defer': {
        const { until } = then.verdict;
        const lastDay =
          withinDays === null ? null : (contact.firstAttemptAt ?? Infinity) + withinDays * DAY_MS;
        if (lastDay !== null && until > lastDay) {
          return { outcome: 'exhausted', reason: 'retry.within_days', result: null, until: null };
        }
        return against('deferred', then, until);
      }
      case 'allow': {
        const waits = (reason: string, until: EpochMs): Judged => ({
          outcome: 'deferred',
          reason,
          result: null,
          until,
        });
        if (isDue && contact.onCall) return waits('person.on_call', at + BUSY_PERSON_DELAY_MS);
        if (isDue) return { outcome: 'now', reason: null, result: null, until: null };
        // It waits because of a rule that still holds, or for the reason it was put back with.
        if (first.verdict.kind === 'defer') return against('deferred', first, readyAt);
        return waits(contact.stateReason ?? 'ready_at', readyAt);
      }
    }
  };
}

function against(outcome: 'deferred' | 'denied', evaluation: Evaluation, until: EpochMs | null): Judged {
  const result = leadingResult(evaluation);
  return { outcome, reason: result?.reason ?? null, result, until };
}

/** The result that `leadingReason` (decide.ts) takes its reason from. */
export function leadingResult(evaluation: Evaluation): RuleResult | null {
  const results = evaluation.results.filter(
    (result) => result.outcome === 'deny' || result.outcome === 'defer',
  );
  const denying = results.find((result) => result.outcome === 'deny');
  if (denying !== undefined) return denying;
  return results.toSorted((a, b) => (b.until ?? 0) - (a.until ?? 0))[0] ?? null;
}

interface CauseTally {
  readonly outcome: Exclude<DryOutcome, 'now'>;
  readonly reason: string;
  readonly result: RuleResult | null;
  count: number;
  nextAt: EpochMs | null;
  readonly samples: string[];
}

/** Counts what was judged, and scales it in the end. */
class Tally {
  readonly #policySet: CompiledPolicySet;
  readonly #outcomes: Record<DryOutcome, number> = { now: 0, deferred: 0, denied: 0, exhausted: 0 };
  readonly #causes = new Map<string, CauseTally>();
  readonly #hours = new Map<string, { hour: EpochMs; reason: string; count: number }>();

  constructor(policySet: CompiledPolicySet) {
    this.#policySet = policySet;
  }

  add(contactId: string, { outcome, reason, result, until }: Judged): void {
    this.#outcomes[outcome] += 1;
    if (outcome === 'now') return;
    const why = reason ?? 'not stated';
    const key = [outcome, why, result?.pack, result?.rule].join('|');
    let cause = this.#causes.get(key);
    if (cause === undefined) {
      cause = { outcome, reason: why, result, count: 0, nextAt: null, samples: [] };
      this.#causes.set(key, cause);
    }
    cause.count += 1;
    if (cause.samples.length < SAMPLES) cause.samples.push(contactId);
    if (until === null) return;
    cause.nextAt = Math.min(cause.nextAt ?? Infinity, until);
    const hour = Math.floor(until / HOUR_MS) * HOUR_MS;
    const bucket = this.#hours.get(`${hour}|${why}`) ?? { hour, reason: why, count: 0 };
    bucket.count += 1;
    this.#hours.set(`${hour}|${why}`, bucket);
  }

  result(
    total: number,
  ): Pick<DryRun, 'total' | 'evaluated' | 'exact' | 'outcomes' | 'deferredByHour' | 'causes'> {
    const names = Object.keys(this.#outcomes) as DryOutcome[];
    const evaluated = names.reduce((sum, name) => sum + this.#outcomes[name], 0);
    const scaled = apportion(
      total,
      names.map((name) => this.#outcomes[name]),
    );
    const outcomes = Object.fromEntries(
      names.map((name, i) => [name, estimate(scaled[i]!, this.#outcomes[name], evaluated, total)]),
    ) as Record<DryOutcome, Estimate>;
    return {
      total,
      evaluated,
      exact: evaluated === total,
      outcomes,
      deferredByHour: this.#byHour(outcomes.deferred.count),
      causes: names
        .flatMap((name) => this.#causesOf(name, outcomes[name].count, evaluated, total))
        .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1)),
    };
  }

  #byHour(count: number): DryRun['deferredByHour'] {
    const hours = [...this.#hours.values()].sort((a, b) => a.hour - b.hour || (a.reason < b.reason ? -1 : 1));
    const scaled = apportion(
      count,
      hours.map((bucket) => bucket.count),
    );
    return hours.map((bucket, i) => ({ ...bucket, count: scaled[i]! }));
  }

  #causesOf(outcome: DryOutcome, count: number, evaluated: number, total: number): DryCause[] {
    const causes = [...this.#causes.values()].filter((cause) => cause.outcome === outcome);
    const scaled = apportion(
      count,
      causes.map((cause) => cause.count),
    );
    return causes.map((cause, i) => ({
      outcome: cause.outcome,
      reason: cause.reason,
      rule: cause.result === null ? null : ruleOf(this.#policySet, cause.result),
      ...estimate(scaled[i]!, cause.count, evaluated, total),
      nextAt: cause.nextAt,
      samples: cause.samples,
    }));
  }
}

/** What a set says about the rule of a result, for people. */
export function ruleOf(
  policySet: CompiledPolicySet,
  result: Pick<RuleResult, 'pack' | 'rule'>,
): NonNullable<DryCause['rule']> {
  const found = policySet.rules.find(({ pack, rule }) => pack === result.pack && rule.id === result.rule);
  return {
    pack: result.pack,
    id: result.rule,
    label: found?.rule.label ?? result.rule,
    citation: found?.rule.citation ?? null,
  };
}
