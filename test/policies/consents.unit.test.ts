import { describe, expect, it } from 'vitest';
import type { ConsentQuestion } from '../../policies/consents.ts';
import { ANY_CONSENT, consentLookup, consentState, grantAt } from '../../policies/consents.ts';
import { relationshipAt, relationshipSpans } from '../../policies/relationships.ts';
import { at, facts } from './support.ts';

const QUESTION: ConsentQuestion = { ...ANY_CONSENT, purposes: ['marketing'], level: 'express' };

/** What consents come to: stretches by whose they are, and the withdrawal that ended them. */
function state(consents: object[], more: Partial<ConsentQuestion> = {}) {
  const found = consentState(facts({ consents }), { ...QUESTION, ...more });
  const ids = (events: readonly { eventId: string }[]) =>
    events.map(({ eventId }) => eventId.replace('consent-', ''));
  return {
    live: found.live.map(({ eventId, from, until }) => {
      const end = Number.isFinite(until) ? new Date(until).toISOString().slice(0, 10) : '';
      return `${eventId.replace('consent-', '')}: ${new Date(from).toISOString().slice(0, 10)}/${end}`;
    }),
    withdrawnBy: found.withdrawnBy === null ? null : ids([found.withdrawnBy])[0]!,
    grants: ids(found.grants).join(' '),
    weaker: ids(found.weaker).join(' '),
    notCovering: ids(found.notCovering).join(' '),
  };
}
const day = (date: string) => `2026-${date}T00:00:00Z`;
const grant = (date: string, more: object = {}) => ({ at: day(date), ...more });
const withdrawal = (date: string, more: object = {}) => ({ kind: 'withdrawal', at: day(date), ...more });

