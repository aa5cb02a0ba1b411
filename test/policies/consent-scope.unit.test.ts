import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConsentFact } from '../../domain/facts.ts';
import { CHANNELS, CONSENT_LEVELS, type Purpose } from '../../domain/vocabulary.ts';
import { bundledDocuments, compilePolicySet, evaluate, scopeInForce } from '../../policies/index.ts';
import { facts, pack, rule } from './support.ts';

/** Monday 2026-03-02, 10:00 in Shanghai. */
const NOW = Date.parse('2026-03-02T10:00:00+08:00');
const DAY = 86_400_000;

function event(change: Partial<ConsentFact> = {}): ConsentFact {
  return {
    eventId: 'g',
    kind: 'grant',
    purposes: ['marketing', 'service'],
    channels: ['voice', 'sms'],
    level: 'express',
    source: 'web',
    occurredAt: NOW - 100 * DAY,
    recordedAt: NOW - 100 * DAY,
    expiresAt: NOW + 10 * DAY,
    widens: [],
    seller: null,
    technologies: [],
    separate: [],
    guardian: false,
    number: null,
    ownershipVerifiedAt: null,
    renewedFrom: null,
    ...change,
  };
}

const WHOLE = [
  { purpose: 'marketing', channels: ['voice', 'sms'] },
  { purpose: 'service', channels: ['voice', 'sms'] },
];
const scope = (grant: ConsentFact, ...others: ConsentFact[]) => scopeInForce(grant, [grant, ...others], NOW);
const later = (change: Partial<ConsentFact>) =>
  event({ eventId: 'r', occurredAt: NOW - DAY, recordedAt: NOW - DAY, ...change });

describe('a consent is in force', () => {
  it('for all that it names until it ends, and for nothing before it was given or from its end on', () => {
    expect(scope(event())).toEqual(WHOLE);
    expect(scope(event({ expiresAt: NOW + 1 }))).toEqual(WHOLE);
    expect(scope(event({ expiresAt: NOW }))).toEqual([]);
    expect(scope(event({ occurredAt: NOW + 1 }))).toEqual([]);
  });

  it('for what no withdrawal names, given at the same instant or later', () => {
    const withdrawal = (change: Partial<ConsentFact>) =>
      later({ kind: 'withdrawal', expiresAt: null, ...change });
    expect(scope(event(), withdrawal({ purposes: ['marketing'], channels: ['voice'] }))).toEqual([
      { purpose: 'marketing', channels: ['sms'] },
      { purpose: 'service', channels: ['voice', 'sms'] },
    ]);
    expect(scope(event(), withdrawal({ purposes: [], channels: [] }))).toEqual([]);
    expect(scope(event(), withdrawal({ occurredAt: event().occurredAt }))).toEqual([]);
    expect(scope(event(), withdrawal({ occurredAt: event().occurredAt - 1 }))).toEqual(WHOLE);
  });

  it('for what no later consent names that says as much, whatever the end of that one', () => {
    expect(scope(event(), later({ purposes: ['marketing'] }))).toEqual([
      { purpose: 'service', channels: ['voice', 'sms'] },
    ]);
    expect(scope(event(), later({ level: 'written' }))).toEqual([]);
    // It has ended since, and stands in the place of the first all the same: rules go by the latest.
    expect(scope(event(), later({ expiresAt: NOW - 1 }))).toEqual([]);
    expect(scope(event(), later({ occurredAt: NOW + DAY }))).toEqual(WHOLE);
  });

  it.each([
    ['is weaker', {}, { level: 'implied' as const }],
    ['names another seller', { seller: 'Acme' }, { seller: 'Example Ltd' }],
    ['names no seller', { seller: 'Acme' }, {}],
    ['names fewer kinds of call', { technologies: ['artificial_voice' as const] }, {}],
    ['was not asked for by itself', { separate: ['sensitive' as const] }, {}],
    ['is not a guardian’s', { guardian: true }, {}],
    ['is for one number, where it is for whatever number', {}, { number: 'aa' }],
    ['is for another number', { number: 'aa' }, { number: 'bb' }],
    ['widens less', { widens: ['evening'] }, {}],
  ])('beside a later one that %s', (_what, first, second) => {
    expect(scope(event(first), later(second))).toEqual(WHOLE);
    // And not beside one that says as much.
    expect(scope(event(first), later(first))).toEqual([]);
  });
});

describe('what is in force', () => {
  const kinds = fc.record({
    kind: fc.constantFrom('grant' as const, 'grant' as const, 'withdrawal' as const),
    purposes: fc.subarray(['marketing', 'service'] as Purpose[]),
    channels: fc.subarray([...CHANNELS]),
    level: fc.constantFrom(...CONSENT_LEVELS),
    occurredAt: fc.integer({ min: NOW - 3 * DAY, max: NOW }),
    expiresAt: fc.option(fc.integer({ min: NOW - DAY, max: NOW + DAY })),
  });
  const calendars = bundledDocuments().filter((document) => document.kind === 'calendar');
  const asking = new Map(
    CONSENT_LEVELS.map((level) => [
      level,
      compilePolicySet([pack([rule('x', 'consent', { level })]), ...calendars]),
    ]),
  );

  it('is what a rule that asks for its level goes by, and nothing else is', () => {
    fc.assert(
      fc.property(fc.array(kinds, { minLength: 1, maxLength: 5 }), (parts) => {
        const consents = parts.map((part, i) => event({ ...part, eventId: `e${i}` }));
        for (const grant of consents.filter((one) => one.kind === 'grant')) {
          const inForce = scopeInForce(grant, consents, NOW);
          for (const purpose of grant.purposes) {
            const seen = { ...facts({ purpose }), consents };
            const { results } = evaluate({
              policySet: asking.get(grant.level)!,
              facts: seen,
              at: NOW,
              horizonMs: 0,
            });
            const decides = results.find((one) => one.rule === 'x')!.inputs['event'] === grant.eventId;
            const said = inForce.some((one) => one.purpose === purpose && one.channels.includes('voice'));
            expect(said).toBe(decides);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
