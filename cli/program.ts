import { Command, CommanderError } from 'commander';
import { RightcallError, messageOf } from '../domain/failures.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts';

/** Modules by the command each registers. A run loads the one it needs; help loads them all. */
const MODULES: Readonly<Record<string, () => Promise<{ register(program: Command): void }>>> = {
  start: () => import('./start.ts'),
  campaign: () => import('./client/campaign.ts'),
  import: () => import('./client/import.ts'),
  contact: () => import('./client/contact.ts'),
  consent: () => import('./client/consent.ts'),
  suppress: () => import('./client/suppress.ts'),
  carrier: () => import('./client/carrier.ts'),
  report: () => import('./client/report.ts'),
  audit: () => import('./audit.ts'),
  api: () => import('./api.ts'),
  worker: () => import('./worker.ts'),
};

/** @param wanted the command that will run; null, or one there is not: all are registered, so that help names them. */
export async function createProgram(wanted: string | null = null): Promise<Command> {
  const program = new Command('rightcall')
    .description('Compliance-first outbound call campaigns (外呼).')
    .addHelpText('after', '\nExit codes: 0 ok, 1 failed, 2 bad input, 3 not found, 4 refused, 5 unavailable.')
    .enablePositionalOptions()
    .showHelpAfterError('(see --help)');
  const known = wanted !== null && Object.hasOwn(MODULES, wanted);
  const names = known ? [wanted] : Object.keys(MODULES);
  for (const name of names) (await MODULES[name]!()).register(program);
  for (const command of allOf(program)) command.exitOverride();
  return program;
}

/** Run the command line. @returns the exit code; what went wrong has been said in one line on standard error. */
export async function runProgram(argv: readonly string[]): Promise<ExitCode> {
  try {
    const program = await createProgram(argv[0] ?? null);
    await program.parseAsync([...argv], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    process.stderr.write(`rightcall: ${oneLine(messageOf(error))}\n`);
    return error instanceof RightcallError ? exitCodeOf(error.code) : EXIT.failed;
  }
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}
