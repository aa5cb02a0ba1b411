import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { armsOf, definitionFor, unitHash } from '../../domain/arms.ts';
import { campaignDefinitionSchema } from '../../domain/campaign.ts';

const SCRIPT = '0198c0de-0000-7000-8000-000000000001';
const definition = (weights: readonly number[]) =>
  campaignDefinitionSchema.parse({
    name: 'Trial',
    purpose: 'marketing',
    carrier: 'simulator',
    callerId: '+12025550100',
    rules: {
      experiments: {
        script: weights.map((weight, i) => ({
          name: `arm ${i}`,
          weight,
          script: { id: SCRIPT, version: i + 1 },
        })),
        retry: [
          { name: 'few', retry: { maxAttempts: 2 } },
          { name: 'many', retry: { maxAttempts: 6 } },
        ],
      },
    },
  });

describe('arms of an experiment', () => {
  it('are the same whenever a contact is asked about, and stay where weights change', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), fc.integer({ min: 1, max: 9 }), (campaign, contact, weight) => {
        const first = armsOf(definition([1, 1]), campaign, contact, null);
        expect(armsOf(definition([1, 1]), campaign, contact, null)).toEqual(first);
        expect(armsOf(definition([1, weight]), campaign, contact, first)).toEqual(first);
      }),
    );
  });

  it('come out by their weights, over contacts whose ids differ in little', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 20_000; i += 1) {
      const contact = `0198c0de-0000-7000-8000-${i.toString(16).padStart(12, '0')}`;
      const arm = armsOf(definition([3, 1]), SCRIPT, contact, null)!.script!;
      counts.set(arm, (counts.get(arm) ?? 0) + 1);
    }
    expect(counts.get('arm 0')! / 20_000).toBeCloseTo(0.75, 1);
  });

  it('are independent of each other', () => {
    let both = 0;
    for (let i = 0; i < 10_000; i += 1) {
      const arms = armsOf(definition([1, 1]), SCRIPT, `contact ${i}`, null)!;
      if (arms.script === 'arm 0' && arms.retry === 'few') both += 1;
    }
    expect(both / 10_000).toBeCloseTo(0.25, 1);
  });

  it('change what holds for the contact, and nothing where there are none', () => {
    const trial = definition([1, 1]);
    const arms = { script: 'arm 1', retry: 'few' };
    expect(definitionFor(trial, arms).script).toEqual({ id: SCRIPT, version: 2 });
    expect(definitionFor(trial, arms).retry.maxAttempts).toBe(2);
    expect(definitionFor(trial, null)).toBe(trial);
    // Stored before there were rules.
    const { rules: _rules, ...before } = trial;
    expect(armsOf(before as typeof trial, SCRIPT, 'contact', null)).toBeNull();
  });

  it('of an arm that is gone is put into one that is there', () => {
    expect(['arm 0', 'arm 1']).toContain(
      armsOf(definition([1, 1]), SCRIPT, 'contact', { script: 'gone' })!.script,
    );
  });

  it('spread evenly over the unit interval', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 20_000; i += 1) tenths[Math.floor(unitHash(`text ${i}`) * 10)]! += 1;
    for (const n of tenths) expect(Math.abs(n - 2_000)).toBeLessThan(300);
  });
});
