import { HOLIDAYS } from './support.ts';
import { traces } from './traces.ts';

traces('calendar_block', [
  [
    'an open day',
    { calendar: HOLIDAYS },
    {},
    'pass',
    { calendar: HOLIDAYS, calendarVersion: 1, localDays: { 'Asia/Shanghai': '2026-11-23' } },
  ],
  [
    'a blocked weekday without a calendar',
    { calendar: null, weekdays: ['mon'] },
    {},
    'defer',
    { localDays: { 'Asia/Shanghai': '2026-11-23' }, why: 'mon' },
  ],
  ['no zone', { calendar: HOLIDAYS }, { locations: [{ jurisdiction: 'CN' }] }, 'deny', { zones: [] }],
]);

const localTimes = { 'Asia/Shanghai': 'Mon 2026-11-23 12:00:00' };
const morning = { windows: { daily: ['09:00-12:00'] } };
traces('calling_window', [
  ['closed', morning, {}, 'defer', { localTimes }],
  ['open', { windows: { daily: ['09:00-12:01'] } }, {}, 'pass', { localTimes }],
  [
    'widened by a consent',
    { ...morning, widenedWindows: { daily: ['09:00-13:00'] } },
    { consents: [{ widens: ['x'] }] },
    'exempt',
    { localTimes, widenedBy: 'consent-1' },
  ],
  ['no zone', morning, { locations: [{ jurisdiction: 'CN' }] }, 'deny', { zones: [] }],
]);

const bought = { kinds: ['purchase'], withinDays: 10 };
traces('consent', [
  ['none', { level: 'express' }, {}, 'deny', { level: 'express', events: [] }],
  ['given', { level: 'express' }, { consents: [{}] }, 'pass', { level: 'express', event: 'consent-1' }],
  [
    'withdrawn',
    { level: 'express' },
    { consents: [{}, { kind: 'withdrawal' }] },
    'deny',
    { level: 'express', events: ['consent-2'] },
  ],
  [
    'too weak, each by its id',
    { level: 'guardian' },
    { consents: [{ level: 'written' }, {}] },
    'deny',
    { level: 'guardian', events: ['consent-1', 'consent-2'] },
  ],
  [
    'a dealing instead',
    { level: 'express', relationship: bought },
    { relationships: [{ kind: 'purchase', at: '2026-11-20T00:00:00Z' }] },
    'pass',
    { level: 'express', event: null, relationship: 'purchase' },
  ],
  [
    'a consent beside a dealing',
    { level: 'express', relationship: bought },
    { consents: [{}], relationships: [{ kind: 'purchase', at: '2026-11-20T00:00:00Z' }] },
    'pass',
    { level: 'express', event: 'consent-1' },
  ],
]);

const self = { relation: 'self', age: 'adult', debtorUnreachable: null };
const third = { relation: 'third_party', debtorUnreachable: true };
traces('contact_eligibility', [
  ['may be called', { minimumAge: 'adult' }, {}, 'pass', self],
  [
    'too young',
    { minimumAge: 'adult' },
    { callee: { age: 'minor' } },
    'deny',
    { age: 'minor', minimumAge: 'adult' },
  ],
  [
    'a child without a guardian',
    { minimumAge: 'child_with_guardian' },
    { callee: { age: 'child' } },
    'deny',
    { age: 'child', minimumAge: 'child_with_guardian', guardian: false },
  ],
  ['another person', { thirdParty: 'never' }, { callee: third }, 'deny', third],
  [
    'one who refused',
    { stopAfterRefusal: true },
    {
      callee: third,
      triggers: [
        { kind: 'refusal', at: '2026-11-02T00:00:00Z' },
        { kind: 'complaint', at: '2026-11-03T00:00:00Z' },
        { kind: 'refusal', at: '2026-11-01T00:00:00Z' },
      ],
    },
    'deny',
    { ...third, refusals: [Date.parse('2026-11-01T00:00:00Z'), Date.parse('2026-11-02T00:00:00Z')] },
  ],
]);

const cool = { trigger: 'refusal', duration: { days: 1 } };
traces('cooldown', [
  ['nothing happened', cool, {}, 'pass', { ...cool, latest: null }],
  [
    'the latest of what happened',
    cool,
    { triggers: ['23T01', '23T02', '22T00'].map((at) => ({ kind: 'refusal', at: `2026-11-${at}:00:00Z` })) },
    'defer',
    { ...cool, latest: Date.parse('2026-11-23T02:00:00Z') },
  ],
]);

