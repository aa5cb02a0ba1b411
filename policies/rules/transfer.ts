import { z } from 'zod';
import type { Duty } from '../../domain/decision.ts';
import type { AttestationFact, DialFacts } from '../../domain/facts.ts';
import { ANY_CONSENT } from '../consents.ts';
import { attested } from '../attestations.ts';
import type { Condition, Subject } from '../judgement.ts';
import { condition, judgeAll } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import { fewerAllowed, lower, on, rising, same } from '../strictness.ts';

const MECHANISMS = ['standard_contract', 'certification', 'security_assessment'] as const;

const params = z.strictObject({
  /** The transfer, by the name under which it is attested. */
  name: z.string().min(1).default('personal_data'),
  /** A separate consent to the export is needed (PIPL 39). */
  separateConsent: z.boolean().default(false),
  /** One of these must be in place; empty: none is needed. */
  anyOf: z.array(z.enum(MECHANISMS)).default([]),
  /** The mechanism binds from so many persons a year; below it only the rest does. */
  personsMin: z.number().int().nonnegative().default(0),
  /** Data must stay in the country. */
  localise: z.boolean().default(false),
  /** Where nothing is on record about transfers: no call, or a duty to put it on record. */
  whenUnstated: z.enum(['deny', 'duty']).default('duty'),
});
type Params = z.output<typeof params>;

/**
 * The rule type `transfer`: personal data that leave the country. Attestations `transfer` say whether they do
 * (`exports`), by which `mechanism` and for how many `persons` a year. Its reason is the rule's code with `.unstated`,
 * `.consent`, `.mechanism` or `.localisation` after it.
 */
export const transfer = defineRuleType({
  type: 'transfer',
  params,
  strictness: {
    name: same,
    separateConsent: on,
    anyOf: fewerAllowed,
    personsMin: lower,
    localise: on,
    whenUnstated: rising('duty', 'deny'),
  },
  prepare(p, rule) {
    const code = (fault: string) => `${rule.reasonCode}.${fault}`;
    const unstated: Duty = { kind: 'state_transfer', detail: { name: p.name }, withinS: null, dueAt: null };
    const stay: Duty = { kind: 'localise', detail: { name: p.name }, withinS: null, dueAt: null };
    return (subject) => {
      const stated = latest(subject.facts, p.name);
      if (stated === null) {
        return judgeAll(
          [condition(p.whenUnstated === 'duty', code('unstated'), { stated: null })],
          () => ({ stated: null }),
          () => [unstated],
        );
      }
      const inputs = { stated: stated.attestationId };
      if (stated.detail['exports'] === false) {
        return judgeAll(
          [],
          () => inputs,
          () => (p.localise ? [stay] : []),
        );
      }
      return judgeAll(conditionsOf(p, subject, stated, code), () => inputs);
    };
  },
});

function latest(facts: DialFacts, name: string): AttestationFact | null {
  const stated = attested(facts, 'transfer', name);
  // Of two that were recorded at once the later id, so that the order of the list never matters.
  const newestFirst = stated.toSorted(
    (a, b) => b.recordedAt - a.recordedAt || (a.attestationId < b.attestationId ? 1 : -1),
  );
  return newestFirst[0] ?? null;
}

/** Anything but a plain "no" counts as an export (I6). */
function conditionsOf(
  p: Params,
  { facts, consent }: Subject,
  stated: AttestationFact,
  code: (fault: string) => string,
): Condition[] {
  const { mechanism, persons } = stated.detail;
  const inputs = { stated: stated.attestationId, mechanism: mechanism ?? null, persons: persons ?? null };
  const conditions = [condition(!p.localise, code('localisation'), inputs)];
  if (p.separateConsent) {
    const state = consent({
      ...ANY_CONSENT,
      purposes: [facts.purpose],
      level: 'implied',
      separate: 'export',
    });
    conditions.push({ next: state.next, reason: code('consent'), inputs });
  }
  const binds = typeof persons !== 'number' || persons >= p.personsMin;
  if (p.anyOf.length > 0 && binds) {
    conditions.push(
      condition(
        p.anyOf.some((one) => one === mechanism),
        code('mechanism'),
        inputs,
      ),
    );
  }
  return conditions;
}
