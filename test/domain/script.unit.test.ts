import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scriptDocumentSchema, scriptFaults, type ScriptNode } from '../../domain/script.ts';
import { faultsOf } from '../../domain/faults.ts';

type Input = Record<string, unknown>;
const end = (disposition: string): Input => ({ kind: 'end', disposition });
const menu = (branches: Record<string, string>, onSilence: string, more: Input = {}): Input => ({
  kind: 'menu',
  say: 'Please choose.',
  branches: Object.entries(branches).map(([keys, goto]) => ({ keys, label: `key ${keys}`, goto })),
  onSilence,
  ...more,
});
const say = (next: string, text = 'Hello.'): Input => ({ kind: 'say', say: text, next });

/** Greets, asks, records a number of digits, ends; 9 opts out wherever keys are taken. */
const sound = (change: Record<string, Input> = {}, more: Input = {}): Input => ({
  language: 'zh-CN',
  variables: ['planName'],
  start: 'greeting',
  nodes: {
    greeting: say('offer', '您好，关于 {{planName}}。'),
    offer: menu({ 1: 'account', 9: 'opt_out' }, 'bye'),
    account: {
      kind: 'collect',
      say: 'Your account number, please.',
      field: 'accountNo',
      digits: { min: 4, max: 10 },
      next: 'thanks',
      onSilence: 'bye',
      escape: { keys: '*', goto: 'opt_out' },
    },
    thanks: end('interested'),
    opt_out: end('opted_out'),
    bye: end('not_interested'),
    ...change,
  },
  ...more,
});

function faults(input: unknown): { field: string; fault: string }[] {
  const parsed = scriptDocumentSchema.safeParse(input);
  return parsed.success ? [] : faultsOf(parsed.error, input).map(({ field, fault }) => ({ field, fault }));
}

test('a sound dialogue is taken, its defaults filled in', () => {
  const parsed = scriptDocumentSchema.parse(sound());
  expect(parsed.nodes['offer']).toMatchObject({ waitS: 6, repeats: 1, onOther: null });
});

describe('refused with the path of what is wrong', () => {
  test.each<[string, Input, string, RegExp]>([
    [
      'a node from which nobody can opt out',
      sound({
        offer: menu({ 1: 'pitch', 9: 'opt_out' }, 'bye'),
        pitch: say('account'),
        account: say('thanks'),
      }),
      'nodes.pitch',
      /no way to opt out/,
    ],
    [
      'no end with opting out at all',
      sound({ opt_out: end('refused') }),
      'nodes.greeting',
      /no way to opt out/,
    ],
    ['a way to nowhere', sound({ greeting: say('nothing') }), 'nodes.greeting.next', /names nothing/],
    [
      'a branch to nowhere',
      sound({ offer: menu({ 1: 'account', 2: 'gone', 9: 'opt_out' }, 'bye') }),
      'nodes.offer.branches[1].goto',
      /names gone/,
    ],
    ['a start that is none', sound({}, { start: 'begin' }), 'start', /names begin/],
    ['a node that nothing leads to', sound({ alone: say('offer') }), 'nodes.alone', /led to by nothing/],
    [
      'a circle for those who say nothing',
      sound({
        offer: menu({ 1: 'account', 9: 'opt_out' }, 'again'),
        again: say('offer'),
        bye: end('completed'),
      }),
      'nodes.offer.onSilence',
      /for ever/,
    ],
    [
      'the same key twice',
      sound({
        offer: {
          ...menu({ 1: 'account', 9: 'opt_out' }, 'bye'),
          branches: [
            { keys: '1', label: 'a', goto: 'account' },
            { keys: '1', label: 'b', goto: 'opt_out' },
          ],
        },
      }),
      'nodes.offer.branches[1].keys',
      /cannot be told from 1/,
    ],
    [
      'a key that begins another one',
      sound({ offer: menu({ 1: 'account', 12: 'thanks', 9: 'opt_out' }, 'bye') }),
      'nodes.offer.branches[2].keys',
      /cannot be told from/,
    ],
    [
      'a variable that is not declared',
      sound({ greeting: say('offer', 'Hello {{ firstName }}') }),
      'nodes.greeting.say',
      /variable firstName/,
    ],
    [
      'an unknown field',
      sound({ greeting: { ...say('offer'), note: 'x' } }),
      'nodes.greeting.note',
      /not a known/,
    ],
    [
      'an unknown kind',
      sound({ greeting: { kind: 'speak', say: 'x', next: 'offer' } }),
      'nodes.greeting.kind',
      /./,
    ],
    ['a disposition that is none', sound({ thanks: end('happy') }), 'nodes.thanks.disposition', /./],
    ['a language that is none', sound({}, { language: 'Chinese' }), 'language', /is not a language/],
    [
      'more digits than it takes',
      sound({
        account: {
          kind: 'collect',
          say: 'x',
          field: 'a',
          digits: { min: 5, max: 4 },
          next: 'thanks',
          onSilence: 'bye',
          escape: { keys: '*', goto: 'opt_out' },
        },
      }),
      'nodes.account.digits.min',
      /asks for more/,
    ],
  ])('%s', (_name, input, field, fault) => {
    const found = faults(input);
    expect(found.map((one) => one.field)).toContain(field);
    expect(found.find((one) => one.field === field)!.fault).toMatch(fault);
  });

  test('a name that could reach an object’s prototype is no node name', () => {
    const text = JSON.stringify(sound()).replace('"thanks":', '"__proto__":');
    expect(faults(JSON.parse(text)).length).toBeGreaterThan(0);
  });
});

