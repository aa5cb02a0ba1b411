import { describe, expect, it } from 'vitest';
import { compilePolicySet, evaluate } from '../../policies/index.ts';
import { at, facts, judged, NOON, pack, resultOf, rule, said } from './support.ts';

describe('consent', () => {
  const dealing = {
    level: 'express',
    relationship: { kinds: ['contract'], withinDays: null },
    renewAfterDays: 30,
  };
  it('a dealing that does instead is renewed by nobody', () => {
    expect(judged('consent', dealing, { relationships: [{}] }).duties).toBeUndefined();
    expect(judged('consent', dealing, { relationships: [{}], consents: [{}] }).duties).toMatchObject([
      { detail: { event: 'consent-1' } },
    ]);
  });
  it('what is wrong is told of what was given by then', () => {
    const later = { at: '2026-11-24T00:00:00Z', level: 'implied' };
    expect(said('consent', { level: 'express' }, { consents: [later] })).toBe('deny no.missing');
    expect(said('consent', { level: 'express' }, { consents: [{ ...later, at: NOON }] })).toBe(
      'deny no.too_weak',
    );
    const mixed = {
      consents: [{ level: 'implied' }, { expiresAt: '2026-01-01T00:00:00Z' }, { seller: 'other' }],
      seller: 'acme',
    };
    expect(judged('consent', { level: 'express', sellerBound: true }, mixed)).toMatchObject({
      reason: 'no.not_covering',
      inputs: { events: ['consent-2', 'consent-3'] },
    });
    expect(
      judged(
        'consent',
        { level: 'express' },
        { consents: [{ level: 'implied' }, { expiresAt: '2026-01-01T00:00:00Z' }] },
      ),
    ).toMatchObject({
      reason: 'no.expired',
      inputs: { events: ['consent-2'] },
    });
  });
  it('whose age is not known needs no guardian, a child does', () => {
    const params = { level: 'express', minorGuardian: true };
    expect(said('consent', params, { consents: [{}], callee: { age: null } })).toBe('pass');
    expect(said('consent', { level: 'express' }, { consents: [{}], callee: { age: 'child' } })).toBe('pass');
  });
  it('of purposes named by the rule, whatever the call’s', () => {
    const params = { level: 'express', purposes: ['survey'] };
    expect(said('consent', params, { consents: [{ purposes: ['survey'] }] })).toBe('pass');
    expect(said('consent', params, { consents: [{}] })).toBe('deny no.missing');
  });
});

describe('contact_eligibility', () => {
  const third = (more: object = {}) => ({ callee: { relation: 'third_party', ...more } });
  it('where nothing is limited, who they are need not be known', () => {
    expect(said('contact_eligibility', {}, { callee: { relation: null, age: null } })).toBe('pass');
  });
  it('each of its limits asks for the relation by itself', () => {
    const unknown = { callee: { relation: null } };
    for (const params of [
      { relations: ['self'] },
      { thirdParty: 'never' },
      { thirdParty: 'if_debtor_unreachable' },
      { stopAfterRefusal: true },
    ])
      expect([params, said('contact_eligibility', params, unknown)]).toEqual([params, 'deny no.unknown']);
  });
  it('a third party must be among the relations, and not have refused where that stops', () => {
    expect(said('contact_eligibility', { relations: ['self'] }, third())).toBe('deny no.third_party');
    expect(said('contact_eligibility', { relations: ['third_party'] }, third())).toBe('pass');
    expect(said('contact_eligibility', { relations: ['third_party'] })).toBe('deny no.self');
    const refused = { triggers: [{ kind: 'refusal', at: '2026-11-01T00:00:00Z' }] };
    expect(said('contact_eligibility', { stopAfterRefusal: true }, { ...third(), ...refused })).toBe(
      'deny no.refused',
    );
    expect(
      said(
        'contact_eligibility',
        { thirdParty: 'if_debtor_unreachable' },
        { ...third({ debtorUnreachable: true }), ...refused },
      ),
    ).toBe('pass');
    const complained = { triggers: [{ kind: 'complaint', at: '2026-11-01T00:00:00Z' }] };
    expect(said('contact_eligibility', { stopAfterRefusal: true }, { ...third(), ...complained })).toBe(
      'pass',
    );
  });
  it('a guardian’s consent to another purpose is none for a child', () => {
    const params = { minimumAge: 'child_with_guardian' };
    const child = { callee: { age: 'child' } };
    expect(
      said('contact_eligibility', params, { ...child, consents: [{ guardian: true, purposes: ['survey'] }] }),
    ).toBe('deny no.age');
    expect(
      said('contact_eligibility', params, { ...child, consents: [{ guardian: true, level: 'implied' }] }),
    ).toBe('pass');
    expect(said('contact_eligibility', params, { callee: { age: null } })).toBe('deny no.unknown');
  });
});

