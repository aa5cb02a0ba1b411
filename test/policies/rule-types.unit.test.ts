import { describe, expect, it } from 'vitest';
import { bundledDocuments, compilePolicySet, evaluate } from '../../policies/index.ts';
import { at, facts, pack, resultOf, rule } from './support.ts';

/** Monday, 12:00 in Shanghai. */
const NOON = '2026-11-23T04:00:00Z';
const calendars = bundledDocuments().filter((document) => document.kind === 'calendar');

/** The verdict of one rule, with its own reasons or the kinds of duties that it lays on the call. */
function ask(type: string, params: object, shorthand: Record<string, unknown> = {}, iso = NOON) {
  const one = rule('x', type, params, { reasonCode: 'no' });
  const policySet = compilePolicySet([pack([one]), ...calendars]);
  const evaluation = evaluate({ policySet, facts: facts(shorthand), at: at(iso), horizonMs: 0 });
  const { verdict, reasons } = evaluation;
  const { duties = [] } = resultOf(evaluation, 'x');
  const until =
    verdict.kind === 'deny' || verdict.until === null ? '' : ` ${new Date(verdict.until).toISOString()}`;
  const why = reasons.filter((reason) => reason !== 'no_permitted_instant');
  return {
    said: [`${verdict.kind}${until}`, ...why].join(' '),
    duties,
    inputs: resultOf(evaluation, 'x').inputs,
  };
}
const said = (...question: Parameters<typeof ask>) => ask(...question).said;

describe('caller_id', () => {
  const ranges = { allowed: [{ country: 'CN', prefixes: ['95', '400'] }] };
  it('a call that shows no number is denied, unless none is required', () => {
    expect(said('caller_id', {}, { callerId: null })).toBe('deny no.missing');
    expect(said('caller_id', { required: false, ...ranges }, { callerId: null })).toBe('allow');
  });
  it('only the ranges allowed may be shown, and none that is denied', () => {
    expect(said('caller_id', ranges, { callerId: { prefix: '955333' } })).toBe('allow');
    expect(said('caller_id', ranges, { callerId: { prefix: '4008' } })).toBe('allow');
    expect(said('caller_id', ranges, { callerId: { prefix: '9' } })).toBe('deny no.prefix');
    expect(said('caller_id', ranges, { callerId: { prefix: '95', country: 'HK' } })).toBe('deny no.prefix');
    expect(said('caller_id', ranges, { callerId: { prefix: '95', country: null } })).toBe('deny no.prefix');
    const denied = { denied: [{ country: 'CN', prefixes: ['170'] }] };
    expect(said('caller_id', denied, { callerId: { prefix: '170' } })).toBe('deny no.prefix');
    expect(said('caller_id', denied, { callerId: { prefix: '17' } })).toBe('allow');
  });
  it('types: what may be a denied type is denied, what is not surely an allowed one is not allowed', () => {
    const noMobile = { deniedTypes: ['mobile'] };
    for (const [type, expected] of [
      ['fixed_line', 'allow'],
      ['mobile', 'deny no.type'],
      ['fixed_line_or_mobile', 'deny no.type'],
      ['unknown', 'deny no.type'],
    ] as const) {
      expect([type, said('caller_id', noMobile, { callerId: { type } })]).toEqual([type, expected]);
    }
    const fixedOnly = { allowedTypes: ['fixed_line'] };
    expect(said('caller_id', fixedOnly, { callerId: { type: 'fixed_line' } })).toBe('allow');
    expect(said('caller_id', fixedOnly, { callerId: { type: 'fixed_line_or_mobile' } })).toBe('deny no.type');
  });
  it('the number must be of the callee’s country where that is asked', () => {
    expect(said('caller_id', { sameCountry: true }, { callerId: { country: 'CN' } })).toBe('allow');
    expect(said('caller_id', { sameCountry: true }, { callerId: { country: 'US' } })).toBe('deny no.country');
  });
  it('proof of ownership holds to the instant at which it is too old', () => {
    const params = { ownershipProof: true, proofMaxAgeDays: 10 };
    const proof = (name: string) => ({
      attestations: [{ kind: 'caller_id', name, from: '2026-11-13T04:00:00Z' }],
    });
    expect(said('caller_id', params)).toBe('deny no.unproven');
    expect(said('caller_id', params, proof('caller-2'))).toBe('deny no.unproven');
    expect(said('caller_id', params, proof('caller-1'), '2026-11-23T03:59:59.999Z')).toBe(
      'allow 2026-11-23T04:00:00.000Z',
    );
    expect(said('caller_id', params, proof('caller-1'))).toBe('deny no.unproven');
  });
  it('calls back are to be answered for so many days', () => {
    expect(ask('caller_id', { callBackDays: 30 }).duties).toEqual([
      { kind: 'answer_callbacks', detail: { days: 30 }, withinS: null, dueAt: at('2026-12-23T04:00:00Z') },
    ]);
  });
});

