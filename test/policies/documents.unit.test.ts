import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RightcallError } from '../../domain/failures.ts';
import { asPolicyDocument, parseDocument } from '../../policies/documents.ts';
import { canonicalHash, canonicalJson } from '../../policies/hash.ts';
import { regionOfCode } from '../../policies/index.ts';
import { RULE_TYPE_NAMES, ruleTypeNamed } from '../../policies/registry.ts';
import { housePack, pack, rule } from './support.ts';

const faultsOf = (document: unknown): string[] => {
  const parsed = parseDocument(document);
  return 'faults' in parsed ? parsed.faults.map(({ field, fault }) => `${field} ${fault}`) : [];
};
const any = (more: object = {}) => rule('x', 'consent', { level: 'express' }, more);

describe('a document', () => {
  it.each<[string, unknown, string]>([
    ['nothing', null, 'document.kind is neither pack nor calendar'],
    ['nothing stated', undefined, 'document.kind is neither pack nor calendar'],
    ['another kind', { kind: 'list', id: 'l' }, 'l.kind is neither pack nor calendar'],
    ['an id that is no text', { kind: 'pack', id: 5 }, 'document.id'],
    ['an id in capitals', { ...pack([]), id: 'Law' }, 'Law.id is not lower-case words joined by hyphens'],
    [
      'an id that is too long',
      { ...pack([]), id: 'a'.repeat(81) },
      'is not lower-case words joined by hyphens',
    ],
    ['a version of nothing', { ...pack([]), version: 0 }, 'test-law.version'],
    ['a title without words', { ...pack([]), title: '' }, 'test-law.title'],
    ['no authority', { ...pack([]), authority: 'ours' }, 'test-law.authority'],
    [
      'a country that is none',
      pack([], { covers: [{ jurisdiction: 'US-FL', purposes: ['survey'] }] }),
      'test-law.covers[0].jurisdiction is not an ISO 3166-1 country code',
    ],
    [
      'a country for nothing',
      pack([], { covers: [{ jurisdiction: 'US', purposes: [] }] }),
      'test-law.covers[0].purposes',
    ],
    ['a rule for nowhere', pack([any({ jurisdiction: [] })]), 'test-law.rules[0].jurisdiction'],
    [
      'a place that is none',
      pack([any({ jurisdiction: ['usa'] })]),
      'test-law.rules[0].jurisdiction[0] is not an ISO 3166 code',
    ],
    [
      'a rule’s id',
      pack([any({ id: 'Rule 1' })]),
      'test-law.rules[0].id is not lower-case words joined by dots or hyphens',
    ],
    [
      'a reason code',
      pack([any({ reasonCode: 'No consent' })]),
      'test-law.rules[0].reasonCode is not dotted lower-case words',
    ],
    [
      'a reason code that ends in a dot',
      pack([any({ reasonCode: 'no.' })]),
      'test-law.rules[0].reasonCode is not dotted',
    ],
    ['a rule without words', pack([any({ label: '' })]), 'test-law.rules[0].label'],
    [
      'a standard in a house pack',
      { ...housePack([]), rules: [any({ strength: 'standard' })] },
      'test-house.rules[0].strength is standard in a house pack',
    ],
    [
      'a standard read without its article',
      pack([
        any({
          strength: 'standard',
          citation: { instrument: 'i', article: null, url: null, checkedOn: '2026-11-22' },
        }),
      ]),
      'test-law.rules[0].citation.article is not given',
    ],
  ])('is refused by name: %s', (_what, document, fault) => {
    expect(faultsOf(document).join('; ')).toContain(fault);
  });
  it.each<[string, unknown]>([
    ['an id of one letter', { ...pack([]), id: 'a' }],
    ['an id of 80', { ...pack([]), id: 'a'.repeat(80) }],
    ['vendors’ rules in a house pack', { ...housePack([]), rules: [any({ strength: 'vendor' })] }],
    ['a house pack that covers nothing, said so', { ...housePack([]), covers: [] }],
    [
      'a house rule without an article',
      housePack([
        any({ citation: { instrument: 'ours', article: null, url: null, checkedOn: '2026-11-22' } }),
      ]),
    ],
    [
      'a rule whose summary was read, without its article',
      pack([
        any({
          confidence: 'S',
          citation: { instrument: 'i', article: null, url: null, checkedOn: '2026-11-22' },
        }),
      ]),
    ],
  ])('is taken: %s', (_what, document) => {
    expect(faultsOf(document)).toEqual([]);
    expect(asPolicyDocument(document)).toBe(document);
  });
  it('in a house pack of the law’s form, each fault is told', () => {
    expect(
      faultsOf({ ...housePack([]), covers: [{ jurisdiction: 'FR', purposes: ['survey'] }], rules: [any()] }),
    ).toHaveLength(2);
    expect(() => asPolicyDocument({ kind: 'pack' })).toThrow(RightcallError);
  });
});

describe('canonical JSON', () => {
  it('has its keys in order, and its hash is that of its text', () => {
    expect(canonicalJson({ b: [2, 1], a: '值' })).toBe('{"a":"值","b":[2,1]}');
    expect(canonicalHash({ b: 1, a: 2 })).toBe(
      createHash('sha256').update('{"a":2,"b":1}', 'utf8').digest('hex'),
    );
    expect(() => canonicalJson(undefined)).toThrow(TypeError);
  });
});

describe('rule types', () => {
  it('are named in order, each by its own name', () => {
    expect(RULE_TYPE_NAMES).toEqual([...RULE_TYPE_NAMES].sort());
    for (const name of RULE_TYPE_NAMES) expect(ruleTypeNamed(name)?.type).toBe(name);
    expect(ruleTypeNamed('horoscope')).toBeUndefined();
  });
});

describe('the region of a code', () => {
  it.each([
    ['CN', { jurisdiction: 'CN', zones: ['Asia/Shanghai'] }],
    ['US', { jurisdiction: 'US', zones: [] }],
    ['US-NY', { jurisdiction: 'US-NY', zones: ['America/New_York'] }],
    ['US-XX', null],
    ['XX', null],
    ['XX-NY', null],
    ['', null],
    ['JP-13', { jurisdiction: 'JP-13', zones: ['Asia/Tokyo'] }],
    // By its code alone, not by a name that people write.
    ['US-Florida', null],
  ])('%s', (code, expected) => {
    expect(regionOfCode(code)).toEqual(expected);
  });
});