describe('what a person’s consents come to', () => {
  it('the latest grant decides from its beginning on, with its own end', () => {
    const { live } = state([grant('03-01'), grant('02-01', { expiresAt: day('02-10') })]);
    expect(live).toEqual(['2: 2026-02-01/2026-02-10', '1: 2026-03-01/']);
  });
  it('a grant is replaced by the next, whatever end it had', () => {
    expect(state([grant('02-01'), grant('03-01', { expiresAt: day('03-10') })]).live).toEqual([
      '1: 2026-02-01/2026-03-01',
      '2: 2026-03-01/2026-03-10',
    ]);
  });
  it('of grants of one instant the one that was recorded last decides, then the later id', () => {
    const end = { expiresAt: day('02-10') };
    const early = { recordedAt: day('02-02') };
    const late = { recordedAt: day('02-03') };
    expect(state([grant('02-01', { ...late, ...end }), grant('02-01', early)]).live).toEqual([
      '1: 2026-02-01/2026-02-10',
    ]);
    expect(state([grant('02-01', early), grant('02-01', { ...late, ...end })]).live).toEqual([
      '2: 2026-02-01/2026-02-10',
    ]);
    expect(state([grant('02-01'), grant('02-01', end)]).live).toEqual(['2: 2026-02-01/2026-02-10']);
    const [one, two] = facts({ consents: [grant('02-01'), grant('02-01', end)] }).consents;
    const reversed = consentState({ ...facts(), consents: [two!, one!] }, QUESTION);
    expect(reversed.live.map(({ eventId }) => eventId)).toEqual(['consent-2']);
  });
  it('a withdrawal ends every grant up to its own instant, and none given after it', () => {
    expect(state([grant('02-01'), withdrawal('03-01')])).toEqual({
      live: [],
      withdrawnBy: '2',
      grants: '',
      weaker: '',
      notCovering: '',
    });
    expect(state([grant('03-01'), withdrawal('03-01')]).withdrawnBy).toBe('2');
    expect(state([grant('03-02'), withdrawal('03-01')])).toMatchObject({
      live: ['1: 2026-03-02/'],
      withdrawnBy: null,
    });
  });
  it('of two withdrawals the later ends consent, in whatever order they are told', () => {
    const events = [withdrawal('03-01'), withdrawal('02-01'), grant('02-15')];
    expect(state(events).withdrawnBy).toBe('1');
    expect(state([events[1]!, events[0]!, events[2]!]).withdrawnBy).toBe('2');
    expect(state([withdrawal('02-01', { recordedAt: day('02-03') }), withdrawal('02-01')]).withdrawnBy).toBe(
      '1',
    );
  });
  it('a withdrawal is of the purposes and channels that it names; of none named, of all', () => {
    const live = ['1: 2026-02-01/'];
    const after = (more: object) => state([grant('02-01'), withdrawal('03-01', more)]).live;
    expect(after({ purposes: ['survey'] })).toEqual(live);
    expect(after({ channels: ['sms'] })).toEqual(live);
    expect(after({ purposes: ['survey', 'marketing'] })).toEqual([]);
    expect(after({ purposes: [] })).toEqual([]);
    expect(after({ channels: [] })).toEqual([]);
    expect(after({ purposes: [], channels: ['sms'] })).toEqual(live);
  });
  it('a grant is of what it names alone: of none named, of nothing', () => {
    expect(state([grant('02-01', { purposes: [] })]).grants).toBe('');
    expect(state([grant('02-01', { channels: [] })]).grants).toBe('');
    expect(state([grant('02-01', { purposes: ['survey'] })]).grants).toBe('');
    expect(state([grant('02-01', { channels: ['sms', 'voice'] })]).grants).toBe('1');
  });
  it('what is too weak is told apart from what does not name what it must', () => {
    const grants = [grant('02-01', { level: 'implied' }), grant('02-02'), grant('02-03', { seller: 'acme' })];
    expect(state(grants, { seller: 'acme' })).toEqual({
      live: ['3: 2026-02-03/'],
      withdrawnBy: null,
      grants: '1 2 3',
      weaker: '1',
      notCovering: '2',
    });
  });
  it('a permission that widens must name what it widens', () => {
    const grants = [
      grant('02-01'),
      grant('02-02', { widens: ['law.hours'] }),
      grant('02-03', { widens: ['x'] }),
    ];
    expect(state(grants, { widens: 'law.hours' })).toMatchObject({ live: ['2: 2026-02-02/'], grants: '2' });
  });
  it('each thing asked for must be named: all kinds of call, the matter, the guardian, the number', () => {
    const covered = (given: object, asked: Partial<ConsentQuestion>) =>
      state([grant('02-01', given)], asked).live.length === 1;
    const both = { technologies: ['prerecorded', 'autodialler'] as const };
    expect(covered({ technologies: ['prerecorded'] }, both)).toBe(false);
    expect(covered(both, both)).toBe(true);
    expect(covered({ separate: ['publish'] }, { separate: 'export' })).toBe(false);
    expect(covered({ separate: ['publish', 'export'] }, { separate: 'export' })).toBe(true);
    expect(covered({}, { guardian: true })).toBe(false);
    expect(covered({ guardian: true }, { guardian: true })).toBe(true);
    expect(covered({ guardian: true }, {})).toBe(true);
    expect(covered({ seller: 'acme' }, {})).toBe(true);
    expect(covered({ seller: 'acme' }, { seller: 'other' })).toBe(false);
    expect(covered({ number: 'number-2' }, { number: 'number-1' })).toBe(false);
    expect(covered({ number: 'number-1' }, { number: 'number-1' })).toBe(true);
    expect(covered({ number: null }, { number: 'number-1' })).toBe(true);
    expect(covered({ number: 'number-2' }, {})).toBe(true);
  });
  it('ages from when it was given, and from when the number was last known to be the person’s', () => {
    const DAY = 86_400_000;
    expect(state([grant('02-01')], { maxAgeMs: 5 * DAY }).live).toEqual(['1: 2026-02-01/2026-02-06']);
    const owned = { ownershipVerifiedAt: day('02-02') };
    expect(state([grant('02-01', owned)], { ownershipMaxAgeMs: 5 * DAY }).live).toEqual([
      '1: 2026-02-01/2026-02-07',
    ]);
    expect(state([grant('02-01')], { ownershipMaxAgeMs: 5 * DAY })).toMatchObject({ live: [], grants: '1' });
    const ended = { ...owned, expiresAt: day('02-04') };
    expect(state([grant('02-01', ended)], { ownershipMaxAgeMs: 5 * DAY, maxAgeMs: 4 * DAY }).live).toEqual([
      '1: 2026-02-01/2026-02-04',
    ]);
  });
  it('of several purposes all must be granted, each by whichever grant covers it', () => {
    const both = { purposes: ['marketing', 'survey'] as const };
    const survey = { purposes: ['survey'] };
    expect(state([grant('02-01', { expiresAt: day('04-01') }), grant('03-01', survey)], both).live).toEqual([
      '1: 2026-03-01/2026-04-01',
    ]);
    expect(state([grant('02-01', { expiresAt: day('03-01') }), grant('03-01', survey)], both).live).toEqual(
      [],
    );
    expect(state([grant('02-01', { purposes: ['marketing', 'survey'] })], both).grants).toBe('1');
    expect(state([grant('02-01')], both)).toMatchObject({ grants: '', live: [] });
    const withdrawn = [grant('02-01', { purposes: ['marketing', 'survey'] }), withdrawal('03-01', survey)];
    expect(state(withdrawn, both)).toMatchObject({ live: [], withdrawnBy: '2' });
    expect(state([withdrawal('03-01'), grant('02-01', survey)], both).withdrawnBy).toBe('1');
    const weak = [
      grant('02-01', { level: 'implied', purposes: ['marketing', 'survey'] }),
      grant('02-02', { level: 'implied' }),
    ];
    expect(state(weak, both).weaker).toBe('1');
    const unnamed = [grant('02-01', { purposes: ['marketing', 'survey'] }), grant('02-02', survey)];
    expect(state(unnamed, { ...both, seller: 'acme' }).notCovering).toBe('1');
    const other = [unnamed[0]!, grant('02-02')];
    expect(state(other, { ...both, seller: 'acme' }).notCovering).toBe('1');
  });
  it('a question names at least one purpose', () => {
    expect(() => consentState(facts(), { ...QUESTION, purposes: [] })).toThrow(RangeError);
  });
  it('a grant is in force from its first instant, and not at its end', () => {
    const found = consentState(facts({ consents: [grant('02-01', { expiresAt: day('02-10') })] }), QUESTION);
    const id = (t: number) => grantAt(found, t)?.eventId ?? null;
    const [from, until] = [at(day('02-01')), at(day('02-10'))];
    expect([from - 1, from, until - 1, until].map(id)).toEqual([null, 'consent-1', 'consent-1', null]);
  });
});

