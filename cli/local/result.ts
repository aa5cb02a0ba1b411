import { sealsText } from '../../audit/report.ts';
import { verifyAudit } from '../../audit/verify.ts';
import type { AuditVerdict } from '../../audit/verdict.ts';
import { campaignReport, type CampaignReport } from '../../db/repositories/reports.ts';
import { RightcallError } from '../../domain/failures.ts';
import { toIso } from '../../domain/time.ts';
import { fileSecondPlace } from '../../evidence/second-place.ts';
import { agentFigureLines, isHeld, type AgentFigures } from './agents/figures.ts';
import type { LocalEngine } from './engine.ts';
import { columns, count } from './format.ts';
import type { Interruption } from './interruption.ts';
import { reportLines } from './report-text.ts';
import type { Run } from './runs.ts';
import type { Screen } from './screen.ts';
import { existsSync } from 'node:fs';

/** What a rehearsal came to. */
export interface Result {
  readonly report: CampaignReport;
  readonly audit: AuditVerdict;
  /** Null: a rehearsal without agents. */
  readonly agents: AgentFigures | null;
}

/** Read the report and audit everything this folder's carrier was asked for. */
export async function readResult(
  engine: LocalEngine,
  run: Run,
  files: { readonly requestLog: string; readonly checkpoints: string },
  { screen, interruption }: { readonly screen: Screen; readonly interruption: Interruption },
): Promise<Omit<Result, 'agents'>> {
  const { requestLog, checkpoints } = files;
  const report = await interruption.guard(
    engine.db.inTenant(engine.tenantId, (tx) => campaignReport(tx, run.campaignId)),
  );
  if (report === null) throw new RightcallError('not_found', 'the campaign is not in the database');
  const phase = screen.phase('Audit');
  const audit = await interruption.guard(
    verifyAudit({
      db: engine.db,
      tenantId: engine.tenantId,
      // A campaign in which nobody could be called leaves no log.
      ...(existsSync(requestLog) ? { requestLog } : {}),
      secondPlace: fileSecondPlace(checkpoints),
      onProgress: (what, done) => phase.note(`${what}: ${count(done)}`),
    }),
  );
  phase.done(`Audit: ${count(audit.decisions.reevaluated)} decisions evaluated again`);
  return { report, audit };
}

/** Whether the audit passed, no agent holds anybody any more, and no more people were abandoned than the rules allow. */
export function isGood({ audit, agents }: Result): boolean {
  return audit.ok && (agents === null || (agents.engaged === 0 && agents.campaigns.every(isHeld)));
}

/** The result as a page for people. */
export function resultLines(result: Result): string[] {
  const { audit } = result;
  return [
    '',
    ...reportLines(result.report),
    ...(result.agents === null ? [] : agentFigureLines(result.agents)),
    '',
    `Audit: ${audit.ok ? '✓ passed' : '✗ FAILED'}`,
    `  ${count(audit.decisions.reevaluated)} of ${count(audit.decisions.stored)} decisions evaluated again from their stored facts, ${count(audit.attempts)} attempts, ${audit.dialRequests === null ? 'no carrier log' : `${count(audit.dialRequests)} requests in the carrier's log`}`,
    `  ${sealsText(audit.seals)}`,
    ...columns(
      audit.invariants.map((one) => [
        `  ${one.violationsTotal === 0 ? '✓' : '✗'} ${one.id} ${one.name}`,
        `${count(one.checked)} checked`,
        one.violationsTotal === 0 ? '' : `${count(one.violationsTotal)} violations`,
      ]),
    ),
    ...audit.invariants.flatMap((one) =>
      one.violations
        .slice(0, 5)
        .map(
          (violation) =>
            `  ${one.id}: ${violation.what}; expected ${violation.expected} ${JSON.stringify(violation.subject)}`,
        ),
    ),
    ...audit.invariants.flatMap((one) => one.notChecked.map((why) => `  ${one.id} not checked: ${why}`)),
    ...audit.notes.map((note) => `  note: ${note}`),
  ];
}

/** The result as one JSON value; instants are ISO 8601 where people look first, and epoch ms within the report. */
export function resultJson(run: Run, result: Result): Record<string, unknown> {
  return {
    schema: 'rightcall.start/1',
    ok: isGood(result),
    campaign: {
      id: run.campaignId,
      name: run.name,
      contacts: run.contactsName,
      limit: run.limit,
      status: result.report.progress.status,
      startedAt: result.report.startedAt === null ? null : toIso(result.report.startedAt),
      endedAt: result.report.endedAt === null ? null : toIso(result.report.endedAt),
    },
    report: result.report,
    ...(result.agents === null ? {} : { agents: result.agents }),
    audit: result.audit,
  };
}