describe('internal_optout', () => {
  const optout = (params: object, entry: object, more: object = {}, iso = NOON) =>
    said('internal_optout', { effect: 'immediate', ...params }, { suppressions: [entry], ...more }, iso);
  const later = '2026-11-25T00:00:00Z';
  it('the tenant’s own list binds though nobody asked, from the day it was dated on', () => {
    expect(optout({}, { requestedByPerson: false })).toBe('deny no');
    expect(optout({}, { requestedByPerson: false, list: 'other' })).toBe('pass');
    const { suppressions } = facts({ suppressions: [{ requestedByPerson: false, at: later }] });
    const dated = (recordedAt: string) => {
      const entries = [{ ...suppressions[0]!, recordedAt: at(recordedAt) }];
      const policySet = compilePolicySet([pack([rule('x', 'internal_optout', { effect: 'immediate' })])]);
      const of = { ...facts(), suppressions: entries };
      return resultOf(evaluate({ policySet, facts: of, at: at(NOON), horizonMs: 0 }), 'x');
    };
    expect(dated(NOON)).toMatchObject({ outcome: 'pass', until: at(later) });
    expect(dated(later).outcome).toBe('deny');
    expect(dated('2026-11-24T23:59:59.999Z').outcome).toBe('pass');
  });
  it('an entry of its end is over then; the least duration runs from the request', () => {
    const entry = { at: '2026-11-20T00:00:00Z', until: '2026-11-24T00:00:00Z' };
    expect(optout({}, entry)).toBe('defer 2026-11-24T00:00:00.000Z no');
    expect(optout({ minDurationDays: 10 }, entry)).toBe('defer 2026-11-30T00:00:00.000Z no');
    expect(optout({ minDurationDays: 1 }, entry)).toBe('defer 2026-11-24T00:00:00.000Z no');
    expect(optout({ minDurationDays: 1 }, { at: '2026-11-20T00:00:00Z' })).toBe('deny no');
  });
  it('only entries of its scopes count, and those that bind the call', () => {
    expect(optout({ scopes: ['campaign'] }, {})).toBe('pass');
    expect(optout({ scopes: ['campaign', 'tenant'] }, {})).toBe('deny no');
    expect(optout({}, { scope: 'purpose', purpose: 'survey' })).toBe('pass');
  });
  it('read narrowly, an entry binds the channels that it names; one that names none binds all', () => {
    const narrow = { acrossChannels: false };
    expect(optout(narrow, { channels: ['sms', 'voice'] })).toBe('deny no');
    expect(optout(narrow, { channels: ['sms'] })).toBe('pass');
    expect(optout(narrow, { channels: [] })).toBe('deny no');
  });
  it('business days pass first where somebody may be whose day comes first; without a zone at once', () => {
    const effect = { businessDays: 1, calendar: null };
    // Monday, noon in Shanghai and Sunday evening in New York, where Monday is the first business day.
    const entry = { at: NOON };
    const both = ['Asia/Shanghai', 'America/New_York'].map((zone) => ({ jurisdiction: 'CN', zone }));
    expect(optout({ effect }, entry)).toBe('pass 2026-11-23T16:00:00.000Z');
    expect(optout({ effect }, entry, { locations: both })).toBe('pass 2026-11-23T05:00:00.000Z');
    expect(optout({ effect }, entry, { locations: both.toReversed() })).toBe('pass 2026-11-23T05:00:00.000Z');
    expect(optout({ effect }, entry, { locations: [{ jurisdiction: 'CN' }] })).toBe('deny no');
    // Friday: Saturday and Sunday do not pass for business days.
    expect(optout({ effect }, { at: '2026-11-27T04:00:00Z' }, {}, '2026-11-27T04:00:00Z')).toBe(
      'pass 2026-11-29T16:00:00.000Z',
    );
  });
});

