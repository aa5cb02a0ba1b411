import type { Database, Statements } from '../db/client.ts';
import {
  checkpointsAfter,
  checkpointsOfContact,
  latestCheckpoint,
  sealedOfContact,
  sealedPage,
  unsealedOfContact,
  type CheckpointRow,
  type SealedRow,
} from '../db/repositories/evidence-log.ts';
import { documentsOfSets, policySetsInUse } from '../db/repositories/evidence-policies.ts';
import { toIso } from '../domain/time.ts';
import { leafOf } from './leaf.ts';
import { signedOf, tilesIn } from './log.ts';
import { consistencyPath, inclusionPath, type RangeHash } from './merkle.ts';
import { rangesOf } from './tree.ts';

/**
 * An export of the evidence log, record by record, with everything that is needed to check it: policy documents,
 * checkpoints with the proofs that each continues the one before, decisions with the proofs that they are in it.
 * audit/standalone/verify-bundle.mjs checks it; docs/audit.md describes it.
 */
export const EXPORT_FORMAT = 'rightcall.evidence/2';

export type ExportScope =
  | { readonly kind: 'all' }
  /** Places `[from, to)` of the log; `to` null: to its end. */
  | { readonly kind: 'range'; readonly from: number; readonly to: number | null }
  | { readonly kind: 'contact'; readonly contactId: string };

export type ExportRecord = { readonly kind: string } & Readonly<Record<string, unknown>>;

const PAGE_ROWS = 200;

/**
 * The records, read as they are asked for: a page a transaction, so that no connection is held in between and memory
 * stays flat. The log only grows, so they all speak of its state at the first.
 */
export async function* exportRecords(
  db: Pick<Database, 'single'>,
  tenantId: string,
  scope: ExportScope,
): AsyncGenerator<ExportRecord> {
  const read = <T>(work: (tx: Statements) => Promise<T>) => db.single(tenantId, work);
  const latest = await read(latestCheckpoint);
  const size = latest?.size ?? 0;
  const whole =
    scope.kind === 'range'
      ? { from: scope.from, to: Math.min(scope.to ?? size, size) }
      : { from: 0, to: size };
  const contactId = scope.kind === 'contact' ? scope.contactId : null;
  yield {
    kind: 'bundle',
    format: EXPORT_FORMAT,
    scope: scope.kind,
    tenantId,
    readAt: toIso(Date.now()),
    size,
    ...(contactId === null ? {} : { contactId }),
    ...(scope.kind === 'range' ? whole : {}),
  };
  yield* policies(read, contactId);
  const hashOf = rangesOf({ read: (level, from, to) => read((tx) => tilesIn(tx).read(level, from, to)) });
  let checkpoints = 0;
  if (latest !== null) {
    for await (const record of checkpointsOf(read, tenantId, hashOf, latest, whole, contactId)) {
      checkpoints += 1;
      yield record;
    }
  }
  let decisions = 0;
  const covering = coveringOf(read);
  for await (const row of rowsOf(read, whole, contactId)) {
    decisions += 1;
    yield await decisionRecord(row, await covering(row.position), hashOf);
  }
  if (contactId !== null) {
    for (const row of await read((tx) => unsealedOfContact(tx, contactId, size))) {
      const { decision, contents } = leafOf(row);
      yield { kind: 'unsealed', decision, contents };
    }
  }
  yield { kind: 'end', decisions, checkpoints };
}

type Read = <T>(work: (tx: Statements) => Promise<T>) => Promise<T>;

async function* policies(read: Read, contactId: string | null): AsyncGenerator<ExportRecord> {
  const sets = await read((tx) => policySetsInUse(tx, contactId));
  const told = new Set<string>();
  for (const set of sets) {
    for (const document of await read((tx) => documentsOfSets(tx, set.documentHashes))) {
      if (told.has(document.hash)) continue;
      told.add(document.hash);
      const { hash, kind, documentId, version, body } = document;
      yield { kind: 'policyDocument', hash, documentKind: kind, id: documentId, version, body };
    }
    yield { kind: 'policySet', hash: set.hash, documents: set.documentHashes };
  }
}

/** Those that sealed what is exported, and the last: of all of the log, every one. */
async function* checkpointsOf(
  read: Read,
  tenantId: string,
  hashOf: RangeHash,
  latest: CheckpointRow,
  whole: { from: number; to: number },
  contactId: string | null,
): AsyncGenerator<ExportRecord> {
  const rows =
    contactId === null
      ? checkpointRows(read, latest.size)
      : await read((tx) => checkpointsOfContact(tx, contactId, latest.size));
  let before = 0;
  const record = async (row: CheckpointRow): Promise<ExportRecord> => {
    const consistency = before === 0 ? [] : hex(await consistencyPath(hashOf, before, row.size));
    before = row.size;
    return { kind: 'checkpoint', ...signedOf(tenantId, row), consistency };
  };
  for await (const row of rows) {
    const seals = contactId !== null || (row.size > whole.from && row.previousSize < whole.to);
    if (seals) yield await record(row);
  }
  if (before < latest.size) yield await record(latest);
}

async function* checkpointRows(read: Read, size: number): AsyncGenerator<CheckpointRow> {
  for (let after = 0; after < size;) {
    const from = after;
    const page = await read((tx) => checkpointsAfter(tx, from, PAGE_ROWS));
    for (const row of page) if (row.size <= size) yield row;
    if (page.length === 0) return;
    after = page.at(-1)!.size;
  }
}

async function* rowsOf(
  read: Read,
  whole: { from: number; to: number },
  contactId: string | null,
): AsyncGenerator<SealedRow> {
  for (let from = whole.from; from < whole.to;) {
    const at = from;
    const page = await read((tx) =>
      contactId === null
        ? sealedPage(tx, at, whole.to, PAGE_ROWS)
        : sealedOfContact(tx, contactId, at, whole.to, PAGE_ROWS),
    );
    yield* page;
    if (page.length === 0) return;
    from = page.at(-1)!.position + 1;
  }
}

/** Sizes of the checkpoints that sealed places that only go up. */
function coveringOf(read: Read): (position: number) => Promise<number> {
  let page: CheckpointRow[] = [];
  return async (position) => {
    let found = page.find((row) => row.size > position);
    if (found === undefined) {
      page = await read((tx) => checkpointsAfter(tx, position, PAGE_ROWS));
      found = page[0];
    }
    if (found === undefined) throw new Error(`no checkpoint covers place ${position} of the log`);
    return found.size;
  };
}

async function decisionRecord(row: SealedRow, size: number, hashOf: RangeHash): Promise<ExportRecord> {
  const { position, hash } = row;
  const leafHash = hash.toString('hex');
  const path = hex(await inclusionPath(hashOf, position, size));
  // What the database has lost is told as lost: its place, id and hash are still known.
  const { decision, contents } =
    row.row === null ? { decision: { id: row.decisionId }, contents: {} } : leafOf(row.row);
  return { kind: 'decision', position, size, leafHash, decision, contents, path };
}

function hex(hashes: readonly Buffer[]): string[] {
  return hashes.map((hash) => hash.toString('hex'));
}
