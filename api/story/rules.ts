import type { Duty } from '../../domain/decision.ts';
import type { Remedy } from '../../policies/index.ts';
import type { Messages } from './messages/index.ts';
import { reasonWord } from './messages/index.ts';
import type { Telling, ToldRule } from './messages/rules.ts';

/** What a rule says, as a clause that needs no code to be understood. Pure. */
export function ruleText(rule: ToldRule, tell: Telling, say: Messages): string {
  const { inputs } = rule;
  const text = (key: string) => (typeof inputs[key] === 'string' ? inputs[key] : null);
  if (rule.outcome === 'exempt') {
    return say.rules.freed({ why: text('why'), source: text('citation') }, tell);
  }
  const from = text('inForceFrom');
  if (rule.outcome === 'pass' && from !== null) return say.rules.notInForce({ from });
  const says = say.rules.says[rule.type];
  if (says !== undefined) return says(rule, tell);
  // A type of a later version than this one, in a decision that was stored by it.
  return rule.reason === null
    ? rule.label
    : (reasonWord(rule.reason, say, rule.type) ?? `${rule.label} (${rule.reason})`);
}

export function remedyText(remedy: Remedy, tell: Telling, say: Messages): string {
  // Code and detail belong together, which the type of the catalogue cannot say of a union.
  const text = say.rules.remedies[remedy.code] as (of: Remedy['detail'], tell: Telling) => string;
  return text(remedy.detail, tell);
}

export function dutyText(duty: Duty, tell: Telling, say: Messages): string {
  const within =
    duty.withinS === null
      ? ''
      : say.rules.within({ seconds: duty.withinS, afterRequest: duty.kind === 'offer_opt_out' });
  const due = duty.dueAt === null ? '' : say.rules.due({ at: tell.instant(duty.dueAt) });
  return `${say.rules.duties[duty.kind](duty.detail, tell)}${within}${due}`;
}
