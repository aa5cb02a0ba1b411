import type { Fault } from '../domain/failures.ts';
import { RightcallError } from '../domain/failures.ts';
import type { AcceptedLoosening, PolicyChange } from '../domain/policy-draft.ts';
import { applyChanges, documentKey } from './changes.ts';
import type { PolicyDocument } from './documents.ts';
import { documentHash, parseDocument } from './documents.ts';
import { contradictions } from './contradictions.ts';
import type { CompiledPolicySet } from './policy-set.ts';
import { compilePolicySet } from './policy-set.ts';
import { loosenings } from './tighten.ts';

/** A version of a document that was in force once. */
export interface PublishedVersion {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly hash: string;
}

export interface FormCheck {
  /** What keeps it from being published. */
  readonly faults: readonly Fault[];
  /** The whole set; null where it cannot be made out. */
  readonly candidate: readonly PolicyDocument[] | null;
  readonly candidateHash: string | null;
  /** It puts a pack of the law that was not in force before, or takes one back: asks for `policies.law`. */
  readonly touchesLaw: boolean;
}

/** Packs of this name are made by the engine out of campaigns' own hours (gate/policy-source.ts). */
const RESERVED_ID = /^campaign-/;

/** What a draft is held against. */
export interface CheckContext {
  /** Versions of the documents that it puts, as they were in force at any time. */
  readonly published: readonly PublishedVersion[];
  /** Documents that ship with the engine. */
  readonly shipped: readonly PolicyDocument[];
  /** Rules of the law whose loosening somebody who may change the law agreed to. */
  readonly accepted: readonly AcceptedLoosening[];
}

/**
 * Everything about a draft that can be told without running its cases: the form of what it puts, what the set as a whole
 * says, that nothing of the law is loosened (I9), that versions stay what they were. Pure.
 */
export function checkForm(
  base: readonly PolicyDocument[],
  changes: readonly PolicyChange[],
  { published, shipped, accepted }: CheckContext,
): FormCheck {
  const faults = [
    ...emptyFaults(changes),
    ...changes.flatMap((change) => changeFaults(change, base, published)),
  ];
  const unformed = { faults, candidate: null, candidateHash: null, touchesLaw: false };
  const puts = changes.flatMap((change) => (change.action === 'put' ? [change.document] : []));
  if (puts.some((document) => 'faults' in parseDocument(document))) return unformed;
  const candidate = applyChanges(base, changes);
  // What was in force before may be in force again, by whoever may change the law's packs: a roll-back.
  const restored = (puts as PolicyDocument[]).filter((document) => isPublished(document, published));
  const agreed = new Set(accepted.map(({ rule }) => rule));
  faults.push(...loosenings(base, candidate, [...shipped, ...restored], agreed));
  const law = touchesLaw(base, changes) || accepted.length > 0;
  try {
    const compiled = compilePolicySet(candidate);
    faults.push(...newContradictions(base, compiled));
    return { faults, candidate, candidateHash: compiled.hash, touchesLaw: law };
  } catch (error) {
    if (!(error instanceof RightcallError)) throw error;
    return { faults: [...faults, ...error.faults], candidate, candidateHash: null, touchesLaw: law };
  }
}

/** Hours that leave no time between them, where the base set left some. */
function newContradictions(base: readonly PolicyDocument[], candidate: CompiledPolicySet): Fault[] {
  const found = contradictions(candidate);
  if (found.length === 0) return [];
  const known = new Set(contradictions(compilePolicySet(base)).map(({ field }) => field));
  return found.filter(({ field }) => !known.has(field));
}

function emptyFaults(changes: readonly PolicyChange[]): Fault[] {
  return changes.length > 0
    ? []
    : [
        {
          field: 'changes',
          fault: 'are none: it would publish what is in force already',
          expected: 'a pack or calendar to put or remove',
        },
      ];
}

function changeFaults(
  change: PolicyChange,
  base: readonly PolicyDocument[],
  published: readonly PublishedVersion[],
): Fault[] {
  const before = base.find((document) => documentKey(document) === documentKey(change));
  if (change.action === 'remove') {
    if (before !== undefined) return [];
    const expected = `one of ${base.map(documentKey).sort().join(', ')}`;
    return [{ field: documentKey(change), fault: 'is not in the set, so it cannot be removed', expected }];
  }
  if (RESERVED_ID.test(change.id)) {
    const expected = 'another id: those that begin with campaign- are made from campaigns’ own hours';
    return [{ field: `${change.id}.id`, fault: 'is reserved', expected }];
  }
  const parsed = parseDocument(change.document);
  if ('faults' in parsed) return parsed.faults;
  const document = change.document as PolicyDocument;
  return isPublished(document, published) ? [] : versionFaults(document, before, published);
}

function isPublished(document: PolicyDocument, published: readonly PublishedVersion[]): boolean {
  const hash = documentHash(document);
  return published.some((version) => version.hash === hash);
}

/** Versions are immutable: what was in force as version 3 is version 3 for good. */
function versionFaults(
  document: PolicyDocument,
  before: PolicyDocument | undefined,
  published: readonly PublishedVersion[],
): Fault[] {
  const versions = published
    .filter((version) => documentKey(version) === documentKey(document))
    .map(({ version }) => version);
  const latest = Math.max(0, before?.version ?? 0, ...versions);
  if (document.version > latest) return [];
  const fault = `is ${document.version}, and version ${latest} was in force with other content`;
  return [{ field: `${document.id}.version`, fault, expected: `${latest + 1} or more` }];
}

function touchesLaw(base: readonly PolicyDocument[], changes: readonly PolicyChange[]): boolean {
  const isLaw = (document: PolicyDocument | undefined) =>
    document?.kind === 'pack' && document.authority === 'law';
  return changes.some(
    (change) =>
      isLaw(base.find((document) => documentKey(document) === documentKey(change))) ||
      (change.action === 'put' && isLaw(change.document as PolicyDocument)),
  );
}
