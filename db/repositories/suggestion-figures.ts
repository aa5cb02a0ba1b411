import type { AnswerTally, SuggestionFigures } from '../../domain/suggestions.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';

export interface SuggestionQuery {
  readonly campaignId: string | null;
  readonly zone: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Places told apart; those beyond are told with the last. */
const PLACES_MAX = 10;

/**
 * What suggestions rest on. Which attempt of its contact one is, in all and within the 24 hours before it, is counted over
 * the contact's whole history, and told of those in the period.
 */
export async function suggestionFigures(
  tx: Tx,
  query: SuggestionQuery,
): Promise<Omit<SuggestionFigures, 'abandonment'>> {
  const rows = await tx.query<{ by: 'day' | 'all' | 'hour'; place: number; ended: number; live: number }>(
    `WITH tried AS (
       SELECT a.rang_at, a.outcome, a.contact_id,
              row_number() OVER (PARTITION BY a.contact_id ORDER BY a.rang_at, a.id) AS nth,
              count(*) OVER (PARTITION BY a.contact_id ORDER BY a.rang_at
                             RANGE BETWEEN interval '24 hours' PRECEDING AND CURRENT ROW) AS of_day
       FROM attempts a
       WHERE a.tenant_id = $1 AND ($2::uuid IS NULL OR a.campaign_id = $2) AND a.rang_at < $4
         AND a.state IN ('sending', 'sent', 'ended', 'unknown')),
     told AS (
       SELECT outcome, least(nth, $6) AS nth, least(of_day, $6) AS of_day,
              extract(hour FROM rang_at AT TIME ZONE $5)::int AS hour
       FROM tried WHERE rang_at >= $3 AND outcome IS NOT NULL)
     SELECT CASE WHEN grouping(of_day) = 0 THEN 'day' WHEN grouping(nth) = 0 THEN 'all' ELSE 'hour' END AS by,
            coalesce(of_day, nth, hour) AS place, count(*) AS ended,
            count(*) FILTER (WHERE outcome = 'answered') AS live
     FROM told GROUP BY GROUPING SETS ((of_day), (nth), (hour))`,
    [tx.tenantId, query.campaignId, toIso(query.from), toIso(query.to), query.zone, PLACES_MAX],
  );
  const tallies = (by: 'day' | 'all' | 'hour', first: number, places: number): AnswerTally[] =>
    Array.from({ length: places }, (_, i) => {
      const row = rows.find((one) => one.by === by && one.place === first + i);
      return { ended: row?.ended ?? 0, liveAnswers: row?.live ?? 0 };
    });
  return {
    byAttemptOfDay: tallies('day', 1, PLACES_MAX),
    byAttempt: tallies('all', 1, PLACES_MAX),
    byHour: tallies('hour', 0, 24),
    callbacks: await callbackFigures(tx, query),
  };
}

async function callbackFigures(tx: Tx, query: SuggestionQuery): Promise<SuggestionFigures['callbacks']> {
  const rows = await tx.query<{ status: 'kept' | 'breached'; reason: string | null; times: number }>(
    `SELECT status, reason, count(*) AS times FROM callbacks
     WHERE tenant_id = $1 AND ($2::uuid IS NULL OR campaign_id = $2) AND until_at >= $3 AND until_at < $4
       AND status IN ('kept', 'breached')
     GROUP BY 1, 2`,
    [tx.tenantId, query.campaignId, toIso(query.from), toIso(query.to)],
  );
  const times = (status: string) =>
    rows.filter((row) => row.status === status).reduce((sum, row) => sum + row.times, 0);
  return {
    kept: times('kept'),
    breached: times('breached'),
    reasons: rows.flatMap(({ status, reason, times: n }) =>
      status === 'breached' ? [{ reason: reason ?? 'not stated', times: n }] : [],
    ),
  };
}
