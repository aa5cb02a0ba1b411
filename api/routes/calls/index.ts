import type { Operation } from '../../operation.ts';

export const callsOperations: readonly Operation[] = [];
