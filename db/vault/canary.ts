import { RightcallError } from '../../domain/failures.ts';
import type { Database, Tx } from '../client.ts';
import type { Vault } from './vault.ts';

const LABEL = 'key-canary';
/** What the canary says when it opens; any fixed text does. */
const TEXT = 'this master key opens this tenant';
const CARRIER_LABEL = 'carrier-webhook';

export type MasterKeyProof = 'opens' | 'unproven';

/**
 * Whether the master key at hand is the one that the tenant's rows are sealed under. Changes nothing.
 * @returns `unproven` where nothing is sealed yet
 * @throws RightcallError `refused` when it is another one
 */
export async function checkMasterKey(db: Database, vault: Vault, tenantId: string): Promise<MasterKeyProof> {
  return db.inTenant(tenantId, (tx) => prove(tx, vault));
}

/**
 * The same, and where nothing proves it yet, put the proof there: from now on a process with another key is refused
 * before it seals a single row that nobody could open again. Safe to run again and by several processes at once.
 * @throws RightcallError `refused` when it is another key
 */
export async function ensureMasterKey(db: Database, vault: Vault, tenantId: string): Promise<void> {
  await db.inTenant(tenantId, async (tx) => {
    if ((await canaryOf(tx)) === null) {
      await prove(tx, vault);
      await tx.query(
        `INSERT INTO key_canaries (tenant_id, sealed, made_real) VALUES ($1, $2, clock_timestamp())
         ON CONFLICT (tenant_id) DO NOTHING`,
        [tx.tenantId, vault.sealForTenant(tx.tenantId, LABEL, TEXT)],
      );
    }
    // Another process may have put its own there meanwhile.
    await prove(tx, vault);
  });
}

async function prove(tx: Tx, vault: Vault): Promise<MasterKeyProof> {
  const canary = await canaryOf(tx);
  if (canary !== null) {
    mustOpen(vault, tx.tenantId, LABEL, canary);
    return 'opens';
  }
  // Data of a version that put no canary there yet.
  const secrets = await tx.query<{ sealed: Buffer }>(
    `SELECT sealed_webhook_secret AS sealed FROM carriers
     WHERE tenant_id = $1 AND length(sealed_webhook_secret) > 32 LIMIT 1`,
    [tx.tenantId],
  );
  if (secrets[0] === undefined) return 'unproven';
  mustOpen(vault, tx.tenantId, CARRIER_LABEL, secrets[0].sealed);
  return 'opens';
}

async function canaryOf(tx: Tx): Promise<Buffer | null> {
  const rows = await tx.query<{ sealed: Buffer }>('SELECT sealed FROM key_canaries WHERE tenant_id = $1', [
    tx.tenantId,
  ]);
  return rows[0]?.sealed ?? null;
}

function mustOpen(vault: Vault, tenantId: string, label: string, sealed: Buffer): void {
  try {
    vault.openForTenant(tenantId, label, sealed);
  } catch (cause) {
    throw new RightcallError(
      'refused',
      'RIGHTCALL_MASTER_KEY: it is not the key that this database was sealed under; nothing could be read with it, ' +
        'and what it sealed could never be read with the right one. Give the right key, or use another database',
      { cause },
    );
  }
}
