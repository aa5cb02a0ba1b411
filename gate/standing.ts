import type { CampaignDefinition } from '../domain/campaign.ts';
import type { Clock } from '../domain/clock.ts';
import { toIso, type EpochMs } from '../domain/time.ts';
import type { CampaignStatus, ContactState } from '../domain/vocabulary.ts';
import type { Tx } from '../db/client.ts';

/** What stands between a contact and the gate's rules, as it was on record at an instant. */
export interface Standing {
  readonly campaign: {
    readonly id: string;
    readonly name: string;
    readonly definition: CampaignDefinition;
    readonly revision: number;
    readonly changedAt: EpochMs;
    readonly status: CampaignStatus;
    readonly carrierId: string | null;
  };
  readonly tenantStopped: boolean;
  /** Null: none of the name that the definition gives. */
  readonly carrier: { readonly name: string; readonly paused: boolean } | null;
  /** Hash of the policy set in force; null: none was. */
  readonly policySetHash: string | null;
  readonly policiesSince: EpochMs | null;
  /** Parts of the above that are not on record for that instant, and were taken as said. */
  readonly unknown: readonly Unknown[];
}

/** A fact that could not be known for the instant asked about, and what was taken instead. */
export interface Unknown {
  readonly fact:
    | 'campaign.status'
    | 'carrier.paused'
    | 'contact.state'
    | 'contact.ready_at'
    | 'list.as_of'
    | 'suppression.validity'
    | 'future.facts';
  readonly taken: 'as it is now' | 'as not so' | 'from what is on record';
}

interface StandingRow {
  name: string;
  status: CampaignStatus;
  definition: CampaignDefinition;
  revision: number;
  changed_at: EpochMs;
  started_at: EpochMs | null;
  ended_at: EpochMs | null;
  recorded_status: CampaignStatus | null;
  carrier_id: string | null;
  carrier_name: string | null;
  carrier_paused_real: EpochMs | null;
  carrier_stopped: boolean;
  tenant_stopped_now: boolean;
  tenant_stopped: boolean;
  set_hash: string | null;
  activated_at: EpochMs | null;
}

const STANDING_SQL = `
SELECT k.name, k.status, r.definition, r.revision, r.changed_at, k.started_at, k.ended_at,
       (SELECT c.after->>'status' FROM changes c
         WHERE c.tenant_id = $1 AND c.resource = 'campaign' AND c.resource_id = ($2::uuid)::text AND c.at <= $3
           AND c.after ? 'status' ORDER BY c.id DESC LIMIT 1) AS recorded_status,
       car.id AS carrier_id, car.name AS carrier_name, car.paused_real AS carrier_paused_real,
       EXISTS (SELECT 1 FROM stop_requests s WHERE s.tenant_id = $1 AND s.scope = 'carrier' AND s.target_id = car.id
                 AND s.at <= $3 AND coalesce((s.detail->>'liftedReal')::float8, 'infinity') > $4) AS carrier_stopped,
       (t.dialling_stopped_at IS NOT NULL) AS tenant_stopped_now,
       EXISTS (SELECT 1 FROM stop_requests s WHERE s.tenant_id = $1 AND s.scope = 'tenant' AND s.target_id = $1
                 AND s.at <= $3 AND coalesce((s.detail->>'liftedReal')::float8, 'infinity') > $4) AS tenant_stopped,
       p.set_hash, p.activated_at
FROM campaigns k
JOIN tenants t ON t.id = k.tenant_id
JOIN LATERAL (SELECT definition, revision, changed_at FROM campaign_revisions r
               WHERE r.tenant_id = $1 AND r.campaign_id = k.id AND r.changed_at <= $3
               ORDER BY r.revision DESC LIMIT 1) r ON true
LEFT JOIN carriers car ON car.tenant_id = $1 AND car.name = r.definition->>'carrier'
LEFT JOIN LATERAL (SELECT set_hash, activated_at FROM policy_activations p
                    WHERE p.tenant_id = $1 AND p.activated_at <= $3 ORDER BY p.id DESC LIMIT 1) p ON true
WHERE k.tenant_id = $1 AND k.id = $2`;

/** The instant asked about and the present one, both on the engine's clock; one to come is told by what is known now. */
export interface AskedInstant {
  readonly at: EpochMs;
  readonly now: EpochMs;
}

