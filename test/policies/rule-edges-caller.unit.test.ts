import { describe, expect, it } from 'vitest';
import { compilePolicySet, evaluate } from '../../policies/index.ts';
import { at, facts, judged, NOON, pack, resultOf, rule, said } from './support.ts';

const duties = (...question: Parameters<typeof judged>) => judged(...question).duties ?? [];

/** The same of a rule that binds some places alone. */
function saidIn(
  jurisdiction: string[],
  type: string,
  params: object,
  shorthand: Record<string, unknown>,
): string {
  const policySet = compilePolicySet([pack([rule('x', type, params, { reasonCode: 'no', jurisdiction })])]);
  const evaluation = evaluate({ policySet, facts: facts(shorthand), at: at(NOON), horizonMs: 0 });
  const { outcome, reason } = resultOf(evaluation, 'x');
  return reason === null ? outcome : `${outcome} ${reason}`;
}

describe('abandonment_cap', () => {
  const params = {
    ratePercent: 3,
    denominator: 'calls',
    period: { days: 1 },
    scope: 'tenant',
    connectWithinS: 2,
  };
  const figures = {
    scope: 'tenant',
    from: '2026-11-22T04:00:00Z',
    to: NOON,
    calls: 100,
    answers: 90,
    liveAnswers: 80,
    abandoned: 0,
  };
  /** The figures that decide of these, in whatever order they are told: their `calls`, and so on. */
  const decides = (...given: object[]) => {
    const found = [given, given.toReversed()].map(
      (abandonment) =>
        judged('abandonment_cap', params, { mode: 'predictive', abandonment }).inputs['figures'],
    );
    expect(found[0]).toEqual(found[1]);
    return found[0];
  };
  it('of figures to the same end those of the shorter stretch decide, then the worse', () => {
    const longer = { ...figures, from: '2026-11-20T04:00:00Z', abandoned: 9 };
    expect(decides(longer, figures)).toMatchObject({ abandoned: 0 });
    expect(
      decides({ ...figures, to: '2026-11-23T03:00:00Z', from: '2026-11-22T03:00:00Z' }, longer),
    ).toMatchObject({ abandoned: 9 });
    expect(decides(figures, { ...figures, abandoned: 1, liveAnswers: 81 })).toMatchObject({ abandoned: 1 });
    expect(decides(figures, { ...figures, liveAnswers: 79, answers: 91 })).toMatchObject({ liveAnswers: 79 });
    expect(decides(figures, { ...figures, answers: 89, calls: 101 })).toMatchObject({ answers: 89 });
    expect(decides(figures, { ...figures, calls: 99 })).toMatchObject({ calls: 99 });
  });
  it('only who was abandoned is left alone, to the last instant of the time', () => {
    const cooled = { ...params, cooldown: { hours: 1 } };
    const met = (kind: string, iso: string) => ({
      mode: 'predictive',
      abandonment: [figures],
      triggers: [{ kind, at: iso }],
    });
    expect(said('abandonment_cap', cooled, met('refusal', '2026-11-23T03:30:00Z'))).toBe(
      'pass 2026-11-24T04:00:00.000Z',
    );
    expect(said('abandonment_cap', cooled, met('abandon', '2026-11-23T03:00:00Z'))).toBe(
      'defer 2026-11-23T04:00:00.001Z no.cooldown',
    );
    expect(said('abandonment_cap', cooled, met('abandon', '2026-11-23T02:59:59.999Z'))).toBe(
      'pass 2026-11-24T04:00:00.000Z',
    );
    expect(said('abandonment_cap', params, met('abandon', '2026-11-23T03:30:00Z'))).toBe(
      'pass 2026-11-24T04:00:00.000Z',
    );
  });
  it('calls in other modes owe nothing', () => {
    expect(duties('abandonment_cap', params)).toEqual([]);
  });
});

