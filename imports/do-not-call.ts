import { newId } from './ids.ts';
import type { CountryCode } from 'libphonenumber-js/max';
import type { Database, Tx } from '../db/client.ts';
import type { Vault } from '../db/vault/index.ts';
import type { Clock } from '../domain/clock.ts';
import { invalidInput } from '../domain/failures.ts';
import type { EpochMs } from '../domain/time.ts';
import type { Purpose, SuppressionScope } from '../domain/vocabulary.ts';
import { byteaArray, instantArray, textArray, uuidArray } from './binary-arrays.ts';
import { DO_NOT_CALL_FIELDS } from './columns.ts';
import { instantOf, saysNothing } from './consents.ts';
import { checkLimit, fileOptionsOf, supportedCountry } from './contacts.ts';
import { issue, type Issue } from './issues.ts';
import { countryOf, readNumber, whyNotValid } from './phone.ts';
import { planReading, type FileOptions } from './plan.ts';
import type { BrokenRow, Row } from './rows.ts';
import { runImport, type ImportJob, type ImportProgress, type ImportResult } from './run.ts';
import { hashOf, sampleOf, sourceOf, type ImportSource } from './source.ts';

export interface DoNotCallDeps {
  readonly db: Database;
  readonly vault: Pick<Vault, 'numberHash'>;
  readonly clock: Clock;
  /**
   * Called with the numbers of each batch in the transaction that stores them, so that calls under way are bound by
   * the list as well (I3).
   */
  readonly onSuppressed?: (tenantId: string, numberHashes: readonly Buffer[], tx: Tx) => Promise<void>;
  /** Real ms to wait for a database that went away; two minutes by default. */
  readonly databaseWaitMs?: number;
}

export interface DoNotCallImport extends FileOptions {
  readonly tenantId: string;
  /** One number a line, or CSV or JSON Lines with a column for it; plain or gzip-compressed. */
  readonly source: ImportSource;
  /** Name of the list; `internal`, the tenant's own, by default. */
  readonly list?: string;
  /** `tenant` by default. */
  readonly scope?: SuppressionScope;
  /** For scope `campaign`. */
  readonly campaignId?: string;
  /** For scope `purpose`. */
  readonly purpose?: Purpose;
  /** The instant (ms) the list was true at its source; the import's by default. Rules refuse a list that is too old. */
  readonly asOf?: EpochMs;
  readonly defaultCountry?: string;
  readonly limit?: number;
  readonly importedBy: string;
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly batchRows?: number;
}

/** rows = invalid + duplicates + added + known. */
export type DoNotCallCounts = {
  rows: number;
  /** Not taken; each has an issue. */
  invalid: number;
  /** The number stands in the same batch of the file already. */
  duplicates: number;
  /** Entries that were not on the list. */
  added: number;
  /** Entries that were on it. */
  known: number;
  issues: number;
};

interface Entry {
  readonly hash: Buffer;
  validFrom: EpochMs;
  validUntil: EpochMs | null;
  /** What the list says it is about; null: everything. */
  category: string | null;
}

interface DoNotCallBatch {
  readonly rows: number;
  readonly valid: number;
  readonly entries: readonly Entry[];
  readonly issues: readonly Issue[];
}

const BATCH_ROWS = 5_000;
const DATABASE_WAIT_MS = 120_000;
/** Entries without a stated beginning have always been valid: nobody stands on such a list from a certain day on. */
const ALWAYS: EpochMs = 0;
/** As `suppress add` takes it. */
const CATEGORY_CHARS_MAX = 100;

/**
 * Take a do-not-call list (勿扰名单) in. Entries are only ever added or made to last longer: one that is not in the
 * file stays. The list counts as fresh as of `asOf`, also when the same file comes again.
 * @throws RightcallError as importContacts does.
 */
