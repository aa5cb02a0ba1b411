import type { Command } from 'commander';
import type { ExportOptions } from './audit-export.ts';
import type { VerifyOptions } from './audit-verify.ts';

/** What reads the database itself, beside the verbs of the API. @param audit their noun */
export function registerAuditTools(audit: Command): void {
  registerVerify(audit);
  registerExport(audit);
}

/**
 * `rightcall audit verify`: exit code 0 when all is well, 1 when something is not as promised.
 */
function registerVerify(audit: Command): void {
  audit
    .command('verify')
    .description(
      'evaluate every stored decision again from its stored facts and policy documents, and check the invariants ' +
        "against the attempts and, given the carrier's log, against what the carrier really received",
    )
    .option(
      '--log <file>',
      "the carrier's request log (JSONL); of a local run, its simulator's own by default",
    )
    .option('--export <file>', 'check an export of the evidence log instead, offline: no database is needed')
    .option('--key <id...>', 'with --export: ids of the keys that may have signed it')
    .option('--quiet', 'with --export: the result only, not each decision')
    .option(
      '--checkpoints <dir>',
      'the folder that checkpoints were copied to; RIGHTCALL_EVIDENCE_DIR, or that of the local run, by default',
    )
    .option('--campaign <id>', 'audit one campaign only')
    .option('--data <dir>', 'folder of a local run; without it DATABASE_URL, else .rightcall')
    .option('--json', 'print the verdict as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  rightcall audit verify\n  rightcall audit verify --log carrier.jsonl --json' +
        '\n  rightcall audit verify --export evidence.jsonl --quiet',
    )
    .action(async (_options: unknown, command: Command) => {
      // The other commands of this program should not pay for what only this one loads.
      const { runAuditVerify } = await import('./audit-verify.ts');
      process.exitCode = await runAuditVerify(command.optsWithGlobals<VerifyOptions>());
    });
}

/** `rightcall audit export`: the evidence log as lines that anybody can check. */
function registerExport(audit: Command): void {
  audit
    .command('export')
    .description(
      'write the evidence log, all or a part of it, with everything needed to check it: decisions with proofs, ' +
        'signed checkpoints, policy documents; JSON lines',
    )
    .option('--contact <id>', 'the decisions about one contact')
    .option(
      '--from <place>',
      'from this place of the log on, or from what was sealed at this instant (ISO 8601)',
    )
    .option('--to <place>', 'before this place of the log, or what was sealed before this instant')
    .option('--output <file>', 'write to a file instead of standard output')
    .option('--data <dir>', 'folder of a local run; without it DATABASE_URL, else .rightcall')
    .addHelpText(
      'after',
      '\nExamples:\n  rightcall audit export --output evidence.jsonl' +
        '\n  rightcall audit export --contact 0195b3a0-0000-7000-8000-000000000001 > contact.jsonl' +
        '\n  rightcall audit export --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z',
    )
    .action(async (_options: unknown, command: Command) => {
      const { runAuditExport } = await import('./audit-export.ts');
      process.exitCode = await runAuditExport(command.optsWithGlobals<ExportOptions>());
    });
}
