import type { Tx } from '../../db/client.ts';
import { dutyEvidence, insertDutyChecks } from '../../db/repositories/duty-checks.ts';
import type { Clock } from '../../domain/clock.ts';
import { checkDuties } from '../../policies/index.ts';
import { countDuty } from '../telemetry.ts';

/** Hold a call that is over against the duties that it was allowed with, and put on record what is found (docs/duties.md). */
export async function recordDutyChecks(tx: Tx, clock: Clock, attemptId: string): Promise<void> {
  const evidence = await dutyEvidence(tx, attemptId);
  if (evidence === null) return;
  const found = checkDuties(
    evidence.owed.map(({ duty }) => duty),
    evidence.conduct,
    evidence.dialogue,
  );
  const checks = found.map(({ duty, outcome, why }, n) => {
    const { pack, rule } = evidence.owed[n]!;
    return { n, pack, rule, kind: duty.kind, outcome, why };
  });
  await insertDutyChecks(tx, attemptId, evidence, checks, clock.now());
  for (const { kind, outcome } of checks) countDuty(kind, outcome);
}
