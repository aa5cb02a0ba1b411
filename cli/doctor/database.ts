import pg from 'pg';
import { migrationState } from '../../db/migration-state.ts';
import { messageOf } from '../../domain/failures.ts';
import type { EngineConfig } from '../../runtime/config.ts';
import { connectPostgres } from '../../runtime/servers/postgres.ts';
import { fail, failOf, ok, warn, type Finding } from './finding.ts';

/** Largest difference (real ms) between the database's clock and ours that leases bear: a send lease is 2 s. */
const SKEW_MAX_MS = 1_000;
/** What one API and one worker open with their defaults, LISTEN and the vault's included. */
const CONNECTIONS_NEEDED = 50;

/** Whether it answers and is a server that the engine can work on. */
export async function checkServer(check: string, url: string): Promise<Finding> {
  try {
    await connectPostgres(url);
    return ok(check, 'answers');
  } catch (error) {
    return failOf(check, error, 'see docs/configuration.md');
  }
}

export async function checkMigrations(check: string, url: string): Promise<Finding> {
  try {
    const { applied, pending, altered, unknown } = await migrationState(url);
    if (pending.length > 0) {
      return fail(check, `lacks ${pending.join(', ')}`, 'run rightcall migrate, as the owner of the tables');
    }
    if (altered.length > 0) {
      return warn(
        check,
        `has ${altered.join(', ')} in another form than this version's`,
        'was it migrated by a version that was never released? compare the schema with a new database',
      );
    }
    if (unknown > 0) {
      return warn(
        check,
        `has ${unknown} migrations of a newer version`,
        'this version runs on it; finish the upgrade, or do not start it again (docs/upgrading.md)',
      );
    }
    return ok(check, `at ${applied.at(-1)}`);
  } catch (error) {
    return warn(
      check,
      `could not be read: ${messageOf(error)}`,
      'run rightcall migrate --check as the owner of the tables',
    );
  }
}

/** Room for the processes' connections, and whose clock is right. */
export async function checkRoomAndClock(config: EngineConfig): Promise<Finding[]> {
  const client = new pg.Client({ connectionString: config.databaseUrl, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ room: number }>(
      `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS room`,
    );
    const skewMs = await skewOf(client);
    return [roomFinding(rows[0]!.room), clockFinding(skewMs)];
  } catch (error) {
    return [failOf('database.connections', error, 'see what the database says')];
  } finally {
    await client.end().catch(() => undefined);
  }
}

export function roomFinding(room: number): Finding {
  const check = 'database.connections';
  return room >= CONNECTIONS_NEEDED
    ? ok(check, `room for ${room}`)
    : warn(
        check,
        `room for ${room}, and one API and one worker open up to ${CONNECTIONS_NEEDED}`,
        'raise max_connections, or lower RIGHTCALL_DB_CONNECTIONS',
      );
}

/** @param skewMs by how much the database's clock is ahead of ours */
export function clockFinding(skewMs: number): Finding {
  const off = Math.abs(skewMs);
  return off < SKEW_MAX_MS
    ? ok('clock', `${off} ms from the database's`)
    : fail(
        'clock',
        `${(off / 1_000).toFixed(1)} s ${skewMs > 0 ? 'behind' : 'ahead of'} the database's; calling hours would be judged by a wrong clock`,
        'synchronise both machines (NTP)',
      );
}

/** The best of three, so that one slow answer is not taken for a wrong clock. */
async function skewOf(client: pg.Client): Promise<number> {
  const samples: { skew: number; took: number }[] = [];
  for (let n = 0; n < 3; n++) {
    const before = Date.now();
    const { rows } = await client.query<{ now: string }>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text AS now',
    );
    const after = Date.now();
    samples.push({ skew: Math.round(Number(rows[0]!.now) - (before + after) / 2), took: after - before });
  }
  return samples.sort((a, b) => a.took - b.took)[0]!.skew;
}
