import type { Arms } from '../domain/arms.ts';
import type { CampaignDefinition } from '../domain/campaign.ts';
import { toIso, type EpochMs } from '../domain/time.ts';
import type { CampaignStatus, ContactState } from '../domain/vocabulary.ts';
import type { Tx } from '../db/client.ts';
import { CALLED_NUMBER } from '../db/repositories/called-number.ts';
import { WAS_THERE, historyBegan, knownAtValue, wasSql } from '../db/repositories/fact-history.ts';
import { installationStoppedAt } from '../db/repositories/installation.ts';
import { IN_FORCE_SINCE, NOT_CANCELLED } from '../db/repositories/policies.ts';

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
  readonly installationStopped: boolean;
  readonly tenantStopped: boolean;
  /** Null: none of the name that the definition gives. */
  readonly carrier: { readonly name: string; readonly paused: boolean } | null;
  /** Hash of the set in force then, for an instant to come by what is published now; null: none. */
  readonly policySetHash: string | null;
  readonly policiesSince: EpochMs | null;
  /** Sets that are published to take effect after the instant asked about, in their order. */
  readonly policiesToCome: readonly { readonly setHash: string; readonly at: EpochMs }[];
  /** All that was changed since is on record (fact_history). */
  readonly isWhole: boolean;
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
    | 'future.facts'
    | 'future.policies';
  readonly taken: 'as it is now' | 'as not so' | 'from what is on record' | 'as it is published';
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
  was_status: CampaignStatus | null;
  carrier_id: string | null;
  carrier_name: string | null;
  carrier_paused: boolean;
  installation_stopped: boolean;
  tenant_stopped: boolean;
  set_hash: string | null;
  activated_at: EpochMs | null;
  to_come: { setHash: string; at: EpochMs }[] | null;
}

const STANDING_SQL = `
SELECT k.name, k.status, r.definition, r.revision, r.changed_at, k.started_at, k.ended_at,
       (SELECT c.after->>'status' FROM changes c
         WHERE c.tenant_id = $1 AND c.resource = 'campaign' AND c.resource_id = ($2::uuid)::text AND c.at <= $3
           AND c.after ? 'status' ORDER BY c.id DESC LIMIT 1) AS recorded_status,
       campaign_was.was->>'status' AS was_status,
       car.id AS carrier_id, car.name AS carrier_name,
       coalesce((jsonb_populate_record(car, carrier_was.was)).paused_real IS NOT NULL, false) AS carrier_paused,
       (${installationStoppedAt('$3::timestamptz')}) AS installation_stopped,
       ((jsonb_populate_record(t, tenant_was.was)).dialling_stopped_at IS NOT NULL) AS tenant_stopped,
       p.set_hash, p.activated_at,
       (SELECT json_agg(json_build_object('setHash', p.set_hash,
                          'at', round(extract(epoch FROM p.effective_at) * 1000)::bigint) ORDER BY p.effective_at, p.id)
          FROM policy_activations p
          WHERE p.tenant_id = $1 AND p.activated_at <= $3 AND p.effective_at > $5 AND ${NOT_CANCELLED}) AS to_come
FROM campaigns k
JOIN tenants t ON t.id = k.tenant_id
JOIN LATERAL (SELECT definition, revision, changed_at FROM campaign_revisions r
               WHERE r.tenant_id = $1 AND r.campaign_id = k.id AND r.changed_at <= $3
               ORDER BY r.revision DESC LIMIT 1) r ON true
LEFT JOIN carriers car ON car.tenant_id = $1 AND car.name = r.definition->>'carrier'
CROSS JOIN ${wasSql('campaign', '($2::uuid)::text', '$4', 'campaign_was')}
CROSS JOIN ${wasSql('carrier', 'car.id::text', '$4', 'carrier_was')}
CROSS JOIN ${wasSql('tenant', '($1::uuid)::text', '$4', 'tenant_was')}
LEFT JOIN LATERAL (SELECT set_hash, ${IN_FORCE_SINCE} AS activated_at FROM policy_activations p
                    WHERE p.tenant_id = $1 AND p.activated_at <= $3 AND ${IN_FORCE_SINCE} <= $5 AND ${NOT_CANCELLED}
                    ORDER BY ${IN_FORCE_SINCE} DESC, p.id DESC LIMIT 1) p ON true
WHERE k.tenant_id = $1 AND k.id = $2`;

/** The instant asked about and the present one, both on the engine's clock; one to come is told by what is known now. */
export interface AskedInstant {
  readonly at: EpochMs;
  readonly now: EpochMs;
}