describe('line_policy', () => {
  const called = (...attempts: object[]) => ({ attempts });
  it('binds the vendor’s lines alone; a line of nobody known is denied', () => {
    const params = { vendor: 'alibaba', allowedPurposes: ['service'] };
    expect(said('line_policy', params)).toBe('allow');
    expect(said('line_policy', params, { line: { vendor: null } })).toBe('deny line.unknown');
    expect(said('line_policy', params, { line: { vendor: 'alibaba' } })).toBe('deny no.use');
    expect(said('line_policy', params, { line: { vendor: 'alibaba' }, purpose: 'service' })).toBe('allow');
  });
  it('caps count the vendor’s calls to the number, and those over lines of nobody known', () => {
    const params = { vendor: 'simulator', caps: [{ count: 2, window: { hours: 1 } }] };
    const two = (vendor: string | null, number = 'number-1') =>
      called({ at: '2026-11-23T03:10:00Z', vendor, number }, { at: '2026-11-23T03:20:00Z', vendor, number });
    expect(said('line_policy', params, two('simulator'))).toBe('defer 2026-11-23T04:10:00.001Z no.cap');
    expect(said('line_policy', params, two(null))).toBe('defer 2026-11-23T04:10:00.001Z no.cap');
    expect(said('line_policy', params, two('other'))).toBe('allow');
    expect(said('line_policy', params, two('simulator', 'number-2'))).toBe('allow');
    const perPerson = { vendor: 'simulator', caps: [{ count: 2, window: { hours: 1 }, over: 'person' }] };
    expect(said('line_policy', perPerson, two('simulator', 'number-2'))).toBe(
      'defer 2026-11-23T04:10:00.001Z no.cap',
    );
  });
  it('with * it binds and counts every line, also one of nobody known', () => {
    const use = { vendor: '*', allowedPurposes: ['service'] };
    expect(said('line_policy', use, { line: { vendor: null } })).toBe('deny no.use');
    expect(said('line_policy', use, { line: { vendor: null }, purpose: 'service' })).toBe('allow');
    const cap = { vendor: '*', caps: [{ count: 2, window: { hours: 1 } }] };
    const earlier = called(
      { at: '2026-11-23T03:10:00Z', vendor: 'alibaba' },
      { at: '2026-11-23T03:20:00Z', vendor: 'other' },
    );
    expect(said('line_policy', cap, earlier)).toBe('defer 2026-11-23T04:10:00.001Z no.cap');
  });
  it('several caps hold at once, and the longest wait decides', () => {
    const params = {
      vendor: 'simulator',
      caps: [
        { count: 1, window: { minutes: 1 } },
        { count: 2, window: { hours: 24 } },
      ],
    };
    const day = called({ at: '2026-11-22T05:00:00Z' }, { at: '2026-11-23T03:59:30Z' });
    expect(said('line_policy', params, day)).toBe('defer 2026-11-23T05:00:00.001Z no.cap');
    expect(said('line_policy', params, called({ at: '2026-11-23T03:59:30Z' }))).toBe(
      'defer 2026-11-23T04:00:30.001Z no.cap',
    );
  });
  it('outside its hours the line waits, in regions that it does not serve it does not', () => {
    const hours = { vendor: 'simulator', openWindows: { daily: ['08:00-12:00', '14:00-21:00'] } };
    expect(said('line_policy', hours)).toBe('defer 2026-11-23T06:00:00.000Z no.hours');
    expect(said('line_policy', hours, { locations: [] })).toBe('deny no.hours zone.unknown');
    const regions = { vendor: 'simulator', blockedJurisdictions: ['CN-XJ', 'CN-XZ'] };
    const inPlace = (jurisdiction: string) => ({ locations: [{ jurisdiction, zone: 'Asia/Shanghai' }] });
    expect(said('line_policy', regions, inPlace('CN-XJ'))).toBe('deny no.region');
    expect(said('line_policy', regions, inPlace('CN-GD'))).toBe('allow');
  });
  it('a licence must be on record, in force, and for the use', () => {
    const params = { vendor: 'simulator', licence: { name: 'b24', uses: ['service'] } };
    const held = (detail: object, until: string | null = null) => ({
      attestations: [{ kind: 'licence', name: 'b24', detail, until }],
    });
    expect(said('line_policy', params)).toBe('deny no.licence');
    expect(said('line_policy', params, held({ uses: ['service', 'survey'] }))).toBe('allow');
    expect(said('line_policy', params, held({ uses: ['survey'] }))).toBe('deny no.licence');
    expect(said('line_policy', params, held({}))).toBe('deny no.licence');
    expect(said('line_policy', params, held({ uses: ['service'] }, NOON))).toBe('deny no.licence');
  });
});

