import { createHash } from 'node:crypto';
import type { StoredDecision } from '../../db/repositories/decisions.ts';
import type { StoredPolicyDocument } from '../../db/repositories/policies.ts';
import type { Evaluation } from '../../domain/decision.ts';
import { dialFactsSchema } from '../../domain/facts.ts';
import { messageOf } from '../../domain/failures.ts';
import type { EpochMs } from '../../domain/time.ts';
import {
  ENGINE_VERSION,
  canonicalHash,
  canonicalJson,
  compilePolicySet,
  evaluate,
  fromStored,
} from '../../policies/index.ts';

/** One thing that was held against the record. */
export interface Check {
  readonly name: 'facts' | 'documents' | 'policy_set' | 'verdict' | 'reasons' | 'results';
  readonly holds: boolean;
  /** What does not hold, in words; null where it does. */
  readonly fault: string | null;
}

export interface Verification {
  /** `not_checkable`: this build evaluates otherwise than the one that decided, and says so rather than guess. */
  readonly outcome: 'holds' | 'fails' | 'not_checkable';
  readonly checks: readonly Check[];
  /** What the evaluation gives today from the stored facts and documents; null where it could not be made. */
  readonly again: {
    readonly verdict: string;
    readonly until: EpochMs | null;
    readonly reasons: readonly string[];
  } | null;
}

/**
 * Evaluate one decision again from its stored facts and documents, at the instant it was made, and hold it against what
 * was recorded (I7). Pure. `rightcall audit verify` does the same for all of them, and much more.
 * @param documents of the set that the decision names; null: the set is not stored
 */
export function verifyDecision(
  decision: StoredDecision,
  documents: readonly StoredPolicyDocument[] | null,
): Verification {
  const facts = checkFacts(decision);
  const stored =
    documents === null ? missing('documents', 'the policy set is not stored') : checkBytes(documents);
  const set = documents === null || !stored.holds ? null : compile(decision, documents);
  const checks = [facts.check, stored, ...(set === null ? [] : [set.check])];
  if (checks.some((check) => !check.holds)) return { outcome: 'fails', checks, again: null };
  if (decision.engine !== ENGINE_VERSION) return { outcome: 'not_checkable', checks, again: null };
  const again = evaluate({
    policySet: set!.compiled!,
    facts: facts.facts!,
    at: decision.at,
    horizonMs: decision.horizonMs,
  });
  checks.push(...compare(decision, again));
  return {
    outcome: checks.every((check) => check.holds) ? 'holds' : 'fails',
    checks,
    again: { verdict: again.verdict.kind, until: untilOf(again), reasons: again.reasons },
  };
}

function checkFacts(decision: StoredDecision) {
  const hash = canonicalHash(decision.facts);
  const parsed = dialFactsSchema.safeParse(decision.facts);
  if (hash !== decision.factsHash) return { facts: null, check: missing('facts', `they hash to ${hash}`) };
  if (!parsed.success) return { facts: null, check: missing('facts', 'they cannot be read as facts') };
  const { contactId, campaignId, personId } = parsed.data;
  const isOwn =
    contactId === decision.contactId && campaignId === decision.campaignId && personId === decision.personId;
  if (!isOwn) return { facts: null, check: missing('facts', 'they are about something else') };
  return { facts: parsed.data, check: good('facts') };
}

function checkBytes(documents: readonly StoredPolicyDocument[]): Check {
  const changed = documents.filter(
    ({ body, hash }) => createHash('sha256').update(body, 'utf8').digest('hex') !== hash,
  );
  if (changed.length === 0) return good('documents');
  return missing(
    'documents',
    `changed: ${changed.map((one) => `${one.documentId}@${one.version}`).join(', ')}`,
  );
}

function compile(decision: StoredDecision, documents: readonly StoredPolicyDocument[]) {
  try {
    const compiled = compilePolicySet(documents.map(fromStored));
    if (compiled.hash === decision.policySetHash) return { compiled, check: good('policy_set') };
    return { compiled: null, check: missing('policy_set', `its documents hash to ${compiled.hash}`) };
  } catch (error) {
    return { compiled: null, check: missing('policy_set', `it does not compile: ${messageOf(error)}`) };
  }
}

function compare(decision: StoredDecision, again: Evaluation): Check[] {
  const isSame = again.verdict.kind === decision.verdict && untilOf(again) === decision.until;
  const key = (one: { pack: string; rule: string }) => `${one.pack}/${one.rule}`;
  const stored = new Map(decision.results.map((one) => [key(one), canonicalJson(one)]));
  const fresh = new Map(again.results.map((one) => [key(one), canonicalJson(one)]));
  const differing = [...new Set([...stored.keys(), ...fresh.keys()])].filter(
    (name) => stored.get(name) !== fresh.get(name),
  );
  return [
    isSame ? good('verdict') : missing('verdict', `it comes out as ${again.verdict.kind}`),
    canonicalJson(again.reasons) === canonicalJson(decision.reasons)
      ? good('reasons')
      : missing('reasons', `they come out as ${again.reasons.join(', ')}`),
    differing.length === 0
      ? good('results')
      : missing('results', `other than recorded: ${differing.join(', ')}`),
  ];
}

function untilOf(evaluation: Evaluation): EpochMs | null {
  return 'until' in evaluation.verdict ? evaluation.verdict.until : null;
}

const good = (name: Check['name']): Check => ({ name, holds: true, fault: null });
const missing = (name: Check['name'], fault: string): Check => ({ name, holds: false, fault });
