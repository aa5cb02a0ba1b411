import type { Stand, Way } from '../remedy.ts';
import {
  abandonmentWays,
  assessmentWays,
  callerIdWays,
  disclosureWays,
  lineWays,
  optoutMechanismWays,
  registrationWays,
  ringWays,
  transferWays,
} from './caller.ts';
import { consentWays, eligibilityWays, listWays, optoutWays, technologyConsentWays } from './person.ts';
import { calendarWays, emergencyWays, guardWays, windowWays } from './place.ts';

/**
 * For each rule type, what would let a rule of it pass beside the time that goes by and the rule's exemptions. A test
 * holds this to the registry: every type says what it has to say, if only that there is nothing.
 */
export const WAYS: Readonly<Record<string, (stand: Stand) => Way[]>> = {
  guard: guardWays,
  abandonment_cap: abandonmentWays,
  assessment: assessmentWays,
  calendar_block: calendarWays,
  caller_id: callerIdWays,
  calling_window: windowWays,
  consent: consentWays,
  contact_eligibility: eligibilityWays,
  // Only time ends what counts.
  cooldown: () => [],
  disclosure: disclosureWays,
  emergency_block: emergencyWays,
  // It lays a duty on what is kept, and stands against no call.
  erasure: () => [],
  frequency_cap: () => [],
  internal_optout: optoutWays,
  line_policy: lineWays,
  optout_mechanism: optoutMechanismWays,
  registration: registrationWays,
  retention: () => [],
  ring_minimum: ringWays,
  suppression_list: listWays,
  technology_consent: technologyConsentWays,
  transfer: transferWays,
};
