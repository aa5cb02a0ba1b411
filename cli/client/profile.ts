import type { Command } from 'commander';
import type { Shell } from './shell.ts';
import { table } from './text.ts';

/** `rightcall profile …`: servers by name. Keys go in and are never printed. */
export function register(program: Command, shell: Shell): void {
  const profile = program.command('profile').description('servers to talk to, by a name of your choosing');
  // What a --help does not need is loaded when a verb runs.
  const files = () => import('./profiles.ts');
  const say = (text: string) => shell.stdout.write(`${text}\n`);

  const add = profile
    .command('add <name>')
    .description('add a server, or replace the one of this name; the first becomes the one in use')
    .requiredOption('--url <url>', 'where its API is')
    .option('--api-key <key>', 'its key; - reads it from standard input, so that no list of processes has it')
    .action(async (name: string, options: { url: string; apiKey?: string }) => {
      const [{ addProfile, profilesFile }, { checked }, { secretOf }] = await Promise.all([
        files(),
        import('./connection.ts'),
        import('./input.ts'),
      ]);
      const apiKey = options.apiKey === undefined ? null : await secretOf(options.apiKey, shell.stdin);
      await addProfile(shell.env, name, { url: checked(options.url), apiKey });
      say(`profile ${name} is in ${profilesFile(shell.env)}`);
    });
  examples(add, ['profile add production --url https://rightcall.example --api-key - < key.txt']);

  const list = profile
    .command('list')
    .description('the profiles there are; * is the one in use')
    .option('--json', 'print them as JSON, without their keys')
    .action(async (options: { json?: boolean }) => {
      const { readProfiles } = await files();
      const { current, profiles } = await readProfiles(shell.env);
      const items = Object.entries(profiles).map(([name, { url, apiKey }]) => ({
        name,
        url,
        inUse: name === current,
        hasKey: apiKey !== null,
      }));
      const rows = items.map((one) => [
        one.inUse ? `* ${one.name}` : `  ${one.name}`,
        one.url,
        one.hasKey ? 'kept' : 'none',
      ]);
      say(
        options.json === true
          ? JSON.stringify({ items }, null, 2)
          : table(['  NAME', 'ADDRESS', 'KEY'], rows),
      );
    });
  examples(list, ['profile list']);

  const use = profile
    .command('use <name>')
    .description('use this one where nothing else is said')
    .action(async (name: string) => {
      const { useProfile } = await files();
      await useProfile(shell.env, name);
      say(`profile ${name} is in use`);
    });
  examples(use, ['profile use production']);

  const remove = profile
    .command('remove <name>')
    .description('forget a server and its key')
    .action(async (name: string) => {
      const { removeProfile } = await files();
      await removeProfile(shell.env, name);
      say(`profile ${name} is forgotten`);
    });
  examples(remove, ['profile remove production']);
}

function examples(command: Command, lines: readonly string[]): void {
  command.addHelpText('after', `\nExamples:\n${lines.map((one) => `  rightcall ${one}`).join('\n')}`);
}
