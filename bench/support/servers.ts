import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../../db/migrate.ts';
import { startPostgres } from '../../runtime/servers/postgres.ts';
import { stopInOrder } from '../../runtime/servers/server.ts';
import { cacheDirOf, resolveTemporalServer } from '../../runtime/servers/temporal-executable.ts';
import { startTemporal } from '../../runtime/servers/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.ts';

/** PostgreSQL as in production (fsync and synchronous commits on) and a Temporal dev server on a file, of this process's own. */
export interface BenchServers {
  /** Their folder, for logs and for what a benchmark writes; removed at the end. */
  readonly dir: string;
  readonly postgres: { readonly adminUrl: string; readonly version: string; pid(): number | null };
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly version: string;
    pid(): number | null;
  };
  /** A migrated database without rows. @returns its superuser URL, and what removes it */
  newDatabase(): Promise<{ url: string; drop(): Promise<void> }>;
  stop(): Promise<void>;
}

export interface BenchServerOptions {
  /** Further PostgreSQL settings. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Further dynamic configuration of Temporal. */
  readonly dynamicConfig?: Readonly<Record<string, unknown>>;
}

/** PostgreSQL's memory as docs/sizing.md advises for production: a quarter of the machine's. */
const ADVISED = { shared_buffers: `${Math.floor(totalmem() / 4 / 2 ** 20)}MB`, max_wal_size: '4GB' };

export async function startBenchServers(options: BenchServerOptions = {}): Promise<BenchServers> {
  const dir = await mkdtemp(join(tmpdir(), 'rightcall-bench-'));
  // Root's PostgreSQL runs as another user, who has to enter.
  await chmod(dir, 0o755);
  const postgres = await startPostgres({
    dataDir: dir,
    settings: { ...ADVISED, ...options.settings },
  });
  const adminUrl = withDatabase(postgres.url, 'postgres');
  try {
    const found = await resolveTemporalServer({ cacheDir: await cacheDirOf(process.env, dir) });
    const temporal = await startTemporal({
      dataDir: dir,
      executable: found.path,
      namespace: 'bench',
      searchAttributes: Object.fromEntries(
        Object.values(SEARCH_ATTRIBUTES).map((name) => [name, 'Keyword' as const]),
      ),
      ...(options.dynamicConfig === undefined ? {} : { dynamicConfig: options.dynamicConfig }),
    });
    const version = await withClient(adminUrl, async (client) => {
      const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
      return rows[0]!.server_version;
    });
    return {
      dir,
      postgres: { adminUrl, version, pid: () => postgres.pid() },
      temporal: {
        address: temporal.address,
        namespace: temporal.namespace,
        version: found.version,
        pid: () => temporal.pid(),
      },
      newDatabase: async () => {
        const name = `rightcall_bench_${randomBytes(4).toString('hex')}`;
        await withClient(adminUrl, (client) => client.query(`CREATE DATABASE ${name}`));
        const url = withDatabase(adminUrl, name);
        await migrate(url);
        return {
          url,
          drop: () =>
            withClient(adminUrl, async (client) => {
              await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
            }),
        };
      },
      stop: async () => {
        await stopInOrder([temporal, postgres]);
        await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
      },
    };
  } catch (error) {
    await postgres.stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    throw error;
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.toString();
}

/** A superuser connection, for what the engine's own role may not do: filling, counting, cleaning up. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
