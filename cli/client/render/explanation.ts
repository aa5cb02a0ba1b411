import type { Colour, Paint } from '../colour.ts';
import { plain } from '../text.ts';
import { citationText, type Citation } from './citation.ts';

interface Rule {
  readonly pack: string;
  readonly rule: string;
  readonly label: string;
  readonly text: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly until: string | null;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly unverified: boolean;
  readonly citation: Citation | null;
  readonly confidence: string | null;
}

export interface Explanation {
  readonly at: string;
  readonly summary: string;
  readonly verdict: 'allow' | 'defer' | 'deny';
  readonly callable: boolean;
  readonly nextEligibleAt: string | null;
  readonly rules: readonly Rule[];
  readonly blocks: readonly { readonly code: string; readonly text: string; readonly until: string | null }[];
  readonly remedies: {
    readonly rules: readonly {
      readonly rule: string;
      readonly ways: readonly { readonly text: string; readonly proved: boolean }[];
    }[];
    readonly blocks: readonly { readonly code: string; readonly text: string }[];
    readonly together: { readonly text: string } | null;
  };
  readonly obligations: readonly { readonly rule: string; readonly text: string }[];
  readonly unknown: readonly { readonly text: string }[];
  readonly afterLastAttempt: {
    readonly attempt: number;
    readonly reason: string;
    readonly readyAt: string | null;
    readonly otherNumber: boolean;
    readonly withAgent: boolean;
  } | null;
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
    ...lastAttemptLines(explanation.afterLastAttempt),
    ...remedyLines(explanation.remedies, paint),
    ...explanation.obligations.map((one) => `  the call must: ${plain(one.text)} (${one.rule})`),
    ...(callable ? [] : [`  next: ${explanation.nextEligibleAt ?? 'not without somebody acting'}`]),
    ...(all
      ? []
      : [`  ${rules.length - against.length} of ${rules.length} rules let it pass (--rules shows them)`]),
  ].join('\n');
}

/** What the campaign's retry rules drew from the last attempt: when, at which number and by whom it is tried again. */
function lastAttemptLines(after: Explanation['afterLastAttempt']): string[] {
  if (after === null) return [];
  const { attempt, reason, readyAt, otherNumber, withAgent } = after;
  const again = readyAt === null ? 'not again' : `again from ${readyAt}`;
  const how = [...(otherNumber ? ['at another number'] : []), ...(withAgent ? ['by an agent'] : [])];
  return [`  after attempt ${attempt}: ${[again, ...how].join(', ')} (${reason})`];
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
      `${plain(rule.text)} (${rule.pack} ${rule.rule}${rule.unverified ? ', unverified' : ''})`,
    `    ${plain(rule.label)}; ${citationText(rule.citation)}${rule.confidence === null ? '' : `; confidence ${rule.confidence}`}`,
    ...(inputs.length === 0 ? [] : [`    ${paint('dim', inputs.join(', '))}`]),
  ];
  return lines.join('\n');
}

/** What would have to change: rule by rule, those that ask for the same together. */
function remedyLines({ rules, blocks, together }: Explanation['remedies'], paint: Paint): string[] {
  const byWays = new Map<string, string[]>();
  for (const { rule, ways } of rules) {
    const text = ways
      .map((way) => `${plain(way.text)}${way.proved ? ` ${paint('green', '✓')}` : ''}`)
      .join('; or ');
    byWays.set(text, [...(byWays.get(text) ?? []), rule]);
  }
  const lines = [
    ...blocks.map(({ code, text }) => `    ${code}: ${plain(text)}`),
    ...[...byWays].map(([text, of]) => `    ${of.join(', ')}: ${text === '' ? 'nothing is known' : text}`),
    ...(together === null ? [] : [`    ${plain(together.text)}`]),
  ];
  return lines.length === 0
    ? []
    : ['  what would have to change (✓ the rule was asked again and lets it pass):', ...lines];
}

function until(instant: string | null): string {
  return instant === null ? '' : ` until ${instant}`;
}
