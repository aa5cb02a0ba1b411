import { and, asc, desc, eq, gt, isNotNull, isNull, lt, sql, type SQL } from 'drizzle-orm';
import type { ScriptDocument } from '../../domain/script.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements, Tx } from '../client.ts';
import { scripts, scriptVersions } from '../schema/index.ts';

export type ScriptRow = typeof scripts.$inferSelect;
export type ScriptVersionRow = typeof scriptVersions.$inferSelect;

interface NewVersion {
  readonly document: ScriptDocument;
  /** SHA-256 (hex) over the document's canonical JSON. */
  readonly hash: string;
  readonly by: string;
  readonly at: EpochMs;
}

/** A script with its first version. @throws SQLSTATE 23505 where one of that name is there. */
export async function insertScript(
  tx: Tx,
  script: { readonly id: string; readonly name: string },
  first: NewVersion,
): Promise<ScriptRow> {
  const rows = await tx.orm
    .insert(scripts)
    .values({
      tenantId: tx.tenantId,
      ...script,
      latestVersion: 1,
      revision: 1,
      createdBy: first.by,
      createdAt: first.at,
      updatedAt: first.at,
    })
    .returning();
  await insertVersion(tx, script.id, 1, first);
  return rows[0]!;
}

async function insertVersion(
  tx: Tx,
  scriptId: string,
  version: number,
  made: NewVersion,
): Promise<ScriptVersionRow> {
  const { document, hash, by, at } = made;
  const rows = await tx.orm
    .insert(scriptVersions)
    .values({ tenantId: tx.tenantId, scriptId, version, document, hash, createdBy: by, createdAt: at })
    .returning();
  return rows[0]!;
}

export async function scriptById(tx: Tx, id: string): Promise<ScriptRow | null> {
  const rows = await tx.orm.select().from(scripts).where(isScript(tx, id));
  return rows[0] ?? null;
}

/** The same, and nobody else changes it before this transaction ends. */
export async function lockScript(tx: Tx, id: string): Promise<ScriptRow | null> {
  const rows = await tx.orm.select().from(scripts).where(isScript(tx, id)).for('no key update');
  return rows[0] ?? null;
}

export async function scriptVersion(
  tx: Tx,
  scriptId: string,
  version: number,
): Promise<ScriptVersionRow | null> {
  const rows = await tx.orm
    .select()
    .from(scriptVersions)
    .where(and(isVersionOf(tx, scriptId), eq(scriptVersions.version, version)));
  return rows[0] ?? null;
}

/** What a version says; null: there is none. */
export async function scriptDocument(
  statements: Statements,
  scriptId: string,
  version: number,
): Promise<ScriptDocument | null> {
  const rows = await statements.prepared<{ document: ScriptDocument }>(
    'script_document',
    'SELECT document FROM script_versions WHERE tenant_id = $1 AND script_id = $2 AND version = $3',
    [statements.tenantId, scriptId, version],
  );
  return rows[0]?.document ?? null;
}

/** Newest first. @param before number of the last one of the page before */
export async function listVersions(
  tx: Tx,
  query: { readonly scriptId: string; readonly before: number | null; readonly limit: number },
): Promise<ScriptVersionRow[]> {
  return tx.orm
    .select()
    .from(scriptVersions)
    .where(
      and(
        isVersionOf(tx, query.scriptId),
        query.before === null ? undefined : lt(scriptVersions.version, query.before),
      ),
    )
    .orderBy(desc(scriptVersions.version))
    .limit(query.limit);
}

export interface ScriptQuery {
  readonly state: 'draft' | 'published' | 'retired' | null;
  /** A part of the name, in any case. */
  readonly name: string | null;
  readonly order: 'name' | 'created' | '-created';
  /** Where the page before ended: its name, or its id, by the order. */
  readonly after: string | null;
  readonly limit: number;
}

/** Scripts; there are few. */
export async function listScripts(tx: Tx, query: ScriptQuery): Promise<ScriptRow[]> {
  const { order } = query;
  return tx.orm
    .select()
    .from(scripts)
    .where(
      and(
        eq(scripts.tenantId, tx.tenantId),
        query.state === null ? undefined : inState(query.state),
        query.name === null ? undefined : sql`strpos(lower(${scripts.name}), lower(${query.name})) > 0`,
        query.after === null ? undefined : beyond(order, query.after),
      ),
    )
    .orderBy(order === 'name' ? asc(scripts.name) : order === 'created' ? asc(scripts.id) : desc(scripts.id))
    .limit(query.limit);
}

function beyond(order: ScriptQuery['order'], after: string): SQL {
  if (order === 'name') return gt(scripts.name, after);
  return order === 'created' ? gt(scripts.id, after) : lt(scripts.id, after);
}

function inState(state: NonNullable<ScriptQuery['state']>): SQL | undefined {
  switch (state) {
    case 'draft':
      return and(isNull(scripts.publishedVersion), isNull(scripts.retiredAt));
    case 'published':
      return and(isNotNull(scripts.publishedVersion), isNull(scripts.retiredAt));
    case 'retired':
      return isNotNull(scripts.retiredAt);
  }
}

/** Give a locked script another version; the ones it has stay as they are. */
export async function addVersion(
  tx: Tx,
  script: ScriptRow,
  made: NewVersion,
): Promise<{ script: ScriptRow; version: ScriptVersionRow }> {
  const latestVersion = script.latestVersion + 1;
  const version = await insertVersion(tx, script.id, latestVersion, made);
  return { script: await change(tx, script, { latestVersion, updatedAt: made.at }), version };
}

/** Allow a version of a locked script to be used. One that was published stays so. */
export async function publishVersion(
  tx: Tx,
  script: ScriptRow,
  version: number,
  by: string,
  at: EpochMs,
): Promise<ScriptRow> {
  await tx.query(
    `UPDATE script_versions SET published_by = $4, published_at = $5
     WHERE tenant_id = $1 AND script_id = $2 AND version = $3 AND published_at IS NULL`,
    [tx.tenantId, script.id, version, by, toIso(at)],
  );
  return change(tx, script, { publishedVersion: version, updatedAt: at });
}

/** No campaign is started with it any more. */
export async function retireScript(tx: Tx, script: ScriptRow, at: EpochMs): Promise<ScriptRow> {
  return change(tx, script, { retiredAt: at, updatedAt: at });
}

async function change(tx: Tx, script: ScriptRow, values: Partial<ScriptRow>): Promise<ScriptRow> {
  const rows = await tx.orm
    .update(scripts)
    .set({ ...values, revision: script.revision + 1 })
    .where(isScript(tx, script.id))
    .returning();
  return rows[0]!;
}

function isScript(tx: Tx, id: string) {
  return and(eq(scripts.tenantId, tx.tenantId), eq(scripts.id, id));
}

function isVersionOf(tx: Tx, scriptId: string) {
  return and(eq(scriptVersions.tenantId, tx.tenantId), eq(scriptVersions.scriptId, scriptId));
}
