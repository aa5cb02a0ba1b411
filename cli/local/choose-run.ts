import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { invalidInput } from '../../domain/failures.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import { readInputs, type Inputs } from './inputs.ts';
import type { Layout } from './layout.ts';
import type { StartOptions } from './options.ts';
import { castOf, namesNoInput, newRun, runKey, type Run, type RunBook } from './runs.ts';
import type { Screen } from './screen.ts';

export interface ChosenRun {
  readonly book: RunBook;
  /** A rehearsal of this folder that is to go on, or to be shown again; null: a new one. */
  readonly run: Run | null;
  /** Null only where `run` is imported already. */
  readonly inputs: Inputs | null;
  /**
   * The new rehearsal.
   * @param from start that was asked for
   * @param importAt instant to record its imports at, where no start was asked for
   * @param stands where this folder's clock stands
   * @throws RightcallError `invalid_input` when `from` would turn the clock back
   */
  begin(from: EpochMs | null, importAt: EpochMs, stands: EpochMs | null): Run;
}

/**
 * Which rehearsal is meant: the folder's current one when no input is named, else the one with these inputs, else a
 * new one with them.
 * @throws RightcallError `invalid_input` for inputs that cannot be read
 */
export async function chooseRun(
  options: StartOptions,
  layout: Layout,
  book: RunBook,
  screen: Screen,
  signal: AbortSignal,
): Promise<ChosenRun> {
  const current = book.current();
  const goesOn = namesNoInput(options) && current !== null;
  if (goesOn && current.startAt !== null) {
    return { book, run: current, inputs: null, begin: () => current };
  }
  // An import that was interrupted needs its files once more.
  const inputs = await readInputs(goesOn ? filesOf(current, options) : options, layout, signal);
  const limit = goesOn ? current.limit : options.limit;
  const cast = goesOn ? current : castOf(options, inputs);
  const run = book.find(runKey(inputs, limit, cast));
  if (run === null && current !== null) {
    screen.line(
      `The inputs differ from those of "${current.name}" (${current.contactsName}): this is a new campaign in the same data folder.`,
    );
  }
  return {
    book,
    run,
    inputs,
    begin: (from, importAt, stands) => {
      if (from !== null && stands !== null && from < stands) {
        throw invalidInput([
          {
            field: '--from',
            fault: `would turn the clock of ${layout.dir} back, which stands at ${toIso(stands)}`,
            expected: 'a later instant, or another folder with --data',
          },
        ]);
      }
      return newRun(inputs, limit, from ?? importAt, cast);
    },
  };
}

function filesOf(run: Run, options: StartOptions): StartOptions {
  for (const path of [run.contactsPath, run.doNotCallPath]) {
    if (path !== null && !existsSync(path)) {
      throw invalidInput([
        {
          field: '--contacts',
          fault: `the import of ${basename(path)} was interrupted, and the file is no longer there`,
          expected: 'the file in its place, or other inputs',
        },
      ]);
    }
  }
  return { ...options, contacts: run.contactsPath, doNotCall: run.doNotCallPath, campaign: run.campaignPath };
}
