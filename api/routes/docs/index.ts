import type { Operation } from '../../operation.ts';

export const docsOperations: readonly Operation[] = [];
