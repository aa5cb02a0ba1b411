import type { Operation } from '../../operation.ts';
import { cancelCallback } from './cancel.ts';
import { changeCallback } from './change.ts';
import { promiseCallback } from './create.ts';
import { listCallbacks } from './list.ts';
import { getCallback } from './read.ts';

export const callbacksOperations: readonly Operation[] = [
  promiseCallback,
  listCallbacks,
  getCallback,
  changeCallback,
  cancelCallback,
];
