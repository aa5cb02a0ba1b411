import type { EpochMs } from '../../domain/time.ts';
import type { Outcome } from '../../domain/vocabulary.ts';
import type { Statements } from '../client.ts';

/** Answers by the hour of the day where people are (schema/agents.ts). */

/** Rows an hour: calls that end at once rarely meet on one of them. */
export const HOUR_SLOTS = 16;

/** Outcomes that say something of the hour: a phone rang, or would have, had it been on. */
const TELLING: readonly (Outcome | null)[] = [
  'answered',
  'no_answer',
  'voicemail',
  'busy',
  'declined',
  'unreachable',
];

/** Whether an attempt that ended so is learned from. */
export function tellsOfHour(outcome: Outcome | null): boolean {
  return TELLING.includes(outcome);
}

/**
 * Part of the statement that settles an attempt, over its own placeholders: raises a tally by one. Nothing where the hour
 * is null. `$1` is the tenant.
 */
export const raiseHourSql = (of: {
  readonly cohort: string;
  readonly campaignId: string;
  readonly hour: string;
  readonly answered: string;
}) => `INSERT INTO answer_hours AS h (tenant_id, cohort, campaign_id, hour, slot, attempts, answers)
       SELECT $1, ${of.cohort}::text, ${of.campaignId}::uuid, ${of.hour}::smallint, floor(random() * ${HOUR_SLOTS})::smallint,
              1, ${of.answered}::int
       WHERE ${of.hour}::smallint IS NOT NULL
       ON CONFLICT (tenant_id, cohort, campaign_id, hour, slot) DO UPDATE SET attempts = h.attempts + 1,
         answers = h.answers + excluded.answers`;

export interface HourRow {
  readonly hour: number;
  readonly attempts: number;
  readonly answers: number;
}

/** What is known of the people of one place, whichever of the tenant's campaigns called them; hours without calls are left out. */
export async function hoursOfCohort(tx: Statements, cohort: string): Promise<HourRow[]> {
  return tx.prepared<HourRow>(
    'answer_hours_cohort',
    `SELECT hour::int AS hour, sum(attempts)::int AS attempts, sum(answers)::int AS answers FROM answer_hours
     WHERE tenant_id = $1 AND cohort = $2 GROUP BY hour`,
    [tx.tenantId, cohort],
  );
}

/** When somebody was called, in whichever campaign, and whether they answered. */
export async function callsOfPerson(
  tx: Statements,
  personId: string,
): Promise<{ readonly at: EpochMs; readonly answered: boolean }[]> {
  return tx.prepared(
    'answer_hours_person',
    `SELECT sending_at AS at, outcome = 'answered' AS answered FROM attempts
     WHERE tenant_id = $1 AND person_id = $2 AND state = 'ended' AND sending_at IS NOT NULL
       AND outcome = ANY ($3::text[])`,
    [tx.tenantId, personId, TELLING],
  );
}
