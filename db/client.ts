import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { Clock } from '../domain/clock.ts';
import { RightcallError } from '../domain/failures.ts';
import { toIso } from '../domain/time.ts';
import { countRefusal } from './telemetry.ts';

/** Where one tenant's statements can be run. */
export interface Statements {
  readonly tenantId: string;
  query<R extends object>(text: string, values?: readonly unknown[]): Promise<R[]>;
  /** The same as `query`, planned once a connection under `name`. */
  prepared<R extends object>(name: string, text: string, values: readonly unknown[]): Promise<R[]>;
}

/** A transaction of one tenant. `query` is for statements worth writing by hand, `orm` for the rest. */
export interface Tx extends Statements {
  readonly orm: NodePgDatabase;
  readonly client: pg.PoolClient;
  /**
   * The same as `prepared`, for the last statement: the commit goes along with it, which saves its round trip. Where the
   * statement fails, nothing is committed. Any statement after it is refused.
   */
  last<R extends object>(name: string, text: string, values: readonly unknown[]): Promise<R[]>;
}

export interface Database {
  /** Run `work` in one transaction that sees and writes only this tenant's rows (I12). */
  inTenant<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Run statements that each stand for themselves: every one is a transaction of its own, which saves its opening and
   * closing. For `work` of one statement, as a rule. Sees and writes only this tenant's rows, like `inTenant`.
   */
  single<T>(tenantId: string, work: (statements: Statements) => Promise<T>): Promise<T>;
  /** The tenants there are; for start-up and sweepers. */
  tenants(): Promise<{ tenantId: string; slug: string }[]>;
  /** Call `onNotify` for every NOTIFY on `channel` until closed; reconnects by itself. */
  listen(channel: string, onNotify: (payload: string) => void): Promise<{ close(): Promise<void> }>;
  /** How the pool stands now: connections open, of these idle, and callers that wait for one. */
  connections(): { readonly open: number; readonly idle: number; readonly waiting: number };
  close(): Promise<void>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** timestamptz and int8 as numbers: instants are epoch ms everywhere in code, and no count here passes 2^53. */
const TIMESTAMPTZ_OID: number = pg.types.builtins.TIMESTAMPTZ;
const INT8_OID: number = pg.types.builtins.INT8;
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): ((value: string) => unknown) => {
    if (oid === TIMESTAMPTZ_OID) return parseTimestamp;
    if (oid === INT8_OID) return Number;
    const parser: unknown = pg.types.getTypeParser(oid, format);
    return parser as (value: string) => unknown;
  },
};

/** PostgreSQL writes `2026-11-22 01:02:03.456+00`; the session's zone is UTC. */
function parseTimestamp(value: string): number {
  if (value === 'infinity') return Infinity;
  if (value === '-infinity') return -Infinity;
  return Date.parse(value.replace(' ', 'T').replace(/\+00$/, 'Z'));
}

/** The role that the migrations make and that row-level security binds. */
const APP_ROLE = 'rightcall_app';

/**
 * Open a pool on a migrated database, as the role that row-level security binds.
 * @throws RightcallError `refused` when the connection would bypass row-level security.
 */
