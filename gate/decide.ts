import { v7 as uuidv7 } from 'uuid';
import type { Clock } from '../domain/clock.ts';
import type { Evaluation } from '../domain/decision.ts';
import { toIso, type EpochMs } from '../domain/time.ts';
import type { Tx } from '../db/client.ts';
import { canonicalJson, hashOfText, evaluate, type CompiledPolicySet } from '../policies/index.ts';
import type { PolicySource } from './policy-source.ts';
import type { ContactDossier } from './dossier.ts';

/** Evaluation of a dossier, with the id its Decision row has or will have. */
export interface Decided {
  readonly decisionId: string;
  readonly evaluation: Evaluation;
}

/**
 * How long after the decision the ring request may leave, in real ms: a call must be allowed for all of that time, so
 * that it is not sent after its window has closed. On a scaled clock this is `speed` times as long.
 */
export const SEND_HORIZON_REAL_MS = 800;
/** At the send itself, this much (real ms) of what the policy allows must be left for the request to reach the carrier. */
export const SEND_GUARD_REAL_MS = 400;

/** The horizon on the engine's clock. */
export function horizonMsOn(clock: Clock): number {
  return Math.ceil(SEND_HORIZON_REAL_MS * clock.speed);
}

/** The instant (engine clock) at and after which a request must not be sent any more; null: none. */
export function sendDeadline(clock: Clock, allowUntil: EpochMs | null): EpochMs | null {
  return allowUntil === null ? null : allowUntil - Math.ceil(SEND_GUARD_REAL_MS * clock.speed);
}

/** Evaluate a dossier by the policies that bind its campaign. Pure but for loading them. */
export async function decide(
  tx: Tx,
  policies: PolicySource,
  clock: Clock,
  dossier: ContactDossier,
  at: EpochMs,
): Promise<Decided> {
  const policySet: CompiledPolicySet = await policies.forCampaign(
    tx,
    dossier.policySetHash,
    dossier.campaign,
    at,
  );
  const evaluation = evaluate({ policySet, facts: dossier.facts, at, horizonMs: horizonMsOn(clock) });
  return { decisionId: uuidv7(), evaluation };
}

/**
 * The reason to show where there is room for one: of a denial, one that denies rather than one that would only have
 * deferred; of a deferral, the one that holds out longest. All of them are in the Decision.
 */
export function leadingReason(evaluation: Evaluation): string | null {
  const against = evaluation.results.filter(
    (result) => result.outcome === 'deny' || result.outcome === 'defer',
  );
  const denying = against.find((result) => result.outcome === 'deny');
  if (denying !== undefined) return denying.reason;
  return against.toSorted((a, b) => (b.until ?? 0) - (a.until ?? 0))[0]?.reason ?? null;
}

/** Rules that speak of all calls of a campaign and not of whom one is to: what they deny passes, and the contact stays. */
const OF_THE_CAMPAIGN: ReadonlySet<string> = new Set(['abandonment_cap']);

/** Whether a call is denied for nothing but how the campaign's other calls went. */
export function deniesCampaignOnly({ verdict, results }: Evaluation): boolean {
  if (verdict.kind !== 'deny') return false;
  return results.filter(({ outcome }) => outcome === 'deny').every(({ type }) => OF_THE_CAMPAIGN.has(type));
}

/** How long (engine clock) a contact waits that such a rule denied; figures are by the hour. */
export const CAMPAIGN_DENIED_DELAY_MS = 15 * 60_000;

/** Columns of a Decision row, in the order that DECISION_VALUES numbers them. */
export const DECISION_COLUMNS =
  'tenant_id, id, campaign_id, contact_id, person_id, stage, admission, at, recorded_real, horizon_ms, verdict, ' +
  'until, reasons, engine, policy_set_hash, facts, facts_hash, results';
/** Placeholders $1 to $17 for DECISION_COLUMNS. */
export const DECISION_VALUES =
  '$1, $2, $3, $4, $5, $6, $7, $8, statement_timestamp(), $9, $10, $11, $12, $13, $14, $15, $16, $17';

export function decisionValues(
  tx: Tx,
  dossier: ContactDossier,
  decided: Decided,
  stage: 'admission' | 'dial',
  admission: number,
): unknown[] {
  const { evaluation } = decided;
  const { verdict } = evaluation;
  const until = verdict.kind === 'deny' || verdict.until === null ? null : toIso(verdict.until);
  // Written out once, for the hash and for the column, which keeps no order of its own.
  const facts = canonicalJson(dossier.facts);
  return [
    tx.tenantId,
    decided.decisionId,
    dossier.campaign.id,
    dossier.contact.id,
    dossier.personId,
    stage,
    admission,
    toIso(evaluation.at),
    evaluation.horizonMs,
    verdict.kind,
    until,
    evaluation.reasons,
    evaluation.engine,
    evaluation.policySetHash,
    facts,
    hashOfText(facts),
    JSON.stringify(evaluation.results),
  ];
}
