import { z } from 'zod';
import { formatVerdict } from '../audit/report.ts';
import { verifyAudit, type AuditPhase } from '../audit/verify.ts';
import { invalidInput } from '../domain/failures.ts';
import { openAuditTarget } from './audit-target.ts';

export interface VerifyOptions {
  readonly log?: string;
  readonly campaign?: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** @returns the exit code: 0 when all is well, 1 when something is not as promised */
export async function runAuditVerify(options: VerifyOptions): Promise<number> {
  const { campaign } = options;
  if (campaign !== undefined && !z.guid().safeParse(campaign).success) {
    throw invalidInput([
      { field: '--campaign', fault: 'is not an id', expected: 'a UUID; rightcall campaign list' },
    ]);
  }
  const status = createStatus();
  const target = await openAuditTarget({
    dataDir: options.data ?? null,
    env: process.env,
    onProgress: status.show,
  });
  try {
    const requestLog = options.log ?? target.requestLog;
    const verdict = await verifyAudit({
      db: target.db,
      tenantId: target.tenantId,
      ...(requestLog === null ? {} : { requestLog }),
      ...(campaign === undefined ? {} : { campaignId: campaign }),
      onProgress: (phase: AuditPhase, done) => status.show(`${phase}: ${done.toLocaleString('en-US')}`),
    });
    status.clear();
    process.stdout.write(options.json === true ? `${JSON.stringify(verdict)}\n` : formatVerdict(verdict));
    return verdict.ok ? 0 : 1;
  } finally {
    status.clear();
    await target.close();
  }
}

/** One line that is redrawn while people wait; nothing where nobody watches. */
function createStatus(): { show: (text: string) => void; clear: () => void } {
  const { stderr } = process;
  if (!stderr.isTTY) return { show: () => undefined, clear: () => undefined };
  return {
    show: (text) => stderr.write(`\r\x1b[2K${text}`),
    clear: () => stderr.write('\r\x1b[2K'),
  };
}
