import { Readable } from 'node:stream';
import { openDatabase, type Database } from '../../db/client.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import {
  createVault,
  environmentKeyProvider,
  keyStoreOn,
  type KeyProvider,
  type Vault,
} from '../../db/vault/index.ts';
import { fixedClock } from '../../domain/clock.ts';
import { newId } from '../../imports/ids.ts';
import { importContacts, type ContactImport, type ImportDeps } from '../../imports/index.ts';
import { locateParsed } from '../../policies/index.ts';
import { createTestDatabase } from '../support/postgres.ts';

export const NOW = Date.parse('2026-11-22T12:00:00Z');

/** A file in memory. */
export function file(text: string | Buffer, name = 'contacts.csv') {
  return { name, open: () => Readable.from([Buffer.from(text)]) };
}

export interface ImportRig {
  readonly url: string;
  readonly db: Database;
  readonly vault: Vault;
  readonly keyProvider: KeyProvider;
  readonly deps: ImportDeps;
  readonly clock: ReturnType<typeof fixedClock>;
  /** A tenant with a campaign of its own. */
  tenant(): Promise<{ tenantId: string; campaignId: string }>;
  campaign(tenantId: string): Promise<string>;
  run(
    at: { tenantId: string; campaignId: string },
    text: string | Buffer,
    options?: Partial<ContactImport>,
  ): ReturnType<typeof importContacts>;
  query<R extends object>(tenantId: string, text: string, values?: readonly unknown[]): Promise<R[]>;
  /** The campaign's contacts as people know them, by number. */
  contacts(at: { tenantId: string; campaignId: string }): Promise<
    {
      number: string;
      externalId: string | null;
      state: string;
      rank: number;
      attributes: unknown;
      profile: unknown;
    }[]
  >;
  close(): Promise<void>;
}

export async function createImportRig(): Promise<ImportRig> {
  const database = await createTestDatabase();
  const db = await openDatabase(database.url);
  const keyProvider = environmentKeyProvider('5a'.repeat(32));
  const vault = createVault({ keyProvider, keyStore: keyStoreOn(db) });
  const clock = fixedClock(NOW);
  const deps: ImportDeps = { db, vault, clock, locateParsed };
  let tenants = 0;
  const rig: ImportRig = {
    url: database.url,
    db,
    vault,
    keyProvider,
    deps,
    clock,
    tenant: async () => {
      const tenantId = await ensureTenant(db, { slug: `t${++tenants}`, name: 'Test' });
      return { tenantId, campaignId: await rig.campaign(tenantId) };
    },
    campaign: async (tenantId) => {
      const campaignId = newId();
      await rig.query(
        tenantId,
        `INSERT INTO campaigns (tenant_id, id, name, status, definition, revision, created_at)
         VALUES ($1, $2, 'test', 'draft', '{}', 1, now())`,
        [tenantId, campaignId],
      );
      return campaignId;
    },
    run: (at, text, options = {}) =>
      importContacts(deps, { ...at, source: file(text), importedBy: 'tester', ...options }),
    query: (tenantId, text, values) => db.inTenant(tenantId, (tx) => tx.query(text, values)),
    contacts: async ({ tenantId, campaignId }) => {
      const rows = await rig.query<{
        id: string;
        person_id: string;
        external_id: string | null;
        attributes: Buffer | null;
        profile: Buffer | null;
        sealed_number: Buffer;
        state: string;
        rank: number;
      }>(
        tenantId,
        `SELECT c.id, c.person_id, c.external_id, c.attributes, c.state, c.rank, p.profile, n.sealed_number
         FROM contacts c
         JOIN persons p ON p.tenant_id = c.tenant_id AND p.id = c.person_id
         JOIN person_numbers n ON n.tenant_id = c.tenant_id AND n.person_id = c.person_id AND n.is_primary
         WHERE c.campaign_id = $1`,
        [campaignId],
      );
      const opened = await Promise.all(
        rows.map(async (row) => {
          const sealer = (await vault.sealersOf(tenantId, [row.person_id])).get(row.person_id)!;
          return {
            number: sealer.openNumber(row.sealed_number),
            externalId: row.external_id,
            state: row.state,
            rank: row.rank,
            attributes: row.attributes === null ? null : sealer.openAttributes(row.id, row.attributes),
            profile: row.profile === null ? null : sealer.openProfile(row.profile),
          };
        }),
      );
      return opened.sort((a, b) => (a.number < b.number ? -1 : 1));
    },
    close: async () => {
      await db.close();
      await database.drop();
    },
  };
  return rig;
}
