import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DialFacts } from '../../domain/facts.ts';
import type { CompiledPolicySet, PolicyDocument } from '../../policies/index.ts';
import { bundledDocuments, compilePolicySet, evaluate } from '../../policies/index.ts';
import { insideWindows, offsetChanges } from './oracle.ts';
import { facts, housePack, inZones, pack, rule } from './support.ts';

/** Zones whose clocks change in every way there is: by an hour and by half of one, at midnight, southern, never. */
const ZONES = [
  'America/New_York',
  'America/Chicago',
  'America/Phoenix',
  'America/St_Johns',
  'America/Havana',
  'America/Asuncion',
  'Europe/London',
  'Europe/Lisbon',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Asia/Shanghai',
  'Asia/Kathmandu',
  'Asia/Beirut',
  'Asia/Gaza',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Pacific/Chatham',
  'Pacific/Easter',
  'Antarctica/Troll',
  'Pacific/Kiritimati',
];
const CHANGES = new Map(ZONES.map((zone) => [zone, offsetChanges(zone)]));
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const DAY = 86_400_000;
const HOUR = 3_600_000;

const zoneArbitrary = fc.constantFrom(...ZONES);

/** Any instant of three years, half of them within hours of a change of the zone's clock. */
function instantIn(zone: string): fc.Arbitrary<number> {
  const anywhere = fc.integer({ min: Date.UTC(2025, 0, 2), max: Date.UTC(2027, 11, 31) });
  const changes = CHANGES.get(zone)!;
  if (changes.length === 0) return anywhere;
  const near = fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -30 * HOUR, max: 30 * HOUR }))
    .map(([change, offset]) => change + offset);
  return fc.oneof(anywhere, near);
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

const dayWindows = fc
  .uniqueArray(fc.integer({ min: 0, max: 96 }), { minLength: 0, maxLength: 6 })
  .map((quarters) => quarters.sort((a, b) => a - b))
  .map((quarters) => {
    const windows: string[] = [];
    for (let i = 0; i + 1 < quarters.length; i += 2) {
      windows.push(`${clock(quarters[i]! * 15)}-${clock(quarters[i + 1]! * 15)}`);
    }
    return windows;
  });
const scheduleArbitrary = fc
  .record(Object.fromEntries(WEEKDAYS.map((day) => [day, dayWindows])))
  .filter((schedule) => WEEKDAYS.some((day) => schedule[day]!.length > 0)) as fc.Arbitrary<
  Record<string, string[]>
>;

const horizonArbitrary = fc.constantFrom(0, 1, 2_000, 600_000);

describe('no call outside a window (I4)', () => {
  it('an allow, until its very end, lies inside the windows of every candidate zone', () => {
    const property = fc.property(
      fc
        .uniqueArray(zoneArbitrary, { minLength: 1, maxLength: 3 })
        .chain((zones) => fc.tuple(fc.constant(zones), instantIn(zones[0]!))),
      scheduleArbitrary,
      horizonArbitrary,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
      ([zones, t], windows, horizonMs, inside) => {
        const policySet = compilePolicySet([pack([rule('hours', 'calling_window', { windows })])]);
        const { verdict } = evaluate({ policySet, facts: facts(inZones(...zones)), at: t, horizonMs });
        if (verdict.kind === 'deny') return;
        const from = verdict.kind === 'allow' ? t : verdict.until;
        const until =
          verdict.kind === 'allow' ? (verdict.until ?? t + 30 * DAY) : verdict.until + horizonMs + 1;
        expect(until).toBeGreaterThan(from + horizonMs);
        const probes = [
          from,
          from + horizonMs,
          until - 1,
          ...inside.map((f) => Math.floor(from + f * (until - 1 - from))),
        ];
        for (const probe of probes) {
          for (const zone of zones)
            expect([zone, probe, insideWindows(zone, probe, windows)]).toEqual([zone, probe, true]);
        }
      },
    );
    fc.assert(property, { numRuns: 150 });
  });

  it('where no clock changes, windows are neither cut short nor left out', () => {
    const property = fc.property(
      fc.integer({ min: Date.UTC(2026, 0, 2), max: Date.UTC(2026, 11, 1) }),
      scheduleArbitrary,
      (t, windows) => {
        const policySet = compilePolicySet([pack([rule('hours', 'calling_window', { windows })])]);
        const { verdict } = evaluate({ policySet, facts: facts(), at: t, horizonMs: 0 });
        expect(verdict.kind === 'allow').toBe(insideWindows('Asia/Shanghai', t, windows));
        if (verdict.kind === 'allow' && verdict.until !== null) {
          expect(insideWindows('Asia/Shanghai', verdict.until, windows)).toBe(false);
        }
      },
    );
    fc.assert(property, { numRuns: 150 });
  });
});

