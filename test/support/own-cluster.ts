import { execFile } from 'node:child_process';
import { chown, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { startPostgres, type RunningPostgres } from '../../runtime/servers/postgres.ts';
import { serverDir } from './shared-server.ts';

/** A PostgreSQL server of a test's own, which can be taken back to a base backup, on the same port. */
export interface OwnCluster {
  readonly url: string;
  /** A base backup of the running server, by PostgreSQL's low-level way, which needs none of its tools. */
  backUp(): Promise<void>;
  /** End the server, and start another one from the backup in its place. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

const SETTINGS = { settings: { max_connections: '120' }, durable: false } as const;

export async function startOwnCluster(): Promise<OwnCluster> {
  const [dir, backup] = await Promise.all([serverDir('restored'), serverDir('backup')]);
  let server: RunningPostgres = await startPostgres({ dataDir: dir, ...SETTINGS });
  const { url } = server;
  const port = server.port!;
  return {
    url,
    backUp: () => copyWhileItRuns(url, join(dir, 'postgres'), join(backup, 'postgres')),
    restore: async () => {
      await server.stop();
      server = await startPostgres({ dataDir: backup, port, ...SETTINGS });
    },
    close: async () => {
      await server.stop();
      await Promise.all([dir, backup].map((one) => rm(one, { recursive: true, force: true })));
    },
  };
}

/** Files as they are while they change, then the WAL that makes them whole (PostgreSQL's manual, 25.3.4). */
async function copyWhileItRuns(url: string, from: string, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const cluster = join(to, 'data', 'cluster');
  try {
    await client.query(`SELECT pg_backup_start('test', true)`);
    await copy(from, to);
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    // What is in the folder, not the folder itself.
    await copy(`${join(from, 'data', 'cluster', 'pg_wal')}/.`, join(cluster, 'pg_wal'));
    const label = join(cluster, 'backup_label');
    await writeFile(label, rows[0]!.labelfile);
    const owner = await stat(cluster);
    await chown(label, owner.uid, owner.gid);
  } finally {
    await client.end();
  }
  for (const file of [join(cluster, 'postmaster.pid'), join(to, 'postgres.pid.json')])
    await rm(file, { force: true });
}

/** With owners; a file that is gone by the time it is looked at is in the WAL. */
async function copy(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', from, to]).catch((error: { stderr?: string }) => {
    const other = (error.stderr ?? '')
      .split('\n')
      .filter((line) => line !== '' && !/No such file/.test(line));
    if (other.length > 0) throw new Error(other.join('; '));
  });
}