describe('questions of one evaluation', () => {
  it('are each worked out once, and told apart by everything they ask', () => {
    const ask = consentLookup(facts({ consents: [{}] }));
    const different: Partial<ConsentQuestion>[] = [
      {},
      { level: 'written' },
      { maxAgeMs: 1 },
      { widens: 'law.hours' },
      { seller: 'acme' },
      { separate: 'export' },
      { guardian: true },
      { number: 'number-1' },
      { ownershipMaxAgeMs: 1 },
      { technologies: ['prerecorded'] },
      { technologies: ['autodialler'] },
      { technologies: ['autodialler', 'prerecorded'] },
      { purposes: ['survey'] },
      { purposes: ['survey', 'marketing'] },
    ];
    const states = different.map((more) => ask({ ...QUESTION, ...more }));
    expect(new Set(states).size).toBe(different.length);
    different.forEach((more, i) => expect(ask({ ...QUESTION, ...more })).toBe(states[i]));
  });
});

describe('dealings with the seller', () => {
  const spans = (
    relationships: object[],
    withinDays: number | null,
    kinds = ['contract', 'purchase'] as const,
  ) =>
    relationshipSpans(facts({ relationships }), kinds as never, withinDays).map(
      ({ kind, from, until }) =>
        `${kind} ${new Date(from).toISOString().slice(0, 10)}/${Number.isFinite(until) ? new Date(until).toISOString().slice(0, 10) : ''}`,
    );
  it('count while they last, and for so many days after', () => {
    const contract = { kind: 'contract', at: day('02-01'), endedAt: day('03-01') };
    expect(spans([contract], null)).toEqual(['contract 2026-02-01/2026-03-01']);
    expect(spans([contract], 10)).toEqual(['contract 2026-02-01/2026-03-11']);
    expect(spans([{ ...contract, endedAt: null }], 10)).toEqual(['contract 2026-02-01/']);
    expect(spans([{ kind: 'purchase', at: day('02-01') }], 10)).toEqual(['purchase 2026-02-01/2026-02-11']);
    expect(spans([{ kind: 'purchase', at: day('02-01') }], null)).toEqual([]);
    expect(spans([{ kind: 'inquiry', at: day('02-01') }], 10)).toEqual([]);
  });
  it('are named at an instant by the first that counts then, in whatever order they are told', () => {
    const given = facts({
      relationships: [
        { kind: 'purchase', at: day('02-05') },
        { kind: 'contract', at: day('02-05'), endedAt: day('02-08') },
        { kind: 'purchase', at: day('02-01') },
      ],
    });
    const found = relationshipSpans(given, ['contract', 'purchase'], 2);
    const reversed = { ...given, relationships: given.relationships.toReversed() };
    expect(relationshipSpans(reversed, ['contract', 'purchase'], 2)).toEqual(found);
    expect(found.map(({ kind }) => kind)).toEqual(['purchase', 'contract', 'purchase']);
    const kindAt = (t: string) => relationshipAt(found, at(t));
    expect(
      [day('01-31'), day('02-01'), day('02-03'), day('02-05'), day('02-09'), day('02-10')].map(kindAt),
    ).toEqual([null, 'purchase', null, 'contract', 'contract', null]);
  });
});