const feed = { feed: 'state', maxFeedAgeHours: 24 };
const read = { kind: 'emergency_feed', name: 'state', from: '2026-11-23T00:00:00Z' };
traces('emergency_block', [
  [
    'an exempt purpose',
    { ...feed, exemptPurposes: ['marketing'] },
    {},
    'pass',
    { feed: 'state', exemptPurpose: 'marketing' },
  ],
  ['none declared', feed, { attestations: [read] }, 'pass', { feed: 'state', emergencies: [] }],
  [
    'declared',
    feed,
    { attestations: [{ kind: 'emergency', name: 'state' }, read] },
    'deny',
    { feed: 'state', emergencies: ['attestation-1'] },
  ],
  ['not read', feed, {}, 'deny', { feed: 'state', readings: [], maxAgeHours: 24 }],
]);

traces('erasure', [
  ['nothing to erase', { triggers: ['refusal'], withinDays: 1 }, {}, 'pass', { triggers: [] }],
  [
    'a refusal',
    { triggers: ['refusal'], withinDays: 1 },
    { triggers: [{ kind: 'refusal', at: '2026-11-23T00:00:00Z' }] },
    'pass',
    { triggers: ['refusal'] },
  ],
]);

const earlier = { attempts: [{ at: '2026-11-22T15:00:00Z' }, { at: '2026-11-23T01:00:00Z' }] };
const counted = (window: object, count: number) => ({ count, window, unit: 'attempt' });
traces('frequency_cap', [
  [
    'a rolling window, full',
    { ...counted({ rolling: { days: 1 } }, 2), key: 'person' },
    earlier,
    'defer',
    { ...counted({ rolling: { days: 1 } }, 2), counted: 2 },
  ],
  [
    'a rolling window',
    { ...counted({ rolling: { hours: 4 } }, 2), key: 'person' },
    earlier,
    'pass',
    { ...counted({ rolling: { hours: 4 } }, 2), counted: 1 },
  ],
  [
    'a local day, full',
    { ...counted({ calendar: 'day' }, 1), key: 'person' },
    earlier,
    'defer',
    { ...counted({ calendar: 'day' }, 1), counted: 1 },
  ],
]);

traces('internal_optout', [
  ['none', { effect: 'immediate' }, {}, 'pass', { entries: [] }],
  [
    'several',
    { effect: 'immediate' },
    { suppressions: [{}, {}] },
    'deny',
    { entries: ['entry-1', 'entry-2'] },
  ],
  [
    'one that is over',
    { effect: 'immediate' },
    { suppressions: [{ until: '2026-01-01T00:00:00Z' }] },
    'pass',
    { entries: [] },
  ],
]);

const entry = { list: 'dnd', requestedByPerson: false };
traces('suppression_list', [
  ['not held', { list: 'dnd', maxListAgeDays: 1 }, {}, 'deny', { list: 'dnd', asOf: null, entries: [] }],
  [
    'fresh, the newest copy counting, and not named',
    { list: 'dnd', maxListAgeDays: 10 },
    { lists: ['22', '21'].map((day) => ({ list: 'dnd', asOf: `2026-11-${day}T00:00:00Z` })) },
    'pass',
    { list: 'dnd', asOf: Date.parse('2026-11-22T00:00:00Z'), entries: [] },
  ],
  [
    'named',
    { list: 'dnd', maxListAgeDays: null },
    { suppressions: [entry, entry, { ...entry, at: '2026-11-24T00:00:00Z' }] },
    'deny',
    { list: 'dnd', asOf: null, entries: ['entry-1', 'entry-2'] },
  ],
]);

const voice = { technologies: ['artificial_voice', 'autodialler'], level: 'written' };
const artificial = { technology: { artificialVoice: true, prerecorded: true } };
traces('technology_consent', [
  ['another kind of call', voice, { technology: { prerecorded: true } }, 'pass', { used: [] }],
  ['none given', voice, artificial, 'deny', { used: ['artificial_voice'], level: 'written', events: [] }],
  [
    'given',
    voice,
    { ...artificial, consents: [{ level: 'written', technologies: ['artificial_voice'] }] },
    'pass',
    { used: ['artificial_voice'], level: 'written', event: 'consent-1' },
  ],
]);
