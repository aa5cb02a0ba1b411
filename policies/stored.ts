import type { PolicyDocument } from './documents.ts';
import { asPolicyDocument, documentHash } from './documents.ts';
import { canonicalJson } from './hash.ts';

/** A document as it is stored and published: canonical JSON under its own hash. */
export interface StoredDocument {
  readonly hash: string;
  readonly kind: 'pack' | 'calendar';
  readonly documentId: string;
  readonly version: string;
  /** RFC 8785 canonical JSON; its SHA-256 is `hash`. */
  readonly body: string;
}

export function toStored(document: PolicyDocument): StoredDocument {
  return {
    hash: documentHash(document),
    kind: document.kind,
    documentId: document.id,
    version: String(document.version),
    body: canonicalJson(document),
  };
}

/** @throws invalid_input when the stored text is not a document. */
export function fromStored(stored: Pick<StoredDocument, 'body'>): PolicyDocument {
  return asPolicyDocument(JSON.parse(stored.body));
}
