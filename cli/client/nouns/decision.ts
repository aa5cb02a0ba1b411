import type { NounModule } from '../noun.ts';
import { citationText, type Citation } from '../render/citation.ts';
import { sheet } from '../render/sheet.ts';
import { plain } from '../text.ts';

const ID = '0195b3a0-0000-7000-8000-000000000001';

interface Trace {
  readonly facts: object;
  readonly results: readonly {
    readonly pack: string;
    readonly rule: string;
    readonly outcome: string;
    readonly reason: string | null;
    readonly label: string;
    readonly citation: Citation | null;
  }[];
}

/** The verdict, then every rule; the facts are long, and in --json. */
function traceText(trace: Trace): string {
  const { facts: _facts, results, ...head } = trace;
  const rules = results.map(
    (one) =>
      `  ${plain(one.outcome)}${one.reason === null ? '' : ` ${plain(one.reason)}`}: ${plain(one.label)} ` +
      `(${plain(one.pack)} ${plain(one.rule)}; ${citationText(one.citation)})`,
  );
  return `${sheet(head)}\n\nrules\n${rules.join('\n')}\n\nthe facts it rests on: --json`;
}

export const verbs: NounModule['verbs'] = [
  {
    verb: 'list',
    operation: 'listDecisions',
    about: 'decisions, newest first',
    columns: [
      ['ID', 'id'],
      ['AT', 'at'],
      ['STAGE', 'stage'],
      ['VERDICT', 'verdict'],
      ['REASONS', 'reasons'],
      ['CONTACT', 'contactId'],
    ],
    examples: [
      'decision list --campaign "March" --verdict deny',
      `decision list --contact ${ID} --all --json`,
    ],
  },
  {
    verb: 'show',
    operation: 'getDecision',
    about: "one decision: every rule's result, with the citation from the very pack it was made by",
    text: traceText,
    examples: [`decision show ${ID}`],
  },
];
