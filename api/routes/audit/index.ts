import type { Operation } from '../../operation.ts';
import { exportEvidence } from './evidence.ts';
import { listCheckpoints } from './list-checkpoints.ts';
import { readCheckpoint } from './read-checkpoint.ts';
import { verifyDecision } from './verify-decision.ts';

export const auditOperations: readonly Operation[] = [
  verifyDecision,
  exportEvidence,
  listCheckpoints,
  readCheckpoint,
];
