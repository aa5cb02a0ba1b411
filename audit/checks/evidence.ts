import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Evaluation } from '../../domain/decision.ts';
import { dialFactsSchema, type DialFacts } from '../../domain/facts.ts';
import { toIso } from '../../domain/time.ts';
import { canonicalHash, canonicalJson, type StoredDocument } from '../../policies/index.ts';
import type { StoredAttempt, StoredDecision } from '../records.ts';
import type { Violation } from '../verdict.ts';

/** I7, the facts: they are facts by their schema, and their hash is that of their canonical JSON. */
export function checkFacts(decision: StoredDecision): { facts: DialFacts | null; violations: Violation[] } {
  const subject = { decisionId: decision.id, contactId: decision.contactId };
  const violations: Violation[] = [];
  const hash = canonicalHash(decision.facts);
  if (hash !== decision.factsHash) {
    violations.push({
      subject,
      what: 'stands with facts whose hash is not the one recorded with them',
      expected: `SHA-256 ${decision.factsHash} over the facts' canonical JSON; it is ${hash}`,
    });
  }
  const parsed = dialFactsSchema.safeParse(decision.facts);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.') || 'facts');
    violations.push({
      subject,
      what: `stands with facts that cannot be read (${[...new Set(fields)].slice(0, 5).join(', ')})`,
      expected: 'facts of the schema they name',
    });
    return { facts: null, violations };
  }
  for (const key of ['contactId', 'campaignId', 'personId'] as const) {
    if (parsed.data[key] === decision[key]) continue;
    violations.push({
      subject,
      what: `stands with facts of another ${key}`,
      expected: `facts of its own ${key}`,
    });
  }
  return { facts: parsed.data, violations };
}

/** I7, the trace: evaluated again with the stored facts and documents, it comes out the same in every part. */
export function checkReevaluation(decision: StoredDecision, again: Evaluation): Violation[] {
  const subject = { decisionId: decision.id, contactId: decision.contactId };
  const violations: Violation[] = [];
  const until = 'until' in again.verdict ? again.verdict.until : null;
  if (again.verdict.kind !== decision.verdict || until !== decision.until) {
    violations.push({
      subject,
      what: `says ${words(decision.verdict, decision.until)}`,
      expected: `${words(again.verdict.kind, until)}, as its facts and documents give`,
    });
  }
  if (!isSameJson(again.reasons, decision.reasons)) {
    violations.push({
      subject,
      what: `gives the reasons [${decision.reasons.join(', ')}]`,
      expected: `[${again.reasons.join(', ')}], as its facts and documents give`,
    });
  }
  if (!isSameJson(again.results, decision.results)) {
    violations.push({
      subject,
      what: `has a trace that differs${differingRules(decision, again)}`,
      expected: 'the same results, rule by rule, as its facts and documents give',
    });
  }
  return violations;
}

/** The same in canonical JSON; looked at as values first, which is much cheaper and nearly always enough. */
function isSameJson(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b) || canonicalJson(a) === canonicalJson(b);
}

function words(verdict: string, until: number | null): string {
  return until === null ? verdict : `${verdict} until ${toIso(until)}`;
}

function differingRules(decision: StoredDecision, again: Evaluation): string {
  const stored = new Map(decision.results.map((r) => [`${r.pack}/${r.rule}`, canonicalJson(r)]));
  const fresh = new Map(again.results.map((r) => [`${r.pack}/${r.rule}`, canonicalJson(r)]));
  const names = [...new Set([...stored.keys(), ...fresh.keys()])].filter(
    (name) => stored.get(name) !== fresh.get(name),
  );
  return names.length === 0 ? ' in its order' : ` in ${names.slice(0, 5).join(', ')}`;
}

/** I7, the documents: each is there, and its hash is that of its stored bytes. */
export function checkDocuments(
  setHash: string,
  documentHashes: readonly string[],
  documents: readonly Pick<StoredDocument, 'hash' | 'body'>[],
): Violation[] {
  const byHash = new Map(documents.map((document) => [document.hash, document]));
  return documentHashes.flatMap((hash) => {
    const subject = { policySet: setHash, document: hash };
    const document = byHash.get(hash);
    if (document === undefined) {
      return [
        { subject, what: 'is a document that is not stored', expected: 'every document of a set in use' },
      ];
    }
    const actual = createHash('sha256').update(document.body, 'utf8').digest('hex');
    if (actual === hash) return [];
    return [
      { subject, what: `is a document whose stored bytes hash to ${actual}`, expected: `SHA-256 ${hash}` },
    ];
  });
}

/** I7, the link: the claim stands at the very instant that its decision speaks of; one transaction made both. */
export function checkClaimInstant(attempt: StoredAttempt): Violation[] {
  const { decision } = attempt;
  if (decision === null || attempt.claimedAt === decision.at) return [];
  return [
    {
      subject: { attemptId: attempt.id, decisionId: decision.id },
      what: `was claimed at ${toIso(attempt.claimedAt)}, and its decision speaks of ${toIso(decision.at)}`,
      expected: 'one instant for both',
    },
  ];
}
