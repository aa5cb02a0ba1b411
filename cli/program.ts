import { Command, CommanderError } from 'commander';
import { RightcallError, messageOf } from '../domain/failures.ts';
import { NOUNS } from './client/nouns.ts';
import { createShell, type Shell } from './client/shell.ts';
import { VERSION } from './client/version.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts';

const HELP_FOOT = `
Exit codes: 0 ok, 1 failed, 2 bad input, 3 not found, 4 refused, 5 unavailable.
rightcall <command> <verb> --help has examples; docs/cli.md says the rest.`;

interface Entry {
  /** A line of `rightcall --help`, which loads none of the modules. */
  readonly about: string;
  readonly load: () => Promise<{ register: (program: Command, shell: Shell) => void }>;
}

/** Modules by the command each registers. A run loads the one it needs. */
const MODULES: Readonly<Record<string, Entry>> = {
  start: {
    about: 'bring everything up on this machine and rehearse a campaign against the simulated carrier',
    load: () => import('./start.ts'),
  },
  ...clientModules(),
  profile: {
    about: 'servers to talk to, by a name of your choosing',
    load: () => import('./client/profile.ts'),
  },
  completion: {
    about: 'print a script that completes commands in your shell',
    load: async () => {
      const { registerCompletion } = await import('./completion.ts');
      return {
        register: (program, shell) => registerCompletion(program, shell, () => createProgram(null, shell)),
      };
    },
  },
  api: { about: 'serve the HTTP API', load: () => import('./api.ts') },
  worker: {
    about: 'run a worker: workflows, dial gate, pacers and sweepers',
    load: () => import('./worker.ts'),
  },
  simulator: { about: 'serve the simulated carrier', load: () => import('./simulator.ts') },
  migrate: { about: "bring the database to this version's schema", load: () => import('./migrate.ts') },
  restore: {
    about: 'back to dialling after the database was restored from a backup',
    load: () => import('./restore.ts'),
  },
  doctor: { about: 'check the installation, and say how to mend it', load: () => import('./doctor.ts') },
};

/** The verbs of the API: a table for each noun. */
function clientModules(): Record<string, Entry> {
  return Object.fromEntries(
    Object.entries(NOUNS).map(([name, { about, verbs }]) => [
      name,
      {
        about,
        load: async () => {
          const [{ registerNoun }, module] = await Promise.all([import('./client/noun.ts'), verbs()]);
          const local = await localVerbs(name);
          return {
            register: (program: Command, shell: Shell) => {
              const noun = registerNoun(program, shell, { name, about }, module);
              local(noun, shell);
            },
          };
        },
      },
    ]),
  );
}

/** Verbs beside those of the API: evidence is also checked where it lies, and packs are tried without anything. */
async function localVerbs(noun: string): Promise<(command: Command, shell: Shell) => void> {
  if (noun === 'audit') return (await import('./audit.ts')).registerAuditTools;
  if (noun === 'policy') return (await import('./policy.ts')).registerPolicyTools;
  return () => undefined;
}

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
    .version(VERSION, '--version')
    .addHelpText('after', HELP_FOOT)
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => shell.stdout.write(text),
      writeErr: (text) => shell.stderr.write(text),
      outputError: (text) =>
        shell.stderr.write(`rightcall: ${oneLine(text.replace(/^error: /, ''))} (see --help)\n`),
    });
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
    const program = await createProgram(wantedOf(argv), shell);
    await program.parseAsync([...argv], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    shell.stderr.write(`rightcall: ${oneLine(messageOf(error))}\n`);
    return error instanceof RightcallError ? exitCodeOf(error.code) : EXIT.failed;
  }
}

/** `rightcall help campaign` is about campaign. */
function wantedOf([first, second]: readonly string[]): string {
  return (first === 'help' ? second : first) ?? '';
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}
