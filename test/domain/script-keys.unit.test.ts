import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scriptDocumentSchema, type ScriptDocument } from '../../domain/script.ts';
import { asksForAgent, keysToEnds, saysOptOut } from '../../domain/script-keys.ts';
import { offerScript } from '../support/script.ts';

const menu = (branches: Record<string, string>, onSilence: string, onOther: string | null = null) => ({
  kind: 'menu',
  say: 'Choose.',
  branches: Object.entries(branches).map(([keys, goto]) => ({ keys, label: keys, goto })),
  onSilence,
  onOther,
});
const end = (disposition: string) => ({ kind: 'end', disposition });
const script = (start: string, nodes: object): ScriptDocument =>
  scriptDocumentSchema.parse({ language: 'en-US', start, nodes });
const ENDS = { never: end('opted_out'), bye: end('not_interested'), yes: end('interested') };

describe('keys ask for an agent', () => {
  const helped = script('main', {
    ...ENDS,
    main: menu({ '0': 'help', '1': 'yes', '9': 'never' }, 'bye'),
    help: { kind: 'agent', say: 'One moment.' },
  });

  it('where one of them leads to one; others do not', () => {
    expect(asksForAgent(helped, '0')).toBe(true);
    expect(asksForAgent(helped, '50')).toBe(true);
    for (const pressed of ['', '1', '9', '10']) expect(asksForAgent(helped, pressed)).toBe(false);
    expect(saysOptOut(helped, '0')).toBe(false);
  });

  it('and carriers are told which', () => {
    expect(keysToEnds(helped)).toEqual({ agent: '0', interested: '1', opted_out: '9' });
  });

  it('while a script still owes a way to opt out from wherever no agent is', () => {
    const without = { main: menu({ '0': 'help' }, 'bye'), help: { kind: 'agent' }, bye: ENDS.bye };
    expect(() => script('main', without)).toThrow(/no way to opt out/);
  });
});

describe('keys say "do not call me again"', () => {
  it('where one of them leads to the opt-out, also after keys that mean nothing and over what is only said', () => {
    const offer = scriptDocumentSchema.parse(offerScript('An offer.'));
    expect(saysOptOut(offer, '9')).toBe(true);
    expect(saysOptOut(offer, '59')).toBe(true);
    const said = script('hello', {
      ...ENDS,
      hello: { kind: 'say', say: 'Hello.', next: 'main' },
      main: menu({ '0': 'sorry', '1': 'yes' }, 'bye'),
      sorry: { kind: 'say', say: 'We shall not call again.', next: 'never' },
    });
    expect(saysOptOut(said, '0')).toBe(true);
  });

  it('and not by other keys, or none, or after the call came to another end', () => {
    const offer = scriptDocumentSchema.parse(offerScript('An offer.'));
    for (const pressed of ['', '1', '5', '19', '*#0']) expect(saysOptOut(offer, pressed)).toBe(false);
  });

  it('not before it is confirmed, where the script asks back', () => {
    const asked = script('main', {
      ...ENDS,
      main: menu({ '9': 'sure', '1': 'yes' }, 'bye'),
      sure: menu({ '1': 'never', '2': 'main' }, 'bye'),
    });
    expect(saysOptOut(asked, '9')).toBe(false);
    expect(saysOptOut(asked, '91')).toBe(true);
    expect(saysOptOut(asked, '921')).toBe(false);
  });

  it('by a sequence only when it is whole', () => {
    const long = script('main', { ...ENDS, main: menu({ '*9': 'never', '1': 'yes' }, 'bye') });
    expect(saysOptOut(long, '*')).toBe(false);
    expect(saysOptOut(long, '*9')).toBe(true);
    expect(saysOptOut(long, '9')).toBe(false);
  });

  it('not where the same key may have been another answer: of a later menu, or a digit of what was asked', () => {
    const twice = script('first', {
      ...ENDS,
      first: menu({ '9': 'never' }, 'second'),
      second: menu({ '9': 'yes', '0': 'never' }, 'bye'),
    });
    expect(saysOptOut(twice, '9')).toBe(false);
    expect(saysOptOut(twice, '0')).toBe(true);
    const digits = script('first', {
      ...ENDS,
      first: menu({ '9': 'never' }, 'number'),
      number: {
        kind: 'collect',
        say: 'Your number?',
        field: 'number',
        digits: { min: 4, max: 4 },
        next: 'yes',
        onSilence: 'bye',
        escape: { keys: '#', goto: 'never' },
      },
    });
    expect(saysOptOut(digits, '9')).toBe(false);
    expect(saysOptOut(digits, '#')).toBe(true);
    expect(saysOptOut(digits, '123#')).toBe(true);
  });
});

describe('the keys to each end', () => {
  it('are the fewest, over all nodes between, and none for ends that take silence', () => {
    const asked = script('main', {
      ...ENDS,
      main: menu({ '9': 'sure', '1': 'yes' }, 'bye'),
      sure: menu({ '1': 'never', '3': 'yes' }, 'bye'),
    });
    expect(keysToEnds(asked)).toEqual({ interested: '1', opted_out: '91' });
  });

  it('those of the opt-out are understood as it, in any dialogue whose keys mean one thing', () => {
    const keys = fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#');
    fc.assert(
      fc.property(fc.uniqueArray(keys, { minLength: 4, maxLength: 4 }), ([a, b, c, d]) => {
        const one = script('main', {
          ...ENDS,
          main: menu({ [a!]: 'more', [b!]: 'yes' }, 'bye'),
          more: menu({ [c!]: 'never', [d!]: 'main' }, 'bye'),
        });
        expect(saysOptOut(one, keysToEnds(one).opted_out!)).toBe(true);
      }),
    );
  });
});
