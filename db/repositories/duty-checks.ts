import type { Duty } from '../../domain/decision.ts';
import {
  CALL_DUTIES,
  type CallConduct,
  type CallDutyKind,
  type Dialogue,
  type DutyOutcome,
  type DutyWhy,
} from '../../domain/duty.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Disposition, Outcome } from '../../domain/vocabulary.ts';
import type { Statements, Tx } from '../client.ts';

/** A duty of a call, with the rule that laid it on. */
export interface OwedByCall {
  readonly pack: string;
  readonly rule: string;
  readonly duty: Duty;
}

/** What a call owed, and what is on record of what it did. */
export interface DutyEvidence {
  readonly decisionId: string;
  /** In the order of the decision's results. */
  readonly owed: readonly OwedByCall[];
  readonly dialogue: Dialogue;
  readonly conduct: CallConduct;
}

export interface StoredDutyCheck {
  readonly n: number;
  readonly decisionId: string;
  readonly pack: string;
  readonly rule: string;
  readonly kind: CallDutyKind;
  readonly outcome: DutyOutcome;
  readonly why: DutyWhy;
  readonly at: EpochMs;
}

/** What `CONDUCT` reads. */
export interface ConductRow {
  outcome: Outcome | null;
  disposition: Disposition | null;
  answered_at: EpochMs | null;
  ended_at: EpochMs | null;
  ended_by: string | null;
  ring_s: number | null;
  talk_s: number | null;
  synthesized: boolean | null;
  key_at: EpochMs | null;
}

interface EvidenceRow extends ConductRow {
  decision_id: string;
  owed: OwedByCall[] | null;
  dialogue: Dialogue;
}

/** What is on record of what a call did. Over `attempts a LEFT JOIN calls k`. */
export const CONDUCT = `a.outcome, a.disposition, k.answered_at, k.ended_at, k.ended_by, k.ring_s, k.talk_s, k.synthesized,
            (SELECT max(e.at) FROM call_events e WHERE e.tenant_id = a.tenant_id AND e.attempt_id = a.id
               AND e.type = 'dtmf' AND e.at <= k.ended_at) AS key_at`;

const OF_CALL = CALL_DUTIES.map((kind) => `'${kind}'`).join(', ');

/** Duties of the call that decision `d` comes with. */
const OWED = `(SELECT jsonb_agg(jsonb_build_object('pack', r.one->'pack', 'rule', r.one->'rule', 'duty', u.duty)
                               ORDER BY r.place, u.place)
               FROM jsonb_array_elements(d.results) WITH ORDINALITY r (one, place),
                    jsonb_array_elements(r.one->'duties') WITH ORDINALITY u (duty, place)
               WHERE u.duty->>'kind' IN (${OF_CALL}))`;

/** What a call that is over owed and did; null: it owed nothing by itself. */
export async function dutyEvidence(tx: Statements, attemptId: string): Promise<DutyEvidence | null> {
  const [row] = await tx.prepared<EvidenceRow>(
    'duty_evidence',
    `SELECT a.decision_id, ${OWED} AS owed, d.facts->'dialogue' AS dialogue, ${CONDUCT}
     FROM attempts a
     JOIN decisions d ON d.tenant_id = a.tenant_id AND d.id = a.decision_id
     LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
     WHERE a.tenant_id = $1 AND a.id = $2`,
    [tx.tenantId, attemptId],
  );
  if (row === undefined || row.owed === null) return null;
  return {
    decisionId: row.decision_id,
    owed: row.owed,
    dialogue: row.dialogue ?? null,
    conduct: conductOf(row),
  };
}

export function conductOf(row: ConductRow): CallConduct {
  const { answered_at: answeredAt, ended_at: endedAt, key_at: keyAt, outcome } = row;
  const known = answeredAt !== null && endedAt !== null && keyAt !== null;
  return {
    outcome,
    answered: answeredAt !== null || outcome === 'answered' || outcome === 'voicemail',
    ringS: row.ring_s,
    talkS: row.talk_s,
    endedBy: row.ended_by,
    synthesized: row.synthesized ?? false,
    optedOut: row.disposition === 'opted_out',
    lastKey: known
      ? { afterAnswerS: (keyAt - answeredAt) / 1_000, beforeEndS: (endedAt - keyAt) / 1_000 }
      : null,
    // No carrier that can be used yet says whether it recorded.
    recorded: null,
  };
}

/** Put on record what was found of a call, once: what is there already stays. */
export async function insertDutyChecks(
  tx: Tx,
  attemptId: string,
  evidence: DutyEvidence,
  checks: readonly Omit<StoredDutyCheck, 'decisionId' | 'at'>[],
  at: EpochMs,
): Promise<void> {
  await tx.prepared(
    'insert_duty_checks',
    `INSERT INTO duty_checks (tenant_id, attempt_id, n, decision_id, pack, rule, kind, outcome, why, conduct, at, recorded_real)
     SELECT $1, $2, x.n, $3, x.pack, x.rule, x.kind, x.outcome, x.why, $4, $5, statement_timestamp()
     FROM jsonb_to_recordset($6) AS x (n int, pack text, rule text, kind text, outcome text, why jsonb)
     ON CONFLICT DO NOTHING`,
    [
      tx.tenantId,
      attemptId,
      evidence.decisionId,
      JSON.stringify(evidence.conduct),
      toIso(at),
      JSON.stringify(checks),
    ],
  );
}

/** What was found of a call, in the order of its decision's results. */
export async function dutyChecksOf(tx: Statements, attemptId: string): Promise<StoredDutyCheck[]> {
  return tx.prepared<StoredDutyCheck>(
    'duty_checks_of',
    `SELECT n, decision_id AS "decisionId", pack, rule, kind, outcome, why, at FROM duty_checks
     WHERE tenant_id = $1 AND attempt_id = $2 ORDER BY n`,
    [tx.tenantId, attemptId],
  );
}