export async function openDatabase(
  databaseUrl: string,
  options: {
    maxConnections?: number;
    applicationName?: string;
    /**
     * The engine's clock: what a transaction changes is noted with the instant at which the transaction began
     * (migration 0011); without it, with real time.
     */
    clock?: Clock;
    /** Role to work as, where the database has it; null: as the user who connects. */
    role?: string | null;
  } = {},
): Promise<Database> {
  const role = options.role === undefined ? APP_ROLE : options.role;
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: options.maxConnections ?? 10,
    // Statements go out without waiting for the answer to the one before: a transaction opens along with its first.
    pipeline: true,
    application_name: options.applicationName ?? 'rightcall',
    connectionTimeoutMillis: 10_000,
    options: '-c TimeZone=UTC',
    types,
    // The pool waits for the promise before it hands the connection out; its types do not say so.
    // eslint-disable-next-line @typescript-eslint/no-misused-promises
    onConnect: async (client: pg.ClientBase) => {
      // A connection cut between two statements says so by an event; unheard, it would end the process. The next
      // statement fails and is dealt with where it was asked for.
      client.on('error', () => undefined);
      if (role === null) return;
      await client.query(`SELECT set_config('role', rolname, false) FROM pg_roles WHERE rolname = $1`, [
        role,
      ]);
    },
  });
  // Idle connections may be cut when the server goes away; the next query reports it where someone can act.
  pool.on('error', () => undefined);
  try {
    await refuseBypass(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    inTenant: (tenantId, work) => inTenant(pool, tenantId, options.clock ?? null, work),
    single: (tenantId, work) => single(pool, tenantId, work),
    tenants: async () => {
      const { rows } = await pool.query<{ tenant_id: string; slug: string }>(
        'SELECT * FROM rightcall_tenants()',
      );
      return rows.map((row) => ({ tenantId: row.tenant_id, slug: row.slug }));
    },
    listen: (channel, onNotify) => listen(databaseUrl, channel, onNotify),
    connections: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

async function refuseBypass(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ bypass: boolean; role: string }>(
    `SELECT current_user AS role, (rolsuper OR rolbypassrls) AS bypass FROM pg_roles WHERE rolname = current_user`,
  );
  if (rows[0]?.bypass !== false) {
    throw new RightcallError(
      'refused',
      `DATABASE_URL: the role ${rows[0]?.role ?? 'in use'} bypasses row-level security, so tenants would not be kept apart; ` +
        'run the migrations as a role that may create roles, or connect as one that is neither superuser nor BYPASSRLS',
    );
  }
}

function checkTenantId(tenantId: string): void {
  if (!UUID.test(tenantId)) throw new RightcallError('internal', 'tenant id is not a UUID');
}

/** The tenant that a connection's session is set to, outside of transactions that name their own. */
const sessionTenants = new WeakMap<pg.PoolClient, string>();

async function single<T>(
  pool: pg.Pool,
  tenantId: string,
  work: (statements: Statements) => Promise<T>,
): Promise<T> {
  checkTenantId(tenantId);
  const client = await pool.connect();
  let broken = true;
  try {
    if (sessionTenants.get(client) !== tenantId) {
      // Forgotten first: if setting fails half-way, the connection belongs to nobody.
      sessionTenants.delete(client);
      await client.query(`SET rightcall.tenant_id = '${tenantId}'`);
      sessionTenants.set(client, tenantId);
    }
    broken = false;
    return await work(statementsOn(client, tenantId));
  } catch (error) {
    countRefusal(error);
    throw error;
  } finally {
    client.release(broken);
  }
}

async function inTenant<T>(
  pool: pg.Pool,
  tenantId: string,
  clock: Clock | null,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  checkTenantId(tenantId);
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    // Not waited for: it goes out along with the first statement. The id was checked above, and the settings end with
    // the transaction; without them a statement would see no row.
    const at = clock === null ? '' : `; SET LOCAL rightcall.at = '${toIso(clock.now())}'`;
    const begun = inOneWrite(client, () =>
      client.query(`BEGIN; SET LOCAL rightcall.tenant_id = '${tenantId}'${at}`),
    );
    begun.catch(() => undefined);
    const { tx, commit: commitIt } = transactionOn(client, tenantId);
    const result = await work(tx);
    await begun;
    await commitIt();
    return result;
  } catch (error) {
    countRefusal(error);
    await client.query('ROLLBACK').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** A transaction as its work sees it, and how it is committed. */
function transactionOn(
  client: pg.PoolClient,
  tenantId: string,
): { readonly tx: Tx; readonly commit: () => Promise<void> } {
  const statements = statementsOn(client, tenantId);
  let orm: NodePgDatabase | undefined;
  let committing: Promise<void> | undefined;
  const refuseAfterLast = () => {
    if (committing !== undefined) {
      throw new RightcallError('internal', 'a statement after the last one of its transaction');
    }
  };
  const tx: Tx = {
    tenantId,
    client,
    query: async (text, values) => {
      refuseAfterLast();
      return statements.query(text, values);
    },
    prepared: async (name, text, values) => {
      refuseAfterLast();
      return statements.prepared(name, text, values);
    },
    last: async <R extends object>(name: string, text: string, values: readonly unknown[]) => {
      refuseAfterLast();
      return inOneWrite(client, () => {
        const rows = statements.prepared<R>(name, text, values);
        committing = commit(client);
        // Heard by whoever waits for the transaction; the statement's own fault comes first.
        committing.catch(() => undefined);
        return rows;
      });
    },
    get orm() {
      refuseAfterLast();
      orm ??= drizzle(client);
      return orm;
    },
  };
  return { tx, commit: () => committing ?? commit(client) };
}

/** PostgreSQL answers a COMMIT after a statement that failed by rolling back, and does not call it an error. */
async function commit(client: pg.PoolClient): Promise<void> {
  const { command } = await client.query('COMMIT');
  if (command !== 'COMMIT') {
    throw new RightcallError('internal', `the transaction was rolled back: a statement in it had failed`);
  }
}

/** What the driver keeps its socket in; its types do not say so. */
interface WithSocket {
  readonly connection?: { readonly stream?: { cork?(): void; uncork?(): void } };
}

/**
 * Send what `send` and the rest of this turn of the event loop ask for in one write: on a fast connection writing is
 * most of what a short statement costs.
 */
function inOneWrite<T>(client: pg.PoolClient, send: () => T): T {
  const stream = (client as unknown as WithSocket).connection?.stream;
  stream?.cork?.();
  process.nextTick(() => stream?.uncork?.());
  return send();
}

function statementsOn(client: pg.PoolClient, tenantId: string): Statements {
  return {
    tenantId,
    query: async <R extends object>(text: string, values?: readonly unknown[]) =>
      (await client.query<R & pg.QueryResultRow>(text, values as unknown[])).rows,
    prepared: async <R extends object>(name: string, text: string, values: readonly unknown[]) =>
      (await client.query<R & pg.QueryResultRow>({ name, text, values: values as unknown[] })).rows,
  };
}

async function listen(
  databaseUrl: string,
  channel: string,
  onNotify: (payload: string) => void,
): Promise<{ close(): Promise<void> }> {
  let closed = false;
  let current: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const client = new pg.Client({ connectionString: databaseUrl, application_name: 'rightcall-listen' });
    client.on('error', () => undefined);
    client.on('end', () => {
      if (!closed) retry = setTimeout(() => void connect().catch(() => undefined), 500);
    });
    client.on('notification', (message) => onNotify(message.payload ?? ''));
    current = client;
    try {
      await client.connect();
      await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      // Whatever was said while we were away: look for yourself.
      onNotify('');
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  await connect();
  return {
    close: async () => {
      closed = true;
      clearTimeout(retry);
      await current?.end().catch(() => undefined);
    },
  };
}
