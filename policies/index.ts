/** The one door of policies/: the pure evaluator, its documents and where a number may be. */
export type { CalendarDocument } from './calendar.ts';
export type { PackDocument, PolicyDocument } from './documents.ts';
export { asPolicyDocument, documentHash } from './documents.ts';
export type { EvaluateInput } from './evaluate.ts';
export { ENGINE_VERSION, evaluate } from './evaluate.ts';
export type { CompiledPolicySet, CompiledRule, DocumentSummary } from './policy-set.ts';
export { calendarsEndingSoon, compilePolicySet } from './policy-set.ts';
export { bundledDocuments } from './bundled.ts';
export type { Citation, Confidence } from './citation.ts';
export type { Rule, Strength } from './rule.ts';
export { canonicalHash, canonicalJson } from './hash.ts';
export type { StoredDocument } from './stored.ts';
export { fromStored, toStored } from './stored.ts';
export type { NumberLocation } from './numbers.ts';
export { locateNumber, locateParsed } from './numbers.ts';
