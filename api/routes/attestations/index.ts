import type { Operation } from '../../operation.ts';
import { addAttestation } from './add.ts';
import { listAttestations } from './list.ts';
import { retractAttestation } from './retract.ts';

export const attestationsOperations: readonly Operation[] = [
  addAttestation,
  listAttestations,
  retractAttestation,
];
