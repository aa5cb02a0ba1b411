import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePolicySet, evaluate, remediesOf, type Remedies } from '../../policies/index.ts';
import { RULE_TYPE_NAMES } from '../../policies/registry.ts';
import { WAYS } from '../../policies/ways/index.ts';
import { at, facts, pack, rule } from './support.ts';

const NOON = at('2026-11-20T12:00:00+08:00');

function remedies(
  rules: Parameters<typeof pack>[0],
  shorthand: Record<string, unknown> = {},
  instant = NOON,
  more: Parameters<typeof pack>[1] = {},
): Remedies {
  const policySet = compilePolicySet([pack(rules, more)]);
  const of = facts(shorthand);
  return remediesOf(policySet, of, evaluate({ policySet, facts: of, at: instant, horizonMs: 0 }));
}
const ways = (found: Remedies) => found.rules.flatMap((one) => one.ways);

test('every rule type says what would let it pass, if only that nothing but time would', () => {
  expect(Object.keys(WAYS).sort()).toEqual([...RULE_TYPE_NAMES, 'guard'].sort());
});

test('a call that may be made wants nothing', () => {
  expect(remedies([rule('c', 'consent', { level: 'express' })], { consents: [{}] })).toEqual({
    rules: [],
    together: null,
  });
});

describe('consent', () => {
  const wants = [rule('c', 'consent', { level: 'written', maxAgeDays: 30 })];
  test.each([
    ['missing', [], 'consent.give'],
    ['too weak', [{ level: 'express', at: '2026-11-01T00:00:00Z' }], 'consent.strengthen'],
    ['too old', [{ level: 'written', at: '2026-01-01T00:00:00Z' }], 'consent.renew'],
    ['withdrawn', [{ kind: 'withdrawal', at: '2026-11-01T00:00:00Z' }], 'consent.anew'],
  ])('%s: what the person would have to say, proved by asking again', (_what, consents, code) => {
    const found = remedies(wants, { consents });
    expect(found.rules.find((one) => one.rule === 'c')?.ways).toMatchObject([
      { code, proved: true, detail: { level: 'written', purposes: ['marketing'], channel: 'voice' } },
    ]);
    expect(found.together).toMatchObject({ at: NOON, verdict: { kind: 'allow' } });
  });
});

describe('where nothing may be done, nothing is proposed', () => {
  test('an opt-out, and a number on somebody else’s list', () => {
    const optedOut = remedies([rule('o', 'internal_optout', { effect: 'immediate' })], {
      suppressions: [{}],
    });
    expect(ways(optedOut)).toEqual([{ code: 'optout.nothing', detail: { until: null }, proved: false }]);
    expect(optedOut.together).toBeNull();
    const listed = remedies([rule('l', 'suppression_list', { list: 'dnc', maxListAgeDays: null })], {
      suppressions: [{ list: 'dnc' }],
    });
    expect(ways(listed)).toEqual([
      { code: 'list.nothing', detail: { list: 'dnc', until: null }, proved: false },
    ]);
  });

  test('an opt-out that ends says when, and is waited for', () => {
    const until = '2026-11-25T00:00:00Z';
    const found = remedies([rule('o', 'internal_optout', { effect: 'immediate' })], {
      suppressions: [{ until }],
    });
    expect(ways(found)).toEqual([
      { code: 'wait', detail: { until: Date.parse(until) }, proved: true },
      { code: 'optout.nothing', detail: { until: Date.parse(until) }, proved: false },
    ]);
  });
});

test('a closed window: the first instant, or the consent that the law itself lets widen it', () => {
  const windows = { daily: ['09:00-11:00'] };
  const widenedWindows = { daily: ['00:00-24:00'] };
  const found = remedies([rule('w', 'calling_window', { windows, widenedWindows })]);
  expect(ways(found)).toMatchObject([
    { code: 'wait', detail: { until: at('2026-11-21T09:00:00+08:00') }, proved: true },
    { code: 'consent.widens', detail: { rule: 'w', level: 'express' }, proved: true },
  ]);
  // The first way of each is what is taken together.
  expect(found.together).toMatchObject({ at: at('2026-11-21T09:00:00+08:00'), verdict: { kind: 'allow' } });
});

test('a cap: when so few count that one more fits', () => {
  const cap = rule('f', 'frequency_cap', {
    count: 1,
    window: { rolling: { hours: 2 } },
    unit: 'attempt',
    key: 'person',
  });
  const found = remedies([cap], { attempts: [{ at: '2026-11-20T11:30:00+08:00' }] });
  expect(ways(found)).toEqual([
    { code: 'wait', detail: { until: at('2026-11-20T13:30:00+08:00') + 1 }, proved: true },
  ]);
});

