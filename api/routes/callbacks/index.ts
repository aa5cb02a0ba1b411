import type { Operation } from '../../operation.ts';

export const callbacksOperations: readonly Operation[] = [];
