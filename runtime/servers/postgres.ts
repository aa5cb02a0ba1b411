import { join, resolve } from 'node:path';
import pg from 'pg';
import { RightcallError, messageOf } from '../../domain/failures.ts';
import { superviseChild } from './child.ts';
import { errnoOf } from './directory.ts';
import { databaseOwner, findPostgres } from './postgres-binaries.ts';
import type { ClusterState } from './postgres-cluster.ts';
import {
  POSTGRES_SIGNALS,
  POSTGRES_USER,
  clearRemains,
  ensureCluster,
  isPortRace,
  writeState,
} from './postgres-cluster.ts';
import { LOOPBACK, choosePort } from './ports.ts';
import type { Progress, RunningServer, ServerEvent } from './server.ts';

const NAME = 'PostgreSQL';
const DATABASE = 'rightcall';
const READY_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Oldest version whose features the schema may use (PostgreSQL's own support ends in 2026-11). */
const MIN_SERVER_VERSION = 140_000;
/** Starts with another port when somebody took ours between the choice and the start. */
const PORT_TRIES = 3;

export interface StartPostgresOptions {
  /** The instance's data folder; PostgreSQL keeps to its subfolder `postgres`. */
  readonly dataDir: string;
  /** This port or none; without it, last time's when free, else any. */
  readonly port?: number;
  /** Where `port` came from, for errors. @example '--postgres-port' */
  readonly portOption?: string;
  /** False gives up durability for speed; for tests, whose data nobody misses. @default true */
  readonly durable?: boolean;
  /** Further server settings, by name. @example { log_min_duration_statement: '100ms' } */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onProgress?: Progress;
  readonly onEvent?: (event: ServerEvent) => void;
}

export interface RunningPostgres extends RunningServer {
  /** Connection URL with the password in it: never log it, log `redactUrl(url)`. */
  readonly url: string;
}

function urlOf(state: ClusterState, port: number, database: string): string {
  return `postgres://${POSTGRES_USER}:${state.password}@${LOOPBACK}:${port}/${database}`;
}

/** A connection URL fit for logs: its password is replaced. */
export function redactUrl(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.password !== '') parsed.password = '***';
    return parsed.toString();
  } catch {
    return '(not a URL)';
  }
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function answers(url: string): Promise<boolean> {
  return withClient(url, (client) => client.query('SELECT 1')).then(
    () => true,
    () => false,
  );
}

/** Command-line settings; they win over postgresql.conf, which stays as initdb wrote it. */
function settingsOf(port: number, options: StartPostgresOptions): string[] {
  const durable = options.durable ?? true;
  const settings: Record<string, string> = {
    listen_addresses: LOOPBACK,
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: durable ? '256MB' : '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    fsync: durable ? 'on' : 'off',
    synchronous_commit: durable ? 'on' : 'off',
    full_page_writes: durable ? 'on' : 'off',
    max_wal_size: '2GB',
    // Short indexed statements throughout: compiling them costs more than it saves.
    jit: 'off',
    random_page_cost: '1.1',
    log_checkpoints: 'off',
    ...options.settings,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function ensureDatabase(url: string, adminUrl: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  });
  await withClient(url, (client) => client.query('SELECT 1'));
}

/**
 * Starts the packaged PostgreSQL on 127.0.0.1 and keeps it running: after a crash it is started again on
 * the same port. Whatever an earlier run left behind in this data folder is ended first.
 * @throws RightcallError `conflict` (port taken, old process stuck), `unavailable` (cannot run here, no
 *   space, no permission), `precondition_failed` (data of another major version)
 */
