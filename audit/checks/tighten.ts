import { z } from 'zod';
import type { Violation } from '../verdict.ts';

/** As little of a document as this check needs; the policies' own parser is not asked. */
const housePackSchema = z.object({
  id: z.string(),
  authority: z.literal('house'),
  covers: z.array(z.unknown()).default([]),
  rules: z.array(
    z.object({
      id: z.string(),
      strength: z.string(),
      exemptions: z.array(z.unknown()).default([]),
      params: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});

/** I9: a house pack has nothing in it that could widen: no coverage, no exemption, no window that a consent opens. */
export function checkTightenOnly(setHash: string, document: unknown): Violation[] {
  const parsed = housePackSchema.safeParse(document);
  if (!parsed.success) return [];
  const { id, covers, rules } = parsed.data;
  const subject = { policySet: setHash, pack: id };
  const violations: Violation[] = [];
  if (covers.length > 0) {
    violations.push({
      subject,
      what: 'is a house pack that covers a country',
      expected: 'coverage by packs of the law',
    });
  }
  for (const rule of rules) {
    const widens = [
      ...(rule.strength === 'law' || rule.strength === 'standard' ? [`strength ${rule.strength}`] : []),
      ...(rule.exemptions.length > 0 ? ['exemptions'] : []),
      ...(rule.params?.['widenedWindows'] === undefined ? [] : ['widenedWindows']),
    ];
    if (widens.length === 0) continue;
    violations.push({
      subject: { ...subject, rule: rule.id },
      what: `is a house rule with ${widens.join(' and ')}`,
      expected: 'house rules that can only narrow what the law allows',
    });
  }
  return violations;
}
