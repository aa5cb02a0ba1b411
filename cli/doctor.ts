import type { Command } from 'commander';

/** `rightcall doctor`: everything an installation needs, looked at from where it will run. */
export function register(program: Command): void {
  program
    .command('doctor')
    .description('check the installation, and say what is wrong and how to mend it')
    .option('--fix', 'mend what can be mended without asking: register the search attributes')
    .option('--json', 'the findings as JSON')
    .addHelpText(
      'after',
      `
Reads the same environment as the API and the worker (docs/configuration.md) and changes nothing without --fix.
Exit code 0: nothing failed (warnings do not count); 1: something did.

Examples:
  rightcall doctor
  rightcall doctor --json | jq '.findings[] | select(.level != "ok")'`,
    )
    .action(async (options: { fix?: boolean; json?: boolean }) => {
      // The other commands of this program should not pay for what only this one loads.
      const { runDoctor } = await import('./doctor/run.ts');
      process.exitCode = await runDoctor(options, process.env, (text) => process.stdout.write(text));
    });
}
