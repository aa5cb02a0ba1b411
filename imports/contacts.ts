import { isSupportedCountry, type CountryCode, type PhoneNumber } from 'libphonenumber-js/max';
import type { Database, Tx } from '../db/client.ts';
import type { Vault } from '../db/vault/index.ts';
import type { Clock } from '../domain/clock.ts';
import { invalidInput, notFound } from '../domain/failures.ts';
import type { NumberLocation } from '../policies/index.ts';
import { CONTACT_FIELDS } from './columns.ts';
import { consentReader, type ConsentDefaults } from './consents.ts';
import { prepareBatch, type ContactBatch } from './contact-batch.ts';
import { storeBatch } from './contact-store.ts';
import { planReading, type FileOptions } from './plan.ts';
import { runImport, type ImportJob, type ImportProgress, type ImportResult } from './run.ts';
import { hashOf, sampleOf, sourceOf, type ImportSource } from './source.ts';

export interface ImportDeps {
  /** Needs three connections at once: the import's lock, its transaction, and the vault's where it shares the pool. */
  readonly db: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  /** `locateParsed` of policies/. */
  readonly locateParsed: (phone: PhoneNumber) => NumberLocation;
  /**
   * Called in the transaction that recorded withdrawals of persons known before, so that calls under way are bound
   * by them (I3). Their rows are locked already.
   */
  readonly onWithdrawn?: (tenantId: string, personIds: readonly string[], tx: Tx) => Promise<void>;
  /** Real ms to wait for a database that went away; two minutes by default. */
  readonly databaseWaitMs?: number;
}

export interface ContactImport extends FileOptions {
  readonly tenantId: string;
  readonly campaignId: string;
  /** Plain or gzip-compressed CSV or JSON Lines. */
  readonly source: ImportSource;
  /** ISO 3166-1 alpha-2, for numbers without a country code in rows without a country. */
  readonly defaultCountry?: string;
  readonly consentDefaults?: ConsentDefaults;
  /** Rows to take at the most. */
  readonly limit?: number;
  /** Who imports, as it is to stand in the consents' record; no personal data. */
  readonly importedBy: string;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Rows a transaction. */
  readonly batchRows?: number;
}

/** Counts of rows, unless said otherwise. rows = invalid + duplicates + distinctValid. */
export type ContactImportCounts = {
  /** Not counting the header and blank lines. */
  rows: number;
  /** Not taken; each has an issue that says why. */
  invalid: number;
  /** Valid, and an earlier row of the file has the same number: merged with it. */
  duplicates: number;
  /** Different numbers. */
  distinctValid: number;
  /** Valid rows, duplicates too, that state a consent which holds at the import's instant. */
  consented: number;
  /** Contacts made in the campaign. */
  created: number;
  /** Contacts of the campaign from before that changed. */
  updated: number;
  /** … that did not change. */
  unchanged: number;
  /** … that had come to their end and stay as they are. */
  final: number;
  /** Consent events that were not known before. */
  consentsRecorded: number;
  issues: number;
};

const ZERO: ContactImportCounts = {
  rows: 0,
  invalid: 0,
  duplicates: 0,
  distinctValid: 0,
  consented: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  final: 0,
  consentsRecorded: 0,
  issues: 0,
};

const BATCH_ROWS = 2_000;
const DATABASE_WAIT_MS = 120_000;

/**
 * Take a file's contacts into a campaign: people, numbers, consents, contacts in state `waiting`. Streams, whatever
 * the file's size; a bad row is an issue and never stops the rest; the same file again changes nothing; interrupted,
 * it goes on where it was when it is run again.
 * @throws RightcallError `invalid_input` when the file as a whole cannot be taken, `not_found` for the campaign,
 * `unavailable` when it was interrupted and can be resumed.
 */
