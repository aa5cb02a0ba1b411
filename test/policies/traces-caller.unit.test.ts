import { traces } from './traces.ts';

const rate = {
  ratePercent: 3,
  denominator: 'calls',
  period: { days: 1 },
  scope: 'tenant',
  connectWithinS: 2,
};
const figures = {
  scope: 'tenant',
  from: Date.parse('2026-11-22T04:00:00Z'),
  to: Date.parse('2026-11-23T04:00:00Z'),
  calls: 100,
  answers: 50,
  liveAnswers: 40,
  abandoned: 3,
};
const shown = {
  mode: 'predictive',
  abandonment: [{ ...figures, from: '2026-11-22T04:00:00Z', to: '2026-11-23T04:00:00Z' }],
};
traces('abandonment_cap', [
  ['another mode', rate, {}, 'pass', { mode: 'agentless' }],
  [
    'no figures',
    rate,
    { mode: 'predictive' },
    'deny',
    { ratePercent: 3, denominator: 'calls', figures: null },
  ],
  ['low enough', rate, shown, 'pass', { ratePercent: 3, denominator: 'calls', figures }],
  ['too high', { ...rate, ratePercent: 2 }, shown, 'deny', { ratePercent: 2, denominator: 'calls', figures }],
  [
    'left alone',
    { ...rate, cooldown: { hours: 2 } },
    { ...shown, triggers: [{ kind: 'abandon', at: '2026-11-23T03:00:00Z' }] },
    'defer',
    { cooldown: { hours: 2 } },
  ],
]);

const made = { attestations: [{ kind: 'assessment', name: 'pipia' }] };
traces('assessment', [
  ['none', { assessment: 'pipia', enforce: 'deny' }, {}, 'deny', { assessment: 'pipia', made: [] }],
  ['made', { assessment: 'pipia' }, made, 'pass', { assessment: 'pipia', made: ['attestation-1'] }],
]);

const number = { country: 'CN', prefix: '95', type: 'fixed_line' };
traces('caller_id', [
  ['none shown', {}, { callerId: null }, 'deny', { shown: null }],
  ['none shown, and none asked for', { required: false }, { callerId: null }, 'pass', { shown: null }],
  ['as asked', {}, {}, 'pass', number],
  ['another range', { denied: [{ country: 'CN', prefixes: ['95'] }] }, {}, 'deny', number],
  [
    'another country',
    { sameCountry: true },
    { callerId: { country: 'HK' } },
    'deny',
    { ...number, country: 'HK', called: 'CN' },
  ],
  ['unproven', { ownershipProof: true }, {}, 'deny', { ...number, proofs: [] }],
  [
    'proven',
    { ownershipProof: true },
    { attestations: [{ kind: 'caller_id', name: 'caller-1' }] },
    'pass',
    { ...number, proofs: ['attestation-1'] },
  ],
]);

const localTimes = { 'Asia/Shanghai': 'Mon 2026-11-23 12:00:00' };
const earlier = { attempts: [{ at: '2026-11-22T15:00:00Z' }, { at: '2026-11-23T01:00:00Z' }] };
const script = { dialogue: { scriptId: 's', version: 2, discloses: [], optOut: [], aiLabel: null } };
const label = { aiLabel: { modes: ['prompt'], at: ['start'] } };
traces('disclosure', [
  ['no dialogue', { items: ['purpose'] }, {}, 'pass', { dialogue: null }],
  [
    'no dialogue, and one is asked for',
    { items: ['purpose'], enforce: 'script' },
    {},
    'deny',
    { dialogue: null },
  ],
  ['undeclared', { items: ['purpose'] }, script, 'deny', { dialogue: 's@2', undeclared: ['purpose'] }],
  [
    'late',
    { items: ['purpose', 'caller_name'], withinS: 5 },
    {
      dialogue: {
        ...script.dialogue,
        discloses: [
          { item: 'purpose', withinS: 6 },
          { item: 'caller_name', withinS: 5 },
        ],
      },
    },
    'deny',
    { dialogue: 's@2', late: ['purpose'], withinS: 5 },
  ],
  [
    'unmarked',
    label,
    { ...script, technology: { artificialVoice: true } },
    'deny',
    { dialogue: 's@2', aiLabel: null, modes: ['prompt'], at: ['start'] },
  ],
]);

