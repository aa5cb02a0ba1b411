import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { openDatabase, type Database } from '../db/client.ts';
import { tenantBySlug } from '../db/repositories/tenants.ts';
import { invalidInput, RightcallError } from '../domain/failures.ts';
import { errnoOf, readJsonFile } from '../runtime/servers/directory.ts';
import { lockDataDir } from '../runtime/servers/lock.ts';
import { connectPostgres, startPostgres } from '../runtime/servers/postgres.ts';

/** The history to audit: whose database, which tenant and, where there is one, the carrier's log. */
export interface AuditTarget {
  readonly db: Database;
  readonly tenantId: string;
  readonly requestLog: string | null;
  /** The folder that checkpoints are copied to; null: not known. */
  readonly checkpoints: string | null;
  close(): Promise<void>;
}

export interface TargetOptions {
  /** Folder of a local run; null: DATABASE_URL if it is set, else `.rightcall`. */
  readonly dataDir: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told what is done that takes a while. */
  readonly onProgress: (text: string) => void;
}

const DEFAULT_DATA_DIR = '.rightcall';

/** What `rightcall start` leaves in its folder, as far as an audit needs it: no key but the database's. */
const connectionSchema = z.object({
  databaseUrl: z.string(),
  tenant: z.string(),
  requestLog: z.string().nullable().default(null),
  checkpoints: z.string().nullable().default(null),
});

/**
 * Opens the history. An audit needs the database and no key of the vault, so that it can be left to somebody who may
 * not see personal data. The folder of a local run that is stopped has its PostgreSQL started for as long as the audit
 * takes.
 * @throws RightcallError `invalid_input` when there is nothing to audit there; `not_found` for an unknown tenant
 */
export async function openAuditTarget(options: TargetOptions): Promise<AuditTarget> {
  const { env } = options;
  const databaseUrl = env['DATABASE_URL'];
  const opened =
    options.dataDir === null && databaseUrl !== undefined && databaseUrl !== ''
      ? {
          ...(await openGiven(databaseUrl)),
          tenant: env['RIGHTCALL_TENANT'] ?? 'default',
          requestLog: null,
          checkpoints: env['RIGHTCALL_EVIDENCE_DIR'] || null,
        }
      : await openFolder(options.dataDir ?? DEFAULT_DATA_DIR, options.onProgress);
  try {
    const tenantId = await tenantBySlug(opened.db, opened.tenant);
    if (tenantId === null) throw new RightcallError('not_found', `the tenant ${opened.tenant} was not found`);
    const { db, requestLog, checkpoints } = opened;
    return { db, tenantId, requestLog, checkpoints, close: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

interface Opened {
  readonly db: Database;
  close(): Promise<void>;
}

async function open(databaseUrl: string): Promise<Opened> {
  const db = await openDatabase(databaseUrl, { maxConnections: 2, applicationName: 'rightcall-audit' });
  return { db, close: () => db.close() };
}

/** Somebody's own server: what is wrong with it is said in words before anything else is tried. */
async function openGiven(databaseUrl: string): Promise<Opened> {
  await connectPostgres(databaseUrl);
  return open(databaseUrl);
}

async function openFolder(
  dir: string,
  onProgress: (text: string) => void,
): Promise<Opened & { tenant: string; requestLog: string | null; checkpoints: string | null }> {
  const parsed = connectionSchema.safeParse(await readJsonFile(join(dir, 'connection.json')));
  if (!parsed.success) {
    const expected = 'the folder of a local run (rightcall start), or DATABASE_URL set';
    throw invalidInput([{ field: '--data', fault: `${dir} holds no run to audit`, expected }]);
  }
  const { databaseUrl, tenant, requestLog, checkpoints } = parsed.data;
  const opened = await open(databaseUrl).catch(async (error: unknown) => {
    const stopped = errnoOf(error) === 'ECONNREFUSED' && existsSync(join(dir, 'postgres', 'state.json'));
    if (!stopped) throw error;
    return openStopped(dir, onProgress);
  });
  return {
    ...opened,
    tenant,
    requestLog: requestLog !== null && existsSync(requestLog) ? requestLog : null,
    checkpoints,
  };
}

/** The lock keeps a run from starting on the folder while its database is ours. */
async function openStopped(dir: string, onProgress: (text: string) => void): Promise<Opened> {
  const lock = await lockDataDir(dir);
  try {
    const server = await startPostgres({ dataDir: dir, onProgress });
    try {
      const db = await openDatabase(server.url, { maxConnections: 2, applicationName: 'rightcall-audit' });
      return {
        db,
        close: async () => {
          await db.close();
          await server.stop();
          await lock.release();
        },
      };
    } catch (error) {
      await server.stop();
      throw error;
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
}
