import type { Operation } from '../../operation.ts';
import { exportEvidence } from './evidence.ts';
import { verifyDecision } from './verify-decision.ts';

export const auditOperations: readonly Operation[] = [verifyDecision, exportEvidence];
