import type { Operation } from '../../operation.ts';

export const endpointsOperations: readonly Operation[] = [];