describe('suppression_list', () => {
  const listed = (params: object, entry: object, iso = NOON) =>
    said(
      'suppression_list',
      { list: 'dnd', maxListAgeDays: null, ...params },
      { suppressions: [{ list: 'dnd', ...entry }] },
      iso,
    );
  it('an entry binds from its registration, its grace added, to its end', () => {
    expect(listed({}, { at: '2026-11-23T04:00:00.001Z' })).toBe('pass 2026-11-23T04:00:00.001Z');
    expect(listed({}, { at: NOON })).toBe('deny no');
    expect(listed({ graceAfterRegistrationDays: 3 }, { at: '2026-11-20T04:00:00Z' })).toBe('deny no');
    expect(listed({ graceAfterRegistrationDays: 3 }, { at: '2026-11-20T04:00:00.001Z' })).toBe(
      'pass 2026-11-23T04:00:00.001Z',
    );
    expect(listed({}, { until: NOON })).toBe('pass');
  });
  it('of scopes and categories that count, and limits that bind the call', () => {
    expect(listed({ scopes: ['national'] }, { scope: 'tenant' })).toBe('pass');
    expect(listed({ scopes: ['national', 'tenant'] }, { scope: 'tenant' })).toBe('deny no');
    expect(listed({}, { scope: 'purpose', purpose: 'survey' })).toBe('pass');
    expect(listed({ categories: ['banking'] }, { category: 'banking' })).toBe('deny no');
    expect(listed({ categories: [] }, { category: 'banking' })).toBe('deny no');
  });
  it('a list that is too old says so before it names anybody', () => {
    const old = {
      lists: [
        { list: 'dnd', asOf: '2026-11-01T04:00:00Z' },
        { list: 'other', asOf: NOON },
      ],
      suppressions: [{ list: 'dnd' }],
    };
    const params = { list: 'dnd', maxListAgeDays: 22 };
    expect(said('suppression_list', params, old)).toBe('deny list.stale');
    expect(said('suppression_list', params, old, '2026-11-23T03:59:59.999Z')).toBe('deny no');
    expect(said('suppression_list', params, { ...old, suppressions: [] }, '2026-11-23T03:59:59.999Z')).toBe(
      'pass 2026-11-23T04:00:00.000Z',
    );
  });
});

describe('technology_consent', () => {
  const params = { technologies: ['artificial_voice', 'prerecorded', 'autodialler'], level: 'express' };
  const all = { technology: { artificialVoice: true, prerecorded: true, autodialler: true } };
  it('each kind of call that this one is, and the rule binds, is to be named', () => {
    expect(
      said('technology_consent', params, {
        ...all,
        consents: [{ technologies: ['artificial_voice', 'prerecorded'] }],
      }),
    ).toBe('deny no.not_covering');
    expect(
      said('technology_consent', params, {
        ...all,
        consents: [{ technologies: ['artificial_voice', 'prerecorded', 'autodialler'] }],
      }),
    ).toBe('pass');
    const one = { ...params, technologies: ['autodialler'] };
    expect(said('technology_consent', one, { ...all, consents: [{ technologies: ['autodialler'] }] })).toBe(
      'pass',
    );
    expect(said('technology_consent', one, { ...all, consents: [{ technologies: ['prerecorded'] }] })).toBe(
      'deny no.not_covering',
    );
  });
  it('withdrawn and run out are told as such', () => {
    expect(said('technology_consent', params, { ...all, consents: [{ kind: 'withdrawal' }] })).toBe(
      'deny no.withdrawn',
    );
    const technologies = ['artificial_voice', 'prerecorded', 'autodialler'];
    expect(
      said('technology_consent', params, { ...all, consents: [{ technologies, expiresAt: NOON }] }),
    ).toBe('deny no.expired');
  });
});

describe('erasure', () => {
  const due = (params: object, shorthand: object) =>
    (judged('erasure', { withinDays: 1, ...params }, shorthand as Record<string, unknown>).duties ?? []).map(
      ({ detail, dueAt }) => `${String(detail['trigger'])} ${new Date(dueAt!).toISOString().slice(0, 10)}`,
    );
  it('runs from the earliest of each kind, a withdrawal from when we learned of it', () => {
    const consents = [
      { kind: 'withdrawal', at: '2026-11-01T00:00:00Z', recordedAt: '2026-11-05T00:00:00Z' },
      { kind: 'withdrawal', at: '2026-11-02T00:00:00Z', recordedAt: '2026-11-03T00:00:00Z' },
      { kind: 'grant', at: '2026-10-01T00:00:00Z' },
    ];
    const triggers = ['2026-11-09', '2026-11-08'].map((day) => ({ kind: 'refusal', at: `${day}T00:00:00Z` }));
    const other = { kind: 'complaint', at: '2026-10-01T00:00:00Z' };
    expect(
      due({ triggers: ['withdrawal', 'refusal'] }, { consents, triggers: [...triggers, other] }),
    ).toEqual(['withdrawal 2026-11-04', 'refusal 2026-11-09']);
    expect(due({ triggers: ['refusal'] }, { consents, triggers })).toEqual(['refusal 2026-11-09']);
    expect(due({ triggers: ['refusal'] }, { consents, triggers: [other] })).toEqual([]);
    expect(due({ triggers: ['withdrawal'] }, { consents: [consents[2]!] })).toEqual([]);
  });
  it('says whether what another law has kept is locked away instead', () => {
    const shown = { triggers: [{ kind: 'refusal', at: '2026-11-08T00:00:00Z' }] };
    const detail = (params: object) =>
      judged('erasure', { triggers: ['refusal'], withinDays: 1, ...params }, shown).duties?.[0]?.detail;
    expect(detail({})).toEqual({
      recordClass: 'personal_data',
      trigger: 'refusal',
      restrictWhereRetained: true,
    });
    expect(detail({ restrictWhereRetained: false })).toMatchObject({ restrictWhereRetained: false });
  });
});
