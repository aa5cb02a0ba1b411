import { readEvidence } from '../evidence.ts';
import { auditOf, judgeAudit } from './audit.ts';
import { judgeCaps } from './caps.ts';
import { judgeDecisions } from './decisions.ts';
import { loadRecords } from './load.ts';
import { judgeOneRing } from './one-ring.ts';
import { judgePace } from './pace.ts';
import { judgePermits } from './permit.ts';
import type { Case } from './records.ts';
import { judgeReports } from './reports.ts';
import { judgeStops } from './stops.ts';
import { judgeStuck } from './stuck.ts';
import { timelineOf } from './timeline.ts';
import {
  GUARANTEES,
  VIOLATIONS_SHOWN,
  type Findings,
  type GuaranteeId,
  type JudgedGuarantee,
  type Verdict,
} from './verdict.ts';
import { judgeWindows } from './windows.ts';

export { formatVerdict, type Verdict } from './verdict.ts';

/** What can be said from the evidence and the rows alone; pure. */
const CHECKS: Readonly<Record<Exclude<GuaranteeId, 'audit'>, (of: Case) => Findings>> = {
  permit: judgePermits,
  'one-ring': judgeOneRing,
  stop: judgeStops,
  window: judgeWindows,
  cap: judgeCaps,
  pace: judgePace,
  evidence: judgeDecisions,
  stuck: judgeStuck,
  report: judgeReports,
};

/**
 * Judge what a chaos run left behind: the folder, and the database that it names, which must still be up.
 * @throws Error where the evidence cannot be read; whatever the database reports
 */
export async function judge(dir: string): Promise<Verdict> {
  const evidence = readEvidence(dir);
  const records = await loadRecords(evidence.run.databaseUrl);
  const findings = judgeCase({ evidence, records });
  const remaining = new Set(
    [...findings.stop.residuals, ...findings.window.residuals].map(({ subject }) => subject.attemptId!),
  );
  const audits = await auditOf({ evidence, records });
  return verdictOf({ evidence, records }, { ...findings, audit: judgeAudit(audits, remaining) });
}

/** All guarantees but the audit, which needs the database itself. */
export function judgeCase(of: Case): Record<Exclude<GuaranteeId, 'audit'>, Findings> {
  const ids = Object.keys(CHECKS) as Exclude<GuaranteeId, 'audit'>[];
  return Object.fromEntries(ids.map((id) => [id, CHECKS[id](of)])) as ReturnType<typeof judgeCase>;
}

export function verdictOf(of: Case, findings: Readonly<Record<GuaranteeId, Findings>>): Verdict {
  const guarantees = (Object.keys(GUARANTEES) as GuaranteeId[]).map((id): JudgedGuarantee => {
    const { looked, violations, residuals, notLooked } = findings[id];
    return {
      id,
      name: GUARANTEES[id],
      looked,
      violationsTotal: violations.length,
      violations: violations
        .slice(0, VIOLATIONS_SHOWN)
        .map((found) => ({ ...found, timeline: timelineOf(found, of) })),
      residuals,
      notLooked,
    };
  });
  return {
    ok: guarantees.every(({ violationsTotal }) => violationsTotal === 0),
    seed: of.evidence.run.seed,
    build: of.evidence.run.build,
    guarantees,
  };
}
