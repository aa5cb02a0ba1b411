import { scaledClock, systemClock, type Clock } from '../domain/clock.ts';
import { openDatabase, type Database } from '../db/client.ts';
import {
  createVault,
  environmentKeyProvider,
  fileKeyProvider,
  postgresKeyStore,
  type Vault,
} from '../db/vault/index.ts';
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
  const db = await openDatabase(config.databaseUrl, options);
  const keyStore = await postgresKeyStore(config.vaultDatabaseUrl);
  const vault = createVault({ keyProvider, keyStore });
  return {
    clock: config.clock === null ? systemClock : scaledClock(config.clock),
    db,
    vault,
    close: async () => {
      await vault.close();
      await db.close();
    },
  };
}
