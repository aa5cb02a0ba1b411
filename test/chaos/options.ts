import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { BROKEN_BUILDS, buildsNamed, type BrokenBuild } from './broken/builds.ts';
import { FAULT_KINDS, type FaultKind } from './faults/kinds.ts';

/** What `npm run chaos` was asked for. */
export interface ChaosOptions {
  /** Seeds, one run each. */
  readonly seeds: readonly number[];
  /** Length of the dialling phase, real ms. */
  readonly lengthMs: number;
  readonly short: boolean;
  readonly kinds: readonly FaultKind[];
  /** A rolling deploy instead of faults. */
  readonly deploy: boolean;
  readonly contacts: number;
  /** Checkout whose processes run; null: this one. */
  readonly code: string | null;
  readonly out: string | null;
  readonly json: boolean;
  /** Broken builds to be caught instead of runs of this one; null: none. */
  readonly broken: readonly BrokenBuild[] | null;
  /** The seed as given; null: none was. */
  readonly seed: number | null;
}

/** The seed of the short form: always the same, so that CI sees no other run than its author did. */
const SHORT_SEED = 1;
const SHORT_MS = 55_000;
const DEFAULT_MINUTES = 2;
const SEED_MAX = 2 ** 31;

/** @throws CommanderError for what cannot be read; it has been said in one line then */
export function readOptions(argv: readonly string[]): ChaosOptions {
  const program = new Command('npm run chaos --')
    .description('A campaign on real parts while faults are put in, and a judge of what came of it.')
    .option('--seed <n>', 'seed of faults, clients and people (default: a random one)', whole(0, SEED_MAX))
    .option('--runs <n>', 'runs, with seeds one after another', whole(1, 10_000), 1)
    .option('--minutes <n>', 'length of the dialling phase', decimal(0.2, 24 * 60))
    .option('--contacts <n>', 'contacts in all campaigns', whole(10, 600))
    .option('--short', 'the form that CI runs: one fixed seed, 55 s of dialling', false)
    .option('--only <faults>', `only these of ${FAULT_KINDS.join(', ')}; or deploy, alone`, kinds)
    .option('--code <dir>', 'run the processes of another checkout', (dir: string) => resolve(dir))
    .option('--out <dir>', 'keep the evidence there', (dir: string) => resolve(dir))
    .option(
      '--broken <name>',
      'show that the judge catches a build that breaks a guarantee, or `all`',
      broken,
    )
    .addOption(new Option('--json', 'one JSON object instead of the page').default(false))
    .exitOverride();
  program.parse([...argv], { from: 'user' });
  const given = program.opts<{
    seed?: number;
    runs: number;
    minutes?: number;
    contacts?: number;
    short: boolean;
    only?: FaultKind[] | 'deploy';
    code?: string;
    out?: string;
    json: boolean;
    broken?: readonly BrokenBuild[];
  }>();
  const first = given.seed ?? (given.short ? SHORT_SEED : randomInt(SEED_MAX - given.runs));
  return {
    seeds: Array.from({ length: given.runs }, (_, n) => first + n),
    lengthMs:
      given.minutes === undefined
        ? given.short
          ? SHORT_MS
          : DEFAULT_MINUTES * 60_000
        : given.minutes * 60_000,
    short: given.short,
    kinds: given.only === 'deploy' ? [] : (given.only ?? FAULT_KINDS),
    deploy: given.only === 'deploy',
    contacts: given.contacts ?? (given.short ? 160 : 300),
    code: given.code ?? null,
    out: given.out ?? null,
    json: given.json,
    broken: given.broken ?? null,
    seed: given.seed ?? null,
  };
}

export function isUsageError(error: unknown): error is CommanderError {
  return error instanceof CommanderError;
}

function whole(min: number, max: number) {
  return (text: string): number => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
  };
}

function decimal(min: number, max: number) {
  return (text: string): number => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected a number from ${min} to ${max}.`);
  };
}

function kinds(text: string): FaultKind[] | 'deploy' {
  if (text === 'deploy') return text;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(FAULT_KINDS as readonly string[]).includes(name));
  if (unknown.length === 0) return names as FaultKind[];
  throw new InvalidArgumentError(
    `there is no ${unknown.join(', ')}; expected some of ${FAULT_KINDS.join(', ')}, or deploy alone.`,
  );
}

function broken(name: string): readonly BrokenBuild[] {
  const builds = buildsNamed(name);
  if (builds !== null) return builds;
  const names = BROKEN_BUILDS.map((build) => build.name);
  throw new InvalidArgumentError(`expected all, or one of ${names.join(', ')}.`);
}