describe('caller_id', () => {
  const CN = { country: 'CN', prefixes: ['95', '400'] };
  it('a number of no country’s plan is in no range, so none may be asked for or forbidden', () => {
    const unplaced = { callerId: { country: null } };
    expect(said('caller_id', {}, unplaced)).toBe('pass');
    expect(said('caller_id', { allowed: [CN] }, unplaced)).toBe('deny no.prefix');
    expect(said('caller_id', { denied: [{ country: 'CN', prefixes: ['170'] }] }, unplaced)).toBe(
      'deny no.prefix',
    );
  });
  it('a range that is allowed may hold one that is denied; ranges are of their country', () => {
    const both = { allowed: [CN], denied: [{ country: 'CN', prefixes: ['9517'] }] };
    expect(said('caller_id', both, { callerId: { prefix: '9517' } })).toBe('deny no.prefix');
    expect(said('caller_id', both, { callerId: { prefix: '9518' } })).toBe('pass');
    const abroad = { denied: [{ country: 'HK', prefixes: ['95'] }] };
    expect(said('caller_id', abroad)).toBe('pass');
    expect(said('caller_id', { allowed: [{ country: 'HK', prefixes: ['95'] }, CN] })).toBe('pass');
  });
  it('types allowed and types denied hold at once; one not known is allowed where none is named', () => {
    const type = (one: string) => ({ callerId: { type: one } });
    expect(said('caller_id', {}, type('unknown'))).toBe('pass');
    expect(said('caller_id', { allowedTypes: ['mobile'] }, type('unknown'))).toBe('deny no.type');
    expect(
      said('caller_id', { allowedTypes: ['mobile', 'fixed_line_or_mobile'] }, type('fixed_line_or_mobile')),
    ).toBe('pass');
    expect(said('caller_id', { deniedTypes: ['fixed_line'] }, type('fixed_line_or_mobile'))).toBe(
      'deny no.type',
    );
    expect(said('caller_id', { deniedTypes: ['fixed_line_or_mobile'] }, type('fixed_line_or_mobile'))).toBe(
      'deny no.type',
    );
    expect(said('caller_id', { deniedTypes: ['toll_free', 'mobile'] }, type('mobile'))).toBe('deny no.type');
    expect(said('caller_id', { deniedTypes: ['toll_free'] }, type('fixed_line_or_mobile'))).toBe('pass');
    expect(said('caller_id', { allowedTypes: ['mobile'], deniedTypes: ['mobile'] }, type('mobile'))).toBe(
      'deny no.type',
    );
    expect(said('caller_id', { allowedTypes: ['mobile'], deniedTypes: ['toll_free'] }, type('mobile'))).toBe(
      'pass',
    );
  });
  it('a number that is shown is held to the rule though none need be', () => {
    expect(said('caller_id', { required: false, sameCountry: true }, { callerId: { country: 'US' } })).toBe(
      'deny no.country',
    );
    expect(said('caller_id', { sameCountry: false }, { callerId: { country: 'US' } })).toBe('pass');
  });
  it('proof that does not age holds for ever, and none is asked for where it is not wanted', () => {
    const proof = { attestations: [{ kind: 'caller_id', name: 'caller-1', from: '2020-01-01T00:00:00Z' }] };
    expect(said('caller_id', { ownershipProof: true }, proof)).toBe('pass');
    expect(said('caller_id', { ownershipProof: true, proofMaxAgeDays: 1 }, proof)).toBe('deny no.unproven');
    expect(said('caller_id', { ownershipProof: false, proofMaxAgeDays: 1 })).toBe('pass');
    expect(duties('caller_id', {})).toEqual([]);
  });
});

