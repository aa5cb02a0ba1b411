import { Command, CommanderError } from 'commander';
import { RightcallError, messageOf } from '../domain/failures.ts';
import { createShell, type Shell } from './client/shell.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts';

interface Entry {
  /** A line of `rightcall --help`, which loads none of the modules. */
  readonly about: string;
  load(): Promise<{ register(program: Command, shell: Shell): void }>;
}

/** Modules by the command each registers. A run loads the one it needs. */
const MODULES: Readonly<Record<string, Entry>> = {
  start: {
    about: 'bring everything up on this machine and rehearse a campaign against the simulated carrier',
    load: () => import('./start.ts'),
  },
  campaign: { about: 'campaigns (外呼任务)', load: () => import('./client/campaign.ts') },
  import: {
    about: 'contact lists and do-not-call lists, from files',
    load: () => import('./client/import.ts'),
  },
  contact: { about: 'contacts (客户名单项) and their story', load: () => import('./client/contact.ts') },
  consent: {
    about: 'consent (同意) of a person and its withdrawal',
    load: () => import('./client/consent.ts'),
  },
  suppress: { about: 'do-not-call entries (勿扰名单)', load: () => import('./client/suppress.ts') },
  carrier: { about: 'carriers (线路)', load: () => import('./client/carrier.ts') },
  report: { about: 'figures (KPI) of a campaign', load: () => import('./client/report.ts') },
  audit: { about: 'check stored evidence (审计)', load: () => import('./audit.ts') },
  api: { about: 'serve the HTTP API', load: () => import('./api.ts') },
  worker: { about: 'run a worker: workflows, dial gate, pacers and sweepers', load: () => import('./worker.ts') },
};

/** What the client verbs of this program work with; a test gives its own. */
export interface ProgramOptions {
  readonly shell?: Shell;
}

/**
 * @param wanted the command that will run; null: all are loaded, for completion and documents. One there is not: none
 *   is loaded, and help names them all.
 */
export async function createProgram(wanted: string | null, shell: Shell): Promise<Command> {
  const program = new Command('rightcall')
    .description('Compliance-first outbound call campaigns (外呼).')
    .addHelpText('after', '\nExit codes: 0 ok, 1 failed, 2 bad input, 3 not found, 4 refused, 5 unavailable.')
    .enablePositionalOptions()
    .showHelpAfterError('(see --help)');
  for (const [name, entry] of Object.entries(MODULES)) {
    if (wanted === null || wanted === name) (await entry.load()).register(program, shell);
    else program.command(name).description(entry.about);
  }
  for (const command of allOf(program)) command.exitOverride();
  return program;
}

/** Run the command line. @returns the exit code; what went wrong has been said in one line on standard error. */
export async function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<ExitCode> {
  const shell = options.shell ?? createShell();
  try {
    const program = await createProgram(argv[0] ?? '', shell);
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
