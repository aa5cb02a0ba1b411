import type { Command } from 'commander';
import type { VerifyOptions } from './audit-verify.ts';

/**
 * `rightcall audit verify`, beside the verbs of the API: exit code 0 when all is well, 1 when something is not as
 * promised. @param audit its noun
 */
export function registerVerify(audit: Command): void {
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
    .option('--campaign <id>', 'audit one campaign only')
    .option('--data <dir>', 'folder of a local run; without it DATABASE_URL, else .rightcall')
    .option('--json', 'print the verdict as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  rightcall audit verify\n  rightcall audit verify --log carrier.jsonl --json',
    )
    .action(async (_options: unknown, command: Command) => {
      // The other commands of this program should not pay for what only this one loads.
      const { runAuditVerify } = await import('./audit-verify.ts');
      process.exitCode = await runAuditVerify(command.optsWithGlobals<VerifyOptions>());
    });
}
