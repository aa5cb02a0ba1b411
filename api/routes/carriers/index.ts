import type { Operation } from '../../operation.ts';
import { changeCarrier } from './change.ts';
import { listCarriers } from './list.ts';
import { pauseCarrier } from './pause.ts';
import { putCarrier } from './put.ts';
import { getCarrier } from './read.ts';
import { resumeCarrier } from './resume.ts';
import { getCarrierState } from './state.ts';

export const carriersOperations: readonly Operation[] = [
  putCarrier,
  listCarriers,
  getCarrier,
  changeCarrier,
  getCarrierState,
  pauseCarrier,
  resumeCarrier,
];
