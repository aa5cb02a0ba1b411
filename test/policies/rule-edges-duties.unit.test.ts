import { describe, expect, it } from 'vitest';
import { at, judged, NOON, said } from './support.ts';

const duties = (...question: Parameters<typeof judged>) => judged(...question).duties ?? [];

describe('assessment', () => {
  const made = (...attestations: object[]) => ({
    attestations: attestations.map((one) => ({ kind: 'assessment', name: 'pia', ...one })),
  });
  it('of several that were made the last to run out is the one in date', () => {
    const two = made(
      { from: '2026-01-01T00:00:00Z' },
      { from: '2026-06-01T00:00:00Z' },
      { from: '2026-03-01T00:00:00Z' },
    );
    expect(duties('assessment', { assessment: 'pia', cadenceDays: 365 }, two)).toEqual([
      { kind: 'assess', detail: { assessment: 'pia' }, withinS: null, dueAt: at('2027-06-01T00:00:00Z') },
    ]);
    expect(said('assessment', { assessment: 'pia', cadenceDays: 365, enforce: 'deny' }, two)).toBe(
      'pass 2027-06-01T00:00:00.000Z',
    );
  });
  it('one without a cadence is due when what was made ends, and never where it does not', () => {
    const ends = made({ until: '2027-01-01T00:00:00Z' });
    expect(duties('assessment', { assessment: 'pia' }, ends)).toMatchObject([
      { dueAt: at('2027-01-01T00:00:00Z') },
    ]);
    expect(duties('assessment', { assessment: 'pia' }, made({}))).toEqual([]);
    expect(said('assessment', { assessment: 'pia', enforce: 'deny' }, made({ until: NOON }))).toBe(
      'deny no.expired',
    );
    expect(said('assessment', { assessment: 'pia' }, made({ until: NOON }))).toBe('pass');
  });
});

describe('disclosure and optout_mechanism', () => {
  const dialogue = (more: object) => ({
    dialogue: { scriptId: 's', version: 2, discloses: [], optOut: [], aiLabel: null, ...more },
  });
  it('each item must be declared, and each in time', () => {
    const declared = (...withinS: number[]) =>
      dialogue({ discloses: withinS.map((s, i) => ({ item: ['name', 'purpose'][i], withinS: s })) });
    const items = { items: ['name', 'purpose'], withinS: 5 };
    expect(said('disclosure', items, declared(5, 5))).toBe('pass');
    expect(said('disclosure', items, declared(5))).toBe('deny no.undeclared');
    expect(said('disclosure', items, declared(6, 5))).toBe('deny no.late');
    expect(said('disclosure', items, declared(0, 0))).toBe('pass');
    expect(said('disclosure', { items: ['name'], enforce: 'script' }, declared(9))).toBe('pass');
  });
  it('a label is owed and declared by calls with an artificial voice alone', () => {
    const label = { items: ['name'], aiLabel: { modes: ['prompt'], at: ['start'] } };
    const named = dialogue({ discloses: [{ item: 'name', withinS: 1 }] });
    expect(said('disclosure', label, named)).toBe('pass');
    expect(duties('disclosure', label, named).map(({ kind }) => kind)).toEqual(['disclose']);
    const artificial = { technology: { artificialVoice: true } };
    expect(said('disclosure', label, { ...named, ...artificial })).toBe('deny no.undeclared');
    expect(duties('disclosure', label, artificial)).toEqual([
      { kind: 'disclose', detail: { items: ['name'] }, withinS: null, dueAt: null },
      {
        kind: 'label_ai',
        detail: { modes: ['prompt'], at: ['start'], charactersPerMinute: null },
        withinS: null,
        dueAt: null,
      },
    ]);
    // Marked at more places than are asked for.
    const marked = (...places: string[]) => ({
      ...artificial,
      ...dialogue({ discloses: named.dialogue.discloses, aiLabel: { mode: 'prompt', at: places } }),
    });
    expect(said('disclosure', label, marked('middle', 'start'))).toBe('pass');
    expect(said('disclosure', label, marked('middle', 'end'))).toBe('deny no.undeclared');
    const onlyLabel = { aiLabel: label.aiLabel, enforce: 'script' };
    expect(said('disclosure', onlyLabel)).toBe('pass');
    expect(said('disclosure', onlyLabel, artificial)).toBe('deny no.unscripted');
  });
  it('a way out is owed by calls of its kinds, all of them where none is named', () => {
    const out = { means: ['keypress', 'human'], endWithinS: 10, technologies: ['prerecorded'] };
    expect(said('optout_mechanism', out, dialogue({}))).toBe('pass');
    expect(duties('optout_mechanism', out)).toEqual([]);
    expect(
      judged('optout_mechanism', out, { technology: { autodialler: true }, ...dialogue({}) }),
    ).toMatchObject({
      outcome: 'pass',
      inputs: { used: [] },
    });
    const recorded = { technology: { prerecorded: true } };
    expect(said('optout_mechanism', out, { ...recorded, ...dialogue({}) })).toBe('deny no.undeclared');
    expect(duties('optout_mechanism', out, recorded)).toEqual([
      {
        kind: 'offer_opt_out',
        detail: { means: ['keypress', 'human'], endWithinS: 10 },
        withinS: null,
        dueAt: null,
      },
    ]);
    const ways = [
      { means: 'speech', endsWithinS: 1 },
      { means: 'human', endsWithinS: 10 },
    ];
    expect(said('optout_mechanism', { ...out, technologies: [] }, dialogue({ optOut: ways }))).toBe('pass');
    expect(
      said('optout_mechanism', { ...out, technologies: [] }, dialogue({ optOut: ways.slice(0, 1) })),
    ).toBe('deny no.undeclared');
  });
});