const NOW = Date.UTC(2026, 10, 23, 4);
const nearNow = fc.integer({ min: -40 * DAY, max: 2 * DAY }).map((offset) => NOW + offset);
const purposes = fc.subarray(['marketing', 'service'] as const, { minLength: 1 });

const consentArbitrary = fc.record({
  kind: fc.constantFrom('grant', 'grant', 'grant', 'withdrawal'),
  level: fc.constantFrom('implied', 'express', 'express', 'written'),
  purposes,
  at: nearNow.map((t) => new Date(t).toISOString()),
  recordedAt: nearNow.map((t) => new Date(t).toISOString()),
  expiresAt: fc.option(fc.integer({ min: -DAY, max: 60 * DAY }).map((o) => new Date(NOW + o).toISOString())),
  widens: fc.constantFrom([], ['law.hours']),
  seller: fc.constantFrom(null, 'acme'),
  technologies: fc.constantFrom([], ['artificial_voice']),
  separate: fc.constantFrom([], ['export']),
  guardian: fc.boolean(),
  number: fc.constantFrom(null, 'number-1', 'number-2'),
  ownershipVerifiedAt: fc.option(nearNow.map((t) => new Date(t).toISOString())),
});
const suppressionArbitrary = fc.record({
  list: fc.constantFrom('internal', 'us-national-dnc'),
  scope: fc.constantFrom('national', 'tenant', 'campaign', 'purpose'),
  campaignId: fc.constantFrom('campaign-1', 'campaign-2'),
  purpose: fc.constantFrom('marketing', 'service'),
  requestedByPerson: fc.boolean(),
  at: nearNow.map((t) => new Date(t).toISOString()),
  until: fc.option(fc.integer({ min: -DAY, max: 600 * DAY }).map((o) => new Date(NOW + o).toISOString())),
});
const attemptArbitrary = fc.record({
  at: nearNow.map((t) => new Date(t).toISOString()),
  conversation: fc.boolean(),
  purpose: fc.constantFrom('marketing', 'service'),
  vendor: fc.constantFrom('simulator', 'other', null),
  debt: fc.constantFrom(null, 'debt-1', 'debt-2'),
});
const iso = nearNow.map((t) => new Date(t).toISOString());
const attestationArbitrary = fc.record({
  kind: fc.constantFrom('registration', 'assessment', 'caller_id', 'emergency', 'emergency_feed', 'transfer'),
  name: fc.constantFrom('dlt', 'pipia', 'caller-1', 'state', 'personal_data'),
  jurisdiction: fc.constantFrom(null, 'CN', 'US', 'US-FL'),
  detail: fc.constantFrom({}, { exports: true }, { exports: false }),
  from: iso,
  until: fc.option(fc.integer({ min: -DAY, max: 60 * DAY }).map((o) => new Date(NOW + o).toISOString())),
});
/** The attestation that a rule wants, so that it is not denied nearly always. */
const ATTESTED = [
  { kind: 'registration', name: 'dlt', from: '2026-11-20T00:00:00Z' },
  { kind: 'assessment', name: 'pipia', from: '2026-11-10T00:00:00Z' },
  { kind: 'caller_id', name: 'caller-1', from: '2026-01-01T00:00:00Z' },
  { kind: 'emergency_feed', name: 'state', from: '2026-11-23T00:00:00Z' },
];
const locationArbitrary = fc.record({
  jurisdiction: fc.constantFrom('CN', 'US', 'US-FL', 'CN-XJ'),
  zone: fc.constantFrom(...ZONES),
});
const factsArbitrary: fc.Arbitrary<DialFacts> = fc
  .record({
    purpose: fc.constantFrom('marketing', 'marketing', 'service'),
    country: fc.constantFrom('CN', 'US'),
    locations: fc.array(locationArbitrary, { minLength: 1, maxLength: 2 }),
    consents: fc.oneof(
      fc.constant([{ at: '2026-01-01T00:00:00Z', purposes: ['marketing', 'service'] }]),
      fc.array(consentArbitrary, { maxLength: 4 }),
    ),
    suppressions: fc.oneof(fc.constant([]), fc.array(suppressionArbitrary, { maxLength: 2 })),
    attempts: fc.array(attemptArbitrary, { maxLength: 5 }),
    lists: fc.array(
      fc.record({
        list: fc.constant('us-national-dnc'),
        asOf: nearNow.map((t) => new Date(t).toISOString()),
      }),
      {
        maxLength: 2,
      },
    ),
    seller: fc.constantFrom(null, null, 'acme'),
    debt: fc.constantFrom(null, 'debt-1'),
    mode: fc.constantFrom('agentless', 'agentless', 'predictive'),
    technology: fc.constantFrom({}, {}, { artificialVoice: true }),
    callee: fc.record({
      age: fc.constantFrom('adult', 'adult', 'child', null),
      relation: fc.constantFrom('self', 'self', 'third_party', null),
      debtorUnreachable: fc.constantFrom(true, false, null),
    }),
    ringTimeoutS: fc.constantFrom(10, 15, 30, null),
    callerId: fc.constantFrom({}, {}, null, { prefix: '138', type: 'mobile' }),
    line: fc.constantFrom({ vendor: 'simulator' }, { vendor: 'other' }, { vendor: null }),
    dialogue: fc.constantFrom(null, {
      scriptId: 'script-1',
      version: 1,
      discloses: [{ item: 'caller_name', withinS: 20 }],
      optOut: [{ means: 'keypress' as const, endsWithinS: 5 }],
      aiLabel: null,
    }),
    relationships: fc.array(
      fc.record({ kind: fc.constantFrom('contract', 'inquiry'), at: iso, endedAt: fc.option(iso) }),
      { maxLength: 2 },
    ),
    attestations: fc.oneof(
      fc.constant(ATTESTED),
      fc.array(attestationArbitrary, { maxLength: 3 }).map((more) => [...ATTESTED, ...more]),
      fc.array(attestationArbitrary, { maxLength: 3 }),
    ),
    abandonment: fc.array(
      fc.record({
        from: fc.constant('2026-10-01T00:00:00Z'),
        to: iso,
        calls: fc.constant(1000),
        answers: fc.constant(300),
        liveAnswers: fc.constant(100),
        abandoned: fc.integer({ min: 0, max: 5 }),
      }),
      { maxLength: 2 },
    ),
    triggers: fc.array(
      fc.record({
        kind: fc.constantFrom('refusal', 'conversation', 'abandon'),
        at: nearNow.map((t) => new Date(t).toISOString()),
      }),
      { maxLength: 2 },
    ),
  })
  .map((shorthand) => facts(shorthand));

