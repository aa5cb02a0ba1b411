import { Argument, type Command, type Option } from 'commander';
import { scriptFor, SHELLS, type CompletionTree, type ShellName } from './completion-scripts.ts';
import type { Shell } from './client/shell.ts';
import { verbOf } from './client/verb.ts';

/**
 * `rightcall completion <shell>`: a script that knows every noun, verb, option and choice.
 * @param everything the program with all its commands
 */
export function registerCompletion(program: Command, shell: Shell, everything: () => Promise<Command>): void {
  program
    .command('completion')
    .description('print a script that completes commands in your shell')
    .addArgument(new Argument('<shell>', 'which one').choices(SHELLS))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  rightcall completion bash > ~/.local/share/bash-completion/completions/rightcall\n' +
        '  rightcall completion zsh > ~/.zfunc/_rightcall\n' +
        '  rightcall completion fish > ~/.config/fish/completions/rightcall.fish',
    )
    .action(async (name: ShellName) => {
      shell.stdout.write(scriptFor(name, treeOf(await everything())));
    });
}

/** What there is to complete, from the commands themselves. */
export function treeOf(program: Command, path = ''): CompletionTree {
  // A noun that has a verb it runs by itself takes that verb's options.
  const byDefault = program.commands.filter((command) => verbOf(command)?.isDefault === true);
  const here = {
    path,
    words: program.commands.map((command) => ({
      word: command.name(),
      about: lineOf(command.description()),
    })),
    options: [program, ...byDefault].flatMap(optionsOf).flatMap((option) =>
      option.long === null || option.long === undefined
        ? []
        : [
            {
              flag: option.long,
              about: lineOf(option.description),
              takesValue: option.required || option.optional,
              choices: option.argChoices ?? [],
            },
          ],
    ),
  };
  const below = program.commands.flatMap((command) => treeOf(command, `${path} ${command.name()}`.trim()));
  return [here, ...below];
}

function optionsOf(command: Command): Option[] {
  return command.createHelp().visibleOptions(command);
}

/** The first sentence: a menu has one line for each. */
function lineOf(text: string): string {
  return text.split(/[;\n]|\. /)[0]!.trim();
}
