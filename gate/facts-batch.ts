import type { Tx } from '../db/client.ts';
import { armsOf, definitionFor, type Arms } from '../domain/arms.ts';
import type { CampaignDefinition } from '../domain/campaign.ts';
import type { DialFacts } from '../domain/facts.ts';
import { matterFacts, type Matter } from '../domain/matter.ts';
import { toIso, type EpochMs } from '../domain/time.ts';
import { CALLED_NUMBER } from '../db/repositories/called-number.ts';
import { campaignFacts, modeOfContact } from './campaign-facts.ts';
import { HISTORY_MS, factsOfHistory, type HistoryAttempt } from './dossier.ts';
import {
  CONSENT_FACTS,
  SUPPRESSION_FACTS,
  attemptFactsSql,
  standingFactsSql,
  type StandingFacts,
} from './fact-sql.ts';

/** A waiting contact with what a decision about it would look at. */
export interface BatchedContact {
  readonly contactId: string;
  readonly readyAt: EpochMs;
  readonly stateReason: string | null;
  readonly firstAttemptAt: EpochMs | null;
  /** The campaign's, as it holds for the contact, which may be in an arm of an experiment. */
  readonly definition: CampaignDefinition;
  /** Another call to the person is being made or is up. */
  readonly onCall: boolean;
  /** Null: the person has no number to call. */
  readonly facts: DialFacts | null;
}

interface BatchRow {
  id: string;
  person_id: string;
  ready_at: EpochMs;
  state_reason: string | null;
  first_attempt_at: EpochMs | null;
  on_call: boolean;
  arms: Arms | null;
  number_hash: Buffer | null;
  country: string | null;
  number_type: DialFacts['number']['type'];
  locations: DialFacts['locations'];
  consents: DialFacts['consents'] | null;
  suppressions: DialFacts['suppressions'] | null;
  history: HistoryAttempt[] | null;
  matter: Matter | null;
}

/** The gate's facts (dossier.ts) of many contacts in one statement; a test holds them to the gate's own reading. */
const BATCH_SQL = `
SELECT c.id, c.person_id, c.ready_at, c.state_reason,
       (SELECT a.rang_at FROM attempts a WHERE a.tenant_id = $1 AND a.id = c.id::text || '/1') AS first_attempt_at,
       EXISTS (SELECT 1 FROM attempts a WHERE a.tenant_id = $1 AND a.person_id = c.person_id
                 AND a.state IN ('claimed', 'sending', 'sent', 'unknown')) AS on_call,
       c.arms, n.number_hash, n.country, n.number_type, n.locations,
       (SELECT ${CONSENT_FACTS}
          FROM consent_events e WHERE e.tenant_id = $1 AND e.person_id = c.person_id) AS consents,
       (SELECT ${SUPPRESSION_FACTS}
          FROM person_numbers m JOIN suppressions s ON s.tenant_id = $1 AND s.number_hash = m.number_hash
          WHERE m.tenant_id = $1 AND m.person_id = c.person_id) AS suppressions,
       (SELECT ${attemptFactsSql(null)}
          FROM attempts a LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
          WHERE a.tenant_id = $1 AND a.person_id = c.person_id AND a.rang_at > $3
            AND a.state IN ('claimed', 'sending', 'sent', 'ended', 'unknown')) AS history,
       c.matter
FROM unnest($2::uuid[]) AS asked (id)
JOIN contacts c ON c.tenant_id = $1 AND c.id = asked.id
LEFT JOIN person_numbers n ON n.tenant_id = c.tenant_id AND n.person_id = c.person_id AND ${CALLED_NUMBER}`;

/** What is the same for all contacts of a campaign. */
export interface BatchCampaign {
  readonly id: string;
  readonly definition: CampaignDefinition;
  readonly carrierId: string | null;
}

/** Freshness of the do-not-call lists that the tenant holds, as the facts have it. */
export async function readLists(tx: Tx): Promise<DialFacts['lists']> {
  return tx.query(`SELECT list, as_of AS "asOf" FROM suppression_lists WHERE tenant_id = $1 ORDER BY list`, [
    tx.tenantId,
  ]);
}

const STANDING_SQL = `SELECT ${standingFactsSql({ definition: '$2::jsonb', campaignId: '$5::uuid', carrierId: '$3::uuid', at: '$6::timestamptz', since: '$4', known: null })} AS standing`;

/** What is on record that holds for all contacts of a campaign, for decisions at `at`. */
async function readStandingFacts(tx: Tx, campaign: BatchCampaign, at: EpochMs): Promise<StandingFacts> {
  const rows = await tx.prepared<{ standing: StandingFacts }>('facts_standing', STANDING_SQL, [
    tx.tenantId,
    JSON.stringify(campaign.definition),
    campaign.carrierId,
    toIso(at - HISTORY_MS),
    campaign.id,
    toIso(at),
  ]);
  return rows[0]!.standing;
}

/** Facts for decisions at `at` (engine clock) about these contacts of a campaign, in no order. */
export async function readFactsOf(
  tx: Tx,
  campaign: BatchCampaign,
  lists: DialFacts['lists'],
  contactIds: readonly string[],
  at: EpochMs,
): Promise<BatchedContact[]> {
  const rows = await tx.prepared<BatchRow>('facts_batch', BATCH_SQL, [
    tx.tenantId,
    contactIds,
    toIso(at - HISTORY_MS),
  ]);
  const standing = await readStandingFacts(tx, campaign, at);
  return rows.map((row) => {
    const arms = armsOf(campaign.definition, campaign.id, row.id, row.arms);
    const own = { ...campaign, definition: definitionFor(campaign.definition, arms) };
    return {
      contactId: row.id,
      readyAt: row.ready_at,
      stateReason: row.state_reason,
      firstAttemptAt: row.first_attempt_at,
      definition: own.definition,
      onCall: row.on_call,
      facts:
        row.number_hash === null
          ? null
          : factsOfRow(
              own,
              { ...campaignFacts(tx.tenantId, own, standing), lists },
              row,
              row.number_hash,
              at,
            ),
    };
  });
}

function factsOfRow(
  campaign: BatchCampaign,
  common: ReturnType<typeof campaignFacts> & Pick<DialFacts, 'lists'>,
  row: BatchRow,
  numberHash: Buffer,
  at: EpochMs,
): DialFacts {
  const history = factsOfHistory(row.history ?? []);
  return {
    ...common,
    mode: modeOfContact(campaign, history.attempts),
    ...matterFacts(row.matter, at),
    contactId: row.id,
    personId: row.person_id,
    number: { pseudonym: numberHash.toString('hex'), country: row.country, type: row.number_type },
    locations: row.locations,
    consents: row.consents ?? [],
    suppressions: row.suppressions ?? [],
    ...history,
  };
}