describe('ring_minimum', () => {
  it('of seconds and rings the shorter will do', () => {
    const least = (params: object) => judged('ring_minimum', params, { ringTimeoutS: 1_000 }).inputs['least'];
    expect([least({ seconds: 15 }), least({ rings: 4 }), least({ rings: 4, secondsPerRing: 2.5 })]).toEqual([
      15, 24, 10,
    ]);
    expect([least({ seconds: 15, rings: 4 }), least({ seconds: 30, rings: 4 })]).toEqual([15, 24]);
  });
});

describe('transfer', () => {
  const stated = (...attestations: object[]) => ({
    attestations: attestations.map((one) => ({ kind: 'transfer', name: 'personal_data', ...one })),
  });
  const mechanism = { anyOf: ['certification', 'standard_contract'] };
  it('what was stated last holds, and of two stated at once that of the later id', () => {
    const [no, yes] = [{ detail: { exports: false } }, { detail: { exports: true } }];
    const [early, late] = [{ recordedAt: '2026-11-01T00:00:00Z' }, { recordedAt: '2026-11-02T00:00:00Z' }];
    expect(said('transfer', mechanism, stated({ ...no, ...early }, { ...yes, ...late }))).toBe(
      'deny no.mechanism',
    );
    expect(said('transfer', mechanism, stated({ ...yes, ...late }, { ...no, ...early }))).toBe(
      'deny no.mechanism',
    );
    expect(said('transfer', mechanism, stated({ ...no, ...late }, { ...yes, ...early }))).toBe('pass');
    expect(said('transfer', mechanism, stated({ ...no, ...early }, { ...yes, ...early }))).toBe(
      'deny no.mechanism',
    );
    expect(said('transfer', mechanism, stated({ ...yes, ...early }, { ...no, ...early }))).toBe('pass');
  });
  it('anything but a plain no is an export, and a number of persons that is not known is enough', () => {
    expect(said('transfer', mechanism, stated({ detail: {} }))).toBe('deny no.mechanism');
    expect(said('transfer', mechanism, stated({ detail: { exports: 'no' } }))).toBe('deny no.mechanism');
    const from = { ...mechanism, personsMin: 100 };
    expect(said('transfer', from, stated({ detail: { persons: '5' } }))).toBe('deny no.mechanism');
    expect(said('transfer', from, stated({ detail: { persons: 99 } }))).toBe('pass');
    expect(said('transfer', from, stated({ detail: { mechanism: 'security_assessment' } }))).toBe(
      'deny no.mechanism',
    );
    expect(said('transfer', from, stated({ detail: { mechanism: 'standard_contract' } }))).toBe('pass');
    expect(said('transfer', {}, stated({ detail: {} }))).toBe('pass');
  });
  it('of another name nothing is stated', () => {
    expect(
      said('transfer', { name: 'voices', whenUnstated: 'deny' }, stated({ detail: { exports: false } })),
    ).toBe('deny no.unstated');
    expect(duties('transfer', { name: 'voices' })).toEqual([
      { kind: 'state_transfer', detail: { name: 'voices' }, withinS: null, dueAt: null },
    ]);
  });
  it('data that stay, or may leave, owe nothing unless they must stay', () => {
    expect(duties('transfer', {}, stated({ detail: { exports: false } }))).toEqual([]);
    expect(duties('transfer', { localise: true }, stated({ detail: { exports: false } }))).toEqual([
      { kind: 'localise', detail: { name: 'personal_data' }, withinS: null, dueAt: null },
    ]);
    expect(duties('transfer', {}, stated({ detail: {} }))).toEqual([]);
  });
  it('a separate consent to the export, of whatever strength, for the purpose of the call', () => {
    const params = { separateConsent: true };
    const exporting = stated({ detail: { exports: true } });
    const given = (more: object) =>
      said('transfer', params, {
        ...exporting,
        consents: [{ separate: ['export'], level: 'implied', ...more }],
      });
    expect([
      given({}),
      given({ separate: ['publish'] }),
      given({ purposes: ['survey'] }),
      given({ expiresAt: NOON }),
    ]).toEqual(['pass', 'deny no.consent', 'deny no.consent', 'deny no.consent']);
    expect(said('transfer', {}, exporting)).toBe('pass');
  });
});

describe('retention', () => {
  const minimum = { days: 30 };
  const maximum = { months: 6 };
  it('owes what is set, from the call or from what it waits for', () => {
    const retain = {
      kind: 'retain',
      detail: { recordClass: 'recording', for: minimum, start: 'call' },
      withinS: null,
      dueAt: at('2026-12-23T04:00:00Z'),
    };
    const erase = {
      kind: 'erase',
      detail: { recordClass: 'recording', after: maximum, start: 'call' },
      withinS: null,
      dueAt: at('2027-05-23T04:00:00Z'),
    };
    expect(duties('retention', { recordClass: 'recording', minimum })).toEqual([retain]);
    expect(duties('retention', { recordClass: 'recording', maximum })).toEqual([erase]);
    expect(duties('retention', { recordClass: 'recording', minimum, maximum })).toEqual([retain, erase]);
    expect(duties('retention', { recordClass: 'recording', minimum, start: 'request' })).toEqual([
      { ...retain, detail: { ...retain.detail, start: 'request' }, dueAt: null },
    ]);
  });
});
