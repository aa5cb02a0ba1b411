import { createHash } from 'node:crypto';
import canonicalizeModule from 'canonicalize';

// The package is CommonJS and its typings describe an ES default export, which Node does not see.
const canonicalize = canonicalizeModule as unknown as (input: unknown) => string | undefined;

/** RFC 8785 canonical JSON of a value. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('Only JSON values have a canonical form');
  return text;
}

/** Lower-case hex SHA-256 over the RFC 8785 canonical JSON of a value. */
export function canonicalHash(value: unknown): string {
  return hashOfText(canonicalJson(value));
}

/** Lower-case hex SHA-256 of a text as UTF-8: of a canonical form that one has already. */
export function hashOfText(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
