import type { Operation } from '../../operation.ts';

export const attemptsOperations: readonly Operation[] = [];