export async function importDoNotCall(
  deps: DoNotCallDeps,
  request: DoNotCallImport,
): Promise<ImportResult<DoNotCallCounts>> {
  const { tenantId } = request;
  const target = targetOf(request);
  const defaultCountry =
    request.defaultCountry === undefined ? null : supportedCountry(request.defaultCountry);
  checkLimit(request.limit);
  const source = sourceOf(request.source);
  const plan = planReading(await sampleOf(source), source.name, request, DO_NOT_CALL_FIELDS, true);
  const now = deps.clock.now();
  const job: ImportJob<DoNotCallBatch> = {
    db: deps.db,
    clock: deps.clock,
    tenantId,
    source,
    bytesHash: await hashOf(source),
    plan,
    identity: { kind: 'do_not_call', campaignId: target.campaignId },
    options: {
      ...fileOptionsOf(request),
      ...target,
      defaultCountry,
      asOf: request.asOf ?? null,
      limit: request.limit ?? null,
    },
    importedBy: request.importedBy,
    limit: request.limit ?? null,
    batchRows: request.batchRows ?? BATCH_ROWS,
    databaseWaitMs: deps.databaseWaitMs ?? DATABASE_WAIT_MS,
    zeroCounts: { rows: 0, invalid: 0, duplicates: 0, added: 0, known: 0, issues: 0 },
    onProgress: request.onProgress,
    prepare: async (rows) =>
      readEntries(rows, defaultCountry, (e164) => deps.vault.numberHash(tenantId, e164)),
    store: async (tx, batch) => {
      const added = await writeEntries(tx, batch.entries, {
        ...target,
        source: source.name,
        recordedAt: now,
        recordedBy: request.importedBy,
      });
      const hashes = batch.entries.map((entry) => entry.hash);
      if (hashes.length > 0) await deps.onSuppressed?.(tenantId, hashes, tx);
      return {
        issues: batch.issues,
        counts: {
          rows: batch.rows,
          invalid: batch.rows - batch.valid,
          duplicates: batch.valid - batch.entries.length,
          added,
          known: batch.entries.length - added,
        },
      };
    },
    release: () => undefined,
  };
  const result = await runImport(job);
  await deps.db.inTenant(tenantId, (tx) => markFresh(tx, target.list, request.asOf ?? now));
  return result as ImportResult<DoNotCallCounts>;
}

interface Target {
  readonly list: string;
  readonly scope: SuppressionScope;
  readonly campaignId: string | null;
  readonly purpose: Purpose | null;
}

function targetOf(request: DoNotCallImport): Target {
  const scope = request.scope ?? 'tenant';
  const list = (request.list ?? 'internal').trim();
  if (list === '')
    throw invalidInput([{ field: 'list', fault: 'is empty', expected: 'a name such as internal' }]);
  const needs = (field: 'campaignId' | 'purpose', forScope: SuppressionScope) => {
    if ((request[field] !== undefined) === (scope === forScope)) return;
    throw invalidInput([
      {
        field,
        fault: request[field] === undefined ? 'is missing' : `has no meaning for scope ${scope}`,
        expected: `given for scope ${forScope} and for no other`,
      },
    ]);
  };
  needs('campaignId', 'campaign');
  needs('purpose', 'purpose');
  return { list, scope, campaignId: request.campaignId ?? null, purpose: request.purpose ?? null };
}

function readEntries(
  rows: readonly (Row | BrokenRow)[],
  defaultCountry: CountryCode | null,
  hashOfNumber: (e164: string) => Buffer,
): DoNotCallBatch {
  const issues: Issue[] = [];
  const entries = new Map<string, Entry>();
  let valid = 0;
  for (const row of rows) {
    if (row.kind === 'broken') {
      issues.push(issue(row.line, '', row.text, row.code, row.reason));
      continue;
    }
    const text = row.cells.phone ?? '';
    const stated = row.cells.country;
    const country = saysNothing(stated) ? defaultCountry : countryOf(stated!);
    const number = readNumber(text, country);
    if (number.kind === 'invalid') {
      issues.push(issue(row.line, 'phone', text, number.code, number.reason));
      continue;
    }
    if (!number.phone.isValid()) {
      issues.push(issue(row.line, 'phone', text, 'phone_invalid', whyNotValid(number.phone)));
      continue;
    }
    valid += 1;
    // A validity that cannot be read must not shorten the protection.
    const validFrom = readInstant(row, 'valid_from', issues) ?? ALWAYS;
    const validUntil = readInstant(row, 'valid_until', issues);
    const category = readCategory(row, issues);
    const hash = hashOfNumber(number.phone.number);
    const key = hash.toString('latin1');
    const before = entries.get(key);
    if (before === undefined) entries.set(key, { hash, validFrom, validUntil, category });
    else {
      before.validFrom = Math.min(before.validFrom, validFrom);
      before.validUntil =
        before.validUntil === null || validUntil === null ? null : Math.max(before.validUntil, validUntil);
      // One entry stands for a number on a list: of two categories neither limits it.
      if (before.category !== category) before.category = null;
    }
  }
  return { rows: rows.length, valid, entries: [...entries.values()], issues };
}

