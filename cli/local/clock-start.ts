import { campaignPack } from '../../gate/policy-source.ts';
import { readDossier } from '../../gate/dossier.ts';
import type { Tx } from '../../db/client.ts';
import { activePolicySetHash, policySetsByHash } from '../../db/repositories/policies.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { EpochMs } from '../../domain/time.ts';
import { compilePolicySet, fromStored, type CompiledPolicySet } from '../../policies/index.ts';
import type { LocalEngine } from './engine.ts';
import { startBeforeWindow, startWhenMostOpen, type Cohort } from './first-window.ts';

/** Cohorts asked about, the largest first; a list has a few hundred at most (prefixes, declared zones). */
const MAX_COHORTS = 400;

/**
 * The simulated instant at which the rehearsal of a campaign begins by default.
 * @param forMs how long it lasts, where it is to lie in the hours in which most contacts may be called; null: for days,
 * from a morning on
 * @returns null when none of its contacts has a legal window ahead
 */
export async function chooseStart(
  engine: LocalEngine,
  campaign: { readonly id: string; readonly definition: CampaignDefinition },
  notBefore: EpochMs,
  forMs: number | null,
): Promise<EpochMs | null> {
  return engine.db.inTenant(engine.tenantId, async (tx) => {
    const policySet = await policiesOf(tx, campaign, notBefore);
    const cohorts = await cohortsOf(tx, campaign.id, notBefore);
    const { startAt } = campaign.definition.schedule;
    const earliest = Math.max(notBefore, startAt === null ? notBefore : Date.parse(startAt));
    return forMs === null
      ? startBeforeWindow(cohorts, policySet, earliest)
      : startWhenMostOpen(cohorts, policySet, earliest, forMs);
  });
}

/** The packs in force, narrowed by the campaign's own hours as the gate narrows them. */
export async function policiesOf(
  tx: Tx,
  campaign: { readonly id: string; readonly definition: CampaignDefinition },
  at: EpochMs,
): Promise<CompiledPolicySet> {
  const hash = await activePolicySetHash(tx, at);
  const stored = hash === null ? [] : ((await policySetsByHash(tx, [hash])).get(hash) ?? []);
  const own = campaignPack({ ...campaign, revision: 1, changedAt: at });
  return compilePolicySet([...stored.map(fromStored), ...(own === null ? [] : [own])]);
}

async function cohortsOf(tx: Tx, campaignId: string, at: EpochMs): Promise<Cohort[]> {
  const rows = await tx.query<{ contact_id: string; contacts: number }>(
    `SELECT min(id::text) AS contact_id, count(*) AS contacts FROM contacts
      WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting'
      GROUP BY cohort ORDER BY count(*) DESC, cohort LIMIT $3`,
    [tx.tenantId, campaignId, MAX_COHORTS],
  );
  const cohorts: Cohort[] = [];
  for (const row of rows) {
    const dossier = await readDossier(tx, row.contact_id, at);
    if (dossier !== null) cohorts.push({ facts: dossier.facts, contacts: row.contacts });
  }
  return cohorts;
}

/**
 * The latest simulated instant on record anywhere: a process that was killed together with its clock's writer may
 * have acted up to seconds after the last instant that was written, and time must not go back before what it did.
 */
export async function latestRecordedInstant(engine: LocalEngine): Promise<EpochMs | null> {
  return engine.db.inTenant(engine.tenantId, async (tx) => {
    const rows = await tx.query<{ latest: number | null }>(
      `SELECT greatest(
         (SELECT max(greatest(claimed_at, sending_at, sent_at, ended_at)) FROM attempts WHERE tenant_id = $1),
         (SELECT max(at) FROM decisions WHERE tenant_id = $1),
         (SELECT max(at) FROM call_events WHERE tenant_id = $1),
         (SELECT max(started_at) FROM campaigns WHERE tenant_id = $1),
         (SELECT max(recorded_at) FROM consent_events WHERE tenant_id = $1)) AS latest`,
      [tx.tenantId],
    );
    return rows[0]?.latest ?? null;
  });
}
