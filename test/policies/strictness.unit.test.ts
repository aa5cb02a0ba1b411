import { describe, expect, it } from 'vitest';
import { RULE_TYPE_NAMES, ruleTypeNamed } from '../../policies/registry.ts';
import { ORDERS, type Values } from './orders.ts';

/** A parameter with values from lenient to strict: each step down is found by name, each step up is not (I9). */
/** What is found looser where one value of a parameter takes the place of another. */
function found(type: string, base: object, parameter: string, before: unknown, after: unknown): string[] {
  const set = (value: unknown) => ({ ...base, [parameter]: value });
  return ruleTypeNamed(type)!.loosened(set(before), set(after));
}

const asCase = ([parameter, ...values]: Values) => [parameter, values] as const;
const pairs = (values: readonly unknown[]) =>
  values.flatMap((a, i) => values.slice(i + 1).map((b) => [a, b]));

describe.each(Object.entries(ORDERS))('%s', (type, { base, rising = [], apart = [] }) => {
  it.each(rising.map(asCase))(
    '%s: a step to the strict is not found, a step back is',
    (parameter, values) => {
      for (const value of values) expect(found(type, base, parameter, value, value)).toEqual([]);
      for (const [lenient, strict] of pairs(values)) {
        expect([lenient, strict, found(type, base, parameter, lenient, strict)]).toEqual([
          lenient,
          strict,
          [],
        ]);
        expect([strict, lenient, found(type, base, parameter, strict, lenient)]).toEqual([
          strict,
          lenient,
          [parameter],
        ]);
      }
    },
  );
  it.each(apart.map(asCase))(
    '%s: what cannot be told to be as strict is found, either way',
    (parameter, values) => {
      for (const [a, b] of pairs(values)) {
        expect([a, b, found(type, base, parameter, a, b)]).toEqual([a, b, [parameter]]);
        expect([b, a, found(type, base, parameter, b, a)]).toEqual([b, a, [parameter]]);
      }
    },
  );
});

it('ring_minimum: a number of rings that is new, or seconds that are, give a second way to be done sooner', () => {
  const looser = (before: object, after: object) => ruleTypeNamed('ring_minimum')!.loosened(before, after);
  expect(looser({ seconds: 15 }, { seconds: 15, rings: 4 })).toEqual(['rings']);
  expect(looser({ rings: 4 }, { seconds: 15, rings: 4 })).toEqual(['seconds']);
  expect(looser({ rings: 4, seconds: 15 }, { rings: 4 })).toEqual(['seconds']);
});

it('every parameter of every type has values here on which its order is tried', () => {
  expect(Object.keys(ORDERS).sort()).toEqual(RULE_TYPE_NAMES);
  for (const [type, { rising = [], apart = [] }] of Object.entries(ORDERS)) {
    const tried = new Set([...rising, ...apart].map(([parameter]) => parameter));
    const schema = ruleTypeNamed(type)!.params as unknown as { shape: object };
    expect([type, [...tried].sort()]).toEqual([type, Object.keys(schema.shape).sort()]);
  }
});
