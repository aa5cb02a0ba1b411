import type { Operation } from '../../operation.ts';
import { receiveCarrierEvents } from './receive.ts';

export const webhooksOperations: readonly Operation[] = [receiveCarrierEvents];
