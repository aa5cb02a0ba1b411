import type { Operation } from '../../operation.ts';
import { listCalls } from './list.ts';
import { getCall } from './read.ts';

export const callsOperations: readonly Operation[] = [listCalls, getCall];
