import { createHash } from 'node:crypto';
import type { CampaignDefinition, CampaignRules } from '../../domain/campaign.ts';
import type { Fault } from '../../domain/failures.ts';
import { compile, environmentOf, type Expression, type Outcome } from './expression.ts';

/** What a campaign's rules make of a contact; stored with it, so that admission asks an index and no expression. */
export interface ContactJudgement {
  /** Why the contact is not called; null: it may be. */
  readonly leftOut: 'campaign.filter' | 'campaign.filter_fault' | null;
  /** In words, where the filter could not be asked. */
  readonly fault: string | null;
  /** 0 (last) to 9 (first); null: the list's own. */
  readonly priority: number | null;
  /** Names of the quotas that it counts towards. */
  readonly quotas: readonly string[];
  /** Position in `mixing.lists`; their number for any other list; null: lists are not mixed. */
  readonly list: number | null;
}

/** The rules of a definition; those stored before there were any have none. Null: nothing is to be judged. */
export function rulesToJudge(definition: CampaignDefinition): CampaignRules | null {
  const rules = (definition as Partial<CampaignDefinition>).rules;
  if (rules === undefined) return null;
  const { filter, priorities, mixing, quotas } = rules;
  return filter === null && priorities.length === 0 && mixing === null && quotas.length === 0 ? null : rules;
}

/**
 * What a judgement rests on, as a hash: contacts that were judged by another are judged anew. Null: nothing is to be
 * judged, and what was left out before comes back.
 */
export function judgedBy(definition: CampaignDefinition): string | null {
  const rules = rulesToJudge(definition);
  if (rules === null) return null;
  const { attributes, filter, priorities, mixing, quotas } = rules;
  const declared = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([declared, filter, priorities, mixing, quotas]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

export type Judge = (attributes: Readonly<Record<string, unknown>>, list: string | null) => ContactJudgement;

/** @throws Error for rules with an expression at fault; `ruleFaults` tells them beforehand. */
export function judgeOf(rules: CampaignRules): Judge {
  const env = environmentOf(rules.attributes);
  const must = (source: string): Expression => {
    const compiled = compile(env, rules.attributes, source);
    if (!('expression' in compiled)) throw new Error(`a stored expression ${compiled.fault}`);
    return compiled.expression;
  };
  const filter = rules.filter === null ? null : must(rules.filter);
  const priorities = rules.priorities.map(({ when, priority }) => ({ when: must(when), priority }));
  const quotas = rules.quotas.map(({ name, when }) => ({ name, when: when === null ? null : must(when) }));
  return (attributes, list) => {
    const asked: Outcome = filter?.evaluate(attributes) ?? { kind: 'value', value: true };
    return {
      leftOut: asked.kind === 'fault' ? 'campaign.filter_fault' : asked.value ? null : 'campaign.filter',
      fault: asked.kind === 'fault' ? asked.fault : null,
      priority: priorities.find(({ when }) => holds(when.evaluate(attributes), false))?.priority ?? null,
      // Whoever it cannot be told of counts as in the segment, so that no cap is exceeded for want of an attribute.
      quotas: quotas
        .filter(({ when }) => when === null || holds(when.evaluate(attributes), true))
        .map(({ name }) => name),
      list:
        rules.mixing === null
          ? null
          : indexOr(
              rules.mixing.lists.findIndex((one) => one.list === list),
              rules.mixing.lists.length,
            ),
    };
  };
}

function holds(outcome: Outcome, otherwise: boolean): boolean {
  return outcome.kind === 'value' ? outcome.value : otherwise;
}

function indexOr(index: number, otherwise: number): number {
  return index < 0 ? otherwise : index;
}

/** What is wrong with the expressions of a definition's rules, each with its position. */
export function ruleFaults(definition: Pick<CampaignDefinition, 'rules'>): Fault[] {
  const { rules } = definition;
  const env = environmentOf(rules.attributes);
  const sources: [string, string | null][] = [
    ['rules.filter', rules.filter],
    ...rules.priorities.map(({ when }, i): [string, string] => [`rules.priorities[${i}].when`, when]),
    ...rules.quotas.map(({ when }, i): [string, string | null] => [`rules.quotas[${i}].when`, when]),
  ];
  return sources.flatMap(([field, source]) => {
    if (source === null) return [];
    const compiled = compile(env, rules.attributes, source);
    if ('expression' in compiled) return [];
    return [
      {
        field,
        fault: `at character ${compiled.position} ${compiled.fault}`,
        expected: compiled.expected,
      },
    ];
  });
}
