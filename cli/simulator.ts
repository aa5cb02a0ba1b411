import type { Command } from 'commander';

/** `rightcall simulator`: the simulated carrier as a process of its own. */
export function register(program: Command): void {
  program
    .command('simulator')
    .description('serve the simulated carrier, which rings nobody (configured by environment variables)')
    .option('--options-file <path>', 'further options as JSON: faults, scenarios, limits (docs/carriers.md)')
    .addHelpText(
      'after',
      `
Examples:
  RIGHTCALL_SIMULATOR_WEBHOOK_URL=http://127.0.0.1:8473/v1/webhooks/… \\
  RIGHTCALL_SIMULATOR_WEBHOOK_SECRET=whsec_… rightcall simulator`,
    )
    .action(async (options: { optionsFile?: string }) => {
      // The other commands of this program should not pay for what only this one loads.
      const { runSimulator } = await import('./simulator/run.ts');
      await runSimulator(options, process.env);
    });
}
