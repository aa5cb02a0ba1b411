import type { Colour, Paint } from '../colour.ts';
import { plain } from '../text.ts';
import { citationText, type Citation } from './citation.ts';

interface Rule {
  readonly pack: string;
  readonly rule: string;
  readonly label: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly until: string | null;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly unverified: boolean;
  readonly citation: Citation | null;
}

export interface Explanation {
  readonly at: string;
  readonly summary: string;
  readonly verdict: 'allow' | 'defer' | 'deny';
  readonly callable: boolean;
  readonly nextEligibleAt: string | null;
  readonly rules: readonly Rule[];
  readonly blocks: readonly { readonly code: string; readonly text: string; readonly until: string | null }[];
  readonly unknown: readonly { readonly text: string }[];
  readonly hypothetical: boolean;
  readonly contactId: string | null;
  readonly campaign: { readonly name: string; readonly status: string };
}

const COLOURS: Readonly<Record<Explanation['verdict'], Colour>> = {
  allow: 'green',
  defer: 'yellow',
  deny: 'red',
};
const WORDS: Readonly<Record<Explanation['verdict'], string>> = {
  allow: 'may be called',
  defer: 'not now',
  deny: 'may not be called',
};

/**
 * Why a number is or is not called: the verdict, what stands in the way with its citation, and from when it may be.
 * @param all every rule, also those that let it pass
 */
export function explanationText(explanation: Explanation, paint: Paint, all: boolean): string {
  const { verdict, callable, campaign, contactId, rules, blocks } = explanation;
  const blocked = !callable && verdict === 'allow';
  const word = blocked ? 'allowed by the rules, and held back' : WORDS[verdict];
  const who = explanation.hypothetical
    ? ', of which it is no contact'
    : contactId === null
      ? ''
      : `, contact ${contactId}`;
  const against = rules.filter((rule) => rule.outcome === 'deny' || rule.outcome === 'defer');
  const shown = all ? rules : against;
  return [
    `${paint(blocked ? 'yellow' : COLOURS[verdict], word)} at ${explanation.at}: ${plain(campaign.name)} (${campaign.status}${who})`,
    `  ${plain(explanation.summary)}`,
    ...shown.map((rule) => ruleText(rule, paint)),
    ...blocks.map((block) => `  ${paint('yellow', block.code)}${until(block.until)}: ${plain(block.text)}`),
    ...explanation.unknown.map((one) => `  ${paint('dim', `not on record: ${plain(one.text)}`)}`),
    ...(callable ? [] : [`  next: ${explanation.nextEligibleAt ?? 'not without somebody acting'}`]),
    ...(all
      ? []
      : [`  ${rules.length - against.length} of ${rules.length} rules let it pass (--rules shows them)`]),
  ].join('\n');
}

const OUTCOME_COLOURS: Readonly<Record<string, Colour>> = {
  pass: 'green',
  exempt: 'green',
  defer: 'yellow',
  deny: 'red',
};

function ruleText(rule: Rule, paint: Paint): string {
  const inputs = Object.entries(rule.inputs).map(([name, value]) => `${name} ${plain(value)}`);
  const lines = [
    `  ${paint(OUTCOME_COLOURS[rule.outcome] ?? 'dim', rule.reason ?? rule.outcome)}${until(rule.until)}: ` +
      `${plain(rule.label)} (${rule.pack} ${rule.rule}${rule.unverified ? ', unverified' : ''})`,
    `    ${citationText(rule.citation)}`,
    ...(inputs.length === 0 ? [] : [`    ${paint('dim', inputs.join(', '))}`]),
  ];
  return lines.join('\n');
}

function until(instant: string | null): string {
  return instant === null ? '' : ` until ${instant}`;
}
