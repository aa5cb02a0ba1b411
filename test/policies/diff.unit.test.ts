import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  applyChanges,
  bundledDocuments,
  changesBetween,
  compilePolicySet,
  conflictsBetween,
  diffSets,
  type PolicyDocument,
} from '../../policies/index.ts';

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