const caps = [{ count: 2, window: { days: 1 } }];
traces('line_policy', [
  ['another’s line', { vendor: 'v', caps }, {}, 'pass', { vendor: 'simulator' }],
  ['nobody’s line', { vendor: 'v', caps }, { line: { vendor: null } }, 'deny', { vendor: null }],
  [
    'the use',
    { vendor: '*', allowedPurposes: ['survey'] },
    {},
    'deny',
    { purpose: 'marketing', allowed: ['survey'] },
  ],
  [
    'the region',
    { vendor: '*', blockedJurisdictions: ['CN'] },
    {},
    'deny',
    { jurisdictions: ['CN'], blocked: ['CN'] },
  ],
  ['the cap', { vendor: '*', caps }, earlier, 'defer', caps[0]!],
  [
    'below the cap',
    { vendor: '*', caps: [{ count: 3, window: { days: 1 } }] },
    earlier,
    'pass',
    { vendor: 'simulator', caps: [{ count: 3, window: { days: 1 }, counted: 2 }] },
  ],
  [
    'the hours',
    { vendor: '*', openWindows: { daily: ['09:00-12:00'] } },
    {},
    'defer',
    { zones: ['Asia/Shanghai'] },
  ],
  [
    'within the hours',
    { vendor: '*', openWindows: { daily: ['09:00-13:00'] } },
    {},
    'pass',
    { vendor: 'simulator', localTimes },
  ],
  ['the licence', { vendor: '*', licence: { name: 'b24' } }, {}, 'deny', { licence: 'b24', held: [] }],
  [
    'licensed',
    { vendor: '*', licence: { name: 'b24' } },
    { attestations: [{ kind: 'licence', name: 'b24' }] },
    'pass',
    { vendor: 'simulator' },
  ],
]);

const out = { means: ['keypress'], endWithinS: 10 };
traces('optout_mechanism', [
  ['calls of other kinds', { ...out, technologies: ['prerecorded'] }, {}, 'pass', { used: [] }],
  ['no dialogue', out, {}, 'pass', { ...out, dialogue: null }],
  ['undeclared', out, script, 'deny', { ...out, dialogue: 's@2' }],
]);

traces('registration', [
  ['none', { register: 'dlt' }, {}, 'deny', { register: 'dlt', held: [] }],
  [
    'held',
    { register: 'dlt' },
    { attestations: [{ kind: 'registration', name: 'dlt' }] },
    'pass',
    { register: 'dlt', held: ['attestation-1'] },
  ],
]);

traces('retention', [
  ['any call', { recordClass: 'recording', minimum: { days: 1 } }, {}, 'pass', { recordClass: 'recording' }],
]);

traces('ring_minimum', [
  ['long enough', { seconds: 15 }, { ringTimeoutS: 20 }, 'pass', { ringTimeoutS: 20, least: 15 }],
  ['too short', { seconds: 15 }, { ringTimeoutS: 10 }, 'deny', { ringTimeoutS: 10, least: 15 }],
]);

const stated = (detail: object) => ({ attestations: [{ kind: 'transfer', name: 'personal_data', detail }] });
traces('transfer', [
  ['unstated', {}, {}, 'pass', { stated: null }],
  ['unstated, and that denies', { whenUnstated: 'deny' }, {}, 'deny', { stated: null }],
  [
    'nothing leaves',
    { anyOf: ['certification'] },
    stated({ exports: false }),
    'pass',
    { stated: 'attestation-1' },
  ],
  [
    'without a mechanism',
    { anyOf: ['certification'] },
    stated({ exports: true }),
    'deny',
    { stated: 'attestation-1', mechanism: null, persons: null },
  ],
  [
    'with one of them',
    { anyOf: ['certification'] },
    stated({ exports: true, mechanism: 'certification' }),
    'pass',
    { stated: 'attestation-1' },
  ],
  [
    'with another',
    { anyOf: ['certification'] },
    stated({ exports: true, mechanism: 'standard_contract', persons: 5 }),
    'deny',
    { stated: 'attestation-1', mechanism: 'standard_contract', persons: 5 },
  ],
]);
