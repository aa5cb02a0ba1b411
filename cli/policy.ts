import type { Command } from 'commander';
import type { Shell } from './client/shell.ts';
import type { EvaluateOptions } from './policy/options.ts';

const PACKS = '--packs <names>';
const PACKS_ABOUT =
  'packs to decide by, with commas between: ids of packs that ship, files (YAML or JSON), or `bundled` for all that ship; ' +
  'calendars that ship are always there';

/**
 * Verbs about policies that need neither API nor database, beside those of the API: anyone can hold the packs against
 * an implementation of their own. @param policy their noun
 */
export function registerPolicyTools(policy: Command, shell: Shell): void {
  policy
    .command('evaluate')
    .description(
      'decide about given facts, one JSON object a line, with no database: one decision a line comes out',
    )
    .requiredOption('--facts <file>', 'facts (docs/facts.md), JSONL; - for standard input')
    .requiredOption('--at <instant>', 'the instant asked about, ISO 8601 with an offset')
    .option(PACKS, PACKS_ABOUT, 'bundled')
    .option('--horizon <ms>', 'the call may leave so many ms later, and must be allowed throughout', '0')
    .option('--shorthand', "facts are in the shorthand of cases: what is left out has a case's plain default")
    .option('--json', 'print each decision as JSON, with every rule; without it one line of words')
    .addHelpText(
      'after',
      '\nExamples:\n  rightcall policy evaluate --facts facts.jsonl --at 2026-11-23T04:00:00Z --json\n' +
        "  echo '{}' | rightcall policy evaluate --facts - --shorthand --at 2026-11-23T04:00:00Z --packs cn",
    )
    .action(async (options: EvaluateOptions) => {
      // What only this verb loads, the others should not pay for.
      const { evaluateFacts } = await import('./policy/evaluate.ts');
      process.exitCode = await evaluateFacts(options, shell);
    });
  policy
    .command('test')
    .description(
      'check packs and calendars as files, and run the cases that belong to them, with no database',
    )
    .argument('[files...]', 'packs, calendars and files of cases (YAML or JSON); none: all that ship')
    .addHelpText(
      'after',
      '\nExamples:\n  rightcall policy test\n  rightcall policy test my-pack.yaml my-cases.yaml',
    )
    .action(async (files: string[]) => {
      const { testPolicies } = await import('./policy/test.ts');
      process.exitCode = await testPolicies(files, shell);
    });
}
