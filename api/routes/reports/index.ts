import type { Operation } from '../../operation.ts';

export const reportsOperations: readonly Operation[] = [];
