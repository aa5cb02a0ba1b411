import type { Operation } from '../../operation.ts';

export const accessOperations: readonly Operation[] = [];
