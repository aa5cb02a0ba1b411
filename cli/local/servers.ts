import { connectPostgres, startPostgres, type RunningPostgres } from '../../runtime/servers/postgres.ts';
import { cacheDirOf, resolveTemporalServer } from '../../runtime/servers/temporal-executable.ts';
import { connectTemporal, startTemporal, type RunningTemporal } from '../../runtime/servers/temporal.ts';
import { SEARCH_ATTRIBUTE_TYPES as searchAttributes } from '../search-attributes.ts';
import type { Fleet } from './fleet.ts';
import type { Interruption } from './interruption.ts';
import type { Layout } from './layout.ts';
import type { Screen } from './screen.ts';

export interface ServerContext {
  readonly env: NodeJS.ProcessEnv;
  readonly layout: Layout;
  readonly screen: Screen;
  readonly fleet: Fleet;
  readonly interruption: Interruption;
}

/** DATABASE_URL if it is set, else a PostgreSQL of our own. */
export async function bringUpPostgres(context: ServerContext): Promise<RunningPostgres> {
  const { env, layout, screen, fleet } = context;
  const phase = screen.phase('PostgreSQL');
  const given = env['DATABASE_URL'];
  const onProgress = (text: string) => phase.note(text);
  try {
    const server = await fleet.start('postgres', () =>
      given !== undefined && given !== ''
        ? connectPostgres(given)
        : startPostgres({ dataDir: layout.dir, onProgress, onEvent: fleet.onEvent }),
    );
    phase.done(
      server.port === null ? 'PostgreSQL of DATABASE_URL answers' : `PostgreSQL on port ${server.port}`,
    );
    return server;
  } catch (error) {
    phase.failed();
    throw error;
  }
}

/** TEMPORAL_ADDRESS if it is set, else a dev server by the ladder of runtime/servers. */
export async function bringUpTemporal(context: ServerContext): Promise<RunningTemporal> {
  const { env, layout, screen, fleet, interruption } = context;
  const phase = screen.phase('Temporal');
  const onProgress = (text: string) => phase.note(text);
  const namespace = env['TEMPORAL_NAMESPACE'] ?? 'default';
  try {
    if (env['TEMPORAL_ADDRESS'] !== undefined && env['TEMPORAL_ADDRESS'] !== '') {
      const server = await fleet.start('temporal', () =>
        connectTemporal({ env, namespace, searchAttributes }),
      );
      phase.done(`Temporal at ${server.address}`);
      return server;
    }
    // A download may take minutes; it is not waited for when everything ends.
    const found = await interruption.guard(
      cacheDirOf(env, layout.dir).then((cacheDir) => resolveTemporalServer({ cacheDir, onProgress })),
    );
    const server = await fleet.start('temporal', () =>
      startTemporal({
        dataDir: layout.dir,
        executable: found.path,
        namespace,
        searchAttributes,
        onProgress,
        onEvent: fleet.onEvent,
      }),
    );
    phase.done(`Temporal ${found.version} on port ${server.port} (from ${found.origin})`);
    return server;
  } catch (error) {
    phase.failed();
    throw error;
  }
}
