import type { LocationEvidence } from '../../domain/facts.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Disposition, Outcome } from '../../domain/vocabulary.ts';
import type { Statements } from '../client.ts';
import { CALLED_NUMBER } from './called-number.ts';

/** What a forecast of retry rules is drawn from: attempts that were made, and who is to be called. */

/** Attempts told apart by their number in the contact; those beyond are told with the last. */
const NUMBERS_MAX = 10;

export interface PastAttempts {
  /** Attempts with an outcome. */
  readonly attempts: number;
  /** By the attempt's number in its contact, from 1. */
  readonly byAttempt: readonly { readonly attempts: number; readonly answers: number }[];
  /** By the hour (engine clock) in which they were made. */
  readonly byHourAt: readonly {
    readonly at: EpochMs;
    readonly attempts: number;
    readonly answers: number;
  }[];
  /** Answers to whom no agent came in time. */
  readonly abandoned: number;
  readonly unanswered: Readonly<Partial<Record<Outcome, number>>>;
  readonly dispositions: Readonly<Partial<Record<Disposition, number>>>;
}

interface PastRow {
  by: 'n' | 'hour' | 'outcome' | 'disposition';
  n: number | null;
  hour: EpochMs | null;
  outcome: Outcome | null;
  disposition: Disposition | null;
  attempts: number;
  answers: number;
  abandoned: number;
}

/** @param campaignId null: of all of the tenant's campaigns */
export async function pastAttempts(
  tx: Statements,
  campaignId: string | null,
  from: EpochMs,
): Promise<PastAttempts> {
  const rows = await tx.query<PastRow>(
    `WITH told AS (
       SELECT least(a.n, ${NUMBERS_MAX}) AS n, date_trunc('hour', coalesce(a.sending_at, a.claimed_at), 'UTC') AS hour,
              a.outcome, CASE WHEN a.outcome = 'answered' THEN a.disposition END AS disposition,
              a.outcome = 'answered' AND g.state = 'abandoned' AS abandoned
       FROM attempts a LEFT JOIN agent_calls g ON g.tenant_id = a.tenant_id AND g.attempt_id = a.id
       WHERE a.tenant_id = $1 AND ($2::uuid IS NULL OR a.campaign_id = $2) AND a.claimed_at >= $3
         AND a.state IN ('ended', 'rejected') AND a.outcome IS NOT NULL)
     SELECT CASE WHEN grouping(n) = 0 THEN 'n' WHEN grouping(hour) = 0 THEN 'hour'
                 WHEN grouping(outcome) = 0 THEN 'outcome' ELSE 'disposition' END AS by,
            n::int AS n, hour, outcome, disposition, count(*)::int AS attempts,
            (count(*) FILTER (WHERE told.outcome = 'answered'))::int AS answers,
            (count(*) FILTER (WHERE told.abandoned))::int AS abandoned
     FROM told GROUP BY GROUPING SETS ((n), (hour), (outcome), (disposition))`,
    [tx.tenantId, campaignId, toIso(from)],
  );
  const by = (kind: PastRow['by']) => rows.filter((row) => row.by === kind);
  const numbers = by('n');
  const last = Math.max(0, ...numbers.map(({ n }) => n!));
  return {
    attempts: numbers.reduce((sum, row) => sum + row.attempts, 0),
    byAttempt: Array.from({ length: last }, (_, i) => {
      const { attempts = 0, answers = 0 } = numbers.find(({ n }) => n === i + 1) ?? {};
      return { attempts, answers };
    }),
    byHourAt: by('hour').map(({ hour, attempts, answers }) => ({ at: hour!, attempts, answers })),
    abandoned: numbers.reduce((sum, row) => sum + row.abandoned, 0),
    unanswered: Object.fromEntries(
      by('outcome').flatMap(({ outcome, attempts }) => (outcome === 'answered' ? [] : [[outcome, attempts]])),
    ) as PastAttempts['unanswered'],
    dispositions: Object.fromEntries(
      by('disposition').flatMap(({ disposition, attempts }) =>
        disposition === null ? [] : [[disposition, attempts]],
      ),
    ),
  };
}

/** Contacts looked at for where people are and how many numbers they have. */
const PEOPLE_MAX = 1_000;

export interface PeopleToCall {
  /** Contacts that are not final. */
  readonly open: number;
  /** Numbers of some of the people who may be called; places of the number that would be called first. */
  readonly some: readonly { readonly numbers: number; readonly locations: readonly LocationEvidence[] }[];
}

export async function peopleToCall(tx: Statements, campaignId: string): Promise<PeopleToCall> {
  const [counted] = await tx.query<{ open: number }>(
    `SELECT count(*)::int AS open FROM contacts
     WHERE tenant_id = $1 AND campaign_id = $2 AND state IN ('waiting', 'admitted')`,
    [tx.tenantId, campaignId],
  );
  const some = await tx.query<PeopleToCall['some'][number]>(
    `SELECT n.locations, 1 + (SELECT count(*)::int FROM person_numbers m
                              WHERE m.tenant_id = $1 AND m.person_id = c.person_id AND m.further_place IS NOT NULL) AS numbers
     FROM (SELECT person_id, number_hash FROM contacts
           WHERE tenant_id = $1 AND campaign_id = $2 LIMIT ${PEOPLE_MAX}) c
     JOIN person_numbers n ON n.tenant_id = $1 AND n.person_id = c.person_id AND ${CALLED_NUMBER}`,
    [tx.tenantId, campaignId],
  );
  return { open: counted!.open, some };
}
