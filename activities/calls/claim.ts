import type { Clock } from '../../domain/clock.ts';
import { needsAgents, type CampaignDefinition } from '../../domain/campaign.ts';
import { escalatesAfter } from '../../domain/escalation.ts';
import type { PlaceCallResult } from '../../domain/carrier.ts';
import { attemptIdOf } from '../../domain/ids.ts';
import { DAY_MS, MINUTE_MS, toIso, type EpochMs } from '../../domain/time.ts';
import { isTerminalContactState, type AttemptState, type DialMode } from '../../domain/vocabulary.ts';
import { reach } from '../../domain/steps.ts';
import type { Tx } from '../../db/client.ts';
import { lockForGate } from '../../db/locks.ts';
import { countNearMiss } from '../../db/telemetry.ts';
import { finishContact, recheckInMs, returnToHopper } from '../../db/repositories/hopper.ts';
import { takeFromQuotas, type QuotaKey } from '../../db/repositories/quota-counts.ts';
import { RULES_PENDING } from '../../db/repositories/campaign-rules.ts';
import { isTooLate, TOO_LATE } from '../../pacing/retry.ts';
import type { PolicySource } from '../../gate/policy-source.ts';
import {
  CAMPAIGN_DENIED_DELAY_MS,
  DECISION_COLUMNS,
  DECISION_VALUES,
  decide,
  decisionValues,
  deniesCampaignOnly,
  leadingReason,
  sendDeadline,
  type Decided,
} from '../../gate/decide.ts';
import { countDecision, countReason } from '../telemetry.ts';
import type { CarrierSource } from './carrier-source.ts';
import { linkToRequest } from '../tracing.ts';
import { readDossier, type ContactDossier } from '../../gate/dossier.ts';
import { inactiveAt, isRulesPending, RULES_PENDING_DELAY_MS } from '../../gate/rules/pending.ts';
import { keepAgentFree, nextLookForOwner } from '../agents/keep-free.ts';
import { deferContact } from '../callbacks/move.ts';
import { holdByQuota, lockQuotas } from './quota.ts';

/** A permit: an `allow` decision and the attempt that may use it, until its lease ends (I1). */
export interface Permit {
  readonly attemptId: string;
  readonly fence: number;
  readonly leaseUntilReal: EpochMs;
  /** No send at or after this instant (engine clock); null: the policies set no end. */
  readonly sendBefore: EpochMs | null;
  readonly campaignId: string;
  readonly carrierId: string;
  readonly personId: string;
  readonly sealedNumber: Buffer;
  readonly definition: CampaignDefinition;
  readonly mode: DialMode;
}

export type ClaimResult =
  | { readonly kind: 'permit'; readonly permit: Permit }
  /** This admission already made its attempt: nothing new is claimed, whatever its state. */
  | { readonly kind: 'existing'; readonly attemptId: string; readonly state: AttemptState }
  /** The contact is shown to an agent, who has not said yet whether to call: it is called, or not, by what they say. */
  | { readonly kind: 'offered' }
  /** No call: the contact is final, or waits in the hopper. */
  | { readonly kind: 'closed'; readonly result: PlaceCallResult };

export interface GateDeps {
  readonly clock: Clock;
  readonly policies: PolicySource;
  /** How lines are doing; absent: each is taken to be free. */
  readonly carriers?: Pick<CarrierSource, 'peek'>;
}

/** Design: a permit's lease is at most 2 s, so that a dead worker delays a stop's acknowledgement by no more. */
export const LEASE_MS = 2_000;
/** A person who is being called already, by whichever campaign, is left alone for this long (engine clock). */
const BUSY_PERSON_DELAY_MS = 5 * MINUTE_MS;
/** A contact of a carrier that is asked for as much as it may be looks again after this long (real). */
const FULL_LINE_DELAY_MS = 1_000;
/** A contact for whose call no agent is free looks again after this long (real). */
const NO_AGENT_DELAY_MS = 1_000;
/** A contact of a carrier that is paused or gone looks again after this long (engine clock). */
const NO_CARRIER_DELAY_MS = 15 * MINUTE_MS;

/**
 * Transaction A of the dial gate: under the shared locks and the person's row, load the facts, evaluate, store the
 * Decision, and on `allow` reserve the attempt in state `claimed`. The attempt's row is at once the permit and the
 * reservation of the frequency caps, which count rows (I5). Run again for the same admission it finds what it did.
 */