test('a list that is not held, and one that is too old', () => {
  const list = [rule('l', 'suppression_list', { list: 'dnc', maxListAgeDays: 31 })];
  expect(ways(remedies(list))).toMatchObject([
    { code: 'list.hold', detail: { maxAgeDays: 31 }, proved: true },
  ]);
  expect(ways(remedies(list, { lists: [{ list: 'dnc', asOf: '2026-01-01T00:00:00Z' }] }))).toMatchObject([
    { code: 'list.refresh', detail: { list: 'dnc' }, proved: true },
  ]);
});

test('what the law exempts is one of the ways', () => {
  const citation = { instrument: 'The act', article: '7', url: null, checkedOn: '2026-11-22' };
  const exemptions = [
    {
      kind: 'consent' as const,
      level: 'written' as const,
      why: 'asked for it',
      citation,
      confidence: 'P' as const,
    },
  ];
  const listed = rule('l', 'suppression_list', { list: 'dnc', maxListAgeDays: null }, { exemptions });
  expect(ways(remedies([listed], { suppressions: [{ list: 'dnc' }] }))).toMatchObject([
    { code: 'list.nothing', proved: false },
    { code: 'consent.exempts', proved: true, detail: { level: 'written', why: 'asked for it' } },
  ]);
});

test('a place that is not known, one without a pack, a zone that is none, a calendar that ends', () => {
  expect(ways(remedies([], { country: null, locations: [] })).map((way) => way.code)).toEqual([
    'place.declare',
    'place.declare',
  ]);
  expect(
    ways(remedies([], { country: 'FR', locations: [{ jurisdiction: 'FR', zone: 'Europe/Paris' }] })),
  ).toMatchObject([
    { code: 'pack.publish', detail: { countries: ['FR'], purpose: 'marketing' }, proved: false },
  ]);
  const nowhere = { locations: [{ jurisdiction: 'CN', zone: 'Asia/Nowhere' }] };
  expect(ways(remedies([], nowhere))).toMatchObject([
    { code: 'zone.correct', detail: { zones: ['Asia/Nowhere'] } },
  ]);
});

describe('the caller’s own doing', () => {
  const ai = { technology: { artificialVoice: true } };
  test.each([
    [
      'a consent to the kind of call',
      'technology_consent',
      { technologies: ['autodialler'], level: 'written' },
      { technology: { autodialler: true } },
      'consent.cover',
      true,
    ],
    ['no number shown', 'caller_id', {}, { callerId: null }, 'callerid.show', false],
    ['a registration', 'registration', { register: 'dlt', template: true }, {}, 'attest', true],
    ['an assessment', 'assessment', { assessment: 'pia', enforce: 'deny' }, {}, 'attest', true],
    ['what is on record of transfers', 'transfer', { whenUnstated: 'deny' }, {}, 'attest', true],
    [
      'what the script says',
      'disclosure',
      { items: ['caller_name'], withinS: 30, enforce: 'script' },
      {},
      'script.declare',
      true,
    ],
    [
      'how it marks an artificial voice',
      'disclosure',
      { aiLabel: { modes: ['prompt'], at: ['start'] }, enforce: 'script' },
      ai,
      'script.declare',
      true,
    ],
    [
      'a way to refuse',
      'optout_mechanism',
      { means: ['keypress'], endWithinS: 10, enforce: 'script' },
      {},
      'script.declare',
      true,
    ],
    [
      'whose line it is',
      'line_policy',
      { vendor: 'v', allowedPurposes: ['service'] },
      { line: { vendor: null } },
      'line.declare',
      false,
    ],
    [
      'who they are to the matter',
      'contact_eligibility',
      { thirdParty: 'never' },
      { callee: { relation: null } },
      'callee.record',
      false,
    ],
    [
      'emergencies that were never read',
      'emergency_block',
      { feed: 'us', maxFeedAgeHours: 24 },
      {},
      'attest',
      true,
    ],
    [
      'figures of abandoned calls',
      'abandonment_cap',
      {
        ratePercent: 3,
        denominator: 'live_answers',
        period: { days: 30 },
        scope: 'campaign',
        connectWithinS: 2,
        modes: ['agentless'],
      },
      {},
      'abandonment.figures',
      false,
    ],
  ])('%s', (_what, type, params, shorthand, code, proved) => {
    const [way] = ways(remedies([rule('r', type, params)], shorthand));
    expect(way).toMatchObject({ code, proved });
  });

  test('a campaign that gives up ringing too soon', () => {
    const policySet = compilePolicySet([pack([rule('r', 'ring_minimum', { rings: 4, seconds: 15 })])]);
    const of = { ...facts(), ringTimeoutS: 10 };
    const found = remediesOf(policySet, of, evaluate({ policySet, facts: of, at: NOON, horizonMs: 0 }));
    expect(ways(found)).toEqual([{ code: 'ring.longer', detail: { seconds: 15 }, proved: true }]);
  });
});

