import { armsOf, definitionFor, type Arms } from '../domain/arms.ts';
import type { AttemptFact, DialFacts, TriggerFact } from '../domain/facts.ts';
import type { CampaignDefinition } from '../domain/campaign.ts';
import type { LocationEvidence } from '../domain/facts.ts';
import { toIso, DAY_MS, type EpochMs } from '../domain/time.ts';
import type { AttemptState, CampaignStatus, ContactState } from '../domain/vocabulary.ts';
import type { Tx } from '../db/client.ts';
import { matterFacts, type Matter } from '../domain/matter.ts';
import { INSTALLATION_STOPPED } from '../db/repositories/installation.ts';
import type { PreviewState } from '../db/schema/agents.ts';
import { inForceSql, nextInForceSql } from '../db/repositories/policies.ts';
import { CALLED_NUMBER } from '../db/repositories/called-number.ts';
import { campaignFacts, modeOfContact } from './campaign-facts.ts';
import {
  CONSENT_FACTS,
  LIST_FACTS,
  SUPPRESSION_FACTS,
  attemptFactsSql,
  standingFactsSql,
  type StandingFacts,
} from './fact-sql.ts';

/** How far back attempts are facts: longer than any cap or cooldown of the packs (the longest known is 60 days). */
export const HISTORY_MS = 400 * DAY_MS;

/** A contact with all that a decision and its carrying out need, read in one statement. */
export interface ContactDossier {
  readonly contact: {
    readonly id: string;
    readonly state: ContactState;
    readonly admissions: number;
    readonly attempts: number;
    readonly countedAttempts: number;
    readonly priority: number;
    readonly workflowOpen: boolean;
    /** The rules by which it was judged, as a hash; null: by none. */
    readonly judgedBy: string | null;
    /** Names of the quotas that it counts towards. */
    readonly quotas: readonly string[];
    /** The arms of the campaign's experiments that it is in. */
    readonly arms: Arms | null;
  };
  readonly campaign: {
    readonly id: string;
    readonly status: CampaignStatus;
    /** As it holds for the contact, which may be in an arm of an experiment. */
    readonly definition: CampaignDefinition;
    readonly revision: number;
    readonly changedAt: EpochMs;
  };
  /** Everything that the installation dials is stopped, every tenant. */
  readonly installationStopped: boolean;
  readonly tenantStopped: boolean;
  readonly carrier: { readonly id: string; readonly kind: string; readonly paused: boolean } | null;
  readonly personId: string;
  readonly numberHash: Buffer;
  readonly sealedNumber: Buffer;
  /** Hash of the policy set in force at the instant of the decision; null: none is. */
  readonly policySetHash: string | null;
  /** When another set takes effect; null: none is to come. What is decided by this one is not sent then any more. */
  readonly nextPoliciesAt: EpochMs | null;
  /** The attempt that the admission asked about made already, if any. */
  readonly admissionAttempt: { readonly id: string; readonly state: AttemptState } | null;
  /** The contact as it is, or was, shown to an agent in the admission asked about; null: it was not. */
  readonly preview: {
    readonly id: string;
    readonly state: PreviewState;
    readonly agentId: string;
  } | null;
  /** When this contact was first tried (engine clock); null: never. */
  readonly firstAttemptAt: EpochMs | null;
  /** Another call to the person is being made or is up. */
  readonly openAttemptId: string | null;
  readonly facts: DialFacts;
}

interface DossierRow {
  state: ContactState;
  admissions: number;
  attempts: number;
  counted_attempts: number;
  priority: number;
  workflow_open: boolean;
  judged_by: string | null;
  quotas: string[] | null;
  arms: Arms | null;
  campaign_id: string;
  person_id: string;
  status: CampaignStatus;
  definition: CampaignDefinition;
  revision: number;
  changed_at: number;
  installation_stopped: boolean;
  tenant_stopped: boolean;
  carrier_id: string | null;
  carrier_kind: string | null;
  carrier_paused: boolean | null;
  number_hash: Buffer;
  sealed_number: Buffer;
  country: string | null;
  number_type: string;
  locations: LocationEvidence[];
  policy_set_hash: string | null;
  next_policies_at: EpochMs | null;
  first_attempt_at: EpochMs | null;
  admission_attempt: { id: string; state: AttemptState } | null;
  preview: ContactDossier['preview'];
  open_attempt: string | null;
  consents: DialFacts['consents'] | null;
  suppressions: DialFacts['suppressions'] | null;
  lists: DialFacts['lists'] | null;
  history: HistoryAttempt[] | null;
  matter: Matter | null;
  standing: StandingFacts;
}

