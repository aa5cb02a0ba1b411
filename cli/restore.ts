import type { Command } from 'commander';
import type { RestoreOptions } from './restore/run.ts';

/** `rightcall restore`: the way back to dialling after the database was restored to an earlier state. */
export function register(program: Command): void {
  const restore = program
    .command('restore')
    .description(
      'bring an engine whose database was restored from a backup back to dialling, so that nothing rings twice',
    )
    .addHelpText(
      'after',
      `
Each works on all tenants of the database, with the environment of a worker (docs/configuration.md), and may be
repeated. The whole way, with backups before and what is to be put back by hand: docs/restore.md.

Examples:
  rightcall restore begin && rightcall restore reconcile
  rightcall restore status --json
  rightcall restore finish --accept-unreconciled old-line --reason "contract ended, no calls since March"`,
    );
  const verb = (name: RestoreOptions['verb'], description: string) =>
    restore
      .command(name)
      .description(description)
      .option('--json', 'the result as JSON')
      .action(async (options: Omit<RestoreOptions, 'verb'>) => {
        // The other commands of this program should not pay for what only this one loads.
        const { runRestore } = await import('./restore/run.ts');
        process.exitCode = await runRestore({ ...options, verb: name }, process.env, (text) =>
          process.stdout.write(text),
        );
      });
  const by = ['--by <who>', 'who does it, for the change log', 'operator'] as const;
  verb(
    'begin',
    'before any worker starts: stop all dialling, doubt what was under way, end workflows that are ahead',
  )
    .option(
      '--since <instant>',
      'ask carriers from this instant on (ISO 8601); by default from before the last attempt on record',
    )
    .option('--without-temporal', 'end no workflows: the namespace is new or empty')
    .option(...by);
  verb('reconcile', 'ask every carrier what it rang in the time that was lost, and put it on record').option(
    ...by,
  );
  verb('finish', 'let dialling go on; refused while a carrier has not told all')
    .option('--accept-unreconciled <carrier...>', 'do without what these carriers know; needs --reason')
    .option('--reason <text>', 'why, for the change log')
    .option(...by);
  verb('status', 'whether a restore is open, and how each carrier stands');
}
