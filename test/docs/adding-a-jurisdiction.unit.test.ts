import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { caseFileSchema } from '../../policies/case-file.ts';
import { asPolicyDocument } from '../../policies/documents.ts';
import { bundledDocuments } from '../../policies/index.ts';
import { runCases } from '../../policies/run-cases.ts';
import { blocksOf } from './documents.ts';

const blocks = (await blocksOf('docs/adding-a-jurisdiction.md'))
  .filter((block) => block.language === 'yaml')
  .map((block) => parse(block.text) as { kind?: string });
const documents = [
  ...bundledDocuments(),
  ...blocks.filter((block) => block.kind !== undefined).map(asPolicyDocument),
];
const [cases] = blocks.filter((block) => block.kind === undefined);

it('the pack, calendar and cases of the guide come out as it says', () => {
  const results = runCases(caseFileSchema.parse(cases), documents);
  expect(
    results.flatMap(({ name, differences }) => differences.map((difference) => `${name}: ${difference}`)),
  ).toEqual([]);
  expect(results.length).toBeGreaterThan(0);
});

it('its cases stand on both sides of each of its rules', () => {
  const results = runCases(caseFileSchema.parse(cases), documents).flatMap(
    ({ evaluation }) => evaluation.results,
  );
  for (const rule of ['xe.telemarketing.hours', 'xe.telemarketing.holidays', 'xe.do-not-call']) {
    const outcomes = results.filter((result) => result.rule === rule).map(({ outcome }) => outcome);
    expect(outcomes, rule).toContain('pass');
    expect(
      outcomes.some((outcome) => outcome === 'deny' || outcome === 'defer'),
      rule,
    ).toBe(true);
  }
});