describe('technology_consent', () => {
  const voice = { technologies: ['artificial_voice', 'prerecorded'], level: 'written' };
  const artificial = { technology: { artificialVoice: true } };
  it('binds calls of its kinds alone', () => {
    expect(said('technology_consent', voice)).toBe('allow');
    expect(said('technology_consent', voice, { technology: { autodialler: true } })).toBe('allow');
    expect(said('technology_consent', voice, artificial)).toBe('deny no.missing');
    expect(said('technology_consent', voice, { technology: { prerecorded: true } })).toBe('deny no.missing');
  });
  it('the consent must be strong enough, name the kind, and the seller where that is bound', () => {
    const given = (consent: object) => ({ ...artificial, consents: [consent] });
    expect(said('technology_consent', voice, given({}))).toBe('deny no.too_weak');
    expect(said('technology_consent', voice, given({ level: 'written' }))).toBe('deny no.not_covering');
    const named = { level: 'written', technologies: ['artificial_voice'] };
    expect(said('technology_consent', voice, given(named))).toBe('allow');
    const unnamed = { ...voice, namedInConsent: false };
    expect(said('technology_consent', unnamed, given({ level: 'written' }))).toBe('allow');
    const bound = { ...voice, sellerBound: true };
    expect(said('technology_consent', bound, { ...given(named), seller: 'acme' })).toBe(
      'deny no.not_covering',
    );
    expect(
      said('technology_consent', bound, { ...given({ ...named, seller: 'acme' }), seller: 'acme' }),
    ).toBe('allow');
    expect(said('technology_consent', bound, given(named))).toBe('allow');
  });
});

describe('consent', () => {
  const given = (...consents: object[]) => ({ consents });
  it('names the seller, the matter asked for by itself, the kind of call', () => {
    const bySeller = { level: 'express', sellerBound: true };
    expect(said('consent', bySeller, { ...given({}), seller: 'acme' })).toBe('deny no.not_covering');
    expect(said('consent', bySeller, { ...given({ seller: 'acme' }, {}), seller: 'acme' })).toBe('allow');
    const separate = { level: 'express', separate: 'sensitive' };
    expect(said('consent', separate, given({ separate: ['export'] }))).toBe('deny no.not_covering');
    expect(said('consent', separate, given({ separate: ['export', 'sensitive'] }))).toBe('allow');
    const kinds = { level: 'express', technologies: ['prerecorded'] };
    expect(said('consent', kinds, given({}))).toBe('deny no.not_covering');
    expect(said('consent', kinds, given({ technologies: ['prerecorded'] }))).toBe('allow');
  });
  it('of a child only a guardian’s will do; of others anybody’s', () => {
    const params = { level: 'express', minorGuardian: true };
    expect(said('consent', params, { ...given({}), callee: { age: 'child' } })).toBe('deny no.not_covering');
    expect(said('consent', params, { ...given({ guardian: true }), callee: { age: 'child' } })).toBe('allow');
    expect(said('consent', params, { ...given({}), callee: { age: 'minor' } })).toBe('allow');
  });
  it('for the number called, or for the person; with ownership verified not too long ago', () => {
    const params = { level: 'express', forNumber: true };
    expect(said('consent', params, given({ number: 'number-2' }))).toBe('deny no.not_covering');
    expect(said('consent', params, given({ number: 'number-1' }))).toBe('allow');
    expect(said('consent', params, given({}))).toBe('allow');
    const owned = { level: 'express', ownershipMaxAgeDays: 30 };
    const verified = given({ ownershipVerifiedAt: '2026-10-24T04:00:00Z' });
    expect(said('consent', owned, given({}))).toBe('deny no.expired');
    expect(said('consent', owned, verified, '2026-11-23T03:59:59.999Z')).toBe(
      'allow 2026-11-23T04:00:00.000Z',
    );
    expect(said('consent', owned, verified)).toBe('deny no.expired');
  });
  it('a dealing does instead, until it is too long over; not for those who withdrew', () => {
    const params = { level: 'express', relationship: { kinds: ['purchase', 'contract'], withinDays: 10 } };
    const bought = { relationships: [{ kind: 'purchase', at: '2026-11-13T04:00:00Z' }] };
    expect(said('consent', params, bought, '2026-11-23T03:59:59.999Z')).toBe(
      'allow 2026-11-23T04:00:00.000Z',
    );
    expect(said('consent', params, bought)).toBe('deny no.missing');
    expect(said('consent', params, { relationships: [{ kind: 'contract' }] })).toBe('allow');
    expect(said('consent', params, { relationships: [{ kind: 'inquiry', at: NOON }] })).toBe(
      'deny no.missing',
    );
    const withdrew = { relationships: [{ kind: 'contract' }], consents: [{ kind: 'withdrawal' }] };
    // By the rule, and by the engine whatever the rules.
    expect(said('consent', params, withdrew)).toBe('deny consent.withdrawn no.withdrawn');
  });
  it('is to be renewed by a day, without being void after it', () => {
    const old = given({ at: '2026-01-01T00:00:00Z' });
    expect(ask('consent', { level: 'express', renewAfterDays: 30 }, old)).toMatchObject({
      said: 'allow',
      duties: [{ kind: 'renew_consent', detail: { event: 'consent-1' }, dueAt: at('2026-01-31T00:00:00Z') }],
    });
  });
});