describe('emergency_block', () => {
  const feed = { feed: 'state', maxFeedAgeHours: null };
  const declared = (more: object) => ({ attestations: [{ kind: 'emergency', name: 'state', ...more }] });
  const guangdong = { locations: [{ jurisdiction: 'CN-GD', zone: 'Asia/Shanghai' }], country: null };
  it('an area is where a candidate may be, whichever of the two is the smaller', () => {
    const of = (jurisdiction: string) =>
      said('emergency_block', feed, { ...guangdong, ...declared({ jurisdiction }) });
    expect([of('CN-GD'), of('CN'), of('CN-GX')]).toEqual(['deny no', 'deny no', 'pass']);
  });
  it('one of the places that somebody may be in is enough', () => {
    const two = ['CN-GX', 'CN-GD'].map((jurisdiction) => ({ jurisdiction, zone: 'Asia/Shanghai' }));
    const said2 = (jurisdiction: string) =>
      said('emergency_block', feed, { locations: two, country: null, ...declared({ jurisdiction }) });
    expect([said2('CN-GX'), said2('CN-GD'), said2('CN-BJ')]).toEqual(['deny no', 'deny no', 'pass']);
  });
  it('a rule for some places is about emergencies there alone', () => {
    const rules =
      (...jurisdiction: string[]) =>
      (area: string | null) =>
        saidIn(jurisdiction, 'emergency_block', feed, { ...guangdong, ...declared({ jurisdiction: area }) });
    expect(['CN-GD', 'CN', null].map(rules('US', 'CN'))).toEqual(['deny no', 'deny no', 'deny no']);
    expect(['CN-GD', 'CN', 'US'].map(rules('CN-GD'))).toEqual(['deny no', 'deny no', 'pass']);
  });
  it('it is declared by this feed, begins and ends', () => {
    expect(said('emergency_block', feed, declared({ name: 'county' }))).toBe('pass');
    expect(said('emergency_block', feed, { attestations: [{ kind: 'emergency_feed', name: 'state' }] })).toBe(
      'pass',
    );
    expect(said('emergency_block', feed, declared({ from: '2026-11-23T05:00:00Z' }))).toBe(
      'pass 2026-11-23T05:00:00.000Z',
    );
    expect(said('emergency_block', feed, declared({ until: '2026-11-23T05:00:00Z' }))).toBe(
      'defer 2026-11-23T05:00:00.000Z no',
    );
  });
  it('the newest reading says how fresh the feed is', () => {
    const read = (...hours: number[]) => ({
      attestations: hours.map((hour) => ({
        kind: 'emergency_feed',
        name: 'state',
        from: `2026-11-23T0${hour}:00:00Z`,
      })),
    });
    const fresh = { feed: 'state', maxFeedAgeHours: 2 };
    expect(said('emergency_block', fresh, read(0, 3, 1))).toBe('pass 2026-11-23T05:00:00.000Z');
    expect(said('emergency_block', fresh, read(0, 1))).toBe('deny emergency.feed_stale');
    expect(
      said('emergency_block', fresh, { attestations: [{ kind: 'emergency_feed', name: 'county' }] }),
    ).toBe('deny emergency.feed_missing');
  });
});