/** Dialogues of up to eight nodes, wired at random; some leave out ways that others have. */
const graphs = fc.integer({ min: 2, max: 8 }).chain((size) => {
  const to = fc.integer({ min: 0, max: size - 1 }).map((i) => `n${i}`);
  const node: fc.Arbitrary<ScriptNode> = fc.oneof(
    fc.record({ kind: fc.constant('say' as const), say: fc.constant('x'), next: to }),
    fc.record({
      kind: fc.constant('menu' as const),
      say: fc.constant('x'),
      branches: fc.uniqueArray(fc.constantFrom('1', '2', '3'), { minLength: 1, maxLength: 3 }).chain((keys) =>
        fc.tuple(
          ...keys.map((key) =>
            fc.record({
              keys: fc.constant(key),
              label: fc.constant('x'),
              goto: to,
              record: fc.constant(null),
            }),
          ),
        ),
      ),
      waitS: fc.constant(6),
      repeats: fc.constant(1),
      onSilence: to,
      onOther: fc.option(to, { nil: null }),
    }),
    fc.record({ kind: fc.constant('agent' as const), say: fc.constant(null) }),
    fc.record({
      kind: fc.constant('end' as const),
      say: fc.constant(null),
      disposition: fc.constantFrom('opted_out' as const, 'completed' as const),
    }),
  );
  return fc
    .array(node, { minLength: size, maxLength: size })
    .map((list) => Object.fromEntries(list.map((one, i) => [`n${i}`, one])));
});

const ways = (node: ScriptNode): string[] =>
  node.kind === 'say'
    ? [node.next]
    : node.kind === 'menu'
      ? [
          ...node.branches.map((b) => b.goto),
          node.onSilence,
          ...(node.onOther === null ? [] : [node.onOther]),
        ]
      : [];

/** Asked the plain way: walk from a node and see what is met. */
function met(nodes: Record<string, ScriptNode>, from: string): Set<string> {
  const seen = new Set<string>();
  const walk = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    ways(nodes[name]!).forEach(walk);
  };
  walk(from);
  return seen;
}

test('law: it is sound if and only if every node is met, opt-out is met from each, and silence comes to an end', () => {
  let sounds = 0;
  fc.assert(
    fc.property(graphs, (nodes) => {
      const names = Object.keys(nodes);
      const optsOut = (name: string) =>
        [...met(nodes, name)].some((one) => {
          const node = nodes[one]!;
          return node.kind === 'end' && node.disposition === 'opted_out';
        });
      const silenceEnds = (name: string): boolean => {
        let at = nodes[name]!;
        for (let step = 0; step <= names.length; step++) {
          if (at.kind === 'end' || at.kind === 'agent') return true;
          at = nodes[at.kind === 'menu' ? at.onSilence : at.next]!;
        }
        return false;
      };
      const expected =
        met(nodes, 'n0').size === names.length &&
        names.every(
          (name) => ['end', 'agent'].includes(nodes[name]!.kind) || (optsOut(name) && silenceEnds(name)),
        );
      if (expected) sounds += 1;
      expect(scriptFaults({ variables: [], start: 'n0', nodes }).length === 0).toBe(expected);
    }),
    { numRuns: 3_000, seed: 7 },
  );
  expect(sounds).toBeGreaterThan(30);
});

describe('what a script declares', () => {
  const declares = { discloses: [{ item: 'caller_name', withinS: 5 }], optOut: [], aiLabel: null };

  test('is kept as it is; one that declares nothing stays as it was', () => {
    expect(scriptDocumentSchema.parse(sound({}, { declares })).declares).toEqual(declares);
    expect('declares' in scriptDocumentSchema.parse(sound())).toBe(false);
  });

  test('is whole or refused: what is left out would be taken for what is not done', () => {
    expect(faults(sound({}, { declares: { discloses: [], aiLabel: null } }))).toMatchObject([
      { field: 'declares.optOut' },
    ]);
  });
});