describe('disclosure and opt-out', () => {
  const dialogue = (more: object = {}) => ({
    dialogue: { scriptId: 's', version: 2, discloses: [], optOut: [], aiLabel: null, ...more },
  });
  const items = { items: ['caller_name', 'purpose'], withinS: 30 };
  it('without a dialogue on record it is owed by the call, or denied where a script is asked for', () => {
    expect(ask('disclosure', items)).toMatchObject({
      said: 'allow',
      duties: [{ kind: 'disclose', detail: { items: ['caller_name', 'purpose'] }, withinS: 30, dueAt: null }],
    });
    expect(said('disclosure', { ...items, enforce: 'script' })).toBe('deny no.unscripted');
  });
  it('a dialogue that does not declare it, or too late, keeps the call from being made', () => {
    const declared = (withinS: number) =>
      dialogue({
        discloses: [
          { item: 'caller_name', withinS: 5 },
          { item: 'purpose', withinS },
        ],
      });
    expect(said('disclosure', items, dialogue())).toBe('deny no.undeclared');
    expect(said('disclosure', items, declared(30))).toBe('allow');
    expect(said('disclosure', items, declared(31))).toBe('deny no.late');
    expect(said('disclosure', { ...items, withinS: null }, declared(300))).toBe('allow');
  });
  it('an artificial voice is marked; another need not be', () => {
    const label = { aiLabel: { modes: ['prompt'], at: ['start', 'end'] } };
    const artificial = { technology: { artificialVoice: true } };
    expect(ask('disclosure', label).duties).toEqual([]);
    expect(ask('disclosure', label, artificial).duties.map((duty) => duty.kind)).toEqual(['label_ai']);
    const marked = (mode: string, place: string) => ({
      ...artificial,
      ...dialogue({ aiLabel: { mode, at: [place] } }),
    });
    expect(said('disclosure', label, { ...artificial, ...dialogue() })).toBe('deny no.undeclared');
    expect(said('disclosure', label, marked('prompt', 'end'))).toBe('allow');
    expect(said('disclosure', label, marked('prompt', 'middle'))).toBe('deny no.undeclared');
    expect(said('disclosure', label, marked('rhythm', 'start'))).toBe('deny no.undeclared');
  });
  it('a way out, and the call over soon after it is taken', () => {
    const params = { means: ['keypress', 'speech'], endWithinS: 10, offeredWithinS: 2 };
    expect(ask('optout_mechanism', params)).toMatchObject({
      said: 'allow',
      duties: [{ kind: 'offer_opt_out', withinS: 2, detail: { endWithinS: 10 } }],
    });
    expect(said('optout_mechanism', { ...params, enforce: 'script' })).toBe('deny no.unscripted');
    const way = (means: string, endsWithinS: number) => dialogue({ optOut: [{ means, endsWithinS }] });
    expect(said('optout_mechanism', params, way('keypress', 10))).toBe('allow');
    expect(said('optout_mechanism', params, way('keypress', 11))).toBe('deny no.undeclared');
    expect(said('optout_mechanism', params, way('human', 1))).toBe('deny no.undeclared');
  });
});

