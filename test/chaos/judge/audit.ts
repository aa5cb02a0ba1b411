import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyAudit } from '../../../audit/verify.ts';
import type { AuditVerdict } from '../../../audit/verdict.ts';
import { openDatabase } from '../../../db/client.ts';
import { fileSecondPlace } from '../../../evidence/second-place.ts';
import type { Case } from './records.ts';
import type { Findings, Found } from './verdict.ts';

/** `rightcall audit verify`, for each tenant of the run, with what the carrier's log has of that tenant. */
export async function auditOf({ evidence, records }: Case): Promise<AuditVerdict[]> {
  const { run } = evidence;
  const db = await openDatabase(run.engineDatabaseUrl, { maxConnections: 1 });
  const folder = mkdtempSync(join(tmpdir(), 'rightcall-judge-'));
  try {
    const verdicts: AuditVerdict[] = [];
    for (const { id: tenantId } of run.tenants) {
      const requestLog = join(folder, `${tenantId}.jsonl`);
      writeFileSync(requestLog, linesOf({ evidence, records }, tenantId));
      verdicts.push(
        await verifyAudit({
          db,
          tenantId,
          requestLog,
          ...(run.secondPlaceDir === null ? {} : { secondPlace: fileSecondPlace(run.secondPlaceDir) }),
        }),
      );
    }
    return verdicts;
  } finally {
    await db.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The log without what other tenants are on record to have asked for: a carrier's log knows no tenants. */
function linesOf({ evidence, records }: Case, tenantId: string): string {
  const others = new Set(
    records.attempts.filter((attempt) => attempt.tenantId !== tenantId).map(({ id }) => id),
  );
  return evidence.requests
    .filter(({ attemptId }) => attemptId === null || !others.has(attemptId))
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}

/**
 * What the audit found, as findings of the judge.
 * @param remaining attempts that the judge has found to be what may remain of I3 and I4: the audit, which does not know of
 * faults, names them all the same
 */
export function judgeAudit(verdicts: readonly AuditVerdict[], remaining: ReadonlySet<string>): Findings {
  const violations: Found[] = [];
  const residuals: Found[] = [];
  let looked = 0;
  for (const verdict of verdicts) {
    looked += verdict.invariants.reduce((sum, { checked }) => sum + checked, 0);
    for (const { id, violationsTotal, violations: listed } of verdict.invariants) {
      for (const { subject, what, expected } of listed) {
        const attemptId = subject['attemptId'];
        const found: Found = {
          subject: typeof attemptId === 'string' ? { attemptId } : {},
          aroundReal: null,
          what: `${id}: ${JSON.stringify(subject)} ${what}`,
          expected,
        };
        const remains = (id === 'I3' || id === 'I4') && remaining.has(String(attemptId));
        (remains ? residuals : violations).push(found);
      }
      const more = violationsTotal - listed.length;
      if (more > 0) {
        violations.push({ subject: {}, aroundReal: null, what: `${id}: ${more} more`, expected: 'none' });
      }
    }
    const { stored, reevaluated } = verdict.decisions;
    if (stored !== reevaluated) {
      const what = `${stored - reevaluated} decisions could not be evaluated again`;
      violations.push({ subject: {}, aroundReal: null, what, expected: 'all of them' });
    }
  }
  return { looked, violations, residuals, notLooked: [] };
}
