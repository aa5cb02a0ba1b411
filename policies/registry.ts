import type { RuleType } from './rule.ts';
import { calendarBlock } from './rules/calendar-block.ts';
import { callingWindow } from './rules/calling-window.ts';
import { consent } from './rules/consent.ts';
import { cooldown } from './rules/cooldown.ts';
import { frequencyCap } from './rules/frequency-cap.ts';
import { internalOptout } from './rules/internal-optout.ts';
import { suppressionList } from './rules/suppression-list.ts';

/** Every rule type the evaluator knows: one file in rules/ and one line here (and its import) each. */
const TYPES: readonly RuleType[] = [
  calendarBlock,
  callingWindow,
  consent,
  cooldown,
  frequencyCap,
  internalOptout,
  suppressionList,
];

const byName: ReadonlyMap<string, RuleType> = new Map(TYPES.map((type) => [type.type, type]));

export const RULE_TYPE_NAMES: readonly string[] = [...byName.keys()].sort();

/** The rule type of this name, or undefined when there is none. */
export function ruleTypeNamed(name: string): RuleType | undefined {
  return byName.get(name);
}
