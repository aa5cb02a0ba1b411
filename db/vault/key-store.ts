import { openDatabase, type Database } from '../client.ts';

/** A person's data key as it is stored: wrapped by a tenant key of `keyVersion`. */
export interface WrappedKey {
  readonly personId: string;
  readonly wrappedKey: Buffer;
  readonly keyVersion: number;
}

/** Where wrapped keys stand. Removing one is what erases a person. */
export interface KeyStore {
  /** Store keys; one that is there already stays as it is. */
  put(tenantId: string, keys: readonly WrappedKey[]): Promise<void>;
  /** The keys there are, in any order; erased persons are absent. */
  get(tenantId: string, personIds: readonly string[]): Promise<WrappedKey[]>;
  /** Remove a person's key. @returns whether there was one. */
  destroy(tenantId: string, personId: string): Promise<boolean>;
  close(): Promise<void>;
}

interface KeyRow {
  person_id: string;
  wrapped_key: Buffer;
  key_version: number;
}

/** Keys in table vault.person_keys of a database that is open already; closing the store leaves it open. */
export function keyStoreOn(database: Database): KeyStore {
  return {
    put: async (tenantId, keys) => {
      if (keys.length === 0) return;
      await database.inTenant(tenantId, (tx) =>
        tx.prepared(
          'vault_put',
          `INSERT INTO vault.person_keys (tenant_id, person_id, wrapped_key, key_version)
           SELECT $1, person_id, wrapped_key, key_version
           FROM unnest($2::uuid[], $3::bytea[], $4::int[]) AS k (person_id, wrapped_key, key_version)
           ON CONFLICT DO NOTHING`,
          [
            tenantId,
            keys.map((key) => key.personId),
            keys.map((key) => key.wrappedKey),
            keys.map((key) => key.keyVersion),
          ],
        ),
      );
    },
    get: (tenantId, personIds) =>
      database.single(tenantId, async (tx) => {
        const rows = await tx.prepared<KeyRow>(
          'vault_get',
          `SELECT person_id, wrapped_key, key_version FROM vault.person_keys
           WHERE tenant_id = $1 AND person_id = ANY ($2::uuid[])`,
          [tenantId, personIds],
        );
        return rows.map((row) => ({
          personId: row.person_id,
          wrappedKey: row.wrapped_key,
          keyVersion: row.key_version,
        }));
      }),
    destroy: (tenantId, personId) =>
      database.inTenant(tenantId, async (tx) => {
        const rows = await tx.query(
          'DELETE FROM vault.person_keys WHERE tenant_id = $1 AND person_id = $2 RETURNING person_id',
          [tenantId, personId],
        );
        return rows.length > 0;
      }),
    close: async () => undefined,
  };
}

/**
 * Keys in a migrated database of their own, or in the main one: RIGHTCALL_VAULT_DATABASE_URL. Opens its own pool.
 * @throws what `openDatabase` throws.
 */
export async function postgresKeyStore(
  databaseUrl: string,
  options: { maxConnections?: number } = {},
): Promise<KeyStore> {
  const database = await openDatabase(databaseUrl, {
    maxConnections: options.maxConnections ?? 4,
    applicationName: 'rightcall-vault',
  });
  return { ...keyStoreOn(database), close: () => database.close() };
}
