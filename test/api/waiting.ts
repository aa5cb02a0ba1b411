import { v7 as uuidv7 } from 'uuid';
import { appendConsentEvent } from '../../db/repositories/consents.ts';
import { cohortOf } from '../../db/repositories/hopper.ts';
import { toIso, DAY_MS } from '../../domain/time.ts';
import { locateNumber } from '../../policies/index.ts';
import { addContact, type Rig } from './rig.ts';

export interface WaitingSeed {
  readonly campaignId: string;
  /** Of a kind of place: `+86…`, `+1212…`; what it says of its place is what an import would note. */
  readonly number: string;
  readonly consent?: boolean;
  readonly suppressed?: boolean;
  readonly readyAt?: number;
  readonly stateReason?: string;
  readonly cohort?: string;
  readonly rank?: number;
}

/** A contact as an import leaves it, so that the rules have something to say about it. */
export async function addWaiting(
  rig: Rig,
  seed: WaitingSeed,
): Promise<{ contactId: string; personId: string }> {
  const contact = await addContact(rig, {
    campaignId: seed.campaignId,
    number: seed.number,
    stateReason: seed.stateReason ?? null,
  });
  const { country, type, locations } = locateNumber(seed.number);
  const now = rig.clock.now();
  await rig.db.inTenant(rig.tenantId, async (tx) => {
    await tx.query(
      'UPDATE person_numbers SET country = $2, number_type = $3, locations = $4 WHERE person_id = $1',
      [contact.personId, country, type, JSON.stringify(locations)],
    );
    await tx.query('UPDATE contacts SET ready_at = $2, cohort = $3, rank = $4 WHERE id = $1', [
      contact.contactId,
      toIso(seed.readyAt ?? now),
      seed.cohort ?? cohortOf(country, locations),
      seed.rank ?? 24,
    ]);
    if (seed.consent !== false) {
      await appendConsentEvent(
        tx,
        {
          personId: contact.personId,
          kind: 'grant',
          purposes: ['marketing', 'service'],
          channels: ['voice'],
          level: 'express',
          basis: 'explicit',
          source: 'web_form',
          evidenceHash: null,
          occurredAt: now - DAY_MS,
          expiresAt: null,
          widens: [],
        },
        { at: now - DAY_MS, by: 'test' },
      );
    }
    if (seed.suppressed === true) {
      await tx.query(
        `INSERT INTO suppressions (tenant_id, id, number_hash, list, scope, source, requested_by_person, valid_from,
                                   recorded_at, recorded_by)
         VALUES ($1, $2, $3, 'internal', 'tenant', 'test', true, $4, $4, 'test')`,
        [rig.tenantId, uuidv7(), rig.vault.numberHash(rig.tenantId, seed.number), toIso(now - DAY_MS)],
      );
    }
  });
  return contact;
}