export async function claimAttempt(
  tx: Tx,
  deps: GateDeps,
  input: { readonly contactId: string; readonly campaignId: string; readonly admission: number },
): Promise<ClaimResult> {
  const target = await lockForGate(tx, input);
  if (target === null) return closed({ kind: 'final', state: 'stopped', reason: 'contact.missing' });
  linkToRequest(target.traceParent);

  const at = deps.clock.now();
  const dossier = await readDossier(tx, input.contactId, at, input.admission);
  if (dossier === null) return closed({ kind: 'final', state: 'stopped', reason: 'contact.missing' });
  if (dossier.admissionAttempt !== null) {
    return {
      kind: 'existing',
      attemptId: dossier.admissionAttempt.id,
      state: dossier.admissionAttempt.state,
    };
  }
  const held = await holdBack(tx, deps, dossier, input.admission, at, target.carrierId);
  if (held !== null) return closed(held);
  // Skipped or run out, it is about to be sent back (activities/services/offers.ts).
  if (dossier.preview !== null && dossier.preview.state !== 'accepted') return { kind: 'offered' };

  const decided = await decide(tx, deps.policies, deps.clock, dossier, at);
  const { verdict } = decided.evaluation;
  const reason = leadingReason(decided.evaluation);
  countDecision(verdict.kind, verdict.kind === 'allow' ? null : reason);
  if (verdict.kind !== 'allow') countReason('dial', reason);
  switch (verdict.kind) {
    case 'allow': {
      const allowUntil = earlier(verdict.until, dossier.nextPoliciesAt);
      const quotas = await lockQuotas(tx, dossier, at);
      if ('hold' in quotas) return closed(await holdByQuota(tx, deps.clock, waiting(dossier), quotas.hold));
      // Locked last of all: whoever holds a seat waits for nobody (db/locks.ts).
      const without = await keepAgentFree(tx, deps.clock, dossier);
      if (without !== null) {
        const { reason: why, heldUntil } = without;
        const readyAt =
          heldUntil === null
            ? at + Math.ceil(NO_AGENT_DELAY_MS * deps.clock.speed)
            : nextLookForOwner(deps.clock, heldUntil);
        return closed(await returnToHopper(tx, deps.clock, waiting(dossier), readyAt, why));
      }
      return {
        kind: 'permit',
        permit: await reserve(tx, deps, dossier, decided, allowUntil, input.admission, quotas.keys),
      };
    }
    case 'defer': {
      const tooLate = isTooLate(dossier.campaign.definition.retry, dossier.firstAttemptAt, verdict.until);
      return closed(
        await together(
          insertDecision(tx, dossier, decided, 'dial', input.admission),
          tooLate
            ? finishContact(tx, deps.clock, input.contactId, TOO_LATE.state, TOO_LATE.reason)
            : deferContact(tx, deps.clock, dossier.campaign, waiting(dossier), verdict.until, reason),
        ),
      );
    }
    case 'deny':
      return closed(
        await together(
          insertDecision(tx, dossier, decided, 'dial', input.admission),
          deniesCampaignOnly(decided.evaluation)
            ? returnToHopper(tx, deps.clock, waiting(dossier), at + CAMPAIGN_DENIED_DELAY_MS, reason)
            : finishContact(tx, deps.clock, input.contactId, 'denied', reason),
        ),
      );
  }
}

/** What the second of two statements answers, which were sent without waiting for the first; both hold, or none does. */
async function together<T>(first: Promise<void>, second: Promise<T>): Promise<T> {
  const [, answer] = await Promise.all([first, second]);
  return answer;
}

/** The earlier of two instants, where null is never. */
function earlier(a: EpochMs | null, b: EpochMs | null): EpochMs | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function closed(result: PlaceCallResult): ClaimResult {
  return { kind: 'closed', result };
}

/**
 * What keeps the contact from the gate before any rule is asked: it is no longer admitted, its campaign, tenant or
 * installation is stopped, there is no line, or the person is on a call. Not decisions of policy, so no Decision is stored.
 */
