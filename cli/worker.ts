import type { Command } from 'commander';

/** `rightcall worker`: workflows, gate, pacers and what keeps them going. */
export function register(program: Command): void {
  program
    .command('worker')
    .description(
      'run a worker: workflows, dial gate, pacers and sweepers (configured by environment variables)',
    )
    .action(async () => {
      // The other commands of this program should not pay for what only a worker loads.
      const { runWorker } = await import('./worker/run.ts');
      await runWorker(process.env);
    });
}
