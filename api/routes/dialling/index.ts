import type { Operation } from '../../operation.ts';

export const diallingOperations: readonly Operation[] = [];
