import type { Tx } from '../../db/client.ts';
import { policySetsByHash, type StoredPolicyDocument } from '../../db/repositories/policies.ts';

export interface Citation {
  readonly instrument: string;
  readonly article: string | null;
  readonly url: string | null;
}

/** What a pack says about one of its rules, for people. */
export interface RuleText {
  readonly label: string;
  readonly citation: Citation | null;
}

/** Finds a rule's text in the very packs a decision was made by (I7). Null for the engine's own guards. */
export type RuleTexts = (policySetHash: string, pack: string, rule: string) => RuleText | null;

/** Sets kept in memory; they are immutable and a tenant uses few. */
const SETS_MAX = 64;

interface PackBody {
  readonly id?: string;
  readonly rules?: readonly { id: string; label?: string; citation?: Citation }[];
}

/** Reads the packs of decisions, each set once in the life of the process. */
export function createRuleTextReader(): (tx: Tx, setHashes: readonly string[]) => Promise<RuleTexts> {
  const sets = new Map<string, ReadonlyMap<string, RuleText>>();
  return async (tx, setHashes) => {
    const keyOf = (hash: string) => `${tx.tenantId}/${hash}`;
    const missing = [...new Set(setHashes)].filter((hash) => !sets.has(keyOf(hash)));
    const read = await policySetsByHash(tx, missing);
    const found = new Map(setHashes.map((hash) => [hash, sets.get(keyOf(hash))]));
    for (const [hash, documents] of read) {
      const texts = textsOf(documents);
      found.set(hash, texts);
      sets.set(keyOf(hash), texts);
      const oldest = sets.keys().next().value;
      if (sets.size > SETS_MAX && oldest !== undefined) sets.delete(oldest);
    }
    return (setHash, pack, rule) => found.get(setHash)?.get(`${pack}/${rule}`) ?? null;
  };
}

function textsOf(documents: readonly StoredPolicyDocument[]): ReadonlyMap<string, RuleText> {
  const texts = new Map<string, RuleText>();
  for (const document of documents) {
    const body = JSON.parse(document.body) as PackBody;
    for (const rule of body.rules ?? []) {
      const { label, citation } = rule;
      texts.set(`${document.documentId}/${rule.id}`, { label: label ?? rule.id, citation: citation ?? null });
    }
  }
  return texts;
}
