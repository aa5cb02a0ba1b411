import type { Operation } from '../../operation.ts';
import { addSuppression } from './add.ts';
import { endSuppression } from './end.ts';
import { listSuppressions } from './list.ts';
import { searchSuppressions } from './search.ts';

export const suppressionsOperations: readonly Operation[] = [
  addSuppression,
  listSuppressions,
  searchSuppressions,
  endSuppression,
];
