import { and, desc, eq, lt, sql } from 'drizzle-orm';
import type { Permission, Role } from '../../domain/access.ts';
import type { EpochMs } from '../../domain/time.ts';
import { toIso } from '../../domain/time.ts';
import type { Statements, Tx } from '../client.ts';
import { apiKeys } from '../schema/index.ts';

export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** What a request with a key asks for. */
export interface KeyOfHash {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly Permission[] | null;
  /** Real, epoch ms. */
  readonly expiresReal: EpochMs | null;
  readonly revokedReal: EpochMs | null;
}

/** The key of this digest in the tenant of the statements; null: none. Notes that it is used, once a minute. */
export async function keyOfHash(statements: Statements, hash: Buffer): Promise<KeyOfHash | null> {
  const rows = await statements.prepared<{
    id: string;
    name: string;
    roles: Role[];
    scopes: Permission[] | null;
    expires_real: number | null;
    revoked_real: number | null;
    note_use: boolean;
  }>(
    'key_of_hash',
    `SELECT id, name, roles, scopes, expires_real, revoked_real,
            coalesce(last_used_real < clock_timestamp() - interval '1 minute', true) AS note_use
     FROM api_keys WHERE tenant_id = $1 AND hash = $2`,
    [statements.tenantId, hash],
  );
  const row = rows[0];
  if (row === undefined) return null;
  if (row.note_use) {
    await statements.query(
      'UPDATE api_keys SET last_used_real = clock_timestamp() WHERE tenant_id = $1 AND id = $2',
      [statements.tenantId, row.id],
    );
  }
  const { id, name, roles, scopes } = row;
  return { id, name, roles, scopes, expiresReal: row.expires_real, revokedReal: row.revoked_real };
}

export interface NewApiKey {
  readonly id: string;
  readonly name: string;
  readonly hash: Buffer;
  readonly prefix: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly Permission[] | null;
  readonly expiresReal: EpochMs | null;
  readonly by: string;
}

/** @throws the database's unique violation where a key of this name is in use. */
export async function insertApiKey(tx: Tx, key: NewApiKey): Promise<ApiKeyRow> {
  const rows = await tx.orm
    .insert(apiKeys)
    .values({
      tenantId: tx.tenantId,
      id: key.id,
      name: key.name,
      hash: key.hash,
      prefix: key.prefix,
      roles: [...key.roles],
      scopes: key.scopes === null ? null : [...key.scopes],
      revision: 1,
      createdReal: Date.now(),
      createdBy: key.by,
      expiresReal: key.expiresReal,
      revokedReal: null,
      lastUsedReal: null,
      successor: null,
    })
    .returning();
  return rows[0]!;
}

export async function apiKeyById(tx: Tx, id: string): Promise<ApiKeyRow | null> {
  const rows = await tx.orm.select().from(apiKeys).where(isKey(tx, id));
  return rows[0] ?? null;
}

/** The same, and nobody else changes it before this transaction ends. */
export async function lockApiKey(tx: Tx, id: string): Promise<ApiKeyRow | null> {
  const rows = await tx.orm.select().from(apiKeys).where(isKey(tx, id)).for('update');
  return rows[0] ?? null;
}

/** Newest first. @param before id of the last one seen; ids sort by creation. */
export async function listApiKeys(
  tx: Tx,
  query: { usable: boolean | null; before: string | null; limit: number },
): Promise<ApiKeyRow[]> {
  const usable = sql<boolean>`(revoked_real IS NULL AND (expires_real IS NULL OR expires_real > clock_timestamp()))`;
  return tx.orm
    .select()
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.tenantId, tx.tenantId),
        query.usable === null ? undefined : query.usable ? usable : sql`NOT ${usable}`,
        query.before === null ? undefined : lt(apiKeys.id, query.before),
      ),
    )
    .orderBy(desc(apiKeys.id))
    .limit(query.limit);
}

/** Change a locked key; its revision goes up. */
export async function updateApiKey(
  tx: Tx,
  key: ApiKeyRow,
  change: Partial<Pick<ApiKeyRow, 'name' | 'expiresReal' | 'revokedReal' | 'successor'>>,
): Promise<ApiKeyRow> {
  const rows = await tx.orm
    .update(apiKeys)
    .set({ ...change, revision: key.revision + 1 })
    .where(isKey(tx, key.id))
    .returning();
  return rows[0]!;
}

/** Whether anybody could come in with a key of this tenant at `atReal`. */
export async function hasUsableKey(statements: Statements, atReal: EpochMs): Promise<boolean> {
  const rows = await statements.query(
    `SELECT 1 FROM api_keys
     WHERE tenant_id = $1 AND revoked_real IS NULL AND (expires_real IS NULL OR expires_real > $2) LIMIT 1`,
    [statements.tenantId, toIso(atReal)],
  );
  return rows.length > 0;
}

function isKey(tx: Tx, id: string) {
  return and(eq(apiKeys.tenantId, tx.tenantId), eq(apiKeys.id, id));
}
