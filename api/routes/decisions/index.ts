import type { Operation } from '../../operation.ts';
import { listDecisions } from './list.ts';
import { getDecision } from './read.ts';

export const decisionsOperations: readonly Operation[] = [listDecisions, getDecision];