const RULES = {
  hours: rule('law.hours', 'calling_window', {
    windows: { mon: ['09:00-12:00', '14:00-20:00'], daily: ['08:00-21:00'], sun: ['12:00-15:00'] },
    widenedWindows: { daily: ['00:00-24:00'] },
  }),
  consent: rule('law.consent', 'consent', { level: 'express', maxAgeDays: 400 }),
  perDay: rule('law.day', 'frequency_cap', {
    count: 2,
    window: { calendar: 'day' },
    unit: 'attempt',
    key: 'person',
  }),
  perWeek: rule('law.week', 'frequency_cap', {
    count: 3,
    window: { calendar: 'week' },
    unit: 'attempt',
    key: 'person',
  }),
  perMonth: rule('law.month', 'frequency_cap', {
    count: 4,
    window: { rolling: { days: 30 } },
    unit: 'attempt',
    key: 'number',
  }),
  talk: rule('law.talk', 'cooldown', { trigger: 'conversation', duration: { calendarDays: 2 } }),
  refusal: rule('law.refusal', 'cooldown', { trigger: 'refusal', duration: { days: 3 } }),
  holidays: rule('law.holidays', 'calendar_block', { calendar: 'cn-statutory-holidays' }),
  sundays: rule('law.sundays', 'calendar_block', { calendar: null, weekdays: ['sun'] }),
  national: rule(
    'law.national',
    'suppression_list',
    { list: 'us-national-dnc', maxListAgeDays: 31 },
    {
      exemptions: [
        {
          kind: 'consent',
          level: 'express',
          why: 'permission',
          citation: { instrument: 'made up', article: null, url: null, checkedOn: '2026-11-22' },
          confidence: 'M',
        },
      ],
    },
  ),
  internal: rule('law.internal', 'internal_optout', { effect: 'immediate', minDurationDays: 30 }),
  later: rule(
    'law.later',
    'calling_window',
    { windows: { daily: ['10:00-11:00'] } },
    { effectiveFrom: '2026-11-25' },
  ),
  holidayHours: rule('law.holiday-hours', 'calling_window', {
    windows: { daily: ['08:00-20:00'] },
    holidayWindows: { calendar: 'cn-statutory-holidays', windows: { daily: ['10:00-12:00'] } },
  }),
  seller: rule('law.seller', 'consent', {
    level: 'express',
    sellerBound: true,
    forNumber: true,
    ownershipMaxAgeDays: 90,
    renewAfterDays: 30,
    relationship: { kinds: ['contract', 'inquiry'], withinDays: 10 },
  }),
  voice: rule('law.voice', 'technology_consent', { technologies: ['artificial_voice'], level: 'express' }),
  callerId: rule('law.caller-id', 'caller_id', {
    allowed: [{ country: 'CN', prefixes: ['95', '400'] }],
    deniedTypes: ['mobile'],
    ownershipProof: true,
    proofMaxAgeDays: 365,
  }),
  line: rule('law.line', 'line_policy', {
    vendor: 'simulator',
    caps: [
      { count: 1, window: { minutes: 1 } },
      { count: 3, window: { days: 3 }, over: 'person' },
    ],
    openWindows: { daily: ['08:00-21:00'] },
    blockedJurisdictions: ['CN-XJ'],
  }),
  eligible: rule('law.eligible', 'contact_eligibility', {
    thirdParty: 'if_debtor_unreachable',
    stopAfterRefusal: true,
    minimumAge: 'child_with_guardian',
  }),
  emergency: rule('law.emergency', 'emergency_block', { feed: 'state', maxFeedAgeHours: 72 }),
  abandonment: rule('law.abandonment', 'abandonment_cap', {
    ratePercent: 3,
    denominator: 'live_answers',
    period: { days: 30 },
    scope: 'campaign',
    connectWithinS: 2,
    cooldown: { hours: 72 },
  }),
  ring: rule('law.ring', 'ring_minimum', { seconds: 15, rings: 4 }),
  register: rule('law.register', 'registration', { register: 'dlt', maxAgeDays: 20 }),
  say: rule('law.say', 'disclosure', { items: ['caller_name'], withinS: 30 }),
  out: rule('law.out', 'optout_mechanism', { means: ['keypress'], endWithinS: 10 }),
  export: rule('law.export', 'transfer', { separateConsent: true, whenUnstated: 'duty' }),
  impact: rule('law.impact', 'assessment', { assessment: 'pipia', cadenceDays: 30, enforce: 'deny' }),
  keep: rule('law.keep', 'retention', { recordClass: 'call_record', minimum: { years: 3 } }),
  erase: rule('law.erase', 'erasure', { triggers: ['withdrawal'], withinDays: 15 }),
};
/** A few at a time: with all of them hardly anything would be allowed, and nothing shown. */
const rulesArbitrary = fc.subarray(Object.values(RULES), { minLength: 1, maxLength: 6 });
const calendars = bundledDocuments().filter((document) => document.kind === 'calendar');
const atArbitrary = fc.integer({ min: -DAY, max: 10 * DAY }).map((offset) => NOW + offset);

