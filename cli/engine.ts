import { scaledClock, systemClock, type Clock } from '../domain/clock.ts';
import { openDatabase, type Database } from '../db/client.ts';
import { migrationState } from '../db/migration-state.ts';
import {
  createVault,
  ensureMasterKey,
  environmentKeyProvider,
  fileKeyProvider,
  postgresKeyStore,
  type Vault,
} from '../db/vault/index.ts';
import { RightcallError } from '../domain/failures.ts';
import type { EngineConfig } from '../runtime/config.ts';

/** What every engine process builds from its configuration. */
export interface Engine {
  readonly clock: Clock;
  readonly db: Database;
  readonly vault: Vault;
  close(): Promise<void>;
}

/** @throws when the database cannot be reached, or the master key cannot be used. */
export async function openEngine(
  config: EngineConfig,
  options: { applicationName: string; maxConnections: number },
): Promise<Engine> {
  const keyProvider =
    'hex' in config.masterKey
      ? environmentKeyProvider(config.masterKey.hex)
      : fileKeyProvider(config.masterKey.file);
  const clock = config.clock === null ? systemClock : scaledClock(config.clock);
  const db = await openDatabase(config.databaseUrl, { ...options, clock });
  const keyStore = await postgresKeyStore(config.vaultDatabaseUrl).catch(async (error: unknown) => {
    await db.close();
    throw error;
  });
  const vault = createVault({ keyProvider, keyStore });
  return {
    clock,
    db,
    vault,
    close: async () => {
      await vault.close();
      await db.close();
    },
  };
}

/**
 * The same for a process that serves: not on a database that lacks what this version needs, and not with a master key
 * that its rows were not sealed under. A database that a newer version has migrated already is fine (docs/upgrading.md).
 * @throws RightcallError `refused` saying what to do
 */
export async function openServingEngine(
  config: EngineConfig,
  options: { applicationName: string; maxConnections: number },
): Promise<Engine> {
  await refuseBehind('DATABASE_URL', config.databaseUrl);
  if (config.vaultDatabaseUrl !== config.databaseUrl) {
    await refuseBehind('RIGHTCALL_VAULT_DATABASE_URL', config.vaultDatabaseUrl);
  }
  const engine = await openEngine(config, options);
  try {
    for (const { tenantId } of await engine.db.tenants()) {
      await ensureMasterKey(engine.db, engine.vault, tenantId);
    }
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** SQLSTATE insufficient_privilege: a role that may not read the migrations' own table; then nothing is known. */
const NO_RIGHT = '42501';

async function refuseBehind(variable: string, url: string): Promise<void> {
  const pending = await migrationState(url).then(
    (state) => state.pending,
    (error: unknown) => {
      if ((error as { code?: unknown }).code === NO_RIGHT) return [];
      throw error;
    },
  );
  if (pending.length === 0) return;
  throw new RightcallError(
    'refused',
    `${variable}: the database lacks ${pending.join(', ')}, which this version needs; run rightcall migrate first`,
  );
}
