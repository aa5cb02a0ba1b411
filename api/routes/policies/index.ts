import type { Operation } from '../../operation.ts';
import { getActivePolicies } from './active.ts';

export const policiesOperations: readonly Operation[] = [getActivePolicies];
