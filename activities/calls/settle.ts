import { armsOf, definitionFor, type Arms } from '../../domain/arms.ts';
import type { Clock } from '../../domain/clock.ts';
import { usesBudget, type CampaignDefinition } from '../../domain/campaign.ts';
import { outlives } from '../../domain/callback.ts';
import type { PlaceCallResult } from '../../domain/carrier.ts';
import type { LocationEvidence } from '../../domain/facts.ts';
import { clockZone, localHour } from '../../domain/local-hour.ts';
import type { DrawnStep } from '../../domain/retry-step.ts';
import type { EpochMs } from '../../domain/time.ts';
import {
  isTerminalContactState,
  type AttemptState,
  type CampaignStatus,
  type ContactState,
  type DialMode,
  type Disposition,
  type Outcome,
} from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { raiseHourSql, tellsOfHour } from '../../db/repositories/answer-hours.ts';
import { PROMISED, rememberContact, settlePromise } from '../../db/repositories/callbacks.ts';
import { cohortOf, finishContact, recheckInMs, returnToHopper } from '../../db/repositories/hopper.ts';
import { closeAgentSide, type OverAttempt } from '../agents/end.ts';
import { promiseByCall, type CallOver } from '../callbacks/make.ts';
import { countAttempt } from '../telemetry.ts';
import { drawStep, type SettledContact } from './draw-step.ts';
import { recordDutyChecks } from './duties.ts';
import { recordOptOut } from './opt-out.ts';

interface SettleRow {
  contact_id: string;
  campaign_id: string;
  person_id: string;
  number_hash: Buffer;
  admission: number;
  state: AttemptState;
  reason: string | null;
  outcome: Outcome | null;
  disposition: Disposition | null;
  result: PlaceCallResult | null;
  contact_state: ContactState;
  contact_admissions: number;
  contact_attempts: number;
  priority: number;
  ready_at: EpochMs;
  state_reason: string | null;
  status: CampaignStatus;
  /** As it holds for the contact, which may be in an arm of an experiment. */
  definition: CampaignDefinition;
  arms: Arms | null;
  sending_at: EpochMs | null;
  mode: DialMode | null;
  ended_at: EpochMs | null;
  answered_at: EpochMs | null;
  talk_s: number | null;
  /** Of the number that was called. */
  country: string | null;
  locations: LocationEvidence[] | null;
  /** What was promised to the contact and is not settled yet. */
  promise_id: string | null;
  promise_from: EpochMs | null;
  promise_until: EpochMs | null;
}

/**
 * Draw the consequence of an attempt that is over, once: by the campaign's rules as they are now, the contact goes
 * back into the hopper or is final, and what its workflow is to be told is kept with the attempt. The caller holds
 * the person's row.
 * @returns what the workflow is to be told; null while the attempt is not over, or its agent has not written it down.
 */
export async function settleAttempt(
  tx: Tx,
  clock: Clock,
  attemptId: string,
): Promise<PlaceCallResult | null> {
  const row = await readForSettling(tx, attemptId);
  if (row === null) return null;
  if (row.result !== null) return row.result;
  if (!isOver(row.state)) return null;
  if (await closeAgentSide(tx, clock, overAttempt(attemptId, row, clock))) return null;
  const promise = await promiseAfter(tx, clock, attemptId, row);
  const { result, step } = await consequence(tx, clock, attemptId, row, promise);
  const hour = hourOfCall(row);
  await tx.prepared(
    'settle_result',
    `WITH done AS (UPDATE attempts SET result = $3, next_step = $6 WHERE tenant_id = $1 AND id = $2),
          hour AS (${RAISE_HOUR})
     UPDATE contacts SET counted_attempts = counted_attempts + $5 WHERE tenant_id = $1 AND id = $4`,
    [
      tx.tenantId,
      attemptId,
      JSON.stringify(result),
      row.contact_id,
      row.state === 'ended' && usesBudget(row.outcome) ? 1 : 0,
      step === null ? null : JSON.stringify(step),
      hour === null ? null : cohortOf(row.country, row.locations ?? []),
      row.campaign_id,
      hour,
      row.outcome === 'answered' ? 1 : 0,
    ],
  );
  // A call that was never made owes nothing.
  if (row.state === 'ended') await recordDutyChecks(tx, clock, attemptId);
  countAttempt(row.state, row.outcome);
  return result;
}

