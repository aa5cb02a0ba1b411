import { expect, it } from 'vitest';
import { z } from 'zod';
import { faultsOf } from '../../domain/faults.ts';

const schema = z.object({
  field: z.discriminatedUnion('type', [
    z.object({ type: z.literal('text'), max: z.number() }),
    z.object({ type: z.literal('date') }),
  ]),
});

it.each([
  ['a kind that there is not', { field: { type: 'colour' } }, 'is not one of the known values'],
  ['no kind', { field: {} }, 'is missing'],
])('%s among several forms is told with those there are', (_, input, fault) => {
  const { error } = schema.safeParse(input);
  expect(faultsOf(error!, input)).toEqual([{ field: 'field.type', fault, expected: 'one of text, date' }]);
});