/** An earlier attempt as it is read; its disposition is no fact itself, and what it set off is. */
export interface HistoryAttempt extends AttemptFact {
  readonly disposition: string | null;
  /** When it was given up for want of an agent. */
  readonly abandonedAt: EpochMs | null;
}

/**
 * One statement, so that everything is read at one instant, after the locks were taken. An open attempt is looked for among
 * the person's own (OFFSET 0): by the index of open ones, which is the smaller, the tenant's would all be gone through.
 */
const DOSSIER_SQL = `
SELECT c.state, c.admissions, c.attempts, c.counted_attempts, c.priority, c.workflow_open, c.judged_by, c.quotas,
       c.arms, c.campaign_id, c.person_id,
       cam.status, cam.definition, cam.revision,
       (SELECT r.changed_at FROM campaign_revisions r
         WHERE r.tenant_id = $1 AND r.campaign_id = cam.id AND r.revision = cam.revision) AS changed_at,
       (${INSTALLATION_STOPPED}) AS installation_stopped, (t.dialling_stopped_at IS NOT NULL) AS tenant_stopped,
       car.id AS carrier_id, car.kind AS carrier_kind, (car.paused_real IS NOT NULL) AS carrier_paused,
       n.number_hash, n.sealed_number, n.country, n.number_type, n.locations,
       (${inForceSql('p.set_hash', '$5')}) AS policy_set_hash, (${nextInForceSql('$5')}) AS next_policies_at,
       (SELECT json_build_object('id', a.id, 'state', a.state) FROM attempts a
         WHERE a.tenant_id = $1 AND a.contact_id = c.id AND a.admission = $4) AS admission_attempt,
       (SELECT json_build_object('id', v.id, 'state', v.state, 'agentId', v.agent_id) FROM previews v
         WHERE v.tenant_id = $1 AND v.contact_id = c.id AND v.admission = $4) AS preview,
       (SELECT a.rang_at FROM attempts a
         WHERE a.tenant_id = $1 AND a.id = c.id::text || '/1') AS first_attempt_at,
       (SELECT o.id FROM (SELECT a.id, a.state FROM attempts a
                           WHERE a.tenant_id = $1 AND a.person_id = c.person_id OFFSET 0) o
         WHERE o.state IN ('claimed', 'sending', 'sent', 'unknown') LIMIT 1) AS open_attempt,
       (SELECT ${CONSENT_FACTS}
          FROM consent_events e WHERE e.tenant_id = $1 AND e.person_id = c.person_id) AS consents,
       (SELECT ${SUPPRESSION_FACTS}
          FROM suppressions s
          WHERE s.tenant_id = $1 AND s.number_hash IN
                (SELECT m.number_hash FROM person_numbers m WHERE m.tenant_id = $1 AND m.person_id = c.person_id)
       ) AS suppressions,
       (SELECT ${LIST_FACTS}
          FROM suppression_lists l WHERE l.tenant_id = $1) AS lists,
       (SELECT ${attemptFactsSql(null)}
          FROM attempts a LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
          WHERE a.tenant_id = $1 AND a.person_id = c.person_id AND a.rang_at > $3
            AND a.state IN ('claimed', 'sending', 'sent', 'ended', 'unknown')) AS history,
       c.matter,
       ${standingFactsSql({ definition: 'cam.definition', campaignId: 'cam.id', carrierId: 'cam.carrier_id', at: '$5::timestamptz', since: '$3', known: null })} AS standing
FROM contacts c
JOIN campaigns cam ON cam.tenant_id = c.tenant_id AND cam.id = c.campaign_id
JOIN tenants t ON t.id = c.tenant_id
LEFT JOIN carriers car ON car.tenant_id = c.tenant_id AND car.id = cam.carrier_id
JOIN person_numbers n ON n.tenant_id = c.tenant_id AND n.person_id = c.person_id AND ${CALLED_NUMBER}
WHERE c.tenant_id = $1 AND c.id = $2`;