/** Read what stood in the way of a campaign's calls at `at`. @returns null when there was no such campaign. */
export async function readStanding(
  tx: Tx,
  campaignId: string,
  { at, now }: AskedInstant,
): Promise<Standing | null> {
  const knownAt = Math.min(at, now);
  const isPast = at < now;
  const rows = await tx.prepared<StandingRow>('standing_at', STANDING_SQL, [
    tx.tenantId,
    campaignId,
    toIso(knownAt),
    knownAtValue(isPast ? knownAt : null),
    toIso(at),
  ]);
  const row = rows[0];
  if (row === undefined) return null;
  const unknown: Unknown[] = [];
  const began = isPast ? await historyBegan(tx) : null;
  const isWhole = began === null || knownAt >= began;
  const status = isPast ? statusAt(row, knownAt, isWhole, unknown) : row.status;
  if (!isWhole && !row.carrier_paused) unknown.push({ fact: 'carrier.paused', taken: 'as not so' });
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
    installationStopped: row.installation_stopped,
    tenantStopped: row.tenant_stopped,
    carrier: row.carrier_name === null ? null : { name: row.carrier_name, paused: row.carrier_paused },
    isWhole,
    policySetHash: row.set_hash,
    policiesSince: row.activated_at,
    policiesToCome: row.to_come ?? [],
    unknown,
  };
}

/** The campaign's status then; of a time before its history, from the changes on record, its first start and its end. */
function statusAt(row: StandingRow, at: EpochMs, isWhole: boolean, unknown: Unknown[]): CampaignStatus {
  if (isWhole) return row.was_status ?? row.status;
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
  /** Sealed, as they are now; so are the following three. */
  readonly attributes: Buffer | null;
  /** The rules by which it was judged, as a hash; null: by none. */
  readonly judgedBy: string | null;
  /** Names of the quotas that it counts towards. */
  readonly quotas: readonly string[] | null;
  readonly arms: Arms | null;
  readonly numberHash: Buffer | null;
  readonly country: string | null;
  readonly numberType: string | null;
  readonly locations: unknown;
}

/** The number that would be called for a person, as it was known. @param which condition on `n`; without, the primary */
const NUMBER_SQL = (person: string, known: string, which = 'n.is_primary') =>
  `SELECT n.number_hash, n.country, n.number_type, n.locations
   FROM (SELECT r.*
         FROM person_numbers now CROSS JOIN ${wasSql('number', "encode(now.number_hash, 'hex')", known)}
         CROSS JOIN jsonb_populate_record(now, was.was) AS r
         WHERE now.tenant_id = $1 AND now.person_id = ${person} AND ${WAS_THERE}) n
   WHERE ${which} AND n.person_id = ${person} LIMIT 1`;

/**
 * A contact with the number that it is called at, as they were known at an instant; or null.
 * @param knownAt engine clock; null: as they are.
 */
export async function readContactStanding(
  tx: Tx,
  contactId: string,
  knownAt: EpochMs | null,
): Promise<ContactStanding | null> {
  const rows = await tx.prepared<ContactStanding>(
    'contact_standing',
    `SELECT c.id, c.campaign_id AS "campaignId", c.person_id AS "personId", c.external_id AS "externalId", c.state,
            c.state_reason AS "stateReason", c.ready_at AS "readyAt", c.created_at AS "createdAt",
            c.updated_at AS "updatedAt", c.attributes, c.judged_by AS "judgedBy", c.quotas, c.arms, n.number_hash AS "numberHash", n.country, n.number_type AS "numberType",
            n.locations,
            (SELECT a.rang_at FROM attempts a
              WHERE a.tenant_id = $1 AND a.id = c.id::text || '/1' AND a.claimed_at <= $3::timestamptz) AS "firstAttemptAt"
     FROM (SELECT r.*
           FROM contacts now CROSS JOIN ${wasSql('contact', '($2::uuid)::text', '$3')}
           CROSS JOIN ${wasSql('called_number', '($2::uuid)::text', '$3', 'called')}
           CROSS JOIN jsonb_populate_record(now, was.was || called.was) AS r
           WHERE now.tenant_id = $1 AND now.id = $2) c
     LEFT JOIN LATERAL (${NUMBER_SQL('c.person_id', '$3', CALLED_NUMBER)}) n ON true`,
    [tx.tenantId, contactId, knownAtValue(knownAt)],
  );
  return rows[0] ?? null;
}

/** The number that would be called for a person, with where it is, as it was known at an instant; null: none. */
export async function readPrimaryNumber(
  tx: Tx,
  personId: string,
  knownAt: EpochMs | null,
): Promise<PrimaryNumber | null> {
  const rows = await tx.prepared<PrimaryNumber>(
    'primary_number',
    `SELECT n.number_hash AS "numberHash", n.country, n.number_type AS "numberType", n.locations
     FROM (${NUMBER_SQL('$2::uuid', '$3')}) n`,
    [tx.tenantId, personId, knownAtValue(knownAt)],
  );
  return rows[0] ?? null;
}

type PrimaryNumber = Pick<ContactStanding, 'numberHash' | 'country' | 'numberType' | 'locations'>;
