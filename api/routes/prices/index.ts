import type { Operation } from '../../operation.ts';
import { addPrices } from './add.ts';
import { listPrices } from './list.ts';

export const pricesOperations: readonly Operation[] = [listPrices, addPrices];
