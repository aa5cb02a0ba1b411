import type { Command } from 'commander';
import type { Shell } from './shell.ts';
import type { SpecVerb } from './spec/table.ts';
import { specVerb } from './spec/verb.ts';
import { addVerb, type Verb } from './verb.ts';

/** What a file under nouns/ exports: verbs made from the API's description, and those that needed more. */
export interface NounModule {
  readonly verbs: readonly (SpecVerb | Verb)[];
}

/** Add a noun with its verbs, or the one verb of a noun that is its own verb (`rightcall explain …`). */
export function registerNoun(
  program: Command,
  shell: Shell,
  noun: { readonly name: string; readonly about: string },
  { verbs }: NounModule,
): Command {
  const ready = verbs.map((one) => ('operation' in one ? specVerb(shell, one) : one));
  const [only] = ready;
  if (ready.length === 1 && only?.usage.split(' ')[0] === noun.name) {
    return addVerb(shell, program, only);
  }
  const parent = program.command(noun.name).description(noun.about);
  for (const verb of ready) if (verb !== null && verb !== undefined) addVerb(shell, parent, verb);
  return parent;
}
