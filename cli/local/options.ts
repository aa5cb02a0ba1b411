import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseFaults } from '../../carriers/simulator/faults.ts';
import { RightcallError, invalidInput } from '../../domain/failures.ts';
import type { EpochMs } from '../../domain/time.ts';
import { AGENTS_SPEED, AGENTS_SPEED_MAX } from './agents/cast.ts';

/** What `start` was asked for, checked as far as words alone can be. */
export interface StartOptions {
  readonly contacts: string | null;
  readonly doNotCall: string | null;
  readonly campaign: string | null;
  /** Contacts to run; null: all. */
  readonly limit: number | null;
  /**
   * Simulated agents, and with them campaigns in every mode; 0: the campaign alone, without agents; null: with some where the
   * bundled sample runs.
   */
  readonly agents: number | null;
  /** Simulated milliseconds per real millisecond. */
  readonly speed: number;
  /** Simulated start; null: shortly before the contacts' next legal window. */
  readonly from: EpochMs | null;
  /** Fault specification of the simulator (carriers/simulator/faults.ts). */
  readonly carrierFaults: string;
  readonly data: string;
  /** API port; null: last time's, else 8473, else any free one. */
  readonly port: number | null;
  readonly exit: boolean;
  readonly json: boolean;
}

/** A simulated day in a real minute. */
export const DEFAULT_SPEED = 1_440;
/** The gate wants a call to be allowed for 0.8 real seconds; beyond this, that is more than a morning (9 to 12). */
const MAX_SPEED = 10_000;
/** Each has a key and a seat of their own; more than a hundred say nothing more. */
const AGENTS_MAX = 100;
/** Standard input, as everywhere. */
export const STDIN = '-';

function numberWith(text: string, ok: (n: number) => boolean, expected: string): number {
  const n = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(n) || !ok(n)) throw new InvalidArgumentError(`expected ${expected}.`);
  return n;
}

/** An instant with its offset: a time without one would mean something else on every machine. */
export function parseInstant(text: string): EpochMs {
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.test(text)
    ? Date.parse(text)
    : NaN;
  // Date.parse reads 2026-02-30 as 2 March; a day that does not exist is a mistake, not a date.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (
    Number.isNaN(at) ||
    Number.isNaN(day.getTime()) ||
    day.toISOString().slice(0, 10) !== text.slice(0, 10)
  ) {
    throw new InvalidArgumentError('expected an instant with its offset, such as 2026-11-23T08:55:00-05:00.');
  }
  return at;
}

function faults(text: string): string {
  try {
    parseFaults(text);
    return text;
  } catch (error) {
    if (error instanceof RightcallError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}

/** Give a command the options of `start`. */
export function addStartOptions(command: Command): Command {
  return command
    .option(
      '--contacts <file>',
      'contacts to call: CSV or JSONL, also .gz, or - for standard input (default: the bundled sample)',
    )
    .option('--do-not-call <file>', 'numbers never to call: one a line, CSV or JSONL, also .gz, or -')
    .option('--campaign <file>', 'campaign definition, JSON or YAML (default: samples/campaign.yaml)')
    .addOption(
      new Option(
        '--limit <n>',
        'contacts to put into the campaign: the first n distinct people of the file',
      ).argParser((text) =>
        numberWith(text, (n) => Number.isInteger(n) && n >= 1, 'a whole number, at least 1'),
      ),
    )
    .addOption(
      new Option(
        '--agents <n>',
        'simulated agents: the campaign is rehearsed in every mode, for an hour instead of days; 0: without (default: 6 for some minutes, then days without, if the bundled sample runs)',
      ).argParser((text) =>
        numberWith(
          text,
          (n) => Number.isInteger(n) && n >= 0 && n <= AGENTS_MAX,
          `a whole number, 0 to ${AGENTS_MAX}`,
        ),
      ),
    )
    .addOption(
      new Option(
        '--speed <factor>',
        `how much faster than real time the rehearsal runs; 1440 is a day a minute (default: ${DEFAULT_SPEED}; with agents ${AGENTS_SPEED}, and at most ${AGENTS_SPEED_MAX})`,
      ).argParser((text) =>
        numberWith(text, (n) => n > 0 && n <= MAX_SPEED, `a number above 0, at most ${MAX_SPEED}`),
      ),
    )
    .addOption(
      new Option(
        '--from <instant>',
        "simulated start, ISO 8601 with an offset (default: shortly before the contacts' next legal window)",
      ).argParser(parseInstant),
    )
    .addOption(
      new Option(
        '--carrier-faults <spec>',
        'faults of the simulated carrier, such as lost-answer=0.02,dup=0.1 (docs/carriers.md)',
      )
        .default('')
        .argParser(faults),
    )
    .option('--data <dir>', 'where the run keeps its state', '.rightcall')
    .addOption(
      new Option(
        '--port <port>',
        "port of the API (default: last time's, else 8473, else any free one)",
      ).argParser((text) =>
        numberWith(text, (n) => Number.isInteger(n) && n >= 1 && n <= 65_535, 'a port, 1 to 65535'),
      ),
    )
    .option(
      '--exit',
      'end after the report instead of staying up; the exit code is 0 only if the audit passed',
      false,
    )
    .option(
      '--json',
      'print the report as one JSON object on standard output, everything else on standard error',
      false,
    );
}

/** Options as commander read them, completed. @throws RightcallError `invalid_input` for those that do not go together */
export function startOptions(raw: Readonly<Record<string, unknown>>): StartOptions {
  const given = raw as Partial<{ [K in keyof StartOptions]: NonNullable<StartOptions[K]> }>;
  const agents = given.agents ?? null;
  const withAgents = agents !== null && agents > 0;
  const speed = given.speed ?? (withAgents ? AGENTS_SPEED : DEFAULT_SPEED);
  if (withAgents && speed > AGENTS_SPEED_MAX) {
    throw invalidInput([
      {
        field: '--speed',
        fault: `is ${speed}, at which nobody who answers could be joined with an agent in time`,
        expected: `at most ${AGENTS_SPEED_MAX} with --agents`,
      },
    ]);
  }
  return {
    contacts: given.contacts ?? null,
    doNotCall: given.doNotCall ?? null,
    campaign: given.campaign ?? null,
    limit: given.limit ?? null,
    agents,
    speed,
    from: given.from ?? null,
    carrierFaults: given.carrierFaults ?? '',
    data: given.data ?? '.rightcall',
    port: given.port ?? null,
    exit: given.exit ?? false,
    json: given.json ?? false,
  };
}