describe('abandonment_cap', () => {
  const params = {
    ratePercent: 3,
    denominator: 'live_answers',
    period: { days: 30 },
    scope: 'campaign',
    connectWithinS: 2,
    message: ['caller_name'],
  };
  const figures = (abandoned: number, more: object = {}) => ({
    mode: 'predictive',
    abandonment: [
      {
        from: '2026-10-24T04:00:00Z',
        to: NOON,
        calls: 1_000,
        answers: 200,
        liveAnswers: 100,
        abandoned,
        ...more,
      },
    ],
  });
  it('binds modes in which calls are abandoned', () => {
    expect(said('abandonment_cap', params)).toBe('allow');
    expect(said('abandonment_cap', params, { mode: 'predictive' })).toBe('deny abandonment.unknown');
  });
  it('three of a hundred are three percent, four are not; the denominator is the rule’s', () => {
    expect(said('abandonment_cap', params, figures(3))).toBe('allow 2026-11-24T04:00:00.000Z');
    expect(said('abandonment_cap', params, figures(4))).toBe('deny no');
    expect(said('abandonment_cap', { ...params, denominator: 'answers' }, figures(6))).toMatch(/^allow/);
    expect(said('abandonment_cap', { ...params, denominator: 'answers' }, figures(7))).toBe('deny no');
    expect(said('abandonment_cap', { ...params, denominator: 'calls' }, figures(30))).toMatch(/^allow/);
    expect(said('abandonment_cap', { ...params, denominator: 'calls' }, figures(31))).toBe('deny no');
  });
  it('figures must be for the scope, cover the period, and be a day old at most', () => {
    const unknown = 'deny abandonment.unknown';
    expect(said('abandonment_cap', params, figures(0, { scope: 'tenant' }))).toBe(unknown);
    expect(said('abandonment_cap', params, figures(0, { from: '2026-10-24T04:00:00.001Z' }))).toBe(unknown);
    expect(said('abandonment_cap', params, figures(0), '2026-11-24T04:00:00Z')).toBe(unknown);
  });
  it('the newest figures decide', () => {
    const older = figures(0, { from: '2026-10-01T00:00:00Z', to: '2026-11-23T00:00:00Z' });
    const both = { ...older, abandonment: [...older.abandonment, ...figures(50).abandonment] };
    expect(said('abandonment_cap', params, both)).toBe('deny no');
  });
  it('who was abandoned is left alone for a while, and the call owes an agent', () => {
    const cooled = { ...params, cooldown: { hours: 72 } };
    const once = { ...figures(0), triggers: [{ kind: 'abandon', at: '2026-11-20T05:00:00Z' }] };
    expect(said('abandonment_cap', cooled, once)).toBe('defer 2026-11-23T05:00:00.001Z no.cooldown');
    expect(ask('abandonment_cap', params, figures(0)).duties).toEqual([
      { kind: 'connect_agent', detail: { message: ['caller_name'] }, withinS: 2, dueAt: null },
    ]);
  });
});

describe('ring_minimum', () => {
  it.each([
    [{ seconds: 15 }, 15, 'allow'],
    [{ seconds: 15 }, 14, 'deny no'],
    [{ rings: 4 }, 24, 'allow'],
    [{ rings: 4 }, 23, 'deny no'],
    [{ rings: 4, secondsPerRing: 3 }, 12, 'allow'],
    [{ seconds: 15, rings: 4 }, 15, 'allow'],
    [{ seconds: 30, rings: 4 }, 24, 'allow'],
    [{ seconds: 15 }, null, 'allow'],
  ])('%j against %s s', (params, ringTimeoutS, expected) => {
    expect(said('ring_minimum', params, { ringTimeoutS })).toBe(expected);
  });
  it('the call owes the ringing', () => {
    expect(ask('ring_minimum', { seconds: 15, rings: 4 }).duties).toMatchObject([
      { kind: 'ring_at_least', detail: { seconds: 15 } },
    ]);
  });
});

describe('registration', () => {
  const held = (more: object = {}) => ({
    attestations: [{ kind: 'registration', name: 'dlt', from: '2026-11-13T04:00:00Z', ...more }],
  });
  it('missing, held, too old, for another place, of another kind', () => {
    const params = { register: 'dlt', maxAgeDays: 10 };
    expect(said('registration', params)).toBe('deny no.missing');
    expect(said('registration', params, held(), '2026-11-23T03:59:59.999Z')).toBe(
      'allow 2026-11-23T04:00:00.000Z',
    );
    expect(said('registration', params, held())).toBe('deny no.expired');
    expect(said('registration', { register: 'dlt' }, held({ jurisdiction: 'US' }))).toBe('deny no.missing');
    expect(said('registration', { register: 'dlt' }, held({ jurisdiction: 'CN' }))).toBe('allow');
    expect(said('registration', { register: 'dlt', kind: 'licence' }, held())).toBe('deny no.missing');
  });
  it('one yet to begin waits for its day', () => {
    const later = held({ from: '2026-11-24T00:00:00Z' });
    expect(said('registration', { register: 'dlt' }, later)).toBe(
      'defer 2026-11-24T00:00:00.000Z no.expired',
    );
  });
  it('the text of the call is registered too where that is asked', () => {
    const params = { register: 'dlt', template: true };
    expect(said('registration', params, held())).toBe('deny no.template');
    expect(said('registration', params, held({ detail: { templateId: 'T1' } }))).toBe('allow');
  });
});

