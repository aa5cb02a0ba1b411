import { describe, expect, it } from 'vitest';
import { FACTS_SCHEMA, type DialFacts } from '../../../domain/facts.ts';
import { HOUR_MS, MINUTE_MS } from '../../../domain/time.ts';
import { bundledDocuments, compilePolicySet } from '../../../policies/index.ts';
import { HEAD_START_MS, startBeforeWindow, startWhenMostOpen } from '../../../cli/local/first-window.ts';

const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const policySet = compilePolicySet(bundledDocuments());

function factsIn(jurisdiction: string, zone: string): DialFacts {
  return {
    schema: FACTS_SCHEMA,
    tenantId: id(1),
    campaignId: id(2),
    contactId: id(3),
    personId: id(4),
    purpose: 'marketing',
    channel: 'voice',
    mode: 'agentless',
    sector: null,
    technology: { artificialVoice: false, prerecorded: false, autodialler: true },
    carrierId: id(5),
    seller: null,
    debt: null,
    subject: null,
    ringTimeoutS: null,
    callee: { kind: null, age: null, relation: null, debtorUnreachable: null },
    callerId: { pseudonym: 'caller', country: 'US', type: 'fixed_line_or_mobile', prefix: '202555' },
    line: { vendor: null },
    dialogue: null,
    number: { pseudonym: 'ab', country: jurisdiction.slice(0, 2), type: 'mobile' },
    locations: [{ jurisdiction, zone, source: 'prefix', confidence: 'medium', recordedAt: null }],
    consents: [],
    suppressions: [],
    lists: [],
    attempts: [],
    triggers: [],
    relationships: [],
    attestations: [],
    abandonment: [],
  };
}

const eastern = { facts: factsIn('US', 'America/New_York'), contacts: 10 };
const pacific = { facts: factsIn('US', 'America/Los_Angeles'), contacts: 10 };
// Federal hours are 8 a.m. to 9 p.m. at the called party's place: 13:00Z in the east in winter.
const EAST_OPENS = '13:00:00.000Z';

describe('the start of a rehearsal', () => {
  it('lies five minutes before the window opens', () => {
    const start = startBeforeWindow([eastern], policySet, Date.parse('2026-11-23T06:00:00Z'));
    expect(new Date(start! + HEAD_START_MS).toISOString()).toBe(`2026-11-23T${EAST_OPENS}`);
    expect(HEAD_START_MS).toBe(5 * MINUTE_MS);
  });

  it('is the same time of day whatever the hour at which it is asked for', () => {
    const times = new Set<string>();
    for (let hour = 0; hour < 24; hour++) {
      const at = Date.parse('2026-11-23T00:30:00Z') + hour * HOUR_MS;
      const start = startBeforeWindow([eastern, pacific], policySet, at)!;
      expect(start).toBeGreaterThanOrEqual(at);
      times.add(new Date(start + HEAD_START_MS).toISOString().slice(11));
    }
    expect([...times]).toEqual([EAST_OPENS]);
  });

  it('asks about time alone: contacts without a consent have the same morning', () => {
    const bare = startBeforeWindow([eastern], policySet, Date.parse('2026-11-23T06:00:00Z'));
    expect(bare).not.toBeNull();
  });

  it('is open when no contact has a window ahead', () => {
    expect(
      startBeforeWindow([{ facts: factsIn('US', 'America/Springfield'), contacts: 1 }], policySet, 0),
    ).toBeNull();
    expect(startBeforeWindow([], policySet, 0)).toBeNull();
  });
});

describe('the start of a rehearsal of some hours', () => {
  const midnight = Date.parse('2026-11-23T06:00:00Z');

  it('is the first instant from which on all may be called for as long as it lasts', () => {
    // 8 a.m. in the west; the east is open since.
    const start = startWhenMostOpen([eastern, pacific], policySet, midnight, HOUR_MS);
    expect(new Date(start!).toISOString()).toBe('2026-11-23T16:00:00.000Z');
    const east = startWhenMostOpen([eastern], policySet, midnight, HOUR_MS);
    expect(new Date(east!).toISOString()).toBe(`2026-11-23T${EAST_OPENS}`);
  });

  it('leaves as many hours as it lasts: an evening that is too short is none', () => {
    const evening = Date.parse('2026-11-24T01:00:00Z');
    const start = startWhenMostOpen([eastern], policySet, evening, 2 * HOUR_MS);
    expect(new Date(start!).toISOString()).toBe(`2026-11-24T${EAST_OPENS}`);
    expect(startWhenMostOpen([eastern], policySet, evening, HOUR_MS / 2)).toBe(evening);
  });

  it('is open when nobody may be called for so long', () => {
    expect(startWhenMostOpen([eastern], policySet, midnight, 20 * HOUR_MS)).toBeNull();
    expect(startWhenMostOpen([], policySet, midnight, HOUR_MS)).toBeNull();
  });
});