/** Read what stood in the way of a campaign's calls at `at`. @returns null when there was no such campaign. */
export async function readStanding(
  tx: Tx,
  clock: Clock,
  campaignId: string,
  { at, now }: AskedInstant,
): Promise<Standing | null> {
  const knownAt = Math.min(at, now);
  const isPast = at < now;
  const atReal = Date.now() - clock.toRealMs(now - knownAt);
  const rows = await tx.prepared<StandingRow>('standing_at', STANDING_SQL, [
    tx.tenantId,
    campaignId,
    toIso(knownAt),
    atReal,
  ]);
  const row = rows[0];
  if (row === undefined) return null;
  const unknown: Unknown[] = [];
  const status = isPast ? statusAt(row, knownAt, unknown) : row.status;
  // A carrier that refused our credentials is paused without a stop; when that was is known only while it lasts.
  const pausedByItself = row.carrier_paused_real !== null && row.carrier_paused_real <= atReal;
  const paused = isPast ? row.carrier_stopped || pausedByItself : row.carrier_paused_real !== null;
  if (isPast && !paused) unknown.push({ fact: 'carrier.paused', taken: 'as not so' });
  return {
    campaign: {
      id: campaignId,
      name: row.name,
      definition: row.definition,
      revision: row.revision,
      changedAt: row.changed_at,
      status,
      carrierId: row.carrier_id,
    },
    tenantStopped: isPast ? row.tenant_stopped : row.tenant_stopped_now,
    carrier: row.carrier_name === null ? null : { name: row.carrier_name, paused },
    policySetHash: row.set_hash,
    policiesSince: row.activated_at,
    unknown,
  };
}

/** The campaign's status then, from the changes on record, or else from its first start and its end. */
function statusAt(row: StandingRow, at: EpochMs, unknown: Unknown[]): CampaignStatus {
  const over = row.status === 'stopped' || row.status === 'completed';
  if (over && row.ended_at !== null && row.ended_at <= at) return row.status;
  if (row.started_at === null || row.started_at > at) return 'draft';
  if (row.recorded_status !== null) return row.recorded_status;
  // Changes were not recorded yet: pauses of that time are not known.
  unknown.push({ fact: 'campaign.status', taken: 'from what is on record' });
  return 'running';
}

export interface ContactStanding {
  readonly id: string;
  readonly campaignId: string;
  readonly personId: string;
  readonly externalId: string | null;
  readonly state: ContactState;
  readonly stateReason: string | null;
  readonly readyAt: EpochMs;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  readonly firstAttemptAt: EpochMs | null;
  readonly numberHash: Buffer | null;
  readonly country: string | null;
  readonly numberType: string | null;
  readonly locations: unknown;
}

/** A contact with its person's primary number, or null. */
export async function readContactStanding(tx: Tx, contactId: string): Promise<ContactStanding | null> {
  const rows = await tx.prepared<ContactStanding>(
    'contact_standing',
    `SELECT c.id, c.campaign_id AS "campaignId", c.person_id AS "personId", c.external_id AS "externalId", c.state,
            c.state_reason AS "stateReason", c.ready_at AS "readyAt", c.created_at AS "createdAt",
            c.updated_at AS "updatedAt", n.number_hash AS "numberHash", n.country, n.number_type AS "numberType",
            n.locations,
            (SELECT a.rang_at FROM attempts a WHERE a.tenant_id = $1 AND a.id = c.id::text || '/1') AS "firstAttemptAt"
     FROM contacts c
     LEFT JOIN person_numbers n ON n.tenant_id = c.tenant_id AND n.person_id = c.person_id AND n.is_primary
     WHERE c.tenant_id = $1 AND c.id = $2`,
    [tx.tenantId, contactId],
  );
  return rows[0] ?? null;
}

/** The number that would be called for a person, with where it is; null: none. */
export async function readPrimaryNumber(
  tx: Tx,
  personId: string,
): Promise<Pick<ContactStanding, 'numberHash' | 'country' | 'numberType' | 'locations'> | null> {
  const rows = await tx.prepared<
    Pick<ContactStanding, 'numberHash' | 'country' | 'numberType' | 'locations'>
  >(
    'primary_number',
    `SELECT number_hash AS "numberHash", country, number_type AS "numberType", locations
     FROM person_numbers WHERE tenant_id = $1 AND person_id = $2 AND is_primary`,
    [tx.tenantId, personId],
  );
  return rows[0] ?? null;
}
