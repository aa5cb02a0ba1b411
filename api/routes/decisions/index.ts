import type { Operation } from '../../operation.ts';

export const decisionsOperations: readonly Operation[] = [];
