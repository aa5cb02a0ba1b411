import type { Command } from 'commander';
import { beforeAll, expect, test } from 'vitest';
import { describeApi } from '../../api/describe.ts';
import { NOUNS } from '../../cli/client/nouns.ts';
import { createShell, type Shell } from '../../cli/client/shell.ts';
import { operationsOf, type ApiDocument } from '../../cli/client/spec/document.ts';
import { planOf } from '../../cli/client/spec/plan.ts';
import { verbOf } from '../../cli/client/verb.ts';
import { createProgram } from '../../cli/program.ts';

/** Operations that no person sends, and why. */
const NOT_FOR_PEOPLE: Readonly<Record<string, string>> = {
  receiveCarrierEvents: "opened by a carrier's signature, not by a key",
};

const document = describeApi() as ApiDocument;
const shell: Shell = createShell({ document: () => document });
let commands: { readonly path: string; readonly command: Command }[];
beforeAll(async () => {
  commands = walk(await createProgram(null, shell), '');
});

function walk(command: Command, path: string): { path: string; command: Command }[] {
  return [{ path, command }, ...command.commands.flatMap((one) => walk(one, `${path} ${one.name()}`.trim()))];
}

const verbs = () =>
  commands.flatMap(({ path, command }) => {
    const verb = verbOf(command);
    return verb === undefined ? [] : [{ path, command, verb }];
  });

test('every operation of the API has a verb', () => {
  const covered = new Set(verbs().flatMap(({ verb }) => verb.covers));
  const missing = operationsOf(document)
    .map(({ operationId }) => operationId)
    .filter((name) => !covered.has(name) && !Object.hasOwn(NOT_FOR_PEOPLE, name));
  expect(missing, 'add a verb under cli/client/nouns/').toEqual([]);
});

test('every verb stands for operations that the API has', async () => {
  const known = new Set(operationsOf(document).map(({ operationId }) => operationId));
  for (const noun of Object.values(NOUNS)) {
    for (const one of (await noun.verbs()).verbs) {
      for (const name of 'operation' in one ? [one.operation] : one.covers) expect(known).toContain(name);
    }
  }
});

test('every verb says what it does, and has an example', () => {
  for (const { path, command, verb } of verbs()) {
    expect(command.description(), path).not.toBe('');
    expect(verb.examples.length, path).toBeGreaterThan(0);
    for (const example of verb.examples)
      expect(example.startsWith(path.replace(/ campaign$/, '')), example).toBe(true);
  }
});

test('every example is a command that is understood', async () => {
  for (const { verb } of verbs()) {
    for (const example of verb.examples) {
      const program = await createProgram(example.split(' ')[0]!, shell);
      const parsed: string[] = [];
      for (const { path, command } of walk(program, '')) {
        command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
        if (verbOf(command) !== undefined) command.action(() => void parsed.push(path));
      }
      await expect(program.parseAsync(wordsOf(example), { from: 'user' }), example).resolves.toBeDefined();
      expect(parsed, example).toHaveLength(1);
    }
  }
});

/** As a shell cuts them, for the quotes that examples use. */
function wordsOf(line: string): string[] {
  return [...line.replace(/ [<>] \S+/g, '').matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) =>
    word.replaceAll('"', ''),
  );
}

test('every option of every verb takes a value of its kind, and no other', async () => {
  for (const [name, noun] of Object.entries(NOUNS)) {
    for (const spec of (await noun.verbs()).verbs) {
      if (!('operation' in spec)) continue;
      const plan = planOf(document, spec)!;
      for (const { field, name: option } of plan.offer.options) {
        const where = `${name} ${spec.verb} --${option}`;
        const commandOption = optionOf(`${name} ${spec.verb}`, option);
        expect(commandOption, where).toBeDefined();
        if (field.kind === 'boolean') continue;
        const parse = (text: string) => commandOption!.parseArg!(text, undefined) as unknown;
        const good = field.choices?.[0] ?? (field.kind === 'text' ? 'text' : '1');
        const value = field.kind === 'text' ? good : 1;
        expect(parse(good), where).toEqual(field.many ? [value] : value);
        if (field.kind !== 'text' || field.choices !== null) expect(() => parse('no such'), where).toThrow();
      }
    }
  }
});

function optionOf(path: string, name: string) {
  const [noun] = path.split(' ');
  const found = commands.find((one) => one.path === path) ?? commands.find((one) => one.path === noun);
  return found?.command.options.find((option) => option.long === `--${name}`);
}
