import { expect, it } from 'vitest';
import type { RuleResult } from '../../domain/decision.ts';
import type { ParsedPack } from '../../policies/documents.ts';
import { parseDocument } from '../../policies/documents.ts';
import { bundledCases, bundledDocuments } from '../../policies/index.ts';
import { runCases } from '../../policies/run-cases.ts';

/**
 * A rule that no case asks about may say anything: one that is misread in the pack or in its type goes unseen. So each
 * rule that ships has a case on each of its sides, and each exemption one that it frees.
 */
const documents = bundledDocuments();
const packs = documents.flatMap((document): ParsedPack[] => {
  const parsed = parseDocument(document);
  return 'pack' in parsed ? [parsed.pack] : [];
});
const results: RuleResult[] = bundledCases().flatMap(({ file }) =>
  runCases(file, documents).flatMap(({ evaluation }) => evaluation.results),
);
const byRule = new Map<string, RuleResult[]>();
for (const result of results) byRule.set(result.rule, [...(byRule.get(result.rule) ?? []), result]);
const rules = packs.flatMap((pack) => pack.rules.map((rule) => ({ pack: pack.id, rule })));

const lacking = (has: (told: readonly RuleResult[]) => boolean) =>
  rules.filter(({ rule }) => !has(byRule.get(rule.id) ?? [])).map(({ pack, rule }) => `${pack}: ${rule.id}`);

it('every rule of every pack that ships passes in some case', () => {
  expect(lacking((told) => told.some(({ outcome }) => outcome === 'pass'))).toEqual([]);
});

it('every rule stands against the call in some case, or lays its duty on it', () => {
  const bites = ({ outcome, duties = [] }: RuleResult) =>
    outcome === 'deny' || outcome === 'defer' || duties.length > 0;
  expect(lacking((told) => told.some(bites))).toEqual([]);
});

it('every exemption frees a call in some case', () => {
  const unused = rules.flatMap(({ pack, rule }) =>
    rule.exemptions
      .filter(({ why }) =>
        (byRule.get(rule.id) ?? []).every(
          ({ outcome, inputs }) => outcome !== 'exempt' || inputs['why'] !== why,
        ),
      )
      .map(({ why }) => `${pack}: ${rule.id}: ${why}`),
  );
  expect(unused).toEqual([]);
});
