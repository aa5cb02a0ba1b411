import { expect, test } from 'vitest';
import { STEPS } from '../../domain/steps.ts';
import { FAULT_KINDS, planFaults } from './faults/kinds.ts';
import { readOptions } from './options.ts';
import { seeded } from './seeded.ts';
import { makePeople, WAVES_MAX } from './traffic/people.ts';
import { planDeeds } from './traffic/deeds.ts';

const plan = (seed: number) => {
  const { timed, stepped } = planFaults(seeded(seed), 120_000, FAULT_KINDS);
  const ofEach = stepped.map((next) => Array.from({ length: STEPS.length }, next));
  return { timed, stepped: ofEach.flat() };
};

test('the same seed gives the same faults, deeds and people, another one others', () => {
  expect(plan(7)).toEqual(plan(7));
  expect(plan(7)).not.toEqual(plan(8));
  const deeds = (seed: number) => planDeeds(seeded(seed), 60_000);
  expect(deeds(7)).toEqual(deeds(7));
  expect(deeds(7)).not.toEqual(deeds(8));
  expect(makePeople(seeded(7), 50)).toEqual(makePeople(seeded(7), 50));
});

test('what one part draws moves nothing in another', () => {
  const whole = seeded(1);
  whole.next();
  expect(whole.fork('faults').next()).toBe(seeded(1).fork('faults').next());
});

test('every kind of fault and every step has its turn before one has it twice', () => {
  const { timed, stepped } = plan(3);
  const timedKinds = FAULT_KINDS.filter((kind) => kind !== 'kill' && kind !== 'freeze');
  expect(new Set(timed.slice(0, timedKinds.length).map(({ kind }) => kind))).toEqual(new Set(timedKinds));
  expect(new Set(stepped.map((fault) => fault!.step))).toEqual(new Set(STEPS));
});

test('faults that were not asked for are not planned', () => {
  const only = planFaults(seeded(3), 60_000, ['kill']);
  expect(only.timed).toEqual([]);
  expect(only.stepped.at(-1)!()).toMatchObject({ kind: 'kill', member: 'worker-2' });
  const none = planFaults(seeded(3), 60_000, ['clock']);
  expect(none.stepped.at(-1)!()).toBeNull();
  expect(new Set(none.timed.map(({ kind }) => kind))).toEqual(new Set(['clock']));
});

test('people have numbers that are reserved for fiction, each its own', () => {
  const people = makePeople(seeded(5), 250);
  const numbers = people.flatMap(({ number, otherNumber }) => [
    number,
    ...(otherNumber === null ? [] : [otherNumber]),
  ]);
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const number of numbers) expect(number).toMatch(/^\+1[2-9]\d{2}55501\d{2}$/);
  const waves = Array.from({ length: WAVES_MAX }, (_, wave) => makePeople(seeded(5), 250, wave));
  const all = waves.flat().flatMap(({ number, otherNumber }) => [number, otherNumber ?? []].flat());
  expect(new Set(all).size).toBe(all.length);
  expect(new Set(waves.flat().map(({ externalId }) => externalId)).size).toBe(waves.flat().length);
});

test('an option that cannot be read is refused, and seeds of several runs follow one another', () => {
  const quietly = (argv: readonly string[]) => {
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = () => true;
    try {
      return readOptions(argv);
    } finally {
      process.stderr.write = write;
    }
  };
  expect(quietly(['--seed', '7', '--runs', '3']).seeds).toEqual([7, 8, 9]);
  expect(quietly(['--short']).seeds).toHaveLength(1);
  for (const argv of [['--seed', 'x'], ['--only', 'rain'], ['--minutes', '0'], ['--colour'], ['surplus']])
    expect(() => quietly(argv), argv.join(' ')).toThrow();
});