/**
 * Everything known about a contact for a decision at `at` (engine clock).
 * @param admission the admission whose attempt is asked about; null: none.
 * @returns null when the contact is not there, or has no number to call.
 */
export async function readDossier(
  tx: Tx,
  contactId: string,
  at: EpochMs,
  admission: number | null = null,
): Promise<ContactDossier | null> {
  const rows = await tx.prepared<DossierRow>('gate_dossier', DOSSIER_SQL, [
    tx.tenantId,
    contactId,
    toIso(at - HISTORY_MS),
    admission,
    toIso(at),
  ]);
  const row = rows[0];
  if (row === undefined) return null;
  const arms = armsOf(row.definition, row.campaign_id, contactId, row.arms);
  const definition = definitionFor(row.definition, arms);
  return {
    contact: {
      id: contactId,
      state: row.state,
      admissions: row.admissions,
      attempts: row.attempts,
      countedAttempts: row.counted_attempts,
      priority: row.priority,
      workflowOpen: row.workflow_open,
      judgedBy: row.judged_by,
      quotas: row.quotas ?? [],
      arms,
    },
    campaign: {
      id: row.campaign_id,
      status: row.status,
      definition,
      revision: row.revision,
      changedAt: row.changed_at ?? at,
    },
    installationStopped: row.installation_stopped,
    tenantStopped: row.tenant_stopped,
    carrier:
      row.carrier_id === null
        ? null
        : { id: row.carrier_id, kind: row.carrier_kind!, paused: row.carrier_paused === true },
    personId: row.person_id,
    numberHash: row.number_hash,
    sealedNumber: row.sealed_number,
    policySetHash: row.policy_set_hash,
    nextPoliciesAt: row.next_policies_at,
    admissionAttempt: row.admission_attempt,
    preview: row.preview,
    firstAttemptAt: row.first_attempt_at,
    openAttemptId: row.open_attempt,
    facts: factsOf(tx.tenantId, contactId, { ...row, definition }, at),
  };
}

function factsOf(tenantId: string, contactId: string, row: DossierRow, at: EpochMs): DialFacts {
  const campaign = { id: row.campaign_id, definition: row.definition, carrierId: row.carrier_id };
  const history = factsOfHistory(row.history ?? []);
  return {
    ...campaignFacts(tenantId, campaign, row.standing),
    mode: modeOfContact(campaign, history.attempts),
    ...matterFacts(row.matter, at),
    contactId,
    personId: row.person_id,
    number: {
      pseudonym: row.number_hash.toString('hex'),
      country: row.country,
      type: row.number_type as DialFacts['number']['type'],
    },
    locations: row.locations,
    consents: row.consents ?? [],
    suppressions: row.suppressions ?? [],
    lists: row.lists ?? [],
    ...history,
  };
}

/** Earlier attempts as facts, with what they set off. */
export function factsOfHistory(history: readonly HistoryAttempt[]): Pick<DialFacts, 'attempts' | 'triggers'> {
  return {
    attempts: history.map(({ disposition: _disposition, abandonedAt: _abandonedAt, ...attempt }) => attempt),
    triggers: history.flatMap(triggersOf),
  };
}

/** What an earlier attempt set off: a conversation, a refusal where the person said so, or that nobody was there for them. */
function triggersOf(attempt: HistoryAttempt): TriggerFact[] {
  const at = attempt.endedAt ?? attempt.at;
  const { campaignId, purpose, debt, subject } = attempt;
  const common = { at, campaignId, purpose, debt, subject };
  const triggers: TriggerFact[] = [];
  if (attempt.conversation) triggers.push({ kind: 'conversation', ...common });
  if (attempt.disposition === 'refused' || attempt.disposition === 'opted_out') {
    triggers.push({ kind: 'refusal', ...common });
  }
  if (attempt.abandonedAt !== null) triggers.push({ kind: 'abandon', ...common, at: attempt.abandonedAt });
  return triggers;
}
