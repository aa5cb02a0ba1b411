import { describe, expect, it } from 'vitest';
import { checkInForce, type Activation } from '../../audit/checks/in-force.ts';

const AT = Date.parse('2026-11-23T04:00:00Z');
const HOUR = 3_600_000;
const decision = { id: 'd', contactId: 'k', campaignId: 'c', at: AT, horizonMs: 800 };
const OLD: Activation = { id: 1, from: AT - 10 * HOUR, documentHashes: ['law-1', 'house-1'] };
const NEW: Activation = { id: 2, from: AT - HOUR, documentHashes: ['law-1', 'house-2'] };
const made = (...hashes: string[]) => hashes.map((hash) => ({ id: hash.split('-')[0]!, hash }));
const found = (documents: ReturnType<typeof made>, activations: Activation[], more = {}) =>
  checkInForce({ ...decision, ...more }, documents, activations).map(({ expected }) => expected);

describe('a decision is made by what was in force (I7)', () => {
  it('the set in force passes, the one before does not', () => {
    expect(found(made('law-1', 'house-2'), [OLD, NEW])).toEqual([]);
    expect(found(made('law-1', 'house-1'), [NEW, OLD])).toEqual(['the set of publication 2']);
  });
  it('one that is yet to come does not pass', () => {
    const later = { ...NEW, from: AT + HOUR };
    expect(found(made('law-1', 'house-2'), [OLD, later])).toEqual(['the set of publication 1']);
    expect(found(made('law-1', 'house-1'), [OLD, later])).toEqual([]);
  });
  it('around the instant itself either passes, for clocks differ by up to a minute of real time', () => {
    const just = { ...NEW, from: AT + 59_999 };
    expect(found(made('law-1', 'house-1'), [OLD, just])).toEqual([]);
    expect(found(made('law-1', 'house-2'), [OLD, just])).toEqual([]);
    expect(found(made('law-1', 'house-2'), [OLD, { ...NEW, from: AT + 60_001 }])).toHaveLength(1);
    // On a clock that runs ten times as fast the horizon is ten times as long.
    expect(
      found(made('law-1', 'house-2'), [OLD, { ...NEW, from: AT + 500_000 }], { horizonMs: 8_000 }),
    ).toEqual([]);
  });
  it('a document missing or one too many is found, but for the campaign’s own hours', () => {
    const own = { id: 'campaign-c', hash: 'own' };
    expect(found([...made('law-1', 'house-2'), own], [OLD, NEW])).toEqual([]);
    expect(found([...made('law-1', 'house-2'), { id: 'campaign-x', hash: 'own' }], [OLD, NEW])).toHaveLength(
      1,
    );
    expect(found([...made('law-1', 'house-2'), own, { id: 'lenient', hash: 'l' }], [OLD, NEW])).toHaveLength(
      1,
    );
    expect(found(made('law-1'), [OLD, NEW])).toHaveLength(1);
  });
  it('where none was ever in force', () => {
    expect(found(made('law-1'), [])).toEqual(['a set that was in force; none was']);
  });
});
