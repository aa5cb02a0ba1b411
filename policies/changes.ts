import type { PolicyChange } from '../domain/policy-draft.ts';
import type { PolicyDocument } from './documents.ts';
import { documentHash } from './documents.ts';

/** Name of a document in a set, such as `pack/cn`; a version is no part of it. */
export function documentKey({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}/${id}`;
}

/** The documents of a set with a draft's changes made to them; what is put stands as it was written, checked or not. */
export function applyChanges(
  base: readonly PolicyDocument[],
  changes: readonly PolicyChange[],
): PolicyDocument[] {
  const changed = new Set(changes.map(documentKey));
  const kept = base.filter((document) => !changed.has(documentKey(document)));
  const put = changes.flatMap((change) =>
    change.action === 'put' ? [change.document as PolicyDocument] : [],
  );
  return [...kept, ...put];
}

/** The changes that make the one set out of the other. */
export function changesBetween(
  from: readonly PolicyDocument[],
  to: readonly PolicyDocument[],
): PolicyChange[] {
  const before = new Map(from.map((document) => [documentKey(document), documentHash(document)]));
  const after = new Set(to.map(documentKey));
  return [
    ...to
      .filter((document) => before.get(documentKey(document)) !== documentHash(document))
      .map((document): PolicyChange => {
        const { kind, id } = document;
        return { action: 'put', kind, id, document };
      }),
    ...from
      .filter((document) => !after.has(documentKey(document)))
      .map(({ kind, id }): PolicyChange => ({ action: 'remove', kind, id })),
  ];
}

/** Later changes over earlier ones: of one document the last one counts. */
export function mergeChanges(
  earlier: readonly PolicyChange[],
  later: readonly PolicyChange[],
): PolicyChange[] {
  const replaced = new Set(later.map(documentKey));
  return [...earlier.filter((change) => !replaced.has(documentKey(change))), ...later];
}

/**
 * Documents that two lists of changes both touch and leave different: neither can be made to the other's outcome without
 * somebody's word being lost.
 */
export function conflictsBetween(ours: readonly PolicyChange[], theirs: readonly PolicyChange[]): string[] {
  const outcome = (change: PolicyChange) =>
    change.action === 'remove' ? 'removed' : documentHash(change.document as PolicyDocument);
  const known = new Map(theirs.map((change) => [documentKey(change), outcome(change)]));
  return ours
    .filter((change) => {
      const their = known.get(documentKey(change));
      return their !== undefined && their !== outcome(change);
    })
    .map(documentKey);
}