/** Compiling takes longer than judging, and the choices of rules repeat. */
const compiledSets = new Map<string, CompiledPolicySet>();

function setOf(documents: readonly PolicyDocument[]): CompiledPolicySet {
  const key = JSON.stringify(documents);
  let set = compiledSets.get(key);
  if (set === undefined) compiledSets.set(key, (set = compilePolicySet([...documents, ...calendars])));
  return set;
}

function judge(documents: readonly PolicyDocument[], subject: DialFacts, t: number, horizonMs = 0) {
  return evaluate({ policySet: setOf(documents), facts: subject, at: t, horizonMs });
}

describe('laws of a set of rules', () => {
  it('a deferral is true and minimal: allowed at its instant, and not one millisecond before', () => {
    let deferrals = 0;
    const property = fc.property(
      rulesArbitrary,
      factsArbitrary,
      atArbitrary,
      horizonArbitrary,
      (rules, subject, t, h) => {
        const policySet = setOf([pack(rules)]);
        const verdictAt = (instant: number) =>
          evaluate({ policySet, facts: subject, at: instant, horizonMs: h }).verdict;
        const verdict = verdictAt(t);
        if (verdict.kind !== 'defer') return;
        deferrals += 1;
        expect(verdict.until).toBeGreaterThan(t);
        expect(verdictAt(verdict.until).kind).toBe('allow');
        const before = verdictAt(verdict.until - 1);
        expect(before).toEqual(verdict.until - 1 === t ? verdict : { kind: 'defer', until: verdict.until });
      },
    );
    fc.assert(property, { numRuns: 150 });
    expect(deferrals).toBeGreaterThan(10);
  });

  it('nothing between now and a deferral is allowed, and everything within an allow is', () => {
    const fraction = fc.double({ min: 0, max: 1, noNaN: true });
    const property = fc.property(
      rulesArbitrary,
      factsArbitrary,
      atArbitrary,
      fraction,
      (rules, subject, t, f) => {
        const policySet = setOf([pack(rules)]);
        const verdictAt = (instant: number) =>
          evaluate({ policySet, facts: subject, at: instant, horizonMs: 0 }).verdict;
        const verdict = verdictAt(t);
        if (verdict.kind === 'deny') return;
        const until = verdict.until ?? t + 30 * DAY;
        const between = Math.min(until - 1, Math.floor(t + f * (until - t)));
        expect(verdictAt(between).kind).toBe(verdict.kind);
        if (verdict.kind === 'allow' && verdict.until !== null)
          expect(verdictAt(verdict.until).kind).not.toBe('allow');
      },
    );
    fc.assert(property, { numRuns: 150 });
  });

  it('a denial is final: no instant of the next weeks is allowed', () => {
    const property = fc.property(
      rulesArbitrary,
      factsArbitrary,
      atArbitrary,
      fc.integer({ min: 1, max: 40 * DAY }),
      (rules, subject, t, later) => {
        const policySet = setOf([pack(rules)]);
        const verdictAt = (instant: number) =>
          evaluate({ policySet, facts: subject, at: instant, horizonMs: 0 }).verdict;
        // Not `deny` again: an end that lay beyond the search's bound may have come within it.
        if (verdictAt(t).kind === 'deny') expect(verdictAt(t + later).kind).not.toBe('allow');
      },
    );
    fc.assert(property, { numRuns: 150 });
  });

  it('a house rule never turns a refusal into an allow, nor brings a call forward (I9)', () => {
    const property = fc.property(
      rulesArbitrary,
      rulesArbitrary,
      factsArbitrary,
      atArbitrary,
      (law, extra, subject, t) => {
        const house = extra.map((one, index) => ({
          ...one,
          id: `house.${index}`,
          exemptions: [],
          params: { ...(one.params as object), widenedWindows: undefined },
        }));
        const without = judge([pack(law)], subject, t).verdict;
        const withHouse = judge([pack(law), housePack(house.map(stripUndefined))], subject, t).verdict;
        expectNoWider(without, withHouse);
      },
    );
    fc.assert(property, { numRuns: 120 });
  });

  it('a suppression never turns a refusal into an allow, nor brings a call forward', () => {
    const property = fc.property(
      rulesArbitrary,
      factsArbitrary,
      suppressionArbitrary,
      atArbitrary,
      (rules, subject, entry, t) => {
        const added = facts({ suppressions: [entry] }).suppressions.map((one) => ({
          ...one,
          entryId: 'added',
        }));
        const more = { ...subject, suppressions: [...subject.suppressions, ...added] };
        expectNoWider(judge([pack(rules)], subject, t).verdict, judge([pack(rules)], more, t).verdict);
      },
    );
    fc.assert(property, { numRuns: 120 });
  });

  it('a withdrawal or an earlier attempt never turns a refusal into an allow, nor brings a call forward', () => {
    const property = fc.property(
      rulesArbitrary,
      factsArbitrary,
      consentArbitrary,
      attemptArbitrary,
      atArbitrary,
      (rules, subject, consent, attempt, t) => {
        const added = facts({ consents: [{ ...consent, kind: 'withdrawal' }], attempts: [attempt] });
        const before = judge([pack(rules)], subject, t).verdict;
        const withdrawn = { ...subject, consents: [...subject.consents, ...added.consents] };
        const called = { ...subject, attempts: [...subject.attempts, ...added.attempts] };
        expectNoWider(before, judge([pack(rules)], withdrawn, t).verdict);
        expectNoWider(before, judge([pack(rules)], called, t).verdict);
      },
    );
    fc.assert(property, { numRuns: 120 });
  });

  it('the order of documents, rules and facts never matters', () => {
    const property = fc.property(rulesArbitrary, factsArbitrary, atArbitrary, (rules, subject, t) => {
      const [one, two] = [rules.filter((_, i) => i % 2 === 0), rules.filter((_, i) => i % 2 === 1)];
      const first = pack(one);
      const second = pack(two, { id: 'other-law', covers: [] });
      const reversed: DialFacts = {
        ...subject,
        locations: subject.locations.toReversed(),
        consents: subject.consents.toReversed(),
        suppressions: subject.suppressions.toReversed(),
        attempts: subject.attempts.toReversed(),
        lists: subject.lists.toReversed(),
        triggers: subject.triggers.toReversed(),
        relationships: subject.relationships.toReversed(),
        attestations: subject.attestations.toReversed(),
        abandonment: subject.abandonment.toReversed(),
      };
      const shuffled = [
        { ...second, rules: second.rules.toReversed() },
        { ...first, rules: first.rules.toReversed() },
      ];
      const there = judge([first, second], subject, t);
      const back = judge(shuffled, reversed, t);
      expect({ ...back, policySetHash: '' }).toEqual({ ...there, policySetHash: '' });
    });
    fc.assert(property, { numRuns: 120 });
  });

  it('facts that went through JSON are judged the same, to the letter (I7)', () => {
    const property = fc.property(
      rulesArbitrary,
      factsArbitrary,
      atArbitrary,
      horizonArbitrary,
      (rules, subject, t, h) => {
        const stored = JSON.parse(JSON.stringify(subject)) as DialFacts;
        const evaluation = judge([pack(rules)], subject, t, h);
        expect(judge([pack(rules)], stored, t, h)).toEqual(evaluation);
        expect(JSON.parse(JSON.stringify(evaluation))).toEqual(evaluation);
      },
    );
    fc.assert(property, { numRuns: 150 });
  });
});

function stripUndefined<T extends { params: object }>(one: T): T {
  return JSON.parse(JSON.stringify(one)) as T;
}

type Verdict = ReturnType<typeof judge>['verdict'];

/** `after` allows nothing that `before` did not. */
function expectNoWider(before: Verdict, after: Verdict): void {
  if (before.kind === 'deny') expect(after.kind).toBe('deny');
  if (before.kind === 'defer') {
    expect(after.kind).not.toBe('allow');
    if (after.kind === 'defer') expect(after.until).toBeGreaterThanOrEqual(before.until);
  }
  if (before.kind === 'allow' && after.kind === 'allow' && before.until !== null) {
    expect(after.until ?? Infinity).toBeLessThanOrEqual(before.until);
  }
}
