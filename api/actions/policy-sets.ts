import type { Tx } from '../../db/client.ts';
import { policySetsByHash, type PolicySetInput } from '../../db/repositories/policies.ts';
import { draftById } from '../../db/repositories/policy-drafts.ts';
import { latestActivation, setsBeginning } from '../../db/repositories/policy-versions.ts';
import { activePolicySetHash } from '../../db/repositories/policies.ts';
import type { Clock } from '../../domain/clock.ts';
import { RightcallError, invalidInput, notFound } from '../../domain/failures.ts';
import { applyChanges, fromStored, type PolicyDocument } from '../../policies/index.ts';

export interface PolicySetDeps {
  readonly clock: Clock;
  /** The set that ships with the engine, in force from the first start of a campaign on. */
  defaultPolicySet(): PolicySetInput;
}

/** Hash of the set that a draft made now starts from: the one published last, be it in force or to come. */
export async function headHash(tx: Tx, deps: PolicySetDeps): Promise<string> {
  return (await latestActivation(tx))?.setHash ?? deps.defaultPolicySet().hash;
}

/** The documents of a set. @throws RightcallError `unavailable` where it is not stored whole */
export async function documentsOf(tx: Tx, deps: PolicySetDeps, hash: string): Promise<PolicyDocument[]> {
  const stored = (await policySetsByHash(tx, [hash])).get(hash);
  if (stored !== undefined) return stored.map(fromStored);
  const shipped = deps.defaultPolicySet();
  if (shipped.hash === hash) return shipped.documents.map(fromStored);
  throw new RightcallError('unavailable', `the policy set ${hash.slice(0, 12)} is not stored whole`);
}

const REFERENCE = /^(active|latest|shipped|draft:[0-9a-f-]{36}|[0-9a-f]{8,64})$/;
export const REFERENCE_HELP =
  'active, latest (published last, maybe to come), shipped, draft:<id>, or the hash of a published set or its first 8 characters or more';

/** A set by what people call it. @throws RightcallError `invalid_input`, `not_found` */
export async function setNamed(
  tx: Tx,
  deps: PolicySetDeps,
  field: string,
  name: string,
): Promise<{ readonly hash: string | null; readonly documents: PolicyDocument[] }> {
  if (!REFERENCE.test(name)) {
    throw invalidInput([{ field, fault: 'names no set', expected: REFERENCE_HELP }]);
  }
  if (name.startsWith('draft:')) {
    const draft = await draftById(tx, name.slice('draft:'.length));
    if (draft === null) throw notFound('the draft');
    const base = await documentsOf(tx, deps, draft.baseHash);
    return { hash: draft.candidateHash, documents: applyChanges(base, draft.changes) };
  }
  const hash = await hashNamed(tx, deps, name);
  return { hash, documents: await documentsOf(tx, deps, hash) };
}

async function hashNamed(tx: Tx, deps: PolicySetDeps, name: string): Promise<string> {
  const shipped = deps.defaultPolicySet().hash;
  if (name === 'shipped') return shipped;
  if (name === 'latest') return headHash(tx, deps);
  if (name === 'active') return (await activePolicySetHash(tx, deps.clock.now())) ?? shipped;
  return publishedHash(tx, name);
}

/** The one published set whose hash begins so. @throws RightcallError `not_found`, `conflict` */
export async function publishedHash(tx: Tx, prefix: string): Promise<string> {
  const found = await setsBeginning(tx, prefix);
  if (found.length > 1) {
    throw new RightcallError(
      'conflict',
      `several published sets begin with ${prefix}; write more of the hash`,
    );
  }
  if (found[0] === undefined) throw notFound('a published policy set of this hash');
  return found[0];
}
