import type { Command } from 'commander';

/** `rightcall api`: the HTTP API. */
export function register(program: Command): void {
  program
    .command('api')
    .description('serve the HTTP API (configured by environment variables, docs/configuration.md)')
    .action(async () => {
      // The client verbs should not pay for what only the API loads.
      const { runApi } = await import('./api/run.ts');
      await runApi(process.env);
    });
}
