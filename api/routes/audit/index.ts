import type { Operation } from '../../operation.ts';

export const auditOperations: readonly Operation[] = [];
