import type { RuleType } from './rule.ts';
import { abandonmentCap } from './rules/abandonment-cap.ts';
import { assessment } from './rules/assessment.ts';
import { calendarBlock } from './rules/calendar-block.ts';
import { callerId } from './rules/caller-id.ts';
import { callingWindow } from './rules/calling-window.ts';
import { consent } from './rules/consent.ts';
import { contactEligibility } from './rules/contact-eligibility.ts';
import { cooldown } from './rules/cooldown.ts';
import { disclosure } from './rules/disclosure.ts';
import { emergencyBlock } from './rules/emergency-block.ts';
import { erasure } from './rules/erasure.ts';
import { frequencyCap } from './rules/frequency-cap.ts';
import { internalOptout } from './rules/internal-optout.ts';
import { linePolicy } from './rules/line-policy.ts';
import { optoutMechanism } from './rules/optout-mechanism.ts';
import { registration } from './rules/registration.ts';
import { retention } from './rules/retention.ts';
import { ringMinimum } from './rules/ring-minimum.ts';
import { suppressionList } from './rules/suppression-list.ts';
import { technologyConsent } from './rules/technology-consent.ts';
import { transfer } from './rules/transfer.ts';

/** Every rule type the evaluator knows: one file in rules/ and one line here (and its import) each. */
const TYPES: readonly RuleType[] = [
  abandonmentCap,
  assessment,
  calendarBlock,
  callerId,
  callingWindow,
  consent,
  contactEligibility,
  cooldown,
  disclosure,
  emergencyBlock,
  erasure,
  frequencyCap,
  internalOptout,
  linePolicy,
  optoutMechanism,
  registration,
  retention,
  ringMinimum,
  suppressionList,
  technologyConsent,
  transfer,
];

const byName: ReadonlyMap<string, RuleType> = new Map(TYPES.map((type) => [type.type, type]));

export const RULE_TYPE_NAMES: readonly string[] = [...byName.keys()].sort();

/** The rule type of this name, or undefined when there is none. */
export function ruleTypeNamed(name: string): RuleType | undefined {
  return byName.get(name);
}
