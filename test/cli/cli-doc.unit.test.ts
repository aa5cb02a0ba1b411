import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { describeApi } from '../../api/describe.ts';
import { createShell } from '../../cli/client/shell.ts';
import type { ApiDocument } from '../../cli/client/spec/document.ts';
import { verbOf } from '../../cli/client/verb.ts';
import { EXIT, EXIT_MEANINGS, exitCodeOf, type ExitCode } from '../../cli/exit-codes.ts';
import { createProgram } from '../../cli/program.ts';
import { ERROR_CODES } from '../../domain/failures.ts';

const FILE = fileURLToPath(new URL('../../docs/cli.md', import.meta.url));

const row = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const rows = (...all: (readonly string[])[]) =>
  [row(all[0]!), row(all[0]!.map(() => '---')), ...all.slice(1).map(row)].join('\n');

function exitCodes(): string {
  const codesOf = (exit: ExitCode) =>
    ERROR_CODES.filter((code) => exitCodeOf(code) === exit).map((code) => `\`${code}\``);
  return rows(
    ['exit code', 'meaning', 'problems of the API'],
    ...(Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) => [
      String(EXIT[name]),
      EXIT_MEANINGS[name],
      codesOf(EXIT[name]).join(', '),
    ]),
  );
}

async function verbs(): Promise<string> {
  const shell = createShell({ document: () => describeApi() as ApiDocument });
  const program = await createProgram(null, shell);
  const lines = program.commands
    .flatMap((noun) => (noun.commands.length === 0 ? [noun] : noun.commands))
    .map(lineOf);
  return rows(['command', 'what it does', 'operations'], ...lines);
}

function lineOf(command: Command): string[] {
  const path = [command.parent!, command]
    .map((one) => one.name())
    .join(' ')
    .replace(/^rightcall /, '');
  const given = command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? '...' : ''}`;
    return one.required ? `<${name}>` : `[${name}]`;
  });
  const covers = verbOf(command)?.covers ?? [];
  return [
    `\`${[path, ...given].join(' ')}\``,
    command.description(),
    covers.map((name) => `\`${name}\``).join(', '),
  ];
}

test('docs/cli.md has every command and every exit code (UPDATE_CLI=1 writes it)', async () => {
  const text = await readFile(FILE, 'utf8');
  let made = text;
  for (const [name, part] of [
    ['exit codes', exitCodes()],
    ['verbs', await verbs()],
  ] as const) {
    made = made.replace(
      new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`),
      () => `<!-- ${name} -->\n\n${part}\n\n<!-- /${name} -->`,
    );
  }
  if (process.env['UPDATE_CLI'] === '1') await writeFile(FILE, made);
  expect(await readFile(FILE, 'utf8')).toBe(made);
});
