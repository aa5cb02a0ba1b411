import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { caseFileSchema, factsOfCase } from '../../policies/case-file.ts';
import { bundledDocuments, compilePolicySet, evaluate } from '../../policies/index.ts';

const folder = join(import.meta.dirname, '../../policies/cases');
const documents = bundledDocuments();

for (const name of readdirSync(folder).sort()) {
  const file = caseFileSchema.parse(parse(readFileSync(join(folder, name), 'utf8')));
  const policySet = compilePolicySet(
    documents.filter((document) => document.kind === 'calendar' || file.packs.includes(document.id)),
  );

  describe(file.title, () => {
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
