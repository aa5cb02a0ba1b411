import type { Operation } from '../../operation.ts';
import { listCarriers } from './list.ts';
import { putCarrier } from './put.ts';

export const carriersOperations: readonly Operation[] = [putCarrier, listCarriers];
