import type { DialFacts } from '../domain/facts.ts';
import { armsOf, definitionFor, type Arms } from '../domain/arms.ts';
import type { CampaignDefinition } from '../domain/campaign.ts';
import { matterFacts, type Matter } from '../domain/matter.ts';
import { toIso, type EpochMs } from '../domain/time.ts';
import type { Tx } from '../db/client.ts';
import { WAS_THERE, wasSql } from '../db/repositories/fact-history.ts';
import { campaignFacts, modeOfContact } from './campaign-facts.ts';
import { HISTORY_MS, factsOfHistory, type HistoryAttempt } from './dossier.ts';
import {
  CONSENT_FACTS,
  LIST_FACTS,
  SUPPRESSION_FACTS,
  attemptFactsSql,
  standingFactsSql,
  type StandingFacts,
} from './fact-sql.ts';

/** Whom a question is about; a number nobody has yet is nobody's, and has no contact. */
export interface AskedPerson {
  readonly personId: string | null;
  readonly contactId: string | null;
  /** Number that would be called. */
  readonly numberHash: Buffer;
  readonly country: string | null;
  readonly numberType: DialFacts['number']['type'];
  readonly locations: DialFacts['locations'];
}

interface FactsRow {
  consents: DialFacts['consents'] | null;
  suppressions: DialFacts['suppressions'] | null;
  lists: DialFacts['lists'] | null;
  history: HistoryAttempt[] | null;
  matter: Matter | null;
  arms: Arms | null;
  standing: StandingFacts;
}

/** The person's numbers as they were known; one that is somebody else's now may have been theirs. */
const NUMBERS_AT = `
  SELECT m.number_hash
  FROM (SELECT number_hash FROM person_numbers WHERE tenant_id = $1 AND person_id = $2
        UNION SELECT decode(h.key, 'hex') FROM fact_history h
              WHERE h.tenant_id = $1 AND h.kind = 'number' AND h.was->>'person_id' = ($2::uuid)::text) AS mine
  JOIN person_numbers m ON m.tenant_id = $1 AND m.number_hash = mine.number_hash
  CROSS JOIN ${wasSql('number', "encode(m.number_hash, 'hex')", '$3')}
  WHERE ${WAS_THERE} AND coalesce(was.was->>'person_id', m.person_id::text) = ($2::uuid)::text`;

/** An attempt whose end was not known yet, as far as it had come: it was sent, or only claimed. */
const UNENDED = `jsonb_build_object(
  'ended_at', NULL, 'conversation', false, 'outcome', NULL, 'disposition', NULL,
  'rang_at', greatest(a.claimed_at, CASE WHEN a.sent_at <= $3 THEN a.sent_at END))`;

/**
 * The gate's facts (dossier.ts) as they were on record at `$3`: what was recorded later is left out, what was changed
 * later is as it was, and an attempt is seen as far as it had come. A test holds this to the gate's own reading at the
 * present, and another to the facts of decisions that were made before corrections.
 */
const FACTS_AT_SQL = `
SELECT (SELECT ${CONSENT_FACTS}
          FROM consent_events e WHERE e.tenant_id = $1 AND e.person_id = $2 AND e.recorded_at <= $3) AS consents,
       (SELECT ${SUPPRESSION_FACTS}
          FROM (SELECT r.*
                FROM suppressions n CROSS JOIN ${wasSql('suppression', 'n.id::text', '$3')}
                CROSS JOIN jsonb_populate_record(n, was.was) AS r
                WHERE n.tenant_id = $1 AND n.recorded_at <= $3
                  AND (n.number_hash = $5 OR n.number_hash IN (${NUMBERS_AT}))) AS s
       ) AS suppressions,
       (SELECT ${LIST_FACTS}
          FROM (SELECT r.*
                FROM suppression_lists n CROSS JOIN ${wasSql('list', 'n.list', '$3')}
                CROSS JOIN jsonb_populate_record(n, was.was) AS r
                WHERE n.tenant_id = $1 AND ${WAS_THERE}) AS l) AS lists,
       (SELECT ${attemptFactsSql('$3')}
          FROM (SELECT r.*
                FROM attempts a CROSS JOIN ${wasSql('attempt', 'a.id', '$3')}
                CROSS JOIN jsonb_populate_record(a, CASE WHEN coalesce(a.end_known_at, a.ended_at) > $3 THEN ${UNENDED}
                                                         ELSE was.was END) AS r
                WHERE a.tenant_id = $1 AND a.person_id = $2 AND a.rang_at > $4 AND a.claimed_at <= $3
                  AND (a.state IN ('claimed', 'sending', 'sent', 'ended', 'unknown')
                       OR coalesce(a.end_known_at, a.ended_at) > $3)) AS a
          LEFT JOIN (SELECT c.tenant_id, c.attempt_id,
                            CASE WHEN coalesce(c.answer_known_at, c.answered_at) <= $3 THEN c.answered_at END AS answered_at
                     FROM calls c WHERE c.tenant_id = $1) AS k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
       ) AS history,
       (SELECT CASE WHEN was.was ? 'matter' THEN was.was->'matter' ELSE c.matter END
          FROM contacts c CROSS JOIN ${wasSql('matter', 'c.id::text', '$3')}
          WHERE c.tenant_id = $1 AND c.id = $6) AS matter,
       (SELECT c.arms FROM contacts c WHERE c.tenant_id = $1 AND c.id = $6) AS arms,
       ${standingFactsSql({ definition: '$7::jsonb', campaignId: '$9::uuid', carrierId: '$8::uuid', at: 'least($3::timestamptz, $10::timestamptz)', since: '$4', known: '$3' })} AS standing`;

/**
 * What a decision about the person would have looked at.
 * @param knownAt what was recorded after it (engine clock) is not seen.
 * @param at the instant that would be decided about; it bounds how old an attempt may be.
 */
export async function readFactsAt(
  tx: Tx,
  campaign: {
    readonly id: string;
    readonly definition: CampaignDefinition;
    readonly carrierId: string | null;
  },
  person: AskedPerson,
  knownAt: EpochMs,
  at: EpochMs,
): Promise<DialFacts> {
  const rows = await tx.prepared<FactsRow>('facts_at', FACTS_AT_SQL, [
    tx.tenantId,
    person.personId,
    toIso(knownAt),
    toIso(at - HISTORY_MS),
    person.numberHash,
    person.contactId,
    JSON.stringify(campaign.definition),
    campaign.carrierId,
    campaign.id,
    toIso(at),
  ]);
  const row = rows[0]!;
  const history = factsOfHistory(row.history ?? []);
  const { contactId } = person;
  const arms = contactId === null ? null : armsOf(campaign.definition, campaign.id, contactId, row.arms);
  const own = { ...campaign, definition: definitionFor(campaign.definition, arms) };
  return {
    ...campaignFacts(tx.tenantId, own, row.standing),
    mode: modeOfContact(own, history.attempts),
    ...matterFacts(row.matter, at),
    contactId: person.contactId ?? '',
    personId: person.personId ?? '',
    number: {
      pseudonym: person.numberHash.toString('hex'),
      country: person.country,
      type: person.numberType,
    },
    locations: person.locations,
    consents: row.consents ?? [],
    suppressions: row.suppressions ?? [],
    lists: row.lists ?? [],
    ...history,
  };
}
