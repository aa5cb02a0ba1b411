import type { CarrierCall } from '../../carriers/port.ts';
import type { Tx } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import { CALLED_NUMBER } from '../../db/repositories/called-number.ts';
import { markSent } from '../../db/repositories/attempts.ts';
import { keepRestoredCall } from '../../db/repositories/restores.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Clock } from '../../domain/clock.ts';
import { attemptIdOf } from '../../domain/ids.ts';
import { matterFacts, type Matter } from '../../domain/matter.ts';
import { toIso } from '../../domain/time.ts';
import { isTerminalContactState, type AttemptState, type ContactState } from '../../domain/vocabulary.ts';
import { applyCallEvents } from '../calls/events.ts';
import { keepOffNumber } from '../calls/opt-out.ts';

/**
 * What a call that a carrier told of turned out to be. `known`: of an attempt on record, with what became of it.
 * `restored`: written as the attempt that was lost. `without_contact`: kept by its number. `contradicted`: of an attempt
 * that is on record as never sent. `foreign`: no attempt id of ours.
 */
export type Recorded = 'known' | 'restored' | 'without_contact' | 'contradicted' | 'foreign';

const ATTEMPT_ID = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/([1-9]\d{0,5})$/;
/** A contact is tried a few times; a number this far ahead of what is on record is not one that was ever given. */
const FURTHEST_AHEAD = 1_000;

/** Contact and number of an attempt id; null: it is none of ours. */
export function readAttemptId(attemptId: string): { contactId: string; n: number } | null {
  const read = ATTEMPT_ID.exec(attemptId);
  return read === null ? null : { contactId: read[1]!, n: Number(read[2]) };
}

interface ContactRow {
  id: string;
  campaign_id: string;
  person_id: string;
  state: ContactState;
  admissions: number;
  attempts: number;
  matter: Matter | null;
  definition: CampaignDefinition;
  number_hash: Buffer | null;
  /** An attempt of the latest admission is on record. */
  used: boolean;
}

/**
 * Make one call that a carrier took true in the rows, as if they had not been lost: the attempt under its own id, so that
 * it is never made again (I2) and caps count it (I5), its end with all that follows from it (retry, final state, a wish
 * not to be called again). Told again, it changes nothing.
 */
export async function recordCall(
  tx: Tx,
  clock: Clock,
  of: { readonly restoreId: string; readonly carrierId: string; readonly numberHash: Buffer | null },
  call: CarrierCall,
): Promise<Recorded> {
  const id = readAttemptId(call.attemptId);
  if (id === null) return 'foreign';
  const contact = await lockContact(tx, id.contactId);
  if (contact === null) {
    const optedOut = call.found.kind === 'final' && call.found.end.disposition === 'opted_out';
    if (optedOut && of.numberHash !== null) {
      await keepOffNumber(tx, clock, { attemptId: call.attemptId, numberHash: of.numberHash });
    }
    await keepRestoredCall(tx, {
      ...of,
      attemptId: call.attemptId,
      reference: call.found.reference,
      acceptedAt: call.acceptedAt,
      ended: call.found.kind === 'final' ? call.found.end : null,
    });
    return 'without_contact';
  }
  const state = await attemptState(tx, call.attemptId);
  if (state === 'revoked' || state === 'rejected' || state === 'claimed') return 'contradicted';
  if (state === null) {
    if (id.n > contact.attempts + FURTHEST_AHEAD) return 'foreign';
    await insertAttempt(tx, clock, of, call, contact, id.n);
  } else if (state !== 'ended') {
    await markSent(tx, call.attemptId, call.found.reference, call.acceptedAt);
  }
  if (call.found.kind === 'final' && state !== 'ended') {
    const { reference, end } = call.found;
    const payload = { reference, digits: null, end };
    const event = {
      id: -1,
      carrierId: of.carrierId,
      attemptId: call.attemptId,
      type: 'ended',
      at: end.at,
      payload,
    };
    await applyCallEvents(tx, clock, call.attemptId, [event]);
  }
  return state === null ? 'restored' : 'known';
}