describe('contact_eligibility', () => {
  const callee = (more: object) => ({ callee: more });
  const collection = { thirdParty: 'if_debtor_unreachable', stopAfterRefusal: true };
  it('a third party only while the debtor cannot be reached, and not after they refused', () => {
    const third = (debtorUnreachable: boolean | null) =>
      callee({ relation: 'third_party', debtorUnreachable });
    expect(said('contact_eligibility', collection)).toBe('allow');
    expect(said('contact_eligibility', collection, third(true))).toBe('allow');
    expect(said('contact_eligibility', collection, third(false))).toBe('deny no.third_party');
    expect(said('contact_eligibility', collection, third(null))).toBe('deny no.third_party');
    const refused = { triggers: [{ kind: 'refusal', at: '2026-11-01T00:00:00Z' }] };
    expect(said('contact_eligibility', collection, { ...third(true), ...refused })).toBe('deny no.refused');
    expect(said('contact_eligibility', collection, refused)).toBe('allow');
    expect(said('contact_eligibility', { thirdParty: 'never' }, third(true))).toBe('deny no.third_party');
    expect(said('contact_eligibility', { relations: ['third_party'] })).toBe('deny no.self');
  });
  it('what is not known denies, unless the rule lets it be', () => {
    expect(said('contact_eligibility', collection, callee({ relation: null }))).toBe('deny no.unknown');
    const lenient = { ...collection, whenUnknown: { relation: 'allow' } };
    expect(said('contact_eligibility', lenient, callee({ relation: null }))).toBe('allow');
    expect(said('contact_eligibility', { minimumAge: 'adult' }, callee({ age: null }))).toBe(
      'deny no.unknown',
    );
    expect(
      said(
        'contact_eligibility',
        { minimumAge: 'adult', whenUnknown: { age: 'allow' } },
        callee({ age: null }),
      ),
    ).toBe('allow');
  });
  it.each([
    ['adult', 'adult', 'allow'],
    ['adult', 'minor', 'deny no.age'],
    ['minor', 'minor', 'allow'],
    ['minor', 'child', 'deny no.age'],
    ['child_with_guardian', 'minor', 'allow'],
    ['child_with_guardian', 'child', 'deny no.age'],
  ])('at least %s: %s', (minimumAge, age, expected) => {
    expect(said('contact_eligibility', { minimumAge }, callee({ age }))).toBe(expected);
  });
  it('a child with a guardian’s consent', () => {
    const consents = [{ guardian: true }];
    const params = { minimumAge: 'child_with_guardian' };
    expect(said('contact_eligibility', params, { ...callee({ age: 'child' }), consents })).toBe('allow');
  });
});

describe('emergency_block', () => {
  const declared = (jurisdiction: string | null, until: string | null = null) => ({
    attestations: [{ kind: 'emergency', name: 'state', jurisdiction, from: '2026-11-20T00:00:00Z', until }],
  });
  const params = { feed: 'state', maxFeedAgeHours: null };
  it('an area that the person may be in is blocked until the emergency is over', () => {
    expect(said('emergency_block', params, declared('CN'))).toBe('deny no');
    expect(said('emergency_block', params, declared('CN-GD'))).toBe('deny no');
    expect(said('emergency_block', params, declared(null))).toBe('deny no');
    expect(said('emergency_block', params, declared('US'))).toBe('allow');
    expect(said('emergency_block', params, declared('CN', '2026-11-23T05:00:00Z'))).toBe(
      'defer 2026-11-23T05:00:00.000Z no',
    );
  });
  it('exempt purposes go on', () => {
    expect(said('emergency_block', { ...params, exemptPurposes: ['marketing'] }, declared('CN'))).toBe(
      'allow',
    );
  });
  it('a feed must be fresh where that is asked', () => {
    const fresh = { feed: 'state', maxFeedAgeHours: 24 };
    const read = (from: string) => ({ attestations: [{ kind: 'emergency_feed', name: 'state', from }] });
    expect(said('emergency_block', fresh)).toBe('deny emergency.feed_missing');
    expect(said('emergency_block', fresh, read('2026-11-22T04:00:00Z'))).toBe('deny emergency.feed_stale');
    expect(said('emergency_block', fresh, read('2026-11-22T04:00:00.001Z'))).toBe(
      'allow 2026-11-23T04:00:00.001Z',
    );
  });
});

