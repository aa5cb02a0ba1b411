import type { Command } from 'commander';

/** `rightcall migrate`: the database, and what Temporal must know, brought to this version. */
export function register(program: Command): void {
  program
    .command('migrate')
    .description("bring the database to this version's schema (configured by environment variables)")
    .option('--check', 'change nothing; exit 1 when something is to be done')
    .option('--json', 'the result as JSON')
    .addHelpText(
      'after',
      `
Before anything else of a new version: the version before goes on running on the new schema (docs/upgrading.md).
Where TEMPORAL_ADDRESS is set, the search attributes are registered too.

Examples:
  DATABASE_URL=postgres://owner@db/rightcall rightcall migrate
  rightcall migrate --check && rightcall api`,
    )
    .action(async (options: { check?: boolean; json?: boolean }) => {
      // The other commands of this program should not pay for what only this one loads.
      const { runMigrate } = await import('./migrate/run.ts');
      process.exitCode = await runMigrate(options, process.env, (text) => process.stdout.write(text));
    });
}