async function lockContact(tx: Tx, contactId: string): Promise<ContactRow | null> {
  const found = await tx.query<{ person_id: string }>(
    'SELECT person_id FROM contacts WHERE tenant_id = $1 AND id = $2',
    [tx.tenantId, contactId],
  );
  if (found[0] === undefined) return null;
  await lockPerson(tx, found[0].person_id);
  const rows = await tx.query<ContactRow>(
    `SELECT c.id, c.campaign_id, c.person_id, c.state, c.admissions, c.attempts, c.matter, k.definition,
            (SELECT n.number_hash FROM person_numbers n
              WHERE n.tenant_id = $1 AND n.person_id = c.person_id AND ${CALLED_NUMBER}) AS number_hash,
            EXISTS (SELECT FROM attempts a
                    WHERE a.tenant_id = $1 AND a.contact_id = c.id AND a.admission = c.admissions) AS used
     FROM contacts c JOIN campaigns k ON k.tenant_id = c.tenant_id AND k.id = c.campaign_id
     WHERE c.tenant_id = $1 AND c.id = $2`,
    [tx.tenantId, contactId],
  );
  return rows[0] ?? null;
}

async function attemptState(tx: Tx, attemptId: string): Promise<AttemptState | null> {
  const rows = await tx.query<{ state: AttemptState }>(
    'SELECT state FROM attempts WHERE tenant_id = $1 AND id = $2',
    [tx.tenantId, attemptId],
  );
  return rows[0]?.state ?? null;
}

/**
 * The lost attempt, and before it those of its contact that never reached the carrier, so that numbers go on without a
 * gap. The contact is admitted with it, as it was when it was made: what follows from its end goes the usual way.
 */
async function insertAttempt(
  tx: Tx,
  clock: Clock,
  of: { readonly carrierId: string; readonly numberHash: Buffer | null },
  call: CarrierCall,
  contact: ContactRow,
  n: number,
): Promise<void> {
  const numberHash = of.numberHash ?? contact.number_hash ?? Buffer.alloc(0);
  const { debt, subject } = matterFacts(contact.matter, call.acceptedAt);
  // The admission that was under way made the first of them, unless it had made its attempt.
  let admission = contact.state === 'admitted' && !contact.used ? contact.admissions : contact.admissions + 1;
  for (let number = contact.attempts + 1; number <= n; number++, admission++) {
    const rang = number === n;
    await tx.query(
      `INSERT INTO attempts (tenant_id, id, contact_id, campaign_id, person_id, number_hash, n, admission, decision_id,
                             purpose, channel, carrier_id, carrier_ref, state, fence, lease_until_real, claimed_at,
                             claimed_real, sending_at, sending_real, sent_at, ended_at, rang_at, conversation, debt, subject,
                             reason, reported_real, restored_real)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, $9, 'voice', $10, $11, $12, 1, $13, $14, $13, $15, $16, $15, $17, $14,
               false, $18, $19, $20, $21, clock_timestamp())`,
      [
        tx.tenantId,
        attemptIdOf(contact.id, number),
        contact.id,
        contact.campaign_id,
        contact.person_id,
        numberHash,
        number,
        admission,
        contact.definition.purpose,
        of.carrierId,
        rang ? call.found.reference : null,
        rang ? 'sent' : 'abandoned',
        toIso(realOf(clock, call.acceptedAt)),
        toIso(call.acceptedAt),
        rang ? toIso(call.acceptedAt) : null,
        rang ? toIso(realOf(clock, call.acceptedAt)) : null,
        rang ? null : toIso(call.acceptedAt),
        debt,
        subject,
        rang ? 'restored: the carrier had it' : 'restored: the carrier has no call of it',
        rang ? null : toIso(Date.now()),
      ],
    );
  }
  await tx.query(
    `UPDATE contacts SET attempts = $3, admissions = $4, admitted_real = clock_timestamp(), updated_at = $5,
            state = CASE WHEN $6 THEN state ELSE 'admitted' END, workflow_open = CASE WHEN $6 THEN workflow_open ELSE true END
     WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, contact.id, n, admission - 1, toIso(clock.now()), isTerminalContactState(contact.state)],
  );
}

/** The real instant of one on the engine's clock. */
export function realOf(clock: Clock, at: number): number {
  return Math.round(Date.now() - clock.toRealMs(clock.now() - at));
}
