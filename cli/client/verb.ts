import type { Command } from 'commander';
import { findConnection } from './connection.ts';
import { createApiClient, type ApiClient } from './http.ts';

export interface VerbContext {
  readonly api: ApiClient;
  /** The answer: the API's own JSON with --json, else the text that people read. */
  show(answer: unknown, text: () => string): void;
}

interface CommonOptions {
  readonly url?: string;
  readonly apiKey?: string;
  readonly data: string;
  readonly json?: boolean;
}

/**
 * A client verb: a command with the options that all verbs have, and the work it does against the API.
 * @param spec as commander has it, such as `show <campaign>`
 */
export function verb<O extends object = Record<string, never>>(
  parent: Command,
  spec: string,
  description: string,
  work: (context: VerbContext, args: readonly string[], options: O) => Promise<void>,
): Command {
  return parent
    .command(spec)
    .description(description)
    .option('--url <url>', 'where the API is (RIGHTCALL_URL)')
    .option('--api-key <key>', 'its key; RIGHTCALL_API_KEY keeps it out of the list of processes')
    .option('--data <dir>', 'folder of a local run, for what the two above leave open', '.rightcall')
    .option('--json', 'print the answer as JSON')
    .action(async (...given: unknown[]) => {
      const command = given.at(-1) as Command;
      const options = command.opts<CommonOptions & O>();
      const api = createApiClient(await findConnection(options, process.env));
      try {
        await work(contextOf(api, options.json === true), command.args, options);
      } finally {
        await api.close();
      }
    });
}

function contextOf(api: ApiClient, json: boolean): VerbContext {
  return {
    api,
    show: (answer, text) => {
      const shown = json ? JSON.stringify(answer, null, 2) : text();
      process.stdout.write(shown.endsWith('\n') || shown === '' ? shown : `${shown}\n`);
    },
  };
}

/** Gather an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
