import type { Clock } from '../../domain/clock.ts';
import { saysOptOut } from '../../domain/script-keys.ts';
import type { ScriptDocument } from '../../domain/script.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Tx } from '../../db/client.ts';
import { keepOff, saidStop } from '../../db/said-stop.ts';

/** Of what a person says in a call; by call, so that what a key said and the end repeats is on record once. */
const IN_CALL = {
  basis: 'opt_out_in_call',
  /** Who the record says it was: the script that ran the call, on the person's own word. */
  recordedBy: 'call',
} as const;
const evidenceOf = (attemptId: string) => `attempt ${attemptId}`;

/** The call ended as one in which the person asked not to be called again. The caller holds the person's row. */
export async function recordOptOut(
  tx: Tx,
  clock: Clock,
  call: { readonly attemptId: string; readonly personId: string; readonly numberHash: Buffer },
): Promise<void> {
  const { attemptId, personId, numberHash } = call;
  await saidStop(tx, clock, {
    ...IN_CALL,
    personId,
    numberHash,
    by: 'dialogue',
    evidence: evidenceOf(attemptId),
    saidAt: clock.now(),
  });
}

export interface PressedRow {
  person_id: string;
  number_hash: Buffer;
  document: ScriptDocument;
  pressed: string;
  pressed_at: EpochMs;
  received_real: EpochMs;
}

/** Keys pressed in a call so far, with the script that its campaign had when the call was decided on. */
const PRESSED_SQL = `
SELECT a.person_id, a.number_hash, w.document, k.pressed, k.pressed_at, k.received_real
FROM attempts a
CROSS JOIN LATERAL (
  SELECT coalesce(a.script, definition->'script') AS script FROM campaign_revisions r
  WHERE r.tenant_id = $1 AND r.campaign_id = a.campaign_id AND r.changed_at <= a.claimed_at
  ORDER BY r.revision DESC LIMIT 1) r
JOIN script_versions w ON w.tenant_id = $1 AND w.script_id = (r.script->>'id')::uuid
  AND w.version = (r.script->>'version')::int
CROSS JOIN LATERAL (
  SELECT string_agg(e.payload->>'digits', '' ORDER BY e.at, e.id) AS pressed, max(e.at) AS pressed_at,
         max(e.received_real) AS received_real
  FROM call_events e WHERE e.tenant_id = $1 AND e.attempt_id = a.id AND e.type = 'dtmf') k
WHERE a.tenant_id = $1 AND a.id = $2 AND k.pressed IS NOT NULL`;

/** The keys pressed in a call so far, and the script by which they mean something; null: none, or it has no script. */
export async function keysPressed(tx: Tx, attemptId: string): Promise<PressedRow | null> {
  const rows = await tx.prepared<PressedRow>('keys_pressed', PRESSED_SQL, [tx.tenantId, attemptId]);
  return rows[0] ?? null;
}

/**
 * Keys were pressed in a call: where they say "do not call me again" by the campaign's script, that binds now and not at
 * the call's end. The call that they were pressed in goes on. The caller holds the person's row.
 */
export async function heedKeys(tx: Tx, clock: Clock, attemptId: string, row: PressedRow): Promise<void> {
  if (!saysOptOut(row.document, row.pressed)) return;
  await saidStop(tx, clock, {
    ...IN_CALL,
    personId: row.person_id,
    numberHash: row.number_hash,
    by: 'keypress',
    evidence: evidenceOf(attemptId),
    saidAt: row.pressed_at,
    heardReal: row.received_real,
    exceptAttemptId: attemptId,
  });
}

/** The entry on the internal list alone, for a number whose person is not known. */
export async function keepOffNumber(
  tx: Tx,
  clock: Clock,
  call: { readonly attemptId: string; readonly numberHash: Buffer },
): Promise<void> {
  const at = clock.now();
  await keepOff(
    tx,
    { numberHash: call.numberHash, source: evidenceOf(call.attemptId), validFrom: at },
    { at, by: IN_CALL.recordedBy },
  );
}
