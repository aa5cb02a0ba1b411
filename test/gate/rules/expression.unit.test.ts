import { describe, expect, it } from 'vitest';
import { compile, environmentOf } from '../../../gate/rules/expression.ts';

const TYPES = { balance: 'number', city: 'text', vip: 'boolean', due: 'date' } as const;
const ENV = environmentOf(TYPES);

const outcome = (source: string, attributes: Record<string, unknown>) => {
  const compiled = compile(ENV, TYPES, source);
  if (!('expression' in compiled)) throw new Error(JSON.stringify(compiled));
  return compiled.expression.evaluate(attributes);
};
const value = (source: string, attributes: Record<string, unknown> = {}) => {
  const found = outcome(source, attributes);
  return found.kind === 'value' ? found.value : found.fault;
};
const fault = (source: string) => {
  const compiled = compile(ENV, TYPES, source);
  return 'expression' in compiled ? null : compiled;
};

describe('expressions over attributes', () => {
  it('compares texts of a list as what they are declared to be', () => {
    expect(value('contact.balance > 100', { balance: '100.5' })).toBe(true);
    expect(value('contact.balance == 100', { balance: '100' })).toBe(true);
    expect(value('contact.balance * 2 - 1 >= 19', { balance: ' 10 ' })).toBe(true);
    expect(value('contact.vip && contact.city in ["Bern", "Basel"]', { vip: 'yes', city: 'Basel' })).toBe(
      true,
    );
    expect(value('contact.due < timestamp("2026-12-01T00:00:00Z")', { due: '2026-11-30' })).toBe(true);
    expect(value('["Be", "Ba"].exists(p, contact.city.startsWith(p))', { city: 'Basel' })).toBe(true);
  });

  it('is a fault, and no answer, where an attribute is missing or is not what it is declared to be', () => {
    expect(value('contact.balance > 100')).toBe('has no balance, or it is no number');
    expect(value('contact.balance > 100', { balance: 'a lot' })).toBe('has no balance, or it is no number');
    expect(value('!contact.vip', { vip: 'perhaps' })).toBe('has no vip, or it is no boolean');
    expect(value('contact.due == contact.due', { due: '2026-13-45' })).toBe('has no due, or it is no date');
    expect(value('has(contact.balance) && contact.balance > 100')).toBe(false);
  });

  it('never repeats what an attribute says in a fault', () => {
    expect(value('int(contact.city) > 1', { city: 'Zurich' })).toBe(
      'could not be worked out (int_conversion_error)',
    );
  });

  it('names the position, and the nearest attributes, of one that is not known', () => {
    expect(fault('contact.balance > 1 && contact.citty == "x"')).toEqual({
      position: 32,
      fault: 'names citty, which is no attribute',
      expected:
        'an attribute that `rules.attributes` declares, such as contact.city, contact.vip, contact.due, contact.balance',
    });
    expect(fault('balance > 1')).toMatchObject({
      position: 1,
      fault: 'names balance, which is nothing here',
    });
  });

  it('names the position of what does not parse or does not go together', () => {
    expect(fault('contact.balance >')).toMatchObject({ position: 18 });
    expect(fault('contact.city > 3')).toMatchObject({ position: 1 });
    expect(fault('contact.balance')).toMatchObject({
      fault: 'gives a value of type double instead of true or false',
    });
    expect(fault('contact')).toMatchObject({ fault: 'gives the contact itself instead of true or false' });
  });

  it.each([
    ['regular expressions', 'contact.city.matches("(a+)+$")'],
    ['loops within loops', '[1, 2].all(x, [1, 2].all(y, x == y))'],
    ['loops over anything that grows', 'contact.city.split("").exists(x, x == "a")'],
    ['bindings', 'cel.bind(a, contact.city + contact.city, size(a + a) > 1)'],
    ['types that are not checked', 'dyn(contact).anything == 1'],
    ['depth', `${'('.repeat(60)}true${')'.repeat(60)}`],
    ['nodes', Array.from({ length: 200 }, () => 'contact.vip').join(' && ')],
    ['length', `contact.city == "${'x'.repeat(2_100)}"`],
    ['prototypes', 'contact.constructor == "x"'],
  ])('refuses %s', (_what, source) => {
    expect(fault(source)).not.toBeNull();
  });

  it('reads nothing from an attribute set that is not its own', () => {
    const inherited = Object.create({ city: 'Bern' }) as Record<string, unknown>;
    expect(value('contact.city == "Bern"', inherited)).toBe('has no city, or it is no text');
  });
});
