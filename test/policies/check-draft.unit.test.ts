import { describe, expect, it } from 'vitest';
import type { PolicyChange } from '../../domain/policy-draft.ts';
import type { CheckContext } from '../../policies/check-draft.ts';
import { checkForm } from '../../policies/check-draft.ts';
import { documentHash } from '../../policies/documents.ts';
import type { PackDocument, PolicyDocument } from '../../policies/index.ts';
import { compilePolicySet, mergeChanges } from '../../policies/index.ts';
import { fromStored, toStored } from '../../policies/stored.ts';
import { housePack, pack, rule } from './support.ts';

type RuleInput = PackDocument['rules'][number];
const hours = (id: string, daily: string[], more: Partial<RuleInput> = {}) =>
  rule(id, 'calling_window', { windows: { daily } }, more);
const law = (version: number, ...rules: RuleInput[]) => pack(rules, { version }) as PolicyDocument;
const house = (version: number, ...rules: RuleInput[]) =>
  ({ ...housePack(rules), version }) as PolicyDocument;
const calendar = (daysOff: object[], version = 1) =>
  ({
    kind: 'calendar',
    id: 'days',
    version,
    title: 'Made up',
    jurisdiction: ['CN'],
    coverage: { from: '2026-01-01', to: '2026-12-31' },
    daysOff,
    workdays: [],
    sources: [
      {
        citation: { instrument: 'made up', article: null, url: null, checkedOn: '2026-11-22' },
        confidence: 'S',
        covers: 'all',
      },
    ],
  }) as PolicyDocument;

const put = (document: PolicyDocument): PolicyChange => ({
  action: 'put',
  kind: document.kind,
  id: document.id,
  document,
});
const remove = (kind: 'pack' | 'calendar', id: string): PolicyChange => ({ action: 'remove', kind, id });
const asPublished = (document: PolicyDocument) => ({
  kind: document.kind,
  id: document.id,
  version: document.version,
  hash: documentHash(document),
});

const LAW = law(1, hours('law.hours', ['09:00-20:00']));
const BASE = [
  LAW,
  house(1, hours('house.hours', ['10:00-18:00'])),
  calendar([{ name: 'A', from: '2026-05-01' }]),
];

function check(changes: PolicyChange[], context: Partial<CheckContext> = {}, base = BASE) {
  const found = checkForm(base, changes, { published: [], shipped: [], accepted: [], ...context });
  return { ...found, said: found.faults.map(({ field, fault }) => `${field} ${fault}`) };
}

describe('a draft is checked whole', () => {
  it('what may be published comes with its set and hash', () => {
    const next = house(2, hours('house.hours', ['11:00-18:00']));
    const found = check([put(next)]);
    const candidate = [BASE[0]!, BASE[2]!, next];
    expect(found).toMatchObject({ faults: [], candidate, touchesLaw: false });
    expect(found.candidateHash).toBe(compilePolicySet(candidate).hash);
  });
  it('without a change there is nothing to publish', () => {
    expect(check([]).said).toEqual(['changes are none: it would publish what is in force already']);
  });
  it('what is not in the set cannot be taken out, and what is can', () => {
    expect(check([remove('pack', 'nowhere')]).said).toEqual([
      'pack/nowhere is not in the set, so it cannot be removed',
    ]);
    expect(check([remove('pack', 'nowhere')]).faults[0]?.expected).toBe(
      'one of calendar/days, pack/test-house, pack/test-law',
    );
    expect(check([remove('pack', 'test-house')])).toMatchObject({
      faults: [],
      candidate: [BASE[0], BASE[2]],
    });
  });
  it('names that begin with campaign- are the engine’s', () => {
    const own = { ...housePack([], 'campaign-1'), version: 2 } as PolicyDocument;
    expect(check([put(own)]).said).toContain('campaign-1.id is reserved');
    expect(check([put({ ...own, id: 'our-campaign-1' })]).said).toEqual([]);
  });
  it('a document of bad form is told apart, and no set is made out', () => {
    const wrong = { ...house(2), rules: [{ id: 'x' }] } as unknown as PolicyDocument;
    const found = check([put(wrong), put(house(1, hours('y', ['09:00-10:00'])))]);
    expect(found).toMatchObject({ candidate: null, candidateHash: null, touchesLaw: false });
    expect(found.said.join()).toContain('test-house.rules[0]');
  });
  it('a rule whose text was read names the article, and a calendar has a day off', () => {
    const citation = { instrument: 'made up', article: null, url: null, checkedOn: '2026-11-22' };
    const unread = law(2, hours('law.hours', ['09:00-20:00'], { citation }));
    expect(check([put(unread)]).said).toEqual([
      'test-law.rules[0].citation.article is not given, though the text is said to have been read',
    ]);
    const read = hours('law.hours', ['09:00-20:00'], { citation, confidence: 'S' });
    expect(check([put(law(2, read))]).said).toEqual([]);
    expect(check([put(calendar([], 2))]).said.join()).toContain('days.daysOff is empty');
  });
  it('a set that does not compile has its faults, and no hash', () => {
    const unknown = house(2, rule('x', 'horoscope', {}));
    const found = check([put(unknown)]);
    expect(found.said).toEqual(['test-house.rules[0].type horoscope is not a rule type']);
    expect(found.candidateHash).toBeNull();
    expect(found.candidate).toHaveLength(3);
  });
});

