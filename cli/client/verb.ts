import type { Command } from 'commander';
import type { ApiClient, RequestParts } from './http.ts';
import type { Shell } from './shell.ts';

export interface VerbContext {
  readonly api: ApiClient;
  readonly shell: Shell;
  readonly json: boolean;
  /** Idempotency-Key that was given; none: each write gets one of its own. */
  readonly headers: NonNullable<RequestParts['headers']>;
  /** The answer: the API's own JSON with --json, else the text that people read. */
  show(answer: unknown, text: () => string): void;
}

export interface CommonOptions {
  readonly url?: string;
  readonly apiKey?: string;
  readonly profile?: string;
  readonly data: string;
  readonly json?: boolean;
  readonly idempotencyKey?: string;
}

/** A verb of the command line against the API. */
export interface Verb {
  /** As commander has it, such as `show <campaign>`. */
  readonly usage: string;
  readonly about: string;
  /** What it is good for, after the options. */
  readonly more?: string;
  /** Names of the operations it sends. */
  readonly covers: readonly string[];
  /** Without `rightcall`; a test parses each. */
  readonly examples: readonly string[];
  /** It changes something, so that it takes an Idempotency-Key. */
  readonly writes: boolean;
  /** It runs where the noun is given without a verb. */
  readonly isDefault?: boolean;
  options?(command: Command): void;
  /** @param options as commander names them */
  work(
    context: VerbContext,
    args: readonly string[],
    options: Readonly<Record<string, unknown>>,
  ): Promise<void>;
}

const covered = new WeakMap<Command, Verb>();

/** The verb a command was made from; undefined for one that talks to no API. */
export function verbOf(command: Command): Verb | undefined {
  return covered.get(command);
}

/** Add a verb to its noun, with the options that all verbs have. */
export function addVerb(shell: Shell, parent: Command, verb: Verb): Command {
  const command = parent
    .command(verb.usage, verb.isDefault === true ? { isDefault: true } : {})
    .description(verb.about);
  verb.options?.(command);
  command
    .option('--json', 'print the answer as JSON')
    .option('--url <url>', 'where the API is (RIGHTCALL_URL)')
    .option('--api-key <key>', 'its key; RIGHTCALL_API_KEY keeps it out of the list of processes')
    .option('--profile <name>', 'server to talk to, of rightcall profile (RIGHTCALL_PROFILE)')
    .option('--data <dir>', 'folder of a local run, for what the others leave open', '.rightcall');
  if (verb.writes) {
    command.option(
      '--idempotency-key <key>',
      'name of this very request: the same again is done once (default: a new one)',
    );
  }
  if (verb.more !== undefined) command.addHelpText('after', `\n${verb.more}`);
  command.addHelpText('after', `\nExamples:\n${verb.examples.map((one) => `  rightcall ${one}`).join('\n')}`);
  command.action((...given: unknown[]) => perform(shell, verb, given.at(-1) as Command));
  covered.set(command, verb);
  return command;
}

async function perform(shell: Shell, verb: Verb, command: Command): Promise<void> {
  const options = command.opts<CommonOptions>();
  // What a --help does not need is loaded here.
  const [{ createApiClient }, { findConnection }, { VERSION }] = await Promise.all([
    import('./http.ts'),
    import('./connection.ts'),
    import('./version.ts'),
  ]);
  const dataGiven = command.getOptionValueSource('data') === 'cli';
  const { url, profile, data } = options;
  const apiKey = options.apiKey === undefined ? undefined : await secretIn(shell, options.apiKey);
  const connection = await findConnection(
    {
      data,
      dataGiven,
      ...(url === undefined ? {} : { url }),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(profile === undefined ? {} : { profile }),
    },
    shell.env,
  );
  const api = createApiClient(connection, {
    sleep: shell.sleep,
    newKey: shell.newKey,
    version: VERSION,
    language: languageOf(shell.env),
  });
  try {
    await verb.work(contextOf(api, shell, options), command.args, command.opts());
  } finally {
    await api.close();
  }
}

async function secretIn(shell: Shell, given: string): Promise<string> {
  const { secretOf } = await import('./input.ts');
  return await secretOf(given, shell.stdin);
}

function contextOf(api: ApiClient, shell: Shell, options: CommonOptions): VerbContext {
  const json = options.json === true;
  return {
    api,
    shell,
    json,
    headers: options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey },
    show: (answer, text) => {
      const shown = json ? JSON.stringify(answer, null, 2) : text();
      shell.stdout.write(shown.endsWith('\n') || shown === '' ? shown : `${shown}\n`);
    },
  };
}

/** Of the locale (POSIX, 8.2): LC_ALL, else LC_MESSAGES, else LANG. */
function languageOf(env: Shell['env']): string {
  const locale = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find(
    (one) => one !== undefined && one !== '',
  );
  return locale?.startsWith('zh') === true ? 'zh' : 'en';
}
