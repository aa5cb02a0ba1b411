import type { Operation } from '../../operation.ts';

export const changesOperations: readonly Operation[] = [];
