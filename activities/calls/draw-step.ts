import { needsAgents, retryOf, usesBudget, type CampaignDefinition } from '../../domain/campaign.ts';
import { modeOfNext } from '../../domain/escalation.ts';
import type { RetryHistoryEntry, RetryOutcome, RetryRules } from '../../domain/campaign.ts';
import type { LocationEvidence } from '../../domain/facts.ts';
import { clockZone, localHour } from '../../domain/local-hour.ts';
import type { DrawnStep } from '../../domain/retry-step.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { AttemptState, Disposition } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { callsOfPerson, hoursOfCohort, type HourRow } from '../../db/repositories/answer-hours.ts';
import { callAt, untriedNumbers, type CallableNumber } from '../../db/repositories/called-number.ts';
import { cohortOf } from '../../db/repositories/hopper.ts';
import { NO_TALLIES, bestTime, type HourTallies } from '../../pacing/best-time.ts';
import { isTooLate, nextStep } from '../../pacing/retry.ts';

export interface SettledContact {
  readonly contactId: string;
  readonly personId: string;
  readonly definition: CampaignDefinition;
  readonly disposition: Disposition | null;
  /** Where the number that was called is. */
  readonly country: string | null;
  readonly locations: readonly LocationEvidence[];
}

/**
 * What the campaign's rules, as they are now, draw from a contact's attempts: when it is called again, at which number, by
 * whom; or how it ends. Where another number is next, the contact is called there from here on.
 */
export async function drawStep(tx: Tx, contact: SettledContact, now: EpochMs): Promise<DrawnStep> {
  const rules = retryOf(contact.definition);
  const history = await historyOf(tx, contact.contactId);
  const others =
    rules.otherNumber === null ? [] : await untriedNumbers(tx, contact.personId, contact.contactId);
  const step = nextStep(rules, history, contact.disposition, now, others.length);
  if (step.kind === 'final') {
    const { state, reason } = step;
    return {
      kind: 'final',
      state,
      reason,
      readyAt: null,
      otherNumber: false,
      withAgent: false,
      bestTime: null,
    };
  }
  const next = step.otherNumber ? others[0]! : null;
  if (next !== null) await callAt(tx, contact.contactId, next);
  const counted = history.filter((entry) => entry.counted).length;
  const drawn: DrawnStep = {
    kind: 'retry',
    state: null,
    reason: step.reason,
    readyAt: step.readyAt,
    otherNumber: step.otherNumber,
    withAgent: needsAgents(modeOfNext(contact.definition, counted)) && !needsAgents(contact.definition.mode),
    bestTime: null,
  };
  if (!rules.bestTime.enabled) return drawn;
  return atBestTime(tx, rules, contact, next ?? contact, history[0]!.at, { ...drawn, readyAt: step.readyAt });
}

/** The same retry at the hour of the day at which such people have answered best, as far as that is known. */
async function atBestTime(
  tx: Tx,
  rules: RetryRules,
  { personId }: SettledContact,
  number: Pick<CallableNumber, 'country'> & { readonly locations: readonly LocationEvidence[] },
  firstAt: EpochMs,
  drawn: DrawnStep & { readonly readyAt: EpochMs },
): Promise<DrawnStep> {
  const zone = clockZone(number.locations);
  // Nobody knows what time it is where they are: the rules of hours will have none of it either.
  if (zone === null) return drawn;
  const hourOf = (at: EpochMs) => localHour(zone, at)!;
  const cohort = talliesOf(await hoursOfCohort(tx, cohortOf(number.country, number.locations)));
  const calls = await callsOfPerson(tx, personId);
  const own = talliesOf(
    calls.map(({ at, answered }) => ({ hour: hourOf(at), attempts: 1, answers: answered ? 1 : 0 })),
  );
  const best = bestTime(rules.bestTime, drawn.readyAt, { cohort, own }, hourOf);
  const { reason, hour, rate, rateOtherwise, attempts, ownAttempts } = best;
  // Never at the price of the call itself.
  const isMoved = best.at > drawn.readyAt && !isTooLate(rules, firstAt, best.at);
  return {
    ...drawn,
    ...(isMoved ? { readyAt: best.at, reason: 'retry.best_time' } : {}),
    bestTime: {
      reason: best.at > drawn.readyAt && !isMoved ? 'best_time.too_late' : reason,
      zone,
      hour,
      hourOtherwise: hourOf(drawn.readyAt),
      rate,
      rateOtherwise,
      attempts,
      ownAttempts,
    },
  };
}

/** By hour of the day, of rows in any order. */
function talliesOf(rows: readonly HourRow[]): HourTallies {
  const tallies = NO_TALLIES.map((tally) => ({ ...tally }));
  for (const { hour, attempts, answers } of rows) {
    const tally = tallies[hour]!;
    tally.attempts += attempts;
    tally.answers += answers;
  }
  return tallies;
}

/** The contact's attempts that came to an outcome, oldest first. */
async function historyOf(tx: Tx, contactId: string): Promise<RetryHistoryEntry[]> {
  const rows = await tx.prepared<{ at: EpochMs; outcome: RetryOutcome; state: AttemptState; number: string }>(
    'settle_history',
    `SELECT a.rang_at AS at, a.state, encode(a.number_hash, 'hex') AS number,
            CASE WHEN a.outcome = 'answered' AND g.state = 'abandoned' THEN 'abandoned' ELSE a.outcome END AS outcome
     FROM attempts a LEFT JOIN agent_calls g ON g.tenant_id = a.tenant_id AND g.attempt_id = a.id
     WHERE a.tenant_id = $1 AND a.contact_id = $2 AND a.outcome IS NOT NULL ORDER BY a.n`,
    [tx.tenantId, contactId],
  );
  return rows.map(({ at, outcome, state, number }) => ({
    at,
    outcome,
    counted: state === 'ended' && usesBudget(outcome),
    number,
  }));
}
