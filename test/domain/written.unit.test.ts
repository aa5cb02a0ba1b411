import { expect, test } from 'vitest';
import { writtenFaults, type Written } from '../../domain/written.ts';
import { formSchema } from '../../domain/form.ts';
import { STANDARD_CHOICES } from '../../domain/wrap-up.ts';

const form = formSchema.parse([{ name: 'amount', label: 'Amount', type: 'integer', required: true }]);
const by = { choices: STANDARD_CHOICES, form };
const written = (change: Partial<Written> = {}): Written => ({
  disposition: 'converted',
  notes: null,
  form: { amount: 3 },
  hasCallback: false,
  ...change,
});
const fields = (change: Partial<Written>, final: boolean) =>
  writtenFaults(by, written(change), { final }).map(({ field }) => field);

test('what is final says everything that is asked for; a draft says what it says rightly', () => {
  expect(fields({}, true)).toEqual([]);
  expect(fields({ disposition: null, form: {} }, true)).toEqual(['disposition', 'form.amount']);
  expect(fields({ disposition: null, form: {} }, false)).toEqual([]);
  expect(fields({ disposition: 'nonsense', form: { amount: 'x' } }, false)).toEqual([
    'disposition',
    'form.amount',
  ]);
});

test('a callback has a window, and nothing else has one', () => {
  expect(fields({ disposition: 'callback' }, true)).toEqual(['callback']);
  expect(fields({ disposition: 'callback' }, false)).toEqual([]);
  expect(fields({ disposition: 'callback', hasCallback: true }, true)).toEqual([]);
  expect(fields({ hasCallback: true }, false)).toEqual(['callback']);
});