describe('duties about what is kept', () => {
  it('retention: from the call at a known day, from another event at none; minimum before maximum', () => {
    const kept = { recordClass: 'call_record', minimum: { days: 30 }, maximum: { years: 5 } };
    expect(ask('retention', kept).duties).toMatchObject([
      { kind: 'retain', dueAt: at('2026-12-23T04:00:00Z') },
      { kind: 'erase', dueAt: at('2031-11-23T04:00:00Z') },
    ]);
    expect(ask('retention', { ...kept, start: 'contract_end' }).duties).toMatchObject([
      { kind: 'retain', dueAt: null },
      { kind: 'erase', dueAt: null },
    ]);
  });
  it('a year from a leap day is the day before the first of March', () => {
    const kept = { recordClass: 'call_record', minimum: { years: 1 } };
    expect(ask('retention', kept, {}, '2028-02-29T04:00:00Z').duties).toMatchObject([
      { dueAt: at('2029-02-28T04:00:00Z') },
    ]);
  });
  it('erasure: due so many days after what the facts show, and no call is denied by it', () => {
    const params = { triggers: ['withdrawal', 'refusal'], withinDays: 15 };
    expect(ask('erasure', params).duties).toEqual([]);
    const shown = {
      consents: [{ kind: 'withdrawal', at: '2026-11-02T00:00:00Z' }],
      triggers: [{ kind: 'refusal', at: '2026-11-01T00:00:00Z' }],
    };
    expect(ask('erasure', params, shown).duties).toMatchObject([
      { kind: 'erase', detail: { trigger: 'withdrawal' }, dueAt: at('2026-11-17T00:00:00Z') },
      { kind: 'erase', detail: { trigger: 'refusal' }, dueAt: at('2026-11-16T00:00:00Z') },
    ]);
    expect(ask('erasure', { ...params, triggers: ['purpose_done'] }, shown).duties).toEqual([]);
  });
  it('assessment: a duty when it falls due, at once where there is none; a denial where that is asked', () => {
    const params = { assessment: 'pipia', cadenceDays: 365 };
    const made = { attestations: [{ kind: 'assessment', name: 'pipia', from: '2026-01-01T00:00:00Z' }] };
    expect(ask('assessment', params).duties).toMatchObject([{ kind: 'assess', dueAt: at(NOON) }]);
    expect(ask('assessment', params, made).duties).toMatchObject([{ dueAt: at('2027-01-01T00:00:00Z') }]);
    expect(ask('assessment', { assessment: 'pipia' }, made).duties).toEqual([]);
    expect(said('assessment', { ...params, enforce: 'deny' })).toBe('deny no.missing');
    expect(said('assessment', { ...params, enforce: 'deny' }, made)).toBe('allow 2027-01-01T00:00:00.000Z');
    expect(said('assessment', { ...params, enforce: 'deny' }, made, '2027-01-01T00:00:00Z')).toBe(
      'deny no.expired',
    );
  });
  it('transfer: unstated, not exporting, exporting without and with what it takes', () => {
    const stated = (detail: object, more: object = {}) => ({
      attestations: [{ kind: 'transfer', name: 'personal_data', detail }],
      ...more,
    });
    const params = { separateConsent: true, anyOf: ['standard_contract'], personsMin: 100 };
    expect(ask('transfer', params)).toMatchObject({ said: 'allow', duties: [{ kind: 'state_transfer' }] });
    expect(said('transfer', { ...params, whenUnstated: 'deny' })).toBe('deny no.unstated');
    expect(said('transfer', params, stated({ exports: false }))).toBe('allow');
    expect(said('transfer', params, stated({ exports: true }))).toBe('deny no.consent');
    const consents = [{ separate: ['export'] }];
    expect(said('transfer', params, stated({ exports: true }, { consents }))).toBe('deny no.mechanism');
    expect(said('transfer', params, stated({ exports: true, persons: 99 }, { consents }))).toBe('allow');
    expect(said('transfer', params, stated({ exports: true, persons: 100 }, { consents }))).toBe(
      'deny no.mechanism',
    );
    const contract = { exports: true, mechanism: 'standard_contract' };
    expect(said('transfer', params, stated(contract, { consents }))).toBe('allow');
    expect(said('transfer', { localise: true }, stated(contract))).toBe('deny no.localisation');
    expect(ask('transfer', { localise: true }, stated({ exports: false })).duties).toMatchObject([
      { kind: 'localise' },
    ]);
  });
});

describe('caps and cooldowns by debt and subject', () => {
  const params = { count: 1, window: { rolling: { days: 7 } }, unit: 'attempt', key: 'debt' };
  const earlier = (debt: string | null, shorthand: object) => ({
    attempts: [{ at: '2026-11-22T04:00:00Z', debt }],
    ...shorthand,
  });
  it('a call about another debt does not count; one of which it is not known does', () => {
    const released = 'defer 2026-11-29T04:00:00.001Z no';
    expect(said('frequency_cap', params, earlier('debt-1', { debt: 'debt-1' }))).toBe(released);
    expect(said('frequency_cap', params, earlier('debt-2', { debt: 'debt-1' }))).toBe('allow');
    expect(said('frequency_cap', params, earlier(null, { debt: 'debt-1' }))).toBe(released);
    expect(said('frequency_cap', params, earlier('debt-2', {}))).toBe(released);
  });
  it('nor does a talk about another debt cool down this one', () => {
    const cool = { trigger: 'conversation', duration: { days: 7 }, key: 'debt' };
    const talk = (debt: string) => ({
      debt: 'debt-1',
      triggers: [{ kind: 'conversation', at: '2026-11-22T04:00:00Z', debt }],
    });
    expect(said('cooldown', cool, talk('debt-1'))).toBe('defer 2026-11-29T04:00:00.001Z no');
    expect(said('cooldown', cool, talk('debt-2'))).toBe('allow');
    const subject = { ...cool, key: 'subject' };
    expect(said('cooldown', subject, talk('debt-2'))).toBe('defer 2026-11-29T04:00:00.001Z no');
  });
});

