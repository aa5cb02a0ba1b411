import type { Operation } from '../../operation.ts';
import { listDuties } from './list.ts';

export const dutiesOperations: readonly Operation[] = [listDuties];
