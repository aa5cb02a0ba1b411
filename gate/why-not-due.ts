import type { Tx } from '../db/client.ts';
import {
  latestDeferrals,
  sampleByReason,
  sampleNotDue,
  type WaitingGroup,
  type WaitingSample,
} from '../db/repositories/why.ts';
import type { RuleResult } from '../domain/decision.ts';
import type { EpochMs } from '../domain/time.ts';
import type { CompiledPolicySet } from '../policies/index.ts';
import type { CampaignNow } from './campaign-now.ts';
import { ruleOf } from './dry-run.ts';
import { countQuotas, holdsOf, quotasAt } from './rules/quotas.ts';
import { SAMPLES, plain, sumOf, type WaitCause, type WaitKind } from './wait-causes.ts';

/** Evidence of where the person is was taken back, and they are looked at again. */
export const PLACE_RETRACTED = 'place.retracted';

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

/** What contacts wait for whose instant has not come. */
export async function notDueCauses(
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