export async function importContacts(
  deps: ImportDeps,
  request: ContactImport,
): Promise<ImportResult<ContactImportCounts>> {
  const { tenantId, campaignId } = request;
  const defaultCountry =
    request.defaultCountry === undefined ? null : supportedCountry(request.defaultCountry);
  checkLimit(request.limit);
  await mustExist(deps.db, tenantId, campaignId);
  const source = sourceOf(request.source);
  const plan = planReading(await sampleOf(source), source.name, request, CONTACT_FIELDS, false);
  const bytesHash = await hashOf(source);
  const readConsent = consentReader(plan.mapped, request.consentDefaults ?? {});
  const now = deps.clock.now();
  // Numbers are sealed ahead while most of them turn out to be new; an update of known ones has no use for it.
  let expectNew = true;
  const job: ImportJob<ContactBatch> = {
    db: deps.db,
    clock: deps.clock,
    tenantId,
    source,
    bytesHash,
    plan,
    identity: { kind: 'contacts', campaignId },
    options: {
      ...fileOptionsOf(request),
      defaultCountry,
      consentDefaults: request.consentDefaults ?? {},
      limit: request.limit ?? null,
    },
    importedBy: request.importedBy,
    limit: request.limit ?? null,
    batchRows: request.batchRows ?? BATCH_ROWS,
    databaseWaitMs: deps.databaseWaitMs ?? DATABASE_WAIT_MS,
    zeroCounts: { ...ZERO },
    onProgress: request.onProgress,
    prepare: (rows) =>
      prepareBatch(
        {
          tenantId,
          vault: deps.vault,
          rowContext: {
            defaultCountry,
            readConsent,
            locateParsed: deps.locateParsed,
            now,
            mac: (text) => deps.vault.mac(tenantId, text),
          },
        },
        rows,
        expectNew,
      ),
    store: async (tx, batch, importId) => {
      const stored = await storeBatch(
        { tx, vault: deps.vault, campaignId, importId, importedBy: request.importedBy, now },
        batch,
      );
      if (stored.withdrawn.length > 0) await deps.onWithdrawn?.(tenantId, stored.withdrawn, tx);
      const { duplicates, erased, created, updated, unchanged, final } = stored.counts;
      expectNew = created * 2 > batch.groups.length;
      return {
        issues: [...batch.issues, ...stored.issues],
        counts: {
          rows: batch.rows,
          invalid: batch.rows - batch.valid + erased,
          duplicates,
          distinctValid: batch.valid - duplicates - erased,
          consented: batch.consented,
          created,
          updated,
          unchanged,
          final,
          consentsRecorded: stored.consentsRecorded,
        },
      };
    },
    release: (batch) => {
      for (const sealed of batch.sealed) sealed?.sealer.dispose();
    },
  };
  return (await runImport(job)) as ImportResult<ContactImportCounts>;
}

/** The options that change how a file is read, for its identity. */
export function fileOptionsOf(options: FileOptions): Record<string, unknown> {
  return {
    format: options.format ?? null,
    mapping: options.mapping ?? {},
    delimiter: options.delimiter ?? null,
    encoding: options.encoding ?? null,
  };
}

/** @throws RightcallError `invalid_input`. */
export function supportedCountry(code: string): CountryCode {
  const upper = code.toUpperCase();
  if (isSupportedCountry(upper)) return upper;
  throw invalidInput([
    {
      field: 'defaultCountry',
      fault: `${JSON.stringify(code)} is no country`,
      expected: 'two letters such as CN or US (ISO 3166-1)',
    },
  ]);
}

export function checkLimit(limit: number | undefined): void {
  if (limit === undefined || (Number.isInteger(limit) && limit > 0)) return;
  throw invalidInput([
    { field: 'limit', fault: `is ${limit}`, expected: 'a whole number of rows, at least 1' },
  ]);
}

async function mustExist(db: Database, tenantId: string, campaignId: string): Promise<void> {
  const rows = await db.inTenant(tenantId, (tx) =>
    tx.query('SELECT 1 FROM campaigns WHERE tenant_id = $1 AND id = $2', [tenantId, campaignId]),
  );
  if (rows.length === 0) throw notFound('the campaign');
}
