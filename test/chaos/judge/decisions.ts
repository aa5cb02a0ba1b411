import type { Evaluation, RuleResult } from '../../../domain/decision.ts';
import { dialFactsSchema, type DialFacts } from '../../../domain/facts.ts';
import { toIso, type EpochMs } from '../../../domain/time.ts';
import { canonicalHash, canonicalJson, evaluate, type CompiledPolicySet } from '../../../policies/index.ts';
import { clockOffMs, heldUpBy } from './faults.ts';
import { ROUNDING_MS } from './permit.ts';
import { byId, dialsOf, grouped, type Case, type DecisionRecord } from './records.ts';
import type { Findings, Found } from './verdict.ts';

/** A decision as it is stored; the facts are not trusted to be any until they have been read. */
export interface StoredDecision {
  readonly tenantId: string;
  readonly id: string;
  readonly contactId: string;
  readonly personId: string;
  readonly campaignId: string;
  readonly stage: string;
  readonly verdict: string;
  readonly until: EpochMs | null;
  readonly at: EpochMs;
  readonly recordedReal: EpochMs;
  readonly horizonMs: number;
  readonly reasons: readonly string[];
  readonly engine: string;
  readonly policySetHash: string;
  readonly facts: unknown;
  readonly factsHash: string;
  readonly results: readonly RuleResult[];
}

/** Evaluate a stored decision again, and keep of it what the guarantees look at. @param set null: not there, or none */
export function reviewDecision(stored: StoredDecision, set: CompiledPolicySet | null): DecisionRecord {
  const facts = dialFactsSchema.safeParse(stored.facts).data ?? null;
  const isPermit = stored.stage === 'dial' && stored.verdict === 'allow';
  return {
    ...pick(stored),
    faults: faultsOf(stored, facts, set),
    knew: new Set(facts?.attempts.map(({ attemptId }) => attemptId)),
    facts: isPermit ? facts : null,
  };
}

function pick(stored: StoredDecision): Omit<DecisionRecord, 'faults' | 'knew' | 'facts'> {
  const { tenantId, id, contactId, personId, campaignId, stage, verdict, at } = stored;
  const { recordedReal, policySetHash, results } = stored;
  return {
    tenantId,
    id,
    contactId,
    personId,
    campaignId,
    stage,
    verdict,
    at,
    recordedReal,
    policySetHash,
    results,
  };
}

function faultsOf(stored: StoredDecision, facts: DialFacts | null, set: CompiledPolicySet | null): string[] {
  const faults: string[] = [];
  if (facts === null) return ['its facts cannot be read'];
  if (set === null) return ['the documents that it was made by are not there'];
  if (canonicalHash(stored.facts) !== stored.factsHash) faults.push('its facts have another hash');
  for (const key of ['tenantId', 'contactId', 'campaignId', 'personId'] as const) {
    if (facts[key] !== stored[key]) faults.push(`its facts are of another ${key}`);
  }
  const { at, horizonMs } = stored;
  faults.push(...differences(stored, evaluate({ policySet: set, facts, at, horizonMs })));
  return faults;
}

function differences(stored: StoredDecision, again: Evaluation): string[] {
  if (again.engine !== stored.engine) return [`it was made by ${stored.engine}, this is ${again.engine}`];
  const until = 'until' in again.verdict ? again.verdict.until : null;
  const said = `${stored.verdict} ${stored.until === null ? '' : toIso(stored.until)}`.trim();
  const says = `${again.verdict.kind} ${until === null ? '' : toIso(until)}`.trim();
  const faults = said === says ? [] : [`it says ${said}, and evaluates to ${says}`];
  for (const part of ['reasons', 'results'] as const) {
    if (canonicalJson(stored[part]) !== canonicalJson(again[part])) {
      faults.push(`it has other ${part} than it evaluates to`);
    }
  }
  return faults;
}

/**
 * I7: each decision evaluates to what it says; each attempt has its own, made in the statement that claimed it; each that
 * allowed a dial has its attempt; and each one at the gate knew of all calls that the person had received until then.
 */
export function judgeDecisions({ evidence, records }: Case): Findings {
  const decisions = byId(records.decisions);
  const withAttempt = new Set(records.attempts.map(({ decisionId }) => decisionId));
  const violations: Found[] = [];
  const against = (decision: DecisionRecord, what: string, expected: string) =>
    violations.push({
      subject: { contactId: decision.contactId, personId: decision.personId },
      aroundReal: decision.recordedReal,
      what: `decision ${decision.id}: ${what}`,
      expected,
    });
  for (const decision of records.decisions) {
    for (const fault of decision.faults) against(decision, fault, 'what its facts and documents give');
    const allows = decision.stage === 'dial' && decision.verdict === 'allow';
    if (allows && !withAttempt.has(decision.id))
      against(decision, 'it permits an attempt that is not there', 'both');
  }
  for (const attempt of records.attempts) {
    const decision = decisions.get(attempt.decisionId);
    const subject = { attemptId: attempt.id, contactId: attempt.contactId };
    if (decision === undefined) {
      violations.push({
        subject,
        aroundReal: attempt.claimedReal,
        what: 'has no decision',
        expected: 'one, in the statement that claimed it',
      });
    } else if (Math.abs(decision.recordedReal - attempt.claimedReal) > ROUNDING_MS) {
      violations.push({
        subject,
        aroundReal: attempt.claimedReal,
        what: `was claimed at ${toIso(attempt.claimedReal)}, and its decision recorded at ${toIso(decision.recordedReal)}`,
        expected: 'one statement for both',
      });
    }
  }
  for (const { decision, attemptId } of notKnown({ evidence, records })) {
    against(
      decision,
      `did not know of attempt ${attemptId}, which the carrier had taken`,
      'all earlier calls',
    );
  }
  return {
    looked: records.decisions.length + records.attempts.length,
    violations,
    residuals: [],
    notLooked: [],
  };
}

/** Calls that the carrier had taken from a person before a decision at the gate, and that its facts do not name. */
function* notKnown({ evidence, records }: Case): Generator<{ decision: DecisionRecord; attemptId: string }> {
  const attempts = byId(records.attempts);
  const taken = dialsOf(evidence).flatMap((dial) => {
    const attempt = dial.attemptId === null || !dial.accepted ? undefined : attempts.get(dial.attemptId);
    return attempt === undefined ? [] : [{ dial, attempt }];
  });
  const byPerson = grouped(taken, ({ attempt }) => `${attempt.tenantId} ${attempt.personId}`);
  const { speed } = evidence.run.clock;
  for (const decision of records.decisions) {
    if (decision.stage !== 'dial') continue;
    const offMs = speed * clockOffMs(evidence.faults, decision.recordedReal - 1_000, decision.recordedReal);
    for (const { dial, attempt } of byPerson.get(`${decision.tenantId} ${decision.personId}`) ?? []) {
      // By both clocks: the log's line of a request is written while its attempt is on record already.
      const before = dial.at < decision.at - offMs && dial.atReal < decision.recordedReal;
      // One that came so late that it was given up was no call when the decision was made.
      const givenUp = heldUpBy(evidence.faults, attempt.sendingReal, dial.atReal) !== null;
      if (before && !givenUp && !decision.knew.has(attempt.id)) yield { decision, attemptId: attempt.id };
    }
  }
}
