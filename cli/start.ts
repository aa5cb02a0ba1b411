import type { Command } from 'commander';
import { addStartOptions, startOptions } from './local/options.ts';

/** `rightcall start`, which is what `npm start` runs: everything brought up, and a campaign rehearsed on it. */
export function register(program: Command): void {
  const command = program
    .command('start')
    .description('bring everything up on this machine and rehearse a campaign against the simulated carrier');
  addStartOptions(command).action(async (raw: Record<string, unknown>) => {
    // The other commands of this program should not pay for what only this one loads.
    const { runStart } = await import('./local/run.ts');
    const exitCode = await runStart(startOptions(raw), {
      env: process.env,
      stdout: process.stdout,
      stderr: process.stderr,
      leave: (code) => process.exit(code),
    });
    // A download that was given up, or a kept connection, must not keep the process alive; the output must be out.
    await new Promise((resolve) => process.stdout.write('', resolve));
    process.exit(exitCode);
  });
}
