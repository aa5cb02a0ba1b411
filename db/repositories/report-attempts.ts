import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';

/** What attempts can be grouped by. */
export const ATTEMPT_GROUPS = ['hour', 'day', 'outcome', 'reason', 'disposition', 'carrier'] as const;
export type AttemptGroup = (typeof ATTEMPT_GROUPS)[number];

export interface AttemptQuery {
  readonly groupBy: AttemptGroup;
  /** Null: all campaigns. */
  readonly campaignId: string | null;
  /** IANA zone that hours and days are told in; checked by the caller. */
  readonly zone: string;
  /** Attempts that rang, or would have, from here on and before there (engine clock); null: no bound. */
  readonly from: EpochMs | null;
  readonly to: EpochMs | null;
}

/** Figures of some attempts. */
export interface AttemptFigures {
  /** That rang or may have rung. */
  readonly attempts: number;
  /** Taken back, abandoned before the send, or refused by the carrier: nobody's phone rang. */
  readonly notSent: number;
  /** Of `attempts`, those whose outcome is known. */
  readonly ended: number;
  /** A person answered. */
  readonly answered: number;
  /** Contacts a person answered for. */
  readonly reached: number;
  readonly converted: number;
  /** Seconds of conversation. */
  readonly talkS: number;
}

export interface AttemptReportRow extends AttemptFigures {
  /** Hour of the day (`00` to `23`), day (`2026-03-02`), code, words of the reason, or name of the carrier; null: none. */
  readonly key: string | null;
}

const KEYS: Readonly<Record<AttemptGroup, string>> = {
  hour: `to_char(a.rang_at AT TIME ZONE $4, 'HH24')`,
  day: `to_char(a.rang_at AT TIME ZONE $4, 'YYYY-MM-DD')`,
  outcome: 'a.outcome',
  reason: 'a.reason',
  disposition: 'a.disposition',
  carrier: 'coalesce(r.name, a.carrier_id::text)',
};

const NOT_SENT = `('revoked', 'abandoned', 'rejected')`;
const RANG = `('sending', 'sent', 'ended', 'unknown')`;

/** Counted per group of attempts; `a` is the attempt, `k` its call. */
export const FIGURES = `
  count(*) FILTER (WHERE a.state IN ${RANG}) AS attempts,
  count(*) FILTER (WHERE a.state IN ${NOT_SENT}) AS "notSent",
  count(*) FILTER (WHERE a.state IN ${RANG} AND a.outcome IS NOT NULL) AS ended,
  count(*) FILTER (WHERE a.state IN ${RANG} AND a.outcome = 'answered') AS answered,
  count(DISTINCT a.contact_id) FILTER (WHERE a.state IN ${RANG} AND a.outcome = 'answered') AS reached,
  count(*) FILTER (WHERE a.state IN ${RANG} AND a.disposition = 'converted') AS converted,
  round(coalesce(sum(k.talk_s) FILTER (WHERE a.state IN ${RANG}), 0)::numeric, 1)::float8 AS "talkS"`;

/** Figures by group, and of all together: contacts reached are counted once there, however many groups they are in. */
export async function reportAttempts(
  tx: Tx,
  query: AttemptQuery,
): Promise<{ rows: AttemptReportRow[]; total: AttemptFigures }> {
  const byTime = query.groupBy === 'hour' || query.groupBy === 'day';
  const found = await tx.query<AttemptReportRow & { readonly whole: number }>(
    `SELECT key, grouping(key) AS whole, ${FIGURES.replaceAll(/\b[ak]\./g, '')}
     FROM (SELECT ${KEYS[query.groupBy]} AS key, a.state, a.outcome, a.disposition, a.contact_id, k.talk_s
           FROM attempts a
           LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
           LEFT JOIN carriers r ON r.tenant_id = a.tenant_id AND r.id = a.carrier_id
           WHERE a.tenant_id = $1 AND ($2::uuid IS NULL OR a.campaign_id = $2) AND a.state <> 'claimed'
             AND ($3::timestamptz IS NULL OR a.rang_at >= $3) AND ($5::timestamptz IS NULL OR a.rang_at < $5)
             AND $4::text IS NOT NULL) attempt
     GROUP BY GROUPING SETS ((key), ())
     ORDER BY whole, ${byTime ? 'key' : 'attempts DESC, key'}`,
    [
      tx.tenantId,
      query.campaignId,
      query.from === null ? null : toIso(query.from),
      query.zone,
      query.to === null ? null : toIso(query.to),
    ],
  );
  const figures = ({ key: _key, whole: _whole, ...rest }: (typeof found)[number]): AttemptFigures => rest;
  return {
    rows: found.filter((row) => row.whole === 0).map((row) => ({ key: row.key, ...figures(row) })),
    total: figures(found.find((row) => row.whole === 1)!),
  };
}
