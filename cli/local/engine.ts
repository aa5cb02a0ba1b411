import { randomBytes } from 'node:crypto';
import type { Database } from '../../db/client.ts';
import { migrate } from '../../db/migrate.ts';
import { keepCallerOf } from '../../gate/caller-number.ts';
import { campaignById, insertCampaign } from '../../db/repositories/campaigns.ts';
import { carrierByName, listCarriers, upsertCarrier } from '../../db/repositories/carriers.ts';
import { activatePolicySet, activePolicySetHash, storePolicySet } from '../../db/repositories/policies.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import type { Vault } from '../../db/vault/index.ts';
import { isSimulator } from '../../carriers/registry.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import { RightcallError } from '../../domain/failures.ts';
import type { EpochMs } from '../../domain/time.ts';
import { bundledDocuments, compilePolicySet, toStored } from '../../policies/index.ts';
import { parseConfig } from '../../runtime/config.ts';
import { openEngine } from '../engine.ts';
import { SIMULATOR } from './carrier.ts';
import type { Layout } from './layout.ts';

/** Who did it, in the records that name someone. */
export const BY_START = 'start';
/** Label that the carrier's webhook secret is sealed under; the API opens it by the same. */
const SECRET_LABEL = 'carrier-webhook';
/** Gentle on two slow cores, and still some hundred contacts in a simulated morning. */
export const CALLS_PER_SECOND = 40;
export const MAX_CONCURRENT_CALLS = 200;

/** The database, opened for one tenant, with what is needed to read its personal fields. */
export interface LocalEngine {
  readonly db: Database;
  readonly vault: Vault;
  readonly tenantId: string;
  readonly tenantSlug: string;
  /** Null where RIGHTCALL_MASTER_KEY itself is set. */
  readonly masterKeyFile: string | null;
  close(): Promise<void>;
}

/**
 * Bring the schema up to date, and open it as the tenant of this run.
 * @throws RightcallError `invalid_input` naming the environment variable at fault
 */
export async function openLocalEngine(
  databaseUrl: string,
  layout: Layout,
  env: NodeJS.ProcessEnv,
): Promise<LocalEngine> {
  const given = env['RIGHTCALL_MASTER_KEY'] ?? env['RIGHTCALL_MASTER_KEY_FILE'];
  const config = parseConfig({
    ...env,
    DATABASE_URL: databaseUrl,
    // The rehearsal's own clock is set later, and by this process alone.
    RIGHTCALL_CLOCK: undefined,
    ...(given === undefined ? { RIGHTCALL_MASTER_KEY_FILE: layout.masterKey } : {}),
  });
  await migrate(config.databaseUrl);
  if (config.vaultDatabaseUrl !== config.databaseUrl) await migrate(config.vaultDatabaseUrl);
  const engine = await openEngine(config, { applicationName: 'rightcall-start', maxConnections: 6 });
  try {
    const tenantSlug = config.tenantSlug;
    const tenantId = await ensureTenant(engine.db, { slug: tenantSlug, name: tenantSlug });
    return {
      db: engine.db,
      vault: engine.vault,
      tenantId,
      tenantSlug,
      masterKeyFile: 'file' in config.masterKey ? config.masterKey.file : null,
      close: () => engine.close(),
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/**
 * A scaled clock would make real phones ring at simulated hours, so it is refused as soon as the database knows any
 * other carrier, whichever tenant's.
 * @throws RightcallError `refused` naming the carrier
 */
export async function refuseRealCarriers(db: Database): Promise<void> {
  for (const tenant of await db.tenants()) {
    const carriers = await db.inTenant(tenant.tenantId, listCarriers);
    const real = carriers.find((carrier) => !isSimulator(carrier.kind));
    if (real !== undefined) {
      throw new RightcallError(
        'refused',
        `the database has the carrier "${real.name}" (${real.kind}) of tenant ${tenant.slug}, and a rehearsal's scaled clock is refused with any carrier but the simulator; use another database for rehearsals`,
      );
    }
  }
}

/**
 * The simulator as this tenant's carrier.
 * @param callsPerSecond that it takes, real
 * @returns its id, and the secret that it signs its events with
 */
export async function ensureSimulatorCarrier(
  engine: LocalEngine,
  baseUrl: string,
  callsPerSecond = CALLS_PER_SECOND,
): Promise<{ carrierId: string; webhookSecret: string }> {
  const { vault, tenantId } = engine;
  return engine.db.inTenant(tenantId, async (tx) => {
    const known = await carrierByName(tx, SIMULATOR);
    const webhookSecret =
      known === null
        ? `whsec_${randomBytes(32).toString('base64')}`
        : vault.openForTenant(tenantId, SECRET_LABEL, known.sealedWebhookSecret);
    const { carrier } = await upsertCarrier(tx, {
      name: SIMULATOR,
      kind: SIMULATOR,
      baseUrl,
      callsPerSecond,
      maxConcurrentCalls: MAX_CONCURRENT_CALLS,
      sealedWebhookSecret: vault.sealForTenant(tenantId, SECRET_LABEL, webhookSecret),
    });
    return { carrierId: carrier.id, webhookSecret };
  });
}

/** The bundled packs in force where none are yet, and the campaign as a draft. Safe to run again. */
export async function ensureCampaign(
  engine: LocalEngine,
  campaign: { id: string; definition: CampaignDefinition; carrierId: string },
  at: EpochMs,
): Promise<void> {
  const documents = bundledDocuments();
  const compiled = compilePolicySet(documents);
  await engine.db.inTenant(engine.tenantId, async (tx) => {
    if ((await activePolicySetHash(tx, at)) === null) {
      await storePolicySet(tx, { hash: compiled.hash, documents: documents.map(toStored) }, at);
      await activatePolicySet(tx, compiled.hash, BY_START, at);
    }
    if ((await campaignById(tx, campaign.id)) === null) {
      await insertCampaign(tx, { ...campaign, by: BY_START, at });
      await keepCallerOf(tx, engine.vault, campaign.definition);
    }
  });
}
