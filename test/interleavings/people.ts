import { createHash } from 'node:crypto';
import { insertCampaign, setCampaignStatus } from '../../db/repositories/campaigns.ts';
import { appendConsentEvent } from '../../db/repositories/consents.ts';
import { campaignDefinitionSchema } from '../../domain/campaign.ts';
import { keepCallerOf } from '../../gate/caller-number.ts';
import { locateNumber } from '../../policies/index.ts';
import type { Lane } from './ground.ts';

/** Two campaigns; Ann is in both, Bo in the first. */
export interface People {
  readonly campaigns: readonly [string, string];
  readonly ann: Person;
  readonly bo: Person;
  readonly contacts: readonly Contact[];
}
export interface Person {
  readonly personId: string;
  readonly numberHash: Buffer;
}
export interface Contact {
  readonly name: 'ann-1' | 'ann-2' | 'bo-1';
  readonly contactId: string;
  readonly campaignId: string;
  readonly personId: string;
}

const DEFINITION = campaignDefinitionSchema.parse({
  name: 'Interleavings',
  purpose: 'service',
  carrier: 'simulator',
  callerId: '+12025550100',
});

/** The same for the same seed, so that what the carrier draws from an id is. */
function idOf(seed: number, name: string): string {
  const hex = createHash('sha256').update(`${seed} ${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export async function makePeople(lane: Lane, seed: number): Promise<People> {
  const { db, clock, tenantId, vault } = lane;
  const at = new Date(clock.now()).toISOString();
  const ids = { ann: idOf(seed, 'ann'), bo: idOf(seed, 'bo') };
  const sealers = await vault.createPersonKeys(tenantId, [ids.ann, ids.bo]);
  const campaigns = [idOf(seed, 'campaign 1'), idOf(seed, 'campaign 2')] as const;
  const persons = [ids.ann, ids.bo].map((personId, i) => {
    // A block of numbers made up here; they reach nothing but the exchange.
    const number = `+86199${String((seed * 2 + i) % 100_000_000).padStart(8, '0')}`;
    return { personId, number, numberHash: vault.numberHash(tenantId, number), sealer: sealers[i]! };
  });
  const contact = (name: Contact['name'], campaign: 0 | 1, personId: string): Contact => ({
    name,
    contactId: idOf(seed, name),
    campaignId: campaigns[campaign],
    personId,
  });
  const contacts = [contact('ann-1', 0, ids.ann), contact('ann-2', 1, ids.ann), contact('bo-1', 0, ids.bo)];
  await db.inTenant(tenantId, async (tx) => {
    for (const id of campaigns) {
      await insertCampaign(tx, {
        id,
        definition: DEFINITION,
        carrierId: lane.carrierId,
        by: 'test',
        at: clock.now(),
      });
      await setCampaignStatus(tx, id, { status: 'running', reason: null, startedAt: clock.now() });
    }
    await keepCallerOf(tx, vault, DEFINITION);
    for (const { personId, number, numberHash, sealer } of persons) {
      const located = locateNumber(number);
      await tx.query(
        'INSERT INTO persons (tenant_id, id, created_real, updated_real) VALUES ($1, $2, now(), now())',
        [tenantId, personId],
      );
      await tx.query(
        `INSERT INTO person_numbers (tenant_id, number_hash, person_id, sealed_number, country, number_type, is_primary,
                                     locations, created_real)
         VALUES ($1, $2, $3, $4, $5, $6, true, $7, now())`,
        [
          tenantId,
          numberHash,
          personId,
          sealer.sealNumber(number),
          located.country,
          located.type,
          JSON.stringify(located.locations),
        ],
      );
      await appendConsentEvent(
        tx,
        {
          personId,
          kind: 'grant',
          purposes: ['marketing', 'service'],
          channels: ['voice'],
          level: 'express',
          basis: 'explicit',
          source: 'web_form',
          evidenceHash: null,
          occurredAt: clock.now() - 86_400_000,
          expiresAt: null,
          widens: [],
        },
        { at: clock.now() - 86_400_000, by: 'test' },
      );
    }
    for (const { contactId, campaignId, personId } of contacts) {
      await tx.query(
        `INSERT INTO contacts (tenant_id, id, campaign_id, person_id, state, rank, priority, ready_at, admissions, attempts,
                               counted_attempts, workflow_open, wake_pending, created_at, updated_at)
         VALUES ($1, $2, $3, $4, 'waiting', 24, 5, $5, 0, 0, 0, false, false, $5, $5)`,
        [tenantId, contactId, campaignId, personId, at],
      );
    }
  });
  const [ann, bo] = persons;
  return { campaigns, ann: ann!, bo: bo!, contacts };
}