describe('windows of holidays', () => {
  const params = {
    windows: { daily: ['09:00-20:00'] },
    holidayWindows: { calendar: 'cn-statutory-holidays', windows: { daily: ['10:00-12:00'] } },
  };
  it('days off have hours of their own, others theirs', () => {
    expect(said('calling_window', params, {}, '2026-10-01T01:30:00Z')).toBe(
      'defer 2026-10-01T02:00:00.000Z no',
    );
    expect(said('calling_window', params, {}, '2026-10-01T03:00:00Z')).toBe('allow 2026-10-01T04:00:00.000Z');
    expect(said('calling_window', params, {}, '2026-10-08T01:30:00Z')).toBe('allow 2026-10-08T12:00:00.000Z');
  });
  it('beyond the calendar nothing is known', () => {
    expect(said('calling_window', params, {}, '2027-06-01T04:00:00Z')).toBe('deny calendar.uncovered');
  });
});

describe('opt-outs by channel and lists by category', () => {
  it('a request for one channel binds all, unless the rule reads it narrowly', () => {
    const entry = { suppressions: [{ channels: ['sms'] }] };
    expect(said('internal_optout', { effect: 'immediate' }, entry)).toBe('deny no');
    expect(said('internal_optout', { effect: 'immediate', acrossChannels: false }, entry)).toBe('allow');
  });
  it('an entry of another category does not bind; one of none does', () => {
    const params = { list: 'dnd', maxListAgeDays: null, categories: ['banking'] };
    const entry = (category: string | null) => ({ suppressions: [{ list: 'dnd', category }] });
    expect(said('suppression_list', params, entry('banking'))).toBe('deny no');
    expect(said('suppression_list', params, entry('education'))).toBe('allow');
    expect(said('suppression_list', params, entry(null))).toBe('deny no');
  });
});

describe('exemptions', () => {
  const citation = { instrument: 'made up', article: '2', url: null, checkedOn: '2026-11-22' };
  const exempted = (exemption: object, shorthand: object) => {
    const one = rule(
      'x',
      'consent',
      { level: 'express' },
      {
        reasonCode: 'no',
        exemptions: [{ why: 'the law says so', citation, confidence: 'M', ...exemption } as never],
      },
    );
    const policySet = compilePolicySet([pack([one])]);
    const subject = facts(shorthand as Record<string, unknown>);
    const result = resultOf(evaluate({ policySet, facts: subject, at: at(NOON), horizonMs: 0 }), 'x');
    return `${result.outcome}${result.unverified ? ' unverified' : ''}`;
  };
  it('a dealing with the seller, until it is too long over', () => {
    const exemption = { kind: 'relationship', relationships: ['purchase'], withinDays: 540 };
    const bought = (atIso: string) => ({ relationships: [{ kind: 'purchase', at: atIso }] });
    expect(exempted(exemption, bought('2026-01-01T00:00:00Z'))).toBe('exempt unverified');
    expect(exempted(exemption, bought('2025-01-01T00:00:00Z'))).toBe('deny');
    expect(exempted(exemption, {})).toBe('deny');
  });
  it('the kind of callee and the type of number; what is not known frees nothing', () => {
    const business = { kind: 'callee', calleeType: 'business' };
    expect(exempted(business, { callee: { kind: 'business' } })).toBe('exempt unverified');
    expect(exempted(business, { callee: { kind: null } })).toBe('deny');
    const fixed = { kind: 'number_type', numberTypes: ['fixed_line'] };
    expect(exempted(fixed, { numberType: 'fixed_line' })).toBe('exempt unverified');
    expect(exempted(fixed, { numberType: 'fixed_line_or_mobile' })).toBe('deny');
    expect(exempted(fixed, { numberType: 'unknown' })).toBe('deny');
  });
});

describe('whom a rule binds', () => {
  const bound = (more: object, shorthand: object) => {
    const policySet = compilePolicySet([pack([rule('x', 'consent', { level: 'express' }, more)])]);
    const subject = facts(shorthand as Record<string, unknown>);
    const { results } = evaluate({ policySet, facts: subject, at: at(NOON), horizonMs: 0 });
    return results.some((result) => result.rule === 'x');
  };
  it('a type of number, and whatever may be of that type', () => {
    for (const [numberType, expected] of [
      ['mobile', true],
      ['fixed_line', false],
      ['fixed_line_or_mobile', true],
      ['toll_free', false],
      ['unknown', true],
    ] as const) {
      expect([numberType, bound({ numberType: ['mobile'] }, { numberType })]).toEqual([numberType, expected]);
    }
  });
  it('a kind of callee, and those whose kind is not known', () => {
    expect(bound({ calleeType: ['consumer'] }, { callee: { kind: 'business' } })).toBe(false);
    expect(bound({ calleeType: ['consumer'] }, { callee: { kind: null } })).toBe(true);
  });
});