describe('versions are immutable', () => {
  it('a version in force, or once in force, is given to no other content', () => {
    const other = house(1, hours('house.hours', ['12:00-13:00']));
    expect(check([put(other)]).said).toEqual([
      'test-house.version is 1, and version 1 was in force with other content',
    ]);
    expect(check([put(other)]).faults[0]?.expected).toBe('2 or more');
    const third = house(3, hours('house.hours', ['12:00-13:00']));
    expect(check([put(third)]).said).toEqual([]);
    const published = [asPublished(house(3, hours('z', ['12:00-13:00'])))];
    expect(check([put(third)], { published }).said).toEqual([
      'test-house.version is 3, and version 3 was in force with other content',
    ]);
    expect(check([put(third)], { published: [{ ...published[0]!, id: 'another' }] }).said).toEqual([]);
    expect(check([put(third)], { published: [{ ...published[0]!, kind: 'calendar' }] }).said).toEqual([]);
  });
  it('a new document begins at any version from 1 on', () => {
    expect(check([put({ ...house(1), id: 'new-house' })]).said).toEqual([]);
  });
  it('what was in force before may be in force again, to the letter', () => {
    const old = law(1, hours('law.hours', ['08:00-21:00']));
    const base = [law(2, hours('law.hours', ['09:00-20:00']))];
    expect(check([put(old)], {}, base).said).toHaveLength(2);
    expect(check([put(old)], { published: [asPublished(old)] }, base).said).toEqual([]);
  });
});

describe('nothing of the law is loosened (I9)', () => {
  const looser = law(2, hours('law.hours', ['08:00-21:00']));
  it('but where it ships so, or its loosening was accepted by name', () => {
    expect(check([put(looser)]).said.join()).toContain(
      'test-law/law.hours would be loosened: windows would be',
    );
    expect(check([put(looser)], { shipped: [looser] }).said).toEqual([]);
    expect(
      check([put(looser)], { accepted: [{ rule: 'law.hours', reason: 'the law changed' }] }).said,
    ).toEqual([]);
    expect(
      check([put(looser)], { accepted: [{ rule: 'other', reason: 'the law changed' }] }).said,
    ).toHaveLength(1);
  });
  it('a change to a pack of the law, or an acceptance, asks for who may change the law', () => {
    const added = { ...law(1), id: 'new-law', covers: [] } as PolicyDocument;
    expect(check([put(looser)]).touchesLaw).toBe(true);
    expect(check([put(added)]).touchesLaw).toBe(true);
    expect(check([remove('pack', 'test-law')]).touchesLaw).toBe(true);
    expect(check([put({ ...house(2), id: 'test-law', version: 2 })]).touchesLaw).toBe(true);
    expect(check([remove('pack', 'test-house')]).touchesLaw).toBe(false);
    expect(check([remove('calendar', 'days')]).touchesLaw).toBe(false);
    const accepted = [{ rule: 'law.hours', reason: 'r' }];
    expect(check([remove('pack', 'test-house')], { accepted }).touchesLaw).toBe(true);
    // Also where the set does not compile.
    expect(
      check([put({ ...law(2, hours('law.hours', ['09:00-20:00']), rule('x', 'horoscope', {})) })]),
    ).toMatchObject({
      candidateHash: null,
      touchesLaw: true,
    });
  });
});

describe('hours that leave no time', () => {
  it('are a fault where the draft brings them, and none where they were there before', () => {
    const night = house(2, hours('house.hours', ['21:00-22:00']));
    expect(check([put(night)]).said).toEqual([
      'house.hours, law.hours leave no hour at which anybody may be called for marketing',
    ]);
    const base = [LAW, night, BASE[2]!];
    expect(check([put(calendar([{ name: 'B', from: '2026-06-01' }], 2))], {}, base).said).toEqual([]);
  });
});

describe('changes to one draft', () => {
  it('of one document the last counts, in the place of those before', () => {
    const first = put(house(2));
    const second = put(house(3));
    expect(mergeChanges([first, put(LAW)], [second])).toEqual([put(LAW), second]);
    expect(mergeChanges([first], [remove('pack', 'test-house')])).toEqual([remove('pack', 'test-house')]);
    expect(mergeChanges([first], [remove('calendar', 'test-house')])).toEqual([
      first,
      remove('calendar', 'test-house'),
    ]);
  });
});

describe('a stored document', () => {
  it('is its canonical text under its hash, and comes back as it was', () => {
    const stored = toStored(LAW);
    expect(stored).toMatchObject({
      hash: documentHash(LAW),
      kind: 'pack',
      documentId: 'test-law',
      version: '1',
    });
    expect(fromStored(stored)).toEqual(LAW);
    expect(() => fromStored({ body: '{"kind":"pack"}' })).toThrow();
  });
});
