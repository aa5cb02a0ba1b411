import type { z } from 'zod';
import type { Fault } from '../domain/failures.ts';
import { faultsOf } from '../domain/faults.ts';

/** What a schema found in a part of a policy document. @param field path of the part */
export function documentFaults(error: z.ZodError, input: unknown, field: string): Fault[] {
  return faultsOf(error, input, { prefix: `${field}.`, root: field, docs: 'docs/policies.md' });
}
