import { describe, expect, it } from 'vitest';
import { factsOfCase } from '../../policies/case-file.ts';
import { bundledCases, bundledDocuments, compilePolicySet, evaluate } from '../../policies/index.ts';

const documents = bundledDocuments();

for (const { name, file } of bundledCases()) {
  const policySet = compilePolicySet(
    documents.filter((document) => document.kind === 'calendar' || file.packs.includes(document.id)),
  );

  describe(`${name}: ${file.title}`, () => {
    it('names packs that ship', () => {
      expect(documents.map((document) => document.id)).toEqual(expect.arrayContaining(file.packs));
    });

    it.each(file.cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
      const facts = factsOfCase({ ...file.facts, ...one.facts });
      const { verdict, reasons } = evaluate({ policySet, facts, at: one.at, horizonMs: one.horizonMs });
      const { expect: expected } = one;
      expect({ kind: verdict.kind, reasons }).toEqual({
        kind: expected.verdict,
        reasons: expected.verdict === 'allow' ? [] : (expected.reasons ?? reasons),
      });
      if (verdict.kind === 'deny' || !('until' in expected) || expected.until === undefined) return;
      expect(verdict.until === null ? null : new Date(verdict.until).toISOString()).toBe(
        expected.until === null ? null : new Date(expected.until).toISOString(),
      );
    });
  });
}