const RAISE_HOUR = raiseHourSql({ cohort: '$7', campaignId: '$8', hour: '$9', answered: '$10' });

/** The hour of the day where the person was when they were called; null: it says nothing of hours, or nobody knows. */
function hourOfCall({ state, outcome, sending_at: at, locations }: SettleRow): number | null {
  if (state !== 'ended' || at === null || !tellsOfHour(outcome)) return null;
  const zone = clockZone(locations ?? []);
  return zone === null ? null : localHour(zone, at);
}

function overAttempt(id: string, row: SettleRow, clock: Clock): OverAttempt {
  return {
    id,
    campaignId: row.campaign_id,
    contactId: row.contact_id,
    personId: row.person_id,
    mode: row.mode,
    state: row.state,
    outcome: row.outcome,
    answeredAt: row.answered_at,
    endedAt: row.ended_at ?? clock.now(),
    talkS: row.talk_s ?? 0,
    definition: row.definition,
  };
}

function isOver(state: AttemptState): boolean {
  return state === 'ended' || state === 'revoked' || state === 'abandoned' || state === 'rejected';
}

async function readForSettling(tx: Tx, attemptId: string): Promise<SettleRow | null> {
  const rows = await tx.prepared<SettleRow>(
    'settle_read',
    `SELECT a.contact_id, a.campaign_id, a.person_id, a.number_hash, a.admission, a.state, a.reason, a.outcome,
            a.disposition, a.result, c.state AS contact_state, c.admissions AS contact_admissions,
            c.attempts AS contact_attempts, c.priority, c.ready_at, c.state_reason, c.arms, k.status, k.definition,
            a.sending_at, a.mode, a.ended_at, l.answered_at, l.talk_s, m.country, m.locations, b.id AS promise_id, b.from_at AS promise_from, b.until_at AS promise_until
     FROM attempts a
     JOIN contacts c ON c.tenant_id = a.tenant_id AND c.id = a.contact_id
     JOIN campaigns k ON k.tenant_id = a.tenant_id AND k.id = a.campaign_id
     LEFT JOIN person_numbers m ON m.tenant_id = a.tenant_id AND m.number_hash = a.number_hash
     LEFT JOIN calls l ON l.tenant_id = a.tenant_id AND l.attempt_id = a.id
     LEFT JOIN callbacks b ON b.tenant_id = a.tenant_id AND b.contact_id = a.contact_id AND b.status = 'promised'
     WHERE a.tenant_id = $1 AND a.id = $2 FOR NO KEY UPDATE OF a`,
    [tx.tenantId, attemptId],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const arms = armsOf(row.definition, row.campaign_id, row.contact_id, row.arms);
  return { ...row, definition: definitionFor(row.definition, arms) };
}

interface Promised {
  readonly id: string;
  readonly fromAt: EpochMs;
}

/** The promise that still stands after this attempt: one sent within its window keeps it (I11). */
async function promiseAfter(
  tx: Tx,
  clock: Clock,
  attemptId: string,
  row: SettleRow,
): Promise<Promised | null> {
  const { promise_id: id, promise_from: fromAt, promise_until: untilAt } = row;
  if (id === null || fromAt === null || untilAt === null) return null;
  const sentAt = row.state === 'ended' ? row.sending_at : null;
  if (sentAt !== null && fromAt <= sentAt && sentAt < untilAt) {
    await settlePromise(tx, id, { status: 'kept', reason: null, attemptId, at: clock.now() });
    return null;
  }
  return untilAt > clock.now() ? { id, fromAt } : null;
}

interface Consequence {
  readonly result: PlaceCallResult;
  /** What the campaign's rules drew from it; null: they were not asked. */
  readonly step: DrawnStep | null;
}

async function consequence(
  tx: Tx,
  clock: Clock,
  attemptId: string,
  row: SettleRow,
  standing: Promised | null,
): Promise<Consequence> {
  const now = clock.now();
  const told = async (result: Promise<PlaceCallResult>): Promise<Consequence> => ({
    result: await result,
    step: null,
  });
  const finish = (state: ContactState, reason: string | null) =>
    finishContact(tx, clock, row.contact_id, state, reason);
  // What the person asked for binds whatever has become of the contact meanwhile.
  if (row.disposition === 'opted_out') {
    await recordOptOut(tx, clock, { attemptId, personId: row.person_id, numberHash: row.number_hash });
    return told(finish('withdrawn', 'disposition.opted_out'));
  }
  if (isTerminalContactState(row.contact_state)) return told(finish(row.contact_state, row.state_reason));
  if (row.contact_state === 'waiting' || row.contact_admissions !== row.admission) {
    // Put back before by someone who found it lost; the row's own plan stands.
    const { ready_at: readyAt, state_reason: reason } = row;
    const recheck = recheckInMs(clock, readyAt);
    return { result: { kind: 'waiting', readyAt, reason, recheckInMs: recheck }, step: null };
  }
  const contact = { id: row.contact_id, priority: row.priority, attempts: row.contact_attempts };
  if (row.state === 'revoked' || row.state === 'abandoned') {
    if (row.status === 'stopped') return told(finish('stopped', 'campaign.stopped'));
    return told(returnToHopper(tx, clock, contact, now, `attempt.${row.state}`));
  }
  const step = await drawStep(tx, settledContact(row), now);
  const drawn = async (result: Promise<PlaceCallResult>): Promise<Consequence> => ({
    result: await result,
    step,
  });
  const goesOn = row.status !== 'stopped' && row.status !== 'completed';
  const mayPromise = standing === null && row.state === 'ended' && goesOn;
  const promise =
    mayPromise && (step.kind !== 'final' || outlives(step.state!))
      ? await promiseByCall(tx, clock, callOver(attemptId, row))
      : standing;
  if (step.kind === 'final') {
    const state = step.state!;
    if (promise === null || !goesOn || !outlives(state)) return drawn(finish(state, step.reason));
    // Promised in this very call, as a rule: the contact is done with but for the call it was promised.
    await rememberContact(tx, promise.id, { state, reason: step.reason, readyAt: null });
    return drawn(returnToHopper(tx, clock, contact, Math.max(now, promise.fromAt), PROMISED));
  }
  if (row.status === 'stopped') return drawn(finish('stopped', 'campaign.stopped'));
  const waits = { ...contact, withAgent: step.withAgent };
  if (promise !== null && standing === null) {
    await rememberContact(tx, promise.id, { state: 'waiting', reason: step.reason, readyAt: step.readyAt });
    return drawn(returnToHopper(tx, clock, waits, Math.max(now, promise.fromAt), PROMISED));
  }
  return drawn(returnToHopper(tx, clock, waits, step.readyAt!, step.reason));
}

function callOver(attemptId: string, row: SettleRow): CallOver {
  return {
    attemptId,
    contactId: row.contact_id,
    campaignId: row.campaign_id,
    personId: row.person_id,
    outcome: row.outcome,
    disposition: row.disposition,
    definition: row.definition,
  };
}

function settledContact(row: SettleRow): SettledContact {
  const { contact_id: contactId, person_id: personId, definition, disposition, country } = row;
  return { contactId, personId, definition, disposition, country, locations: row.locations ?? [] };
}