/** One that cannot be taken limits nothing. */
function readCategory(row: Row, issues: Issue[]): string | null {
  const text = row.cells.category?.replaceAll('\0', '').trim() ?? '';
  if (text === '' || saysNothing(text)) return null;
  if (text.length <= CATEGORY_CHARS_MAX) return text;
  const reason = `is longer than ${CATEGORY_CHARS_MAX} characters; the entry counts for everything`;
  issues.push(issue(row.line, 'category', text, 'category', reason));
  return null;
}

function readInstant(row: Row, field: 'valid_from' | 'valid_until', issues: Issue[]): EpochMs | null {
  const text = row.cells[field];
  if (saysNothing(text)) return null;
  const at = instantOf(text!);
  if (at === null) {
    const reason = 'is no ISO 8601 instant with an offset; the entry counts without that bound';
    issues.push(issue(row.line, field, text!, 'validity', reason));
  }
  return at;
}

/** @returns how many entries are new. */
async function writeEntries(
  tx: Tx,
  entries: readonly Entry[],
  about: Target & { source: string; recordedAt: EpochMs; recordedBy: string },
): Promise<number> {
  if (entries.length === 0) return 0;
  // xmax is 0 on a row that this statement inserted, and its own transaction on one it updated. Entries come in
  // the order of their hashes, so that two writers never wait for each other in a circle.
  const sorted = [...entries].sort((a, b) => Buffer.compare(a.hash, b.hash));
  const rows = await tx.prepared<{ inserted: boolean }>(
    'import_suppressions',
    `INSERT INTO suppressions (tenant_id, id, number_hash, list, scope, campaign_id, purpose, source,
                               requested_by_person, valid_from, valid_until, recorded_at, recorded_by, category)
     SELECT $1, id, hash, $2, $3, $4, $5, $6, false, valid_from, valid_until, $7, $8, category
     FROM unnest($9::uuid[], $10::bytea[], $11::timestamptz[], $12::timestamptz[], $13::text[])
       AS r (id, hash, valid_from, valid_until, category)
     ON CONFLICT (tenant_id, number_hash, list, scope, campaign_id, purpose) DO UPDATE SET
       valid_from = LEAST(suppressions.valid_from, excluded.valid_from),
       valid_until = CASE WHEN suppressions.valid_until IS NULL OR excluded.valid_until IS NULL THEN NULL
                          ELSE GREATEST(suppressions.valid_until, excluded.valid_until) END,
       channels = '{}',
       category = CASE WHEN suppressions.category = excluded.category THEN suppressions.category END
     RETURNING xmax = 0 AS inserted`,
    [
      tx.tenantId,
      about.list,
      about.scope,
      about.campaignId,
      about.purpose,
      about.source,
      new Date(about.recordedAt).toISOString(),
      about.recordedBy,
      uuidArray(sorted.map(() => newId())),
      byteaArray(sorted.map((entry) => entry.hash)),
      instantArray(sorted.map((entry) => entry.validFrom)),
      instantArray(sorted.map((entry) => entry.validUntil)),
      textArray(sorted.map((entry) => entry.category)),
    ],
  );
  return rows.filter((row) => row.inserted).length;
}

/** A list is never made to look older than it is known to be. */
async function markFresh(tx: Tx, list: string, asOf: EpochMs): Promise<void> {
  await tx.query(
    `INSERT INTO suppression_lists (tenant_id, list, as_of) VALUES ($1, $2, $3)
     ON CONFLICT (tenant_id, list) DO UPDATE SET as_of = GREATEST(suppression_lists.as_of, excluded.as_of)`,
    [tx.tenantId, list, new Date(asOf).toISOString()],
  );
}
