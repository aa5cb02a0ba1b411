import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyChanges,
  bundledDocuments,
  changesBetween,
  compilePolicySet,
  conflictsBetween,
  diffSets,
  type PolicyDocument,
} from '../../policies/index.ts';
import { housePack, rule } from './support.ts';

const ALL = bundledDocuments();
const anySet = fc
  .subarray(ALL)
  .chain((documents) =>
    fc
      .array(fc.boolean(), { minLength: documents.length, maxLength: documents.length })
      .map((raised) =>
        documents.map((document, i): PolicyDocument =>
          raised[i] === true
            ? { ...document, version: document.version + 1, title: `${document.title} II` }
            : document,
        ),
      ),
  );
const sorted = (documents: readonly PolicyDocument[]) =>
  documents.toSorted((a, b) => (`${a.kind}/${a.id}` < `${b.kind}/${b.id}` ? -1 : 1));

test('the changes between two sets make the one out of the other, and nothing else is said to be different', () => {
  fc.assert(
    fc.property(anySet, anySet, (from, to) => {
      const changes = changesBetween(from, to);
      expect(sorted(applyChanges(from, changes))).toEqual(sorted(to));
      expect(diffSets(from, to).documents).toHaveLength(changes.length);
      expect(diffSets(from, to.toReversed())).toEqual(diffSets(from, to));
    }),
    { numRuns: 20 },
  );
});

test('a set is not different from itself, in whatever order it stands', () => {
  expect(diffSets(ALL, ALL.toReversed())).toEqual({ documents: [], lines: [] });
  expect(compilePolicySet(ALL).hash).toBe(compilePolicySet(ALL.toReversed()).hash);
});

test('a changed rule is told by its place, before and after', () => {
  const pack = ALL.find(({ id }) => id === 'house-marketing-cn')!;
  const changed = structuredClone(pack) as PolicyDocument & { rules: { params: unknown }[] };
  changed.version = pack.version + 1;
  changed.rules[0]!.params = { windows: { daily: ['10:00-11:00'] } };
  const { lines } = diffSets([pack], [changed]);
  expect(lines[0]).toContain(`changed, version ${pack.version} to ${pack.version + 1}`);
  expect(lines).toContain('    params.windows.daily[0]: 09:00-12:00 → 10:00-11:00');
});

test('two drafts conflict where they leave a document different, and not where they agree', () => {
  const [one, two] = ALL as [PolicyDocument, PolicyDocument];
  const put = (document: PolicyDocument) => changesBetween([], [document]);
  const other = { ...one, title: 'Another' };
  expect(conflictsBetween(put(one), put(two))).toEqual([]);
  expect(conflictsBetween(put(one), put(one))).toEqual([]);
  expect(conflictsBetween(put(one), put(other))).toEqual([`${one.kind}/${one.id}`]);
  expect(conflictsBetween(put(one), changesBetween([one], []))).toEqual([`${one.kind}/${one.id}`]);
});

describe('what is different is told by its place', () => {
  const consent = (id: string, params: object, more: object = {}) => rule(id, 'consent', params, more);
  const one = housePack([consent('a', { level: 'express' }), consent('b', { level: 'express' })], 'one');
  const lines = (from: object[], to: object[]) =>
    diffSets(from as PolicyDocument[], to as PolicyDocument[]).lines;

  test('documents that come and go, with their rules', () => {
    expect(lines([], [one])).toEqual([
      'pack one (Made up for a test): added, version 1',
      '  rule a (a): added',
      '  rule b (b): added',
    ]);
    expect(lines([one], [])).toEqual([
      'pack one (Made up for a test): removed, was version 1',
      '  rule a (a): removed',
      '  rule b (b): removed',
    ]);
    expect(diffSets([], [one as PolicyDocument]).documents).toMatchObject([
      {
        kind: 'pack',
        id: 'one',
        change: 'added',
        fromVersion: null,
        toVersion: 1,
        fields: [],
        rules: [{ fields: [] }, {}],
      },
    ]);
    expect(diffSets([one as PolicyDocument], []).documents).toMatchObject([
      { change: 'removed', fromVersion: 1, toVersion: null },
    ]);
  });
  test('rules that come, go and change, sorted by id; those that stay are left out', () => {
    const two = {
      ...one,
      version: 2,
      notes: 'new',
      rules: [
        consent('c', { level: 'written' }),
        consent('a', { level: 'express' }, { label: 'A', purpose: ['survey'] }),
      ],
    };
    const same = { ...two, rules: [...two.rules, one.rules[1]!] };
    expect(lines([one], [two])).toEqual([
      'pack one (Made up for a test): changed, version 1 to 2',
      '  notes: not there → new',
      '  rule a (A): changed',
      '    label: a → A',
      '    purpose: not there → ["survey"]',
      '    strength: house → law',
      '  rule b (b): removed',
      '  rule c (c): added',
    ]);
    expect(lines([two], [{ ...same, rules: two.rules, version: 3 }])).toEqual([
      'pack one (Made up for a test): changed, version 2 to 3',
    ]);
  });
  test('lists place by place, values of other kinds as a whole', () => {
    const of = (params: object) => ({ ...one, rules: [consent('a', params)] });
    const fields = (before: object, after: object) =>
      diffSets([of(before)], [of(after)]).documents[0]?.rules[0]?.fields ?? [];
    expect(fields({ x: [1, 2, 3] }, { x: [1, 4] })).toEqual([
      { path: 'params.x[1]', before: 2, after: 4 },
      { path: 'params.x[2]', before: 3, after: undefined },
    ]);
    expect(fields({ x: [1] }, { x: { 0: 1 } })).toEqual([{ path: 'params.x', before: [1], after: { 0: 1 } }]);
    expect(fields({ x: null }, { x: {} })).toEqual([{ path: 'params.x', before: null, after: {} }]);
    expect(fields({ x: { y: { z: 1 } } }, { x: { y: { z: 1 }, w: true } })).toEqual([
      { path: 'params.x.w', before: undefined, after: true },
    ]);
  });
});

describe('changes', () => {
  const [one, two] = ALL as [PolicyDocument, PolicyDocument];
  test('what is put takes the place of its like, what is removed goes, the rest stays', () => {
    const other = { ...one, title: 'Another' };
    expect(
      applyChanges([one, two], [{ action: 'put', kind: one.kind, id: one.id, document: other }]),
    ).toEqual([two, other]);
    expect(applyChanges([one, two], [{ action: 'remove', kind: one.kind, id: one.id }])).toEqual([two]);
    expect(changesBetween([one, two], [other])).toEqual([
      { action: 'put', kind: one.kind, id: one.id, document: other },
      { action: 'remove', kind: two.kind, id: two.id },
    ]);
  });
  test('two that take the same document out agree', () => {
    const out = changesBetween([one], []);
    expect(conflictsBetween(out, out)).toEqual([]);
    expect(conflictsBetween(out, changesBetween([], [one]))).toEqual([`${one.kind}/${one.id}`]);
  });
});
