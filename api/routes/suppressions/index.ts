import type { Operation } from '../../operation.ts';
import { addSuppressions } from './add-many.ts';
import { addSuppression } from './add.ts';
import { endSuppression } from './end.ts';
import { listSuppressions } from './list.ts';
import { listSuppressionLists } from './lists.ts';
import { searchSuppressions } from './search.ts';

export const suppressionsOperations: readonly Operation[] = [
  addSuppression,
  addSuppressions,
  listSuppressions,
  searchSuppressions,
  endSuppression,
  listSuppressionLists,
];
