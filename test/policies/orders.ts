export type Values = readonly [parameter: string, ...values: unknown[]];

/** What tells the values of a rule type's parameters apart by how strict they are. */
interface OrdersOfType {
  readonly base: object;
  /** From lenient to strict: a step down is found by the parameter's name, a step up is not (I9). */
  readonly rising?: readonly Values[];
  /** Of which none can be told to be as strict as another: every change is found. */
  readonly apart?: readonly Values[];
}

const rolling = (window: object) => ({ rolling: window });
const hours = (...daily: string[]) => ({ daily });
const cap = (count: number, more: object = {}) => ({ count, window: { hours: 24 }, ...more });
const CN = { country: 'CN', prefixes: ['95'] };
const HK = { country: 'HK', prefixes: ['3'] };

/** Every parameter of every rule type, with values on which its order can be tried. */
export const ORDERS: Record<string, OrdersOfType> = {
  abandonment_cap: {
    base: {
      ratePercent: 3,
      denominator: 'answers',
      period: { days: 30 },
      scope: 'campaign',
      connectWithinS: 2,
    },
    rising: [
      ['ratePercent', 5, 3, 0],
      ['connectWithinS', 3, 2],
      ['message', [], ['caller_name'], ['caller_name', 'purpose']],
      ['cooldown', null, { hours: 1 }, { hours: 72 }],
      ['modes', ['predictive'], ['predictive', 'progressive']],
    ],
    apart: [
      ['denominator', 'live_answers', 'answers', 'calls'],
      ['period', { days: 30 }, { days: 1 }],
      ['scope', 'campaign', 'tenant'],
    ],
  },
  assessment: {
    base: { assessment: 'pipia' },
    rising: [
      ['cadenceDays', null, 365, 30],
      ['enforce', 'duty', 'deny'],
    ],
    apart: [['assessment', 'pipia', 'audit']],
  },
  calendar_block: {
    base: { calendar: 'days', weekdays: ['sun'] },
    rising: [
      ['calendar', null, 'days'],
      ['weekdays', ['sun'], ['sun', 'sat']],
      ['observedShift', 'none', 'nearest_weekday'],
      ['workdaySwap', 'treat_as_workday', 'ignore'],
    ],
    apart: [['calendar', 'days', 'other-days']],
  },
  caller_id: {
    base: {},
    rising: [
      ['required', false, true],
      ['allowed', [], [CN, HK], [CN]],
      ['denied', [], [CN], [CN, HK]],
      ['allowedTypes', [], ['fixed_line', 'mobile'], ['fixed_line']],
      ['deniedTypes', [], ['mobile'], ['mobile', 'fixed_line']],
      ['sameCountry', false, true],
      ['ownershipProof', false, true],
      ['proofMaxAgeDays', null, 365, 30],
      ['callBackDays', null, 30, 60],
    ],
  },
  calling_window: {
    base: { windows: hours('08:00-20:00') },
    rising: [
      ['windows', hours('08:00-21:00'), hours('08:00-20:00'), { mon: ['08:00-20:00'] }],
      ['habitualOffsetMinutes', {}, { 'CN-XJ': 60 }, { 'CN-XJ': 120 }],
      ['widenedWindows', hours('07:00-22:00'), hours('07:00-21:00'), undefined],
      [
        'holidayWindows',
        { calendar: 'days', windows: hours('09:00-12:00') },
        { calendar: 'days', windows: hours('10:00-12:00') },
      ],
    ],
    apart: [
      [
        'holidayWindows',
        null,
        { calendar: 'days', windows: hours('09:00-12:00') },
        { calendar: 'other-days', windows: hours('09:00-12:00') },
      ],
    ],
  },
  consent: {
    base: { level: 'express' },
    rising: [
      ['level', 'implied', 'express', 'written', 'separate', 'guardian'],
      ['maxAgeDays', null, 300, 30],
      ['sellerBound', false, true],
      ['separate', null, 'export'],
      ['technologies', [], ['prerecorded'], ['prerecorded', 'autodialler']],
      ['minorGuardian', false, true],
      ['forNumber', false, true],
      ['ownershipMaxAgeDays', null, 300, 30],
      ['renewAfterDays', null, 300, 30],
      ['relationship', { kinds: ['contract'], withinDays: 10 }, null],
    ],
    apart: [
      ['purposes', undefined, ['marketing'], ['marketing', 'survey']],
      ['separate', 'export', 'sensitive'],
      ['relationship', { kinds: ['contract'], withinDays: 10 }, { kinds: ['contract'], withinDays: 5 }],
    ],
  },
  contact_eligibility: {
    base: {},
    rising: [
      ['relations', ['self', 'third_party'], ['self']],
      ['thirdParty', 'any', 'if_debtor_unreachable', 'never'],
      ['stopAfterRefusal', false, true],
      ['minimumAge', 'any', 'child_with_guardian', 'minor', 'adult'],
      ['whenUnknown', { relation: 'allow', age: 'allow' }, { relation: 'deny', age: 'allow' }, {}],
      ['whenUnknown', { relation: 'allow', age: 'allow' }, { relation: 'allow', age: 'deny' }, {}],
    ],
    apart: [
      ['relations', ['self'], ['third_party']],
      ['whenUnknown', { relation: 'allow', age: 'deny' }, { relation: 'deny', age: 'allow' }],
    ],
  },
  cooldown: {
    base: { trigger: 'refusal', duration: { days: 2 } },
    rising: [
      ['duration', { days: 1 }, { days: 2 }],
      ['duration', { calendarDays: 1 }, { calendarDays: 2 }],
      ['triggerPurposes', ['marketing'], ['marketing', 'service'], []],
      ['key', 'debt', 'person'],
      ['key', 'subject', 'person'],
    ],
    apart: [
      ['trigger', 'refusal', 'conversation', 'abandon', 'complaint'],
      ['duration', { days: 2 }, { calendarDays: 2 }, { hours: 48 }],
      ['key', 'debt', 'subject'],
    ],
  },
  disclosure: {
    base: { items: ['purpose'] },
    rising: [
      ['items', ['purpose'], ['purpose', 'caller_name']],
      ['withinS', null, 30, 5],
      ['aiLabel', null, { modes: ['prompt'], at: ['start'] }],
      ['enforce', 'duty', 'script'],
    ],
    apart: [['aiLabel', { modes: ['prompt'], at: ['start'] }, { modes: ['rhythm'], at: ['start'] }]],
  },
  emergency_block: {
    base: { feed: 'state', maxFeedAgeHours: 24 },
    rising: [
      ['maxFeedAgeHours', null, 24, 1],
      ['exemptPurposes', ['service', 'survey'], ['service'], []],
    ],
    apart: [['feed', 'state', 'county']],
  },
  erasure: {
    base: { triggers: ['withdrawal'], withinDays: 15 },
    rising: [
      ['triggers', ['withdrawal'], ['withdrawal', 'refusal']],
      ['withinDays', 15, 1],
    ],
    apart: [['restrictWhereRetained', true, false]],
  },
  frequency_cap: {
    base: { count: 3, window: rolling({ days: 7 }), unit: 'attempt', key: 'person' },
    rising: [
      ['count', 5, 3, 1],
      ['window', rolling({ days: 6 }), rolling({ days: 7 })],
      ['unit', 'conversation', 'connect', 'attempt'],
      ['key', 'number', 'person'],
      ['countPurposes', ['survey'], ['survey', 'service'], []],
    ],
    apart: [
      ['window', rolling({ days: 7 }), { calendar: 'week' }, { calendar: 'day' }],
      ['key', 'number', 'debt', 'subject'],
    ],
  },
  internal_optout: {
    base: { effect: 'immediate' },
    rising: [
      ['effect', { businessDays: 10, calendar: 'days' }, { businessDays: 2, calendar: 'days' }, 'immediate'],
      ['minDurationDays', null, 30, 365],
      ['scopes', ['tenant'], ['tenant', 'campaign'], []],
      ['acrossChannels', false, true],
    ],
    apart: [['effect', { businessDays: 2, calendar: 'days' }, { businessDays: 2 }]],
  },
  line_policy: {
    base: { vendor: 'simulator', caps: [cap(2)], blockedJurisdictions: ['CN-XZ'] },
    rising: [
      ['caps', [], [cap(3)], [cap(2)], [cap(2), cap(9, { window: { days: 7 } })]],
      ['caps', [cap(2)], [cap(2, { window: { hours: 48 } })]],
      ['caps', [cap(2)], [cap(2, { over: 'person' })]],
      ['openWindows', null, hours('08:00-21:00'), hours('09:00-20:00')],
      ['blockedJurisdictions', [], ['CN-XJ'], ['CN-XJ', 'CN-XZ']],
      ['allowedPurposes', [], ['service', 'survey'], ['service']],
      ['licence', null, { name: 'b24' }],
    ],
    apart: [
      ['vendor', 'simulator', 'alibaba', '*'],
      ['caps', [cap(2)], [cap(1, { window: { hours: 1 } })]],
      ['caps', [cap(2, { over: 'person' })], [cap(1)]],
      ['licence', { name: 'b24' }, { name: 'b24', uses: ['service'] }],
    ],
  },
  optout_mechanism: {
    base: { means: ['keypress'], endWithinS: 10 },
    rising: [
      ['technologies', ['prerecorded'], ['prerecorded', 'autodialler'], []],
      ['means', ['keypress', 'speech'], ['keypress']],
      ['endWithinS', 10, 5],
      ['offeredWithinS', null, 10, 2],
      ['enforce', 'duty', 'script'],
    ],
  },
  registration: {
    base: { register: 'dlt' },
    rising: [
      ['maxAgeDays', null, 365, 30],
      ['template', false, true],
    ],
    apart: [
      ['register', 'dlt', 'state'],
      ['kind', 'registration', 'licence'],
    ],
  },
  retention: {
    base: { recordClass: 'call_record', minimum: { days: 1 }, maximum: { years: 100 } },
    rising: [
      ['minimum', null, { days: 30 }, { months: 6 }, { years: 3 }],
      ['maximum', null, { years: 5 }, { months: 6 }, { days: 30 }],
    ],
    apart: [
      ['recordClass', 'call_record', 'recording'],
      ['start', 'call', 'event', 'contract_end', 'request'],
    ],
  },
  ring_minimum: {
    base: { seconds: 15, rings: 4 },
    rising: [
      ['seconds', 10, 15],
      ['rings', 3, 4],
      // Either will do: where one of the two is left out there is less to choose from.
      ['rings', 4, null],
      ['secondsPerRing', 5, 6],
    ],
  },
  suppression_list: {
    base: { list: 'dnd', maxListAgeDays: 31 },
    rising: [
      ['scopes', ['national'], ['national', 'tenant'], []],
      ['maxListAgeDays', null, 31, 7],
      ['graceAfterRegistrationDays', 30, 0],
      ['categories', ['banking'], ['banking', 'education'], []],
    ],
    apart: [['list', 'dnd', 'tps']],
  },
  technology_consent: {
    base: { technologies: ['prerecorded'], level: 'express' },
    rising: [
      ['technologies', ['prerecorded'], ['prerecorded', 'autodialler']],
      ['level', 'implied', 'express', 'written', 'separate', 'guardian'],
      ['namedInConsent', false, true],
      ['sellerBound', false, true],
    ],
  },
  transfer: {
    base: {},
    rising: [
      ['separateConsent', false, true],
      ['anyOf', [], ['standard_contract', 'certification'], ['certification']],
      ['personsMin', 100, 0],
      ['localise', false, true],
      ['whenUnstated', 'duty', 'deny'],
    ],
    apart: [['name', 'personal_data', 'voices']],
  },
};