test('no way ever supposes another number, another purpose, or fewer calls than there were', () => {
  const level = fc.constantFrom('express', 'written');
  const params = fc.record({
    level,
    count: fc.integer({ min: 1, max: 3 }),
    made: fc.integer({ min: 0, max: 4 }),
    optedOut: fc.boolean(),
  });
  fc.assert(
    fc.property(params, ({ level: needed, count, made, optedOut }) => {
      const found = remedies(
        [
          rule('c', 'consent', { level: needed }),
          rule('f', 'frequency_cap', {
            count,
            window: { rolling: { days: 1 } },
            unit: 'attempt',
            key: 'person',
          }),
          rule('o', 'internal_optout', { effect: 'immediate' }),
        ],
        {
          attempts: Array.from({ length: made }, (_, i) => ({ at: `2026-11-20T0${i}:00:00+08:00` })),
          suppressions: optedOut ? [{}] : [],
        },
      );
      // Together they may be called only where nobody asked not to be.
      if (optedOut) expect(found.together).toBeNull();
      else expect(found.together?.verdict.kind).toBe('allow');
      if (made >= count && !optedOut) expect(found.together!.at).toBeGreaterThan(NOON);
    }),
  );
});

test('a consent to the kind of call names each kind that the call is, and the seller', () => {
  const params = { technologies: ['prerecorded'], level: 'written', sellerBound: true };
  const found = remedies([rule('r', 'technology_consent', params)], {
    technology: { artificialVoice: true, prerecorded: true, autodialler: true },
    seller: 'acme',
  });
  expect(ways(found)).toMatchObject([
    {
      code: 'consent.cover',
      detail: { names: ['artificial_voice', 'prerecorded', 'autodialler', 'seller'] },
    },
  ]);
  const alone = remedies([rule('r', 'technology_consent', params)], { technology: { prerecorded: true } });
  expect(ways(alone)).toMatchObject([{ detail: { names: ['prerecorded'] } }]);
});

describe('what the law exempts, where it may turn out to be so', () => {
  const citation = { instrument: 'The act', article: '7', url: null, checkedOn: '2026-11-22' };
  const listed = (exemption: object) =>
    rule(
      'l',
      'suppression_list',
      { list: 'dnc', maxListAgeDays: null },
      { exemptions: [{ why: 'w', citation, confidence: 'P', ...exemption } as never] },
    );
  const named = { suppressions: [{ list: 'dnc' }] };
  const second = (exemption: object, more: object = {}) =>
    ways(remedies([listed(exemption)], { ...named, ...more }))[1];
  test('a dealing with the seller', () => {
    const relation = { kind: 'relationship', relationships: ['purchase', 'contract'], withinDays: 30 };
    expect(second(relation)).toEqual({
      code: 'relationship.record',
      detail: { kinds: ['purchase', 'contract'], withinDays: 30, why: 'w', citation },
      proved: true,
    });
  });
  test('who they are, where it is not known, and not where it is', () => {
    const business = { kind: 'callee', calleeType: 'business' };
    expect(second(business, { callee: { kind: null } })).toEqual({
      code: 'callee.record',
      detail: { what: 'kind' },
      proved: false,
    });
    expect(second(business)).toBeUndefined();
    expect(second({ kind: 'number_type', numberTypes: ['fixed_line'] })).toBeUndefined();
  });
  test('a consent that names what it must', () => {
    const consented = { kind: 'consent', level: 'implied', technologies: ['prerecorded'] };
    expect(second(consented)).toMatchObject({
      code: 'consent.exempts',
      proved: true,
      detail: { level: 'implied', citation },
    });
  });
});

describe('what is proved is asked of the rules again', () => {
  test('each rule for itself, and all together at the last of their instants', () => {
    const found = remedies([
      rule('a', 'calling_window', { windows: { daily: ['09:00-11:00'] } }),
      rule('b', 'calling_window', { windows: { daily: ['10:00-11:30'] } }),
      rule('c', 'consent', { level: 'express' }),
    ]);
    expect(
      found.rules.map((one) => [one.pack, one.rule, one.reason, one.ways.map((way) => way.proved)]),
    ).toEqual([
      ['test-law', 'a', 'no.a', [true]],
      ['test-law', 'b', 'no.b', [true]],
      ['test-law', 'c', 'no.c.missing', [true]],
    ]);
    expect(found.together).toEqual({
      at: at('2026-11-21T10:00:00+08:00'),
      verdict: { kind: 'allow', until: at('2026-11-21T11:00:00+08:00') },
    });
  });
  test('a consent that could only be given after a withdrawal dated ahead is not proved', () => {
    const consents = [{ kind: 'withdrawal', at: '2026-11-25T00:00:00Z' }];
    const { rules } = remedies([rule('c', 'consent', { level: 'express' })], { consents });
    expect(rules.find((one) => one.rule === 'c')?.ways).toMatchObject([
      { code: 'consent.anew', proved: false },
    ]);
  });
});
