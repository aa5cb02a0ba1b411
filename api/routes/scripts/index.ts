import type { Operation } from '../../operation.ts';

export const scriptsOperations: readonly Operation[] = [];
