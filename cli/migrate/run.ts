import { migrate } from '../../db/migrate.ts';
import { migrationState, type MigrationState } from '../../db/migration-state.ts';
import { RightcallError } from '../../domain/failures.ts';
import { parseMigrateConfig } from '../../runtime/config.ts';
import { connectTemporal } from '../../runtime/servers/temporal.ts';
import { connectPostgres } from '../../runtime/servers/postgres.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { SEARCH_ATTRIBUTE_TYPES } from '../search-attributes.ts';

interface Result {
  /** `main` or `vault`. */
  readonly database: string;
  /** Applied now, or with --check to be applied. */
  readonly migrations: readonly string[];
  readonly head: string | null;
}

/**
 * Apply what is missing, or with `check` say what is.
 * @returns 1 for a check that found the database behind
 * @throws RightcallError `refused` for a database that a newer version has migrated
 */
export async function runMigrate(
  options: { readonly check?: boolean; readonly json?: boolean },
  environment: NodeJS.ProcessEnv,
  write: (text: string) => void,
): Promise<ExitCode> {
  const config = parseMigrateConfig(environment);
  const check = options.check === true;
  const databases = [
    { database: 'main', url: config.databaseUrl },
    ...(config.vaultDatabaseUrl === config.databaseUrl
      ? []
      : [{ database: 'vault', url: config.vaultDatabaseUrl }]),
  ];
  const results: Result[] = [];
  for (const { database, url } of databases) {
    await connectPostgres(url);
    const before = await migrationState(url);
    refuseNewer(before, database);
    if (!check) await migrate(url);
    results.push({
      database,
      migrations: before.pending,
      head: [...before.applied, ...before.pending].at(-1) ?? null,
    });
  }
  const registered =
    check || config.temporal === null ? null : await registerAttributes(environment, config.temporal);
  const behind = check && results.some((result) => result.migrations.length > 0);
  write(
    options.json === true
      ? `${JSON.stringify({ ok: !behind, checked: check, databases: results, temporal: registered })}\n`
      : [
          ...results.map((result) => line(result, check)),
          ...(registered === null
            ? []
            : [`Temporal: namespace ${registered.namespace} has the search attributes`]),
        ].join('\n') + '\n',
  );
  return behind ? EXIT.failed : EXIT.ok;
}

/** A database is never taken back; an older version runs on a newer schema, but must not migrate it. */
function refuseNewer(state: MigrationState, database: string): void {
  if (state.unknown === 0) return;
  throw new RightcallError(
    'refused',
    `the ${database} database has ${state.unknown} migration${state.unknown === 1 ? '' : 's'} that this version does not know: ` +
      'a newer version migrated it; run that version of rightcall migrate',
  );
}

async function registerAttributes(
  environment: NodeJS.ProcessEnv,
  temporal: { readonly namespace: string },
): Promise<{ namespace: string }> {
  const server = await connectTemporal({
    env: environment,
    namespace: temporal.namespace,
    searchAttributes: SEARCH_ATTRIBUTE_TYPES,
  });
  return { namespace: server.namespace };
}

function line({ database, migrations, head }: Result, check: boolean): string {
  const name = database === 'main' ? 'database' : `${database} database`;
  if (migrations.length === 0) return `${name}: up to date (${head})`;
  return `${name}: ${check ? 'lacks' : 'applied'} ${migrations.join(', ')}`;
}
