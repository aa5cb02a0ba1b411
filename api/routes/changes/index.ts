import type { Operation } from '../../operation.ts';
import { listChanges } from './list.ts';

export const changesOperations: readonly Operation[] = [listChanges];
