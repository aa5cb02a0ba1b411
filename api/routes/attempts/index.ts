import type { Operation } from '../../operation.ts';
import { listAttempts } from './list.ts';
import { getAttempt } from './read.ts';

export const attemptsOperations: readonly Operation[] = [listAttempts, getAttempt];
