import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../../domain/decision.ts';
import { CHANGES, changeOf, MOVES, type Position } from '../../../gate/preview/change.ts';
import { LengthTally } from '../../../gate/preview/lengths.ts';
import { PreviewTally, type Compared, type NameRule } from '../../../gate/preview/tally.ts';

const AT = Date.parse('2026-03-02T02:00:00Z');

const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  fc.constant<Verdict>({ kind: 'deny' }),
  fc.integer({ min: 1, max: 40 }).map((h): Verdict => ({ kind: 'defer', until: AT + h * 900_000 })),
  fc.option(fc.integer({ min: 1, max: 40 })).map((h): Verdict => ({
    kind: 'allow',
    until: h === null ? null : AT + h * 900_000,
  })),
);
const position: fc.Arbitrary<Position> = fc
  .tuple(verdict, fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }), fc.constantFrom('p', 'q'))
  .map(([of, reasons, pack]) => ({
    verdict: of,
    reason: of.kind === 'allow' ? null : [...reasons].sort()[0]!,
    reasons: of.kind === 'allow' ? [] : [...reasons].sort(),
    rule: of.kind === 'allow' ? null : { pack, id: reasons[0]! },
  }));
const people = fc
  .array(
    fc.record({
      before: position,
      after: position,
      campaign: fc.constantFrom('k1', 'k2'),
      place: fc.constantFrom('CN', 'US US-NY'),
    }),
    { maxLength: 60 },
  )
  .map((all) =>
    all.map(({ before, after, campaign, place }, i): Compared => ({
      id: `id-${i}`,
      contactId: `id-${i}`,
      personId: `person-${i}`,
      campaignId: campaign,
      jurisdiction: place,
      at: AT,
      before,
      after,
      change: changeOf(before, after, AT),
    })),
  );

const nameRule: NameRule = (side, compared) => {
  const { rule } = compared[side];
  return rule === null ? null : { ...rule, packVersion: 1, label: rule.id, citation: null };
};
function tallyOf(all: readonly Compared[]): PreviewTally {
  const tally = new PreviewTally();
  for (const one of all) tally.add(one, nameRule);
  return tally;
}
const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);

describe('a tally', () => {
  test('counts everybody once, in whatever way it is split', () => {
    fc.assert(
      fc.property(people, (all) => {
        const tally = tallyOf(all);
        expect(tally.total).toBe(all.length);
        for (const groups of [tally.byCampaign, tally.byJurisdiction]) {
          expect(groups.reduce((n, { changes }) => n + sum(changes), 0)).toBe(all.length);
          for (const kind of CHANGES) {
            expect(groups.reduce((n, { changes }) => n + changes[kind], 0)).toBe(tally.changes[kind]);
          }
        }
        for (const kind of CHANGES) {
          if (kind === 'unchanged') continue;
          const passed = tally.passages.filter((one) => one.change === kind);
          expect(passed.reduce((n, { count }) => n + count, 0)).toBe(tally.changes[kind]);
        }
        for (const kind of MOVES) {
          const moved = all.filter(({ change }) => change.kind === kind && change.byMs !== null);
          expect(tally.moves(kind).count).toBe(moved.length);
        }
      }),
    );
  });

  test('comes to the same in any order, in any parts, and over being stored', () => {
    fc.assert(
      fc.property(people, fc.infiniteStream(fc.nat(2)), fc.nat(), (all, parts, turn) => {
        const whole = tallyOf(all);
        const turned = all.map((_, i) => all[(i + turn) % all.length]!);
        const groups: Compared[][] = [[], [], []];
        for (const one of turned) groups[parts.next().value as number]!.push(one);
        const merged = new PreviewTally();
        for (const group of groups) {
          const stored = JSON.parse(JSON.stringify(tallyOf(group))) as ReturnType<PreviewTally['toJSON']>;
          merged.merge(PreviewTally.from(stored));
        }
        expect(JSON.parse(JSON.stringify(merged))).toEqual(JSON.parse(JSON.stringify(whole)));
      }),
    );
  });

  test('shows up to ten of each kind, and all where they are fewer', () => {
    fc.assert(
      fc.property(people, (all) => {
        const tally = tallyOf(all);
        for (const kind of CHANGES) {
          const shown = tally.samples(kind).length;
          expect(shown).toBe(kind === 'unchanged' ? 0 : Math.min(10, tally.changes[kind]));
        }
      }),
    );
  });
});

describe('lengths', () => {
  test('quantiles are exact for few different lengths and within 1 % for many', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 400 * 86_400_000 }), {
      minLength: 1,
      maxLength: 1_500,
    });
    fc.assert(
      fc.property(lengths, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
        const tally = new LengthTally();
        for (const ms of all) tally.add(ms);
        const exact = all.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * all.length)) - 1]!;
        const found = tally.quantile(share)!;
        if (new Set(all).size <= 500) expect(found).toBe(exact);
        else expect(Math.abs(found - exact)).toBeLessThanOrEqual(0.0101 * exact + 1);
        expect(tally.summary()!.steps.reduce((n, { count }) => n + count, 0)).toBe(all.length);
      }),
    );
  });

  test('come to the same in any parts, also beyond those that are counted each', () => {
    const all = Array.from({ length: 1_200 }, (_, i) => i * 7_919 + 1);
    const whole = new LengthTally();
    const parts = [new LengthTally(), new LengthTally(), new LengthTally()];
    all.forEach((ms, i) => {
      whole.add(ms);
      parts[i % 3]!.add(ms);
    });
    const merged = new LengthTally();
    for (const part of parts) merged.merge(LengthTally.from(part.toJSON()));
    expect(merged.toJSON()).toEqual(whole.toJSON());
  });
});