async function holdBack(
  tx: Tx,
  deps: GateDeps,
  dossier: ContactDossier,
  admission: number,
  at: EpochMs,
  lockedCarrierId: string | null,
): Promise<PlaceCallResult | null> {
  const { contact, campaign } = dossier;
  const back = (readyAt: EpochMs, reason: string) =>
    returnToHopper(tx, deps.clock, waiting(dossier), readyAt, reason);
  if (isTerminalContactState(contact.state)) return { kind: 'final', state: contact.state, reason: null };
  if (contact.state !== 'admitted' || contact.admissions !== admission) {
    // A late or repeated call for an admission that is over: the row knows better, and stays as it is.
    const reason = 'admission.superseded';
    return { kind: 'waiting', readyAt: at, reason, recheckInMs: recheckInMs(deps.clock, at) };
  }
  if (campaign.status === 'stopped' || campaign.status === 'completed') {
    return finishContact(tx, deps.clock, contact.id, 'stopped', `campaign.${campaign.status}`);
  }
  if (campaign.status !== 'running') return back(at, 'campaign.paused');
  if (dossier.installationStopped) return back(at, 'installation.stopped');
  if (dossier.tenantStopped) return back(at, 'tenant.stopped');
  if (dossier.carrier === null || dossier.carrier.paused)
    return back(at + NO_CARRIER_DELAY_MS, 'carrier.paused');
  // The campaign was given another carrier just now: a pause of that one would not wait for this pass.
  if (dossier.carrier.id !== lockedCarrierId) return back(at, 'carrier.changed');
  const load = deps.carriers?.peek?.(tx.tenantId, dossier.carrier.id)?.load;
  const restMs = load?.restMs() ?? 0;
  if (restMs > 0) return back(at + Math.ceil(restMs * deps.clock.speed), 'carrier.resting');
  if (load?.isFull() === true) {
    return back(at + Math.ceil(FULL_LINE_DELAY_MS * deps.clock.speed), 'carrier.busy');
  }
  const inactive = inactiveAt(campaign.definition, at);
  if (inactive !== null) return back(inactive.until ?? at + DAY_MS, 'campaign.hours');
  if (isRulesPending(campaign.definition, contact)) {
    return back(at + Math.ceil(RULES_PENDING_DELAY_MS * deps.clock.speed), RULES_PENDING);
  }
  if (dossier.openAttemptId === null) return null;
  countNearMiss('person_on_call');
  return back(at + BUSY_PERSON_DELAY_MS, 'person.on_call');
}

/** A contact as it goes back into the hopper: among those that an agent is to call, or its campaign's own mode. */
function waiting({ contact, campaign, facts }: ContactDossier) {
  const withAgent = escalatesAfter(campaign.definition) !== null && needsAgents(facts.mode);
  return { ...contact, withAgent };
}

export async function insertDecision(
  tx: Tx,
  dossier: ContactDossier,
  decided: Decided,
  stage: 'admission' | 'dial',
  admission: number,
): Promise<void> {
  await tx.prepared(
    'insert_decision',
    `INSERT INTO decisions (${DECISION_COLUMNS}) VALUES (${DECISION_VALUES})`,
    decisionValues(tx, dossier, decided, stage, admission),
  );
}

/** Decision, attempt and counter in one statement, so that neither stands without the others. */
async function reserve(
  tx: Tx,
  deps: GateDeps,
  dossier: ContactDossier,
  decided: Decided,
  allowUntil: EpochMs | null,
  admission: number,
  quotas: readonly QuotaKey[],
): Promise<Permit> {
  if (quotas.length > 0) await takeFromQuotas(tx, dossier.campaign.id, quotas);
  const { arms } = dossier.contact;
  const n = dossier.contact.attempts + 1;
  const attemptId = attemptIdOf(dossier.contact.id, n);
  await reach('claim.commit', attemptId);
  const rows = await tx.last<{ lease_until_real: number; fence: number }>(
    'gate_reserve',
    `WITH decision AS (INSERT INTO decisions (${DECISION_COLUMNS}) VALUES (${DECISION_VALUES})),
          contact AS (UPDATE contacts SET attempts = $19, arms = $29 WHERE tenant_id = $1 AND id = $4)
     INSERT INTO attempts (tenant_id, id, contact_id, campaign_id, person_id, number_hash, n, admission, decision_id,
                           purpose, channel, carrier_id, state, fence, lease_until_real, allow_until, claimed_at,
                           claimed_real, rang_at, conversation, debt, subject, mode, arms, script, quotas)
     VALUES ($1, $18, $4, $3, $5, $20, $19, $7, $2, $21, $22, $23, 'claimed', 1,
             statement_timestamp() + make_interval(secs => $24), $25, $8, statement_timestamp(), $8, false,
             $26, $27, $28, $29, $30, $31)
     RETURNING lease_until_real, fence`,
    [
      ...decisionValues(tx, dossier, decided, 'dial', admission),
      attemptId,
      n,
      dossier.numberHash,
      dossier.facts.purpose,
      dossier.facts.channel,
      dossier.carrier!.id,
      LEASE_MS / 1_000,
      allowUntil === null ? null : toIso(allowUntil),
      dossier.facts.debt,
      dossier.facts.subject,
      dossier.facts.mode,
      arms === null ? null : JSON.stringify(arms),
      arms?.script === undefined ? null : JSON.stringify(dossier.campaign.definition.script),
      quotas.length === 0
        ? null
        : JSON.stringify(quotas.map(({ quota, counts, from }) => ({ quota, counts, from: toIso(from) }))),
    ],
  );
  return {
    attemptId,
    fence: rows[0]!.fence,
    leaseUntilReal: rows[0]!.lease_until_real,
    sendBefore: sendDeadline(deps.clock, allowUntil),
    campaignId: dossier.campaign.id,
    carrierId: dossier.carrier!.id,
    personId: dossier.personId,
    sealedNumber: dossier.sealedNumber,
    definition: dossier.campaign.definition,
    mode: dossier.facts.mode,
  };
}
