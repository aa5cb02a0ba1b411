import type { Fault } from './failures.ts';
import { formFaults, type Form, type FormData } from './form.ts';
import type { DispositionChoice } from './wrap-up.ts';

/** What an agent wrote of a call. */
export interface Written {
  /** Code of an entry of the campaign's list; null: none was chosen yet. */
  readonly disposition: string | null;
  readonly notes: string | null;
  readonly form: FormData;
  /** A window for another call was named. */
  readonly hasCallback: boolean;
}

/**
 * What is wrong with what was written, field by field. A draft may leave out whatever is asked for; what it says must be
 * right all the same.
 */
export function writtenFaults(
  by: { readonly choices: readonly DispositionChoice[]; readonly form: Form },
  written: Written,
  { final }: { readonly final: boolean },
): Fault[] {
  const choice = by.choices.find((one) => one.code === written.disposition);
  const form = final ? by.form : by.form.map((field) => ({ ...field, required: false }));
  return [
    ...dispositionFaults(by.choices, written.disposition, final),
    ...callbackFaults(choice, written.hasCallback, final),
    ...formFaults(form, written.form, final ? (choice?.requires ?? []) : []),
  ];
}

function dispositionFaults(
  choices: readonly DispositionChoice[],
  code: string | null,
  final: boolean,
): Fault[] {
  const expected = `one of ${choices.map((one) => one.code).join(', ')}`;
  if (code === null) return final ? [{ field: 'disposition', fault: 'is missing', expected }] : [];
  if (choices.some((one) => one.code === code)) return [];
  return [{ field: 'disposition', fault: 'is not in the campaign’s set', expected }];
}

function callbackFaults(choice: DispositionChoice | undefined, named: boolean, final: boolean): Fault[] {
  const isPromise = choice?.disposition === 'callback';
  if (final && isPromise && !named) {
    return [{ field: 'callback', fault: 'is missing', expected: 'when to call again: `from` and `until`' }];
  }
  if (named && choice !== undefined && !isPromise) {
    return [
      {
        field: 'callback',
        fault: `does not go with ${choice.code}`,
        expected: 'nothing, or a disposition that means a callback',
      },
    ];
  }
  return [];
}
