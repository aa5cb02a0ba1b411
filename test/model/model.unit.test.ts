import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { STEPS } from '../../domain/steps.ts';
import { CHECKS } from '../../model/checks.ts';
import { ENDS, explore, type Model } from '../../model/explore.ts';
import { GUARDS } from '../../model/guards.ts';
import { protocol } from '../../model/protocol.ts';
import { definitionsOf, readVerdict } from '../../model/spin.ts';
import { LEFT_OUT, STEPS_OF_THE_MODEL } from '../../model/steps.ts';

describe('the protocol of the gate, in every state that it can reach', () => {
  const dies = CHECKS.find(({ name }) => name === 'a process dies')!;

  it('keeps its laws whichever process dies, takes every step that it says, and names the rest of the code’s as left out', () => {
    const { found, labels } = explore(protocol(dies.options));
    expect(found).toBeNull();
    const taken = new Set([...labels].map((label) => label.split(' ')[0]));
    expect(STEPS_OF_THE_MODEL.filter((step) => !taken.has(step))).toEqual([]);
    expect([...STEPS_OF_THE_MODEL, ...Object.keys(LEFT_OUT)].sort()).toEqual([...STEPS].sort());
  }, 120_000);
});

describe('every guard of the protocol', () => {
  const broken = CHECKS.filter(({ options }) => options.without !== undefined);
  it.each(broken.filter(({ breaks }) => breaks !== null))(
    'is needed: $name, $breaks',
    ({ options, breaks }) => {
      const { found } = explore(protocol(options));
      expect(found?.law).toBe(breaks);
      expect(found?.trace.length).toBeGreaterThan(2);
    },
  );

  it('is tried', () => {
    expect(broken.map(({ options }) => options.without).sort()).toEqual(Object.keys(GUARDS).sort());
  });
});

describe('the same protocol in Promela', () => {
  const promela = readFileSync(new URL('../../model/gate.pml', import.meta.url), 'utf8');

  it('names the same steps, guards and faults', () => {
    for (const step of STEPS_OF_THE_MODEL) {
      expect([step, promela.includes(step) || promela.includes(step.replace('.', '_'))]).toEqual([
        step,
        true,
      ]);
    }
    const guards = [...promela.matchAll(/^#ifdef WITHOUT_(\w+)$/gm)].map((m) => m[1]);
    expect(guards.sort()).toEqual(
      Object.keys(GUARDS)
        .map((guard) => guard.replace('.', '_'))
        .sort(),
    );
    const defined = CHECKS.flatMap((check) => definitionsOf(check) ?? []).map((d) => /^-D(\w+)/.exec(d)![1]!);
    for (const name of defined) expect([name, promela.includes(name)]).toEqual([name, true]);
  });

  it('has a verdict only where the search came to its end', () => {
    const whole =
      'State-vector 92 byte, depth reached 81, errors: 0\n 790121 states, stored\npan: elapsed time 2.4 seconds';
    expect(readVerdict(whole)).toEqual({ violated: null, states: '790121', seconds: '2.4' });
    const broken = 'pan:1: assertion violated (requests[w]<=1) (at depth 39)\nerrors: 1\n 142 states, stored';
    expect(readVerdict(broken).violated).toBe('assertion violated (requests[w]<=1)');
    expect(() => readVerdict('error: max search depth too small\nerrors: 0')).toThrow('no verdict');
    expect(() => readVerdict('pan: out of memory')).toThrow('no verdict');
  });
});

/** A walk along numbers, for the explorer itself. */
function walk(steps: Readonly<Record<number, readonly number[]>>, bad: number | null = null): Model<number> {
  return {
    initial: 0,
    next: (at) => (steps[at] ?? []).map((to) => [`to ${to}`, to] as const),
    keyOf: String,
    broken: (at) => (at === bad ? 'bad' : null),
    brokenAtEnd: (at) => (at === 9 ? 'bad end' : null),
  };
}

describe('the explorer', () => {
  it('finds a shortest way to what is wrong', () => {
    expect(explore(walk({ 0: [1, 2], 1: [3], 2: [4], 3: [4] }, 4)).found).toEqual({
      law: 'bad',
      trace: ['to 2', 'to 4'],
    });
  });

  it('finds an end that is none', () => {
    expect(explore(walk({ 0: [1], 1: [9] })).found).toEqual({ law: 'bad end', trace: ['to 1', 'to 9'] });
  });

  it('finds a round that nothing leads out of, and lets one be that something does', () => {
    expect(explore(walk({ 0: [1, 2], 1: [3], 3: [1] })).found).toEqual({ law: ENDS, trace: ['to 1'] });
    expect(explore(walk({ 0: [1], 1: [3], 3: [1, 2] })).found).toBeNull();
  });

  it('counts what it saw', () => {
    expect(explore(walk({ 0: [1, 2], 1: [3], 2: [3] }))).toMatchObject({
      states: 4,
      transitions: 4,
      depth: 2,
      ends: 1,
    });
  });

  it('refuses to go on for ever', () => {
    expect(() => explore({ ...walk({}), next: (at) => [['on', at + 1]] }, 100)).toThrow(
      'more than 100 states',
    );
  });
});