export async function startPostgres(options: StartPostgresOptions): Promise<RunningPostgres> {
  const folder = join(resolve(options.dataDir), 'postgres');
  const onProgress = options.onProgress ?? (() => undefined);
  const owner = await databaseOwner();
  const binaries = await findPostgres(owner);
  const state = await ensureCluster(folder, binaries, owner, options.durable ?? true, onProgress);
  onProgress(`Starting PostgreSQL ${binaries.version}`);
  const clear = async () => {
    for (const text of await clearRemains(state.cluster)) {
      options.onEvent?.({ name: NAME, kind: 'leftover_ended', text, pid: null });
    }
  };
  // Before the choice of a port: what is left of an earlier run may hold ours.
  await clear();
  for (let n = 1; ; n++) {
    const port = await choosePort({
      ...(options.port === undefined ? {} : { required: options.port }),
      ...(options.portOption === undefined ? {} : { option: options.portOption }),
      ...(state.port === null || n > 1 ? {} : { preferred: state.port }),
    });
    const adminUrl = urlOf(state, port, 'postgres');
    try {
      const child = await superviseChild({
        name: NAME,
        command: binaries.postgres,
        args: ['-D', state.cluster, ...settingsOf(port, options)],
        cwd: state.cluster,
        env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
        ...(owner === null ? {} : { owner: { uid: owner.uid, gid: owner.gid } }),
        pidFile: join(folder, 'postgres.pid.json'),
        logFile: join(folder, 'postgres.log'),
        port,
        restart: 'always',
        ready: { kind: 'probe', timeoutMs: READY_TIMEOUT_MS, probe: () => answers(adminUrl) },
        signals: POSTGRES_SIGNALS,
        beforeStart: clear,
        ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
      });
      const url = urlOf(state, port, DATABASE);
      try {
        await ensureDatabase(url, adminUrl);
        await writeState(folder, { ...state, port });
      } catch (error) {
        await child.stop();
        throw error;
      }
      return { ...child, url };
    } catch (error) {
      if (options.port !== undefined || n >= PORT_TRIES || !isPortRace(error)) throw error;
    }
  }
}

/** What a refused connection means, by pg's and PostgreSQL's codes (appendix A of its manual). */
function connectionFault(error: unknown): { fault: string; expected: string } {
  const code = errnoOf(error) ?? '';
  const said = messageOf(error);
  if (code === 'ECONNREFUSED')
    return { fault: 'nothing listens there', expected: 'the address of a running PostgreSQL' };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return { fault: 'its host name is not known', expected: 'a host that resolves' };
  if (code === '28P01' || code === '28000')
    return { fault: `it refuses this user (${said})`, expected: 'a user and password that it accepts' };
  if (code === '3D000')
    return {
      fault: 'it has no such database',
      expected: 'an existing database (create it with CREATE DATABASE)',
    };
  if (code === '53300')
    return { fault: 'it has no free connections', expected: 'a server with connections to spare' };
  if (/timeout/i.test(said))
    return {
      fault: `it did not answer within ${CONNECT_TIMEOUT_MS} ms`,
      expected: 'a server that this machine reaches',
    };
  return {
    fault: said,
    expected: 'a PostgreSQL connection URL such as postgres://user:password@host:5432/rightcall',
  };
}

function unusable(url: string, fault: string, expected: string, cause?: unknown): RightcallError {
  return new RightcallError(
    'unavailable',
    `DATABASE_URL (${redactUrl(url)}): ${fault}; expected ${expected}`,
    {
      faults: [{ field: 'DATABASE_URL', fault, expected }],
      cause,
    },
  );
}

/**
 * A PostgreSQL that somebody else runs: checked (reachable, version, encoding, writable), never stopped.
 * @throws RightcallError `unavailable` that says what is wrong with DATABASE_URL, without the password
 */
export async function connectPostgres(url: string): Promise<RunningPostgres> {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw unusable(url, 'it is not a PostgreSQL URL', 'postgres://user:password@host:5432/database');
  }
  let facts: { version: number; encoding: string; standby: boolean };
  try {
    facts = await withClient(url, async (client) => {
      const { rows } = await client.query<{ version: number; encoding: string; standby: boolean }>(
        `SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby,
                pg_encoding_to_char(encoding) AS encoding
           FROM pg_database WHERE datname = current_database()`,
      );
      return rows[0]!;
    });
  } catch (error) {
    const { fault, expected } = connectionFault(error);
    throw unusable(url, fault, expected, error);
  }
  if (facts.version < MIN_SERVER_VERSION) {
    throw unusable(
      url,
      `it is PostgreSQL ${Math.floor(facts.version / 10_000)}`,
      `version ${MIN_SERVER_VERSION / 10_000} or newer`,
    );
  }
  if (facts.encoding !== 'UTF8')
    throw unusable(url, `its encoding is ${facts.encoding}`, 'a database in UTF8');
  if (facts.standby) throw unusable(url, 'it is a read-only standby', 'the primary server');
  return {
    name: NAME,
    url,
    port: null,
    pid: () => null,
    stop: async () => undefined,
    onExit: () => undefined,
  };
}
