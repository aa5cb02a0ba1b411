import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SEARCH_ATTRIBUTE_TYPES } from '../../../cli/search-attributes.ts';
import { startPostgres, type RunningPostgres } from '../../../runtime/servers/postgres.ts';
import type { ServerEvent } from '../../../runtime/servers/server.ts';
import { cacheDirOf, resolveTemporalServer } from '../../../runtime/servers/temporal-executable.ts';
import { startTemporal, type RunningTemporal } from '../../../runtime/servers/temporal.ts';

export const NAMESPACE = 'default';

export interface Servers {
  readonly postgres: RunningPostgres;
  readonly temporal: RunningTemporal;
}

/** PostgreSQL and Temporal as `npm start` brings them up, in `dir`; both are started again when they are killed. */
export async function startServers(
  dir: string,
  onEvent: (event: ServerEvent) => void,
  postgresDir = join(dir, 'db'),
): Promise<Servers> {
  const postgresStarting = startPostgres({ dataDir: postgresDir, onEvent });
  const temporalStarting = resolveTemporal(dir).then((executable) =>
    startTemporal({
      dataDir: join(dir, 'servers'),
      executable,
      namespace: NAMESPACE,
      searchAttributes: SEARCH_ATTRIBUTE_TYPES,
      onEvent,
    }),
  );
  const [postgres, temporal] = await Promise.allSettled([postgresStarting, temporalStarting]);
  if (postgres.status === 'fulfilled' && temporal.status === 'fulfilled')
    return { postgres: postgres.value, temporal: temporal.value };
  for (const started of [postgres, temporal]) if (started.status === 'fulfilled') await started.value.stop();
  throw (postgres.status === 'rejected' ? postgres : (temporal as PromiseRejectedResult)).reason;
}

async function resolveTemporal(dir: string): Promise<string> {
  const cacheDir = await cacheDirOf(process.env, dir);
  return (await resolveTemporalServer({ cacheDir })).path;
}

/** `rightcall migrate`, by the code of a checkout: in a process of its own, since it may be another version's. */
export async function migrate(servers: Servers, code: string): Promise<void> {
  const environment = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    DATABASE_URL: servers.postgres.url,
    TEMPORAL_ADDRESS: servers.temporal.address,
    TEMPORAL_NAMESPACE: NAMESPACE,
  };
  const args = ['--import', import.meta.resolve('tsx'), join(code, 'cli/main.ts'), 'migrate'];
  await promisify(execFile)(process.execPath, args, { cwd: code, env: environment });
}
