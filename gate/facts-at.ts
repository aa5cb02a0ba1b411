import type { DialFacts } from '../domain/facts.ts';
import type { CampaignDefinition } from '../domain/campaign.ts';
import { toIso, type EpochMs } from '../domain/time.ts';
import type { Tx } from '../db/client.ts';
import { campaignFacts } from './campaign-facts.ts';
import { HISTORY_MS, factsOfHistory, type HistoryAttempt } from './dossier.ts';
import { CONSENT_FACTS, SUPPRESSION_FACTS, LIST_FACTS, MS } from './fact-sql.ts';

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
}

/** A column of an attempt that was not known yet while it was under way. */
const ONCE_ENDED = (column: string) => `CASE WHEN a.ended_at <= $3 THEN ${column} END`;

/**
 * The gate's facts (dossier.ts) as they were on record at `$3`: what was recorded later is left out, and an attempt is
 * seen as far as it had come. A test holds this to the gate's own reading at the present.
 */
const FACTS_AT_SQL = `
SELECT (SELECT ${CONSENT_FACTS}
          FROM consent_events e WHERE e.tenant_id = $1 AND e.person_id = $2 AND e.recorded_at <= $3) AS consents,
       (SELECT ${SUPPRESSION_FACTS}
          FROM suppressions s
          WHERE s.tenant_id = $1 AND s.recorded_at <= $3 AND (s.number_hash = $5 OR s.number_hash IN
                (SELECT m.number_hash FROM person_numbers m WHERE m.tenant_id = $1 AND m.person_id = $2))
       ) AS suppressions,
       (SELECT ${LIST_FACTS}
          FROM suppression_lists l WHERE l.tenant_id = $1) AS lists,
       (SELECT json_agg(json_build_object(
                 'attemptId', a.id, 'campaignId', a.campaign_id, 'purpose', a.purpose, 'channel', a.channel,
                 'number', encode(a.number_hash, 'hex'), 'carrierId', a.carrier_id,
                 'vendor', NULL, 'debt', NULL, 'subject', NULL, 'at', ${MS('CASE WHEN a.rang_at <= $3 THEN a.rang_at ELSE a.claimed_at END')},
                 'connectedAt', ${MS('CASE WHEN k.answered_at <= $3 THEN k.answered_at END')},
                 'endedAt', ${MS(ONCE_ENDED('a.ended_at'))},
                 'conversation', coalesce(${ONCE_ENDED('a.conversation')}, false),
                 'outcome', ${ONCE_ENDED('a.outcome')}, 'disposition', ${ONCE_ENDED('a.disposition')})
                 ORDER BY a.rang_at, a.id)
          FROM attempts a LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
          WHERE a.tenant_id = $1 AND a.person_id = $2 AND a.rang_at > $4 AND a.claimed_at <= $3
            AND (a.state IN ('claimed', 'sending', 'sent', 'ended', 'unknown') OR a.ended_at > $3)) AS history`;

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
  ]);
  const row = rows[0]!;
  return {
    ...campaignFacts(tx.tenantId, campaign),
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
    ...factsOfHistory(row.history ?? []),
  };
}