describe('line_policy', () => {
  const caps = [{ count: 1, window: { hours: 1 } }];
  const call = (more: object) => ({ attempts: [{ at: '2026-11-23T03:30:00Z', ...more }] });
  it('caps are over a number, or over a person; each condition tells its own reason', () => {
    expect(said('line_policy', { vendor: '*', caps }, call({ number: 'number-2' }))).toBe('pass');
    expect(said('line_policy', { vendor: '*', caps }, call({}))).toBe(
      'defer 2026-11-23T04:30:00.001Z no.cap',
    );
    const person = [{ ...caps[0], over: 'person' }];
    expect(said('line_policy', { vendor: '*', caps: person }, call({ number: 'number-2' }))).toBe(
      'defer 2026-11-23T04:30:00.001Z no.cap',
    );
    expect(said('line_policy', { vendor: 'simulator', caps: person }, call({ vendor: 'other' }))).toBe(
      'pass',
    );
    expect(said('line_policy', { vendor: '*', caps }, call({ vendor: 'other' }))).toBe(
      'defer 2026-11-23T04:30:00.001Z no.cap',
    );
  });
  it('any place that somebody may be in may lie where the line does not call', () => {
    const two = {
      locations: ['CN-GD', 'CN-XJ'].map((jurisdiction) => ({ jurisdiction, zone: 'Asia/Shanghai' })),
    };
    expect(said('line_policy', { vendor: '*', blockedJurisdictions: ['CN-XJ'] }, two)).toBe('deny no.region');
    expect(said('line_policy', { vendor: '*', blockedJurisdictions: ['CN-XZ', 'CN-XJ'] }, two)).toBe(
      'deny no.region',
    );
    expect(said('line_policy', { vendor: '*', blockedJurisdictions: ['CN-XZ'] }, two)).toBe('pass');
  });
  it('a licence holds while it is in force, for each use that is asked', () => {
    const held = (detail: object, more: object = {}) => ({
      attestations: [{ kind: 'licence', name: 'b24', detail, ...more }],
    });
    const licence = (...uses: string[]) => ({ vendor: '*', licence: { name: 'b24', uses } });
    expect(said('line_policy', licence('service', 'survey'), held({ uses: ['service'] }))).toBe(
      'deny no.licence',
    );
    expect(said('line_policy', licence('service', 'survey'), held({ uses: ['survey', 'service'] }))).toBe(
      'pass',
    );
    expect(said('line_policy', licence('service'), held({ uses: 'service' }))).toBe('deny no.licence');
    expect(said('line_policy', licence(), held({}, { until: '2026-12-01T00:00:00Z' }))).toBe(
      'pass 2026-12-01T00:00:00.000Z',
    );
    expect(said('line_policy', licence(), { attestations: [{ kind: 'registration', name: 'b24' }] })).toBe(
      'deny no.licence',
    );
  });
  it('hours must be open wherever somebody may be', () => {
    const hours = { vendor: '*', openWindows: { daily: ['11:00-13:00'] } };
    const zones = (...names: string[]) => ({
      locations: names.map((zone) => ({ jurisdiction: 'CN', zone })),
    });
    expect(said('line_policy', hours, zones('Asia/Shanghai', 'Asia/Tokyo'))).toBe(
      'defer 2026-11-24T03:00:00.000Z no.hours',
    );
    expect(said('line_policy', hours, zones('Asia/Shanghai'))).toBe('pass 2026-11-23T05:00:00.000Z');
  });
});

describe('registration', () => {
  const held = (more: object = {}) => ({ attestations: [{ kind: 'registration', name: 'dlt', ...more }] });
  it('one must count wherever the person may be; two for one place each do not', () => {
    const two = {
      country: null,
      locations: ['CN-GD', 'CN-GX'].map((jurisdiction) => ({ jurisdiction, zone: 'Asia/Shanghai' })),
    };
    expect(said('registration', { register: 'dlt' }, { ...two, ...held({ jurisdiction: 'CN-GD' }) })).toBe(
      'deny no.missing',
    );
    expect(said('registration', { register: 'dlt' }, { ...two, ...held({ jurisdiction: 'CN' }) })).toBe(
      'pass',
    );
    const each = {
      attestations: ['CN-GD', 'CN-GX'].map((jurisdiction) => ({
        kind: 'registration',
        name: 'dlt',
        jurisdiction,
      })),
    };
    expect(said('registration', { register: 'dlt' }, { ...two, ...each })).toBe('deny no.missing');
  });
  it('is asked for in the places that the rule binds alone', () => {
    const two = {
      country: null,
      locations: ['US-FL', 'US-NY'].map((jurisdiction) => ({ jurisdiction, zone: 'America/New_York' })),
    };
    const inFlorida = { ...two, ...held({ jurisdiction: 'US-FL' }) };
    const of = (...jurisdiction: string[]) =>
      saidIn(jurisdiction, 'registration', { register: 'dlt' }, inFlorida);
    expect([of('US-FL'), of('US-FL', 'CN'), of('CN', 'US-FL')]).toEqual(['pass', 'pass', 'pass']);
    expect([of('US'), of('*'), of('US-NY'), of('US-FL', 'US-NY')]).toEqual(Array(4).fill('deny no.missing'));
  });
  it('the template is named by text', () => {
    const params = { register: 'dlt', template: true };
    expect(said('registration', params, held({ detail: { templateId: 7 } }))).toBe('deny no.template');
    expect(said('registration', params, held({ detail: { templateId: 'T1' }, until: NOON }))).toBe(
      'deny no.expired',
    );
    expect(said('registration', { register: 'dlt' }, held({ detail: { templateId: 7 } }))).toBe('pass');
  });
});
