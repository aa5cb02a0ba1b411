import { z } from 'zod';
import { formatVerdict } from '../audit/report.ts';
import { verifyAudit, type AuditPhase } from '../audit/verify.ts';
import { invalidInput } from '../domain/failures.ts';
import { main as verifyBundleFile } from '../audit/standalone/verify-bundle.mjs';
import { fileSecondPlace } from '../evidence/second-place.ts';
import { openAuditTarget } from './audit-target.ts';

export interface VerifyOptions {
  readonly log?: string;
  readonly campaign?: string;
  readonly data?: string;
  readonly json?: boolean;
  /** An export to check instead of a database. */
  readonly export?: string;
  /** Key ids that may sign; of an export. */
  readonly key?: readonly string[];
  readonly quiet?: boolean;
  readonly checkpoints?: string;
}

/** @returns the exit code: 0 when all is well, 1 when something is not as promised */
export async function runAuditVerify(options: VerifyOptions): Promise<number> {
  const { campaign } = options;
  if (options.export !== undefined) return verifyExport(options.export, options);
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
    const checkpoints = options.checkpoints ?? target.checkpoints;
    const verdict = await verifyAudit({
      db: target.db,
      tenantId: target.tenantId,
      ...(requestLog === null ? {} : { requestLog }),
      ...(checkpoints === null ? {} : { secondPlace: fileSecondPlace(checkpoints) }),
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

/** Offline: by the same file that is handed to a regulator. */
async function verifyExport(file: string, options: VerifyOptions): Promise<number> {
  const misplaced = (['log', 'campaign', 'data', 'checkpoints'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (misplaced !== undefined) {
    const expected = 'either --export, which needs no database, or the others';
    throw invalidInput([{ field: `--${misplaced}`, fault: 'does not go with --export', expected }]);
  }
  const flags = [
    ...(options.quiet === true ? ['--quiet'] : []),
    ...(options.json === true ? ['--json'] : []),
  ];
  const keys = (options.key ?? []).flatMap((key) => ['--key', key]);
  const code = await verifyBundleFile([file, ...keys, ...flags], (text) => process.stdout.write(text));
  if (code === 2) {
    throw invalidInput([
      { field: '--export', fault: `${file} cannot be read`, expected: 'a file of audit export' },
    ]);
  }
  return code;
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
