import { describe, expect, it } from 'vitest';
import { bundledCases, bundledDocuments } from '../../policies/index.ts';
import { runCases } from '../../policies/run-cases.ts';

const documents = bundledDocuments();

for (const { name, file } of bundledCases()) {
  describe(`${name}: ${file.title}`, () => {
    it('names packs that ship', () => {
      expect(documents.map((document) => document.id)).toEqual(expect.arrayContaining(file.packs));
    });

    it.each(runCases(file, documents).map((result) => [result.name, result] as const))('%s', (_, result) => {
      expect(result.differences).toEqual([]);
    });
  });
}

it('a case that does not come out says what was expected and what came', () => {
  const [{ file }] = bundledCases() as [ReturnType<typeof bundledCases>[number]];
  const [first] = file.cases as [(typeof file.cases)[number]];
  const wrong = { ...first, expect: { verdict: 'deny' as const, reasons: ['no.such'] } };
  const [result] = runCases({ ...file, cases: [wrong] }, documents);
  expect(result!.differences.join('; ')).toMatch(/reasons: expected no\.such, got /);
});
