import type { Operation } from '../../operation.ts';
import { getLiveness } from './live.ts';
import { getReadiness } from './ready.ts';

export const healthOperations: readonly Operation[] = [getReadiness, getLiveness];
