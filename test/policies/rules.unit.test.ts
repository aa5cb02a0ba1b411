import { describe, expect, it } from 'vitest';
import type { DialFacts } from '../../domain/facts.ts';
import { bundledDocuments, compilePolicySet, evaluate } from '../../policies/index.ts';
import { at, facts, inZones, pack, resultOf, rule } from './support.ts';

const calendars = bundledDocuments().filter((document) => document.kind === 'calendar');

function ask(one: ReturnType<typeof rule>, subject: DialFacts, iso: string, horizonMs = 0) {
  const policySet = compilePolicySet([pack([one]), ...calendars]);
  const evaluation = evaluate({ policySet, facts: subject, at: at(iso), horizonMs });
  const { verdict } = evaluation;
  const until =
    verdict.kind === 'deny' || verdict.until === null ? null : new Date(verdict.until).toISOString();
  return { evaluation, result: resultOf(evaluation, one.id), said: `${verdict.kind} ${until ?? ''}`.trim() };
}

describe('calling_window where clocks change', () => {
  const newYork = facts(inZones('America/New_York'));
  const hours = (...windows: string[]) => rule('hours', 'calling_window', { windows: { daily: windows } });

  it('a start that the clock skips counts from the change', () => {
    // 02:30 does not exist on 2026-03-08; the clock goes from 02:00 to 03:00 at 07:00Z.
    expect(ask(hours('02:30-05:00'), newYork, '2026-03-08T06:00:00Z').said).toBe(
      'defer 2026-03-08T07:00:00.000Z',
    );
  });
  it('an end that the clock skips counts as the change', () => {
    expect(ask(hours('01:00-02:30'), newYork, '2026-03-08T06:30:00Z').said).toBe(
      'allow 2026-03-08T07:00:00.000Z',
    );
  });
  it('a window that the clock skips whole does not open that day', () => {
    expect(ask(hours('02:10-02:50'), newYork, '2026-03-08T06:30:00Z').said).toBe(
      'defer 2026-03-09T06:10:00.000Z',
    );
  });
  it('a start that the clock shows twice counts from its second showing', () => {
    // 01:30 comes at 05:30Z and again at 06:30Z on 2026-11-01.
    expect(ask(hours('01:30-05:00'), newYork, '2026-11-01T05:30:00Z').said).toBe(
      'defer 2026-11-01T06:30:00.000Z',
    );
  });
  it('an end that the clock shows twice counts at its first showing', () => {
    expect(ask(hours('00:30-01:30'), newYork, '2026-11-01T05:00:00Z').said).toBe(
      'allow 2026-11-01T05:30:00.000Z',
    );
  });
  it('a window around the repeated hour stays open through both showings', () => {
    expect(ask(hours('00:30-03:00'), newYork, '2026-11-01T05:30:00Z').said).toBe(
      'allow 2026-11-01T08:00:00.000Z',
    );
  });
  it('windows that meet at midnight are one', () => {
    expect(ask(hours('00:00-06:00', '20:00-24:00'), newYork, '2026-06-01T03:00:00Z').said).toBe(
      'allow 2026-06-01T10:00:00.000Z',
    );
  });
  it('a horizon may reach over the midnight at which windows meet', () => {
    expect(ask(hours('00:00-06:00', '20:00-24:00'), newYork, '2026-06-01T03:59:59Z', 5_000).said).toBe(
      'allow 2026-06-01T10:00:00.000Z',
    );
  });
  it('around the clock has no end', () => {
    expect(ask(hours('00:00-12:00', '12:00-24:00'), newYork, '2026-06-01T03:00:00Z').said).toBe('allow');
  });
  it('an habitual offset delays starts by zone and never moves an end', () => {
    const one = rule('hours', 'calling_window', {
      windows: { daily: ['09:00-10:00', '14:00-20:00'] },
      habitualOffsetMinutes: { 'Asia/Shanghai': 120 },
    });
    expect(ask(one, facts(), '2026-11-23T01:00:00Z').said).toBe('defer 2026-11-23T08:00:00.000Z');
    expect(ask(one, facts(), '2026-11-23T08:00:00Z').said).toBe('allow 2026-11-23T12:00:00.000Z');
  });
  it('zones that never share an open hour deny, and say so', () => {
    const { evaluation } = ask(
      hours('09:00-12:00'),
      facts(inZones('America/New_York', 'Asia/Shanghai')),
      '2026-06-01T00:00:00Z',
    );
    expect(evaluation.verdict.kind).toBe('deny');
    expect(evaluation.reasons).toEqual(['no.hours']);
  });
  it('two rules that never share an open hour deny with no_permitted_instant', () => {
    const policySet = compilePolicySet([
      pack([
        rule('early', 'calling_window', { windows: { daily: ['09:00-12:00'] } }),
        rule('late', 'calling_window', { windows: { daily: ['12:00-15:00'] } }),
      ]),
    ]);
    const { verdict, reasons } = evaluate({
      policySet,
      facts: facts(),
      at: at('2026-06-01T02:00:00Z'),
      horizonMs: 0,
    });
    expect(verdict.kind).toBe('deny');
    expect(reasons).toContain('no_permitted_instant');
  });
  it('tells the local time of every zone it looked at', () => {
    const { result } = ask(
      hours('08:00-21:00'),
      facts(inZones('America/New_York', 'America/Boise')),
      '2026-07-01T16:00:00Z',
    );
    expect(result.inputs).toEqual({
      localTimes: {
        'America/Boise': 'Wed 2026-07-01 10:00:00',
        'America/New_York': 'Wed 2026-07-01 12:00:00',
      },
    });
  });
});

describe('calendar_block', () => {
  const block = (params: object) =>
    rule('days', 'calendar_block', { calendar: 'cn-statutory-holidays', ...params });

  it('days are local days of every candidate zone', () => {
    // 30 September, 13:00 in New York is 1 October, 01:00 in Shanghai.
    const both = facts({
      locations: [
        { jurisdiction: 'CN', zone: 'Asia/Shanghai' },
        { jurisdiction: 'CN', zone: 'America/New_York' },
      ],
    });
    const { said, result } = ask(block({}), both, '2026-09-30T17:00:00Z');
    expect(said).toBe('defer 2026-10-08T04:00:00.000Z');
    expect(result.inputs['why']).toBe('国庆节 2026');
  });
  it('a make-up workday is open although its weekday is blocked, where the rule says so', () => {
    const weekend = { weekdays: ['sat', 'sun'] };
    expect(ask(block(weekend), facts(), '2026-02-28T02:00:00Z').said).toBe('defer 2026-03-01T16:00:00.000Z');
    const swapped = block({ ...weekend, workdaySwap: 'treat_as_workday' });
    expect(ask(swapped, facts(), '2026-02-28T02:00:00Z').said).toBe('allow 2026-02-28T16:00:00.000Z');
  });
  it('a holiday on a weekend is kept on the nearest weekday too, where the rule says so', () => {
    // 4 April 2026 is a Saturday.
    const friday = '2026-04-03T02:00:00Z';
    expect(ask(block({}), facts(), friday).said).toBe('allow 2026-04-03T16:00:00.000Z');
    expect(ask(block({ observedShift: 'nearest_weekday' }), facts(), friday).evaluation.verdict.kind).toBe(
      'defer',
    );
  });
  it('weekdays alone need no calendar', () => {
    const sundays = rule('days', 'calendar_block', { calendar: null, weekdays: ['sun'] });
    expect(ask(sundays, facts(), '2031-06-01T02:00:00Z').said).toBe('defer 2031-06-01T16:00:00.000Z');
    expect(ask(sundays, facts(), '2031-06-02T02:00:00Z').said).toBe('allow 2031-06-07T16:00:00.000Z');
  });
  it('before and after its coverage nothing is known', () => {
    expect(ask(block({}), facts(), '2027-01-01T02:00:00Z').result).toMatchObject({
      outcome: 'deny',
      reason: 'calendar.uncovered',
    });
    expect(ask(block({}), facts(), '2024-12-30T02:00:00Z').result).toMatchObject({
      reason: 'calendar.uncovered',
    });
  });
  it('an allow ends where the coverage does', () => {
    expect(ask(block({}), facts(), '2026-12-30T02:00:00Z').said).toBe('allow 2026-12-31T16:00:00.000Z');
  });
});

describe('frequency_cap', () => {
  const cap = (params: object) =>
    rule('cap', 'frequency_cap', {
      count: 1,
      window: { rolling: { hours: 24 } },
      unit: 'attempt',
      key: 'person',
      ...params,
    });
  const called = (...attempts: object[]) => facts({ attempts });

  it('a rolling window counts what lies exactly its length back', () => {
    const subject = called({ at: '2026-11-22T02:00:00.000Z' });
    expect(ask(cap({}), subject, '2026-11-23T02:00:00.000Z').said).toBe('defer 2026-11-23T02:00:00.001Z');
    expect(ask(cap({}), subject, '2026-11-23T02:00:00.001Z').said).toBe('allow');
  });
  it('days are taken in their longest reading where one has 25 hours', () => {
    const subject = facts({ ...inZones('America/New_York'), attempts: [{ at: '2026-10-31T16:00:00Z' }] });
    expect(ask(cap({ window: { rolling: { days: 1 } } }), subject, '2026-11-01T16:30:00Z').said).toBe(
      'defer 2026-11-01T17:00:00.001Z',
    );
  });
  it('is counted over campaigns and numbers, unless it is a number’s', () => {
    const subject = called({ at: '2026-11-22T22:00:00Z', number: 'number-2', campaignId: 'campaign-9' });
    expect(ask(cap({}), subject, '2026-11-23T02:00:00Z').evaluation.verdict.kind).toBe('defer');
    expect(ask(cap({ key: 'number' }), subject, '2026-11-23T02:00:00Z').said).toBe('allow');
  });
  it('weeks start on Monday and months on the first, by the local clock', () => {
    const subject = called({ at: '2026-11-22T15:00:00Z' }); // Sunday, 23:00 in Shanghai
    expect(ask(cap({ window: { calendar: 'week' } }), subject, '2026-11-22T15:30:00Z').said).toBe(
      'defer 2026-11-22T16:00:00.000Z',
    );
    expect(ask(cap({ window: { calendar: 'month' } }), subject, '2026-11-22T15:30:00Z').said).toBe(
      'defer 2026-11-30T16:00:00.000Z',
    );
  });
  it('a call whose end is not known may have been a conversation, so it counts as one', () => {
    const [attempt] = called({ at: '2026-11-23T01:00:00Z' }).attempts;
    const subject = (change: object): DialFacts => ({ ...facts(), attempts: [{ ...attempt!, ...change }] });
    const one = cap({ unit: 'conversation' });
    const open = subject({ outcome: null, endedAt: null });
    expect(ask(one, open, '2026-11-23T02:00:00Z').evaluation.verdict.kind).toBe('defer');
    const unknown = subject({ outcome: 'unknown' });
    expect(ask(one, unknown, '2026-11-23T02:00:00Z').evaluation.verdict.kind).toBe('defer');
    expect(ask(one, subject({}), '2026-11-23T02:00:00Z').said).toBe('allow');
  });
  it('connects are counted apart from attempts', () => {
    const one = cap({ unit: 'connect' });
    expect(ask(one, called({ at: '2026-11-23T01:00:00Z' }), '2026-11-23T02:00:00Z').said).toBe('allow');
    expect(
      ask(one, called({ at: '2026-11-23T01:00:00Z', connected: true }), '2026-11-23T02:00:00Z').result.inputs,
    ).toMatchObject({ counted: 1, count: 1 });
  });
});

describe('cooldown', () => {
  const refused = facts({ triggers: [{ kind: 'refusal', at: '2026-11-23T02:00:00Z' }] });
  it('runs for hours, closed at its end', () => {
    const one = rule('cool', 'cooldown', { trigger: 'refusal', duration: { hours: 2 } });
    expect(ask(one, refused, '2026-11-23T04:00:00.000Z').said).toBe('defer 2026-11-23T04:00:00.001Z');
  });
  it('calendar days end at local midnight, the trigger’s day being day 1', () => {
    const one = rule('cool', 'cooldown', { trigger: 'refusal', duration: { calendarDays: 1 } });
    expect(ask(one, refused, '2026-11-23T04:00:00Z').said).toBe('defer 2026-11-23T16:00:00.000Z');
  });
  it('other triggers and triggers from other purposes do not start it', () => {
    const complaint = rule('cool', 'cooldown', { trigger: 'complaint', duration: { days: 1 } });
    expect(ask(complaint, refused, '2026-11-23T04:00:00Z').said).toBe('allow');
    const service = rule('cool', 'cooldown', {
      trigger: 'refusal',
      duration: { days: 1 },
      triggerPurposes: ['service'],
    });
    const marketing = facts({
      triggers: [{ kind: 'refusal', at: '2026-11-23T02:00:00Z', purpose: 'marketing' }],
    });
    expect(ask(service, marketing, '2026-11-23T04:00:00Z').said).toBe('allow');
    expect(ask(service, refused, '2026-11-23T04:00:00Z').evaluation.verdict.kind).toBe('defer');
  });
});

describe('consent', () => {
  const consent = (params: object) => rule('consent', 'consent', { level: 'express', ...params });
  it('a grant grows too old', () => {
    const subject = facts({ consents: [{ at: '2026-01-01T00:00:00Z' }] });
    expect(ask(consent({ maxAgeDays: 30 }), subject, '2026-01-30T23:00:00Z').said).toBe(
      'allow 2026-01-31T00:00:00.000Z',
    );
    expect(ask(consent({ maxAgeDays: 30 }), subject, '2026-01-31T00:00:00Z').result.reason).toBe(
      'no.consent.expired',
    );
  });
  it('the latest strong grant brings its own expiry; a weaker one takes nothing away', () => {
    const short = { at: '2026-02-01T00:00:00Z', expiresAt: '2026-03-01T00:00:00Z' };
    expect(ask(consent({}), facts({ consents: [{}, short] }), '2026-04-01T00:00:00Z').result.reason).toBe(
      'no.consent.expired',
    );
    expect(
      ask(consent({}), facts({ consents: [{}, { ...short, level: 'implied' }] }), '2026-04-01T00:00:00Z')
        .said,
    ).toBe('allow');
  });
  it('a withdrawal that names no purpose withdraws all, also one whose clock ran ahead', () => {
    const withdrawal = { kind: 'withdrawal', purposes: [], channels: [], at: '2026-11-24T00:00:00Z' };
    expect(
      ask(consent({}), facts({ consents: [{}, withdrawal] }), '2026-11-23T00:00:00Z').result.reason,
    ).toBe('no.consent.withdrawn');
  });
  it('a withdrawal for another channel or purpose leaves this one', () => {
    const sms = { kind: 'withdrawal', channels: ['sms'], at: '2026-02-01T00:00:00Z' };
    const survey = { kind: 'withdrawal', purposes: ['survey'], at: '2026-02-01T00:00:00Z' };
    expect(ask(consent({}), facts({ consents: [{}, sms, survey] }), '2026-11-23T00:00:00Z').said).toBe(
      'allow',
    );
  });
  it('must cover every purpose that the rule names', () => {
    const both = consent({ purposes: ['marketing', 'survey'] });
    expect(ask(both, facts({ consents: [{}] }), '2026-11-23T00:00:00Z').result.reason).toBe(
      'no.consent.missing',
    );
    const subject = facts({ consents: [{}, { purposes: ['survey'], expiresAt: '2026-12-01T00:00:00Z' }] });
    expect(ask(both, subject, '2026-11-23T00:00:00Z').said).toBe('allow 2026-12-01T00:00:00.000Z');
  });
  it('a grant in the future is none yet, and is waited for', () => {
    expect(
      ask(consent({}), facts({ consents: [{ at: '2026-12-01T00:00:00Z' }] }), '2026-11-23T00:00:00Z').said,
    ).toBe('defer 2026-12-01T00:00:00.000Z');
  });
});

describe('suppression_list', () => {
  const list = (params: object = {}) =>
    rule('list', 'suppression_list', { list: 'tps', maxListAgeDays: 31, ...params });
  const entry = { list: 'tps', scope: 'national', requestedByPerson: false, at: '2026-11-01T00:00:00Z' };
  const fresh = {
    lists: [
      { list: 'tps', asOf: '2026-11-20T00:00:00Z' },
      { list: 'tps', asOf: '2026-10-01T00:00:00Z' },
    ],
  };

  it('a list that is not held denies, and one too old does from its 31st day on', () => {
    expect(ask(list(), facts(), '2026-11-23T00:00:00Z').result).toMatchObject({
      outcome: 'deny',
      reason: 'list.missing',
    });
    expect(ask(list(), facts(fresh), '2026-11-23T00:00:00Z').said).toBe('allow 2026-12-21T00:00:00.000Z');
    expect(ask(list(), facts(fresh), '2026-12-21T00:00:00Z').result).toMatchObject({
      outcome: 'deny',
      reason: 'list.stale',
    });
  });
  it('an entry binds after its grace and until its end', () => {
    const subject = facts({ ...fresh, suppressions: [{ ...entry, until: '2026-12-10T00:00:00Z' }] });
    expect(ask(list({ graceAfterRegistrationDays: 28 }), subject, '2026-11-23T00:00:00Z').said).toBe(
      'allow 2026-11-29T00:00:00.000Z',
    );
    expect(ask(list(), subject, '2026-11-23T00:00:00Z').said).toBe('defer 2026-12-10T00:00:00.000Z');
    expect(ask(list(), subject, '2026-11-23T00:00:00Z').result.inputs['entries']).toEqual(['entry-1']);
  });
  it('entries of other lists and scopes do not count', () => {
    const other = facts({ ...fresh, suppressions: [{ ...entry, list: 'ctps' }] });
    expect(ask(list(), other, '2026-11-23T00:00:00Z').evaluation.verdict.kind).toBe('allow');
    const national = facts({ ...fresh, suppressions: [entry] });
    expect(ask(list({ scopes: ['tenant'] }), national, '2026-11-23T00:00:00Z').evaluation.verdict.kind).toBe(
      'allow',
    );
  });
  it('an entry limited to a campaign or purpose it does not name binds every call', () => {
    for (const scope of ['campaign', 'purpose']) {
      const subject = facts({ ...fresh, suppressions: [{ ...entry, scope }] });
      expect(ask(list(), subject, '2026-11-23T00:00:00Z').result.reason).toBe('no.list');
    }
  });
});

describe('internal_optout', () => {
  const optout = (params: object = {}) =>
    rule('optout', 'internal_optout', { effect: 'immediate', ...params });
  const asked = { list: 'any', requestedByPerson: true, at: '2026-09-24T01:00:00Z' }; // a Thursday morning in Shanghai

  it('a request of the person’s own binds whatever list holds it, even one stamped ahead of our clock', () => {
    expect(ask(optout(), facts({ suppressions: [asked] }), '2026-09-24T00:59:59Z').result.reason).toBe(
      'no.optout',
    );
  });
  it('an entry of somebody else’s list is not an opt-out', () => {
    expect(
      ask(optout(), facts({ suppressions: [{ ...asked, requestedByPerson: false }] }), '2026-09-25T00:00:00Z')
        .said,
    ).toBe('allow');
  });
  it('binds at the latest after so many business days, by the calendar', () => {
    const later = (calendar: string | null) => optout({ effect: { businessDays: 2, calendar } });
    const subject = facts({ suppressions: [asked] });
    // Friday and Monday follow; by the calendar Friday to Sunday are off.
    expect(ask(later(null), subject, '2026-09-24T02:00:00Z').said).toBe('allow 2026-09-27T16:00:00.000Z');
    expect(ask(later('cn-statutory-holidays'), subject, '2026-09-24T02:00:00Z').said).toBe(
      'allow 2026-09-28T16:00:00.000Z',
    );
  });
  it('binds at once where the calendar does not reach', () => {
    const one = optout({ effect: { businessDays: 5, calendar: 'cn-statutory-holidays' } });
    const subject = facts({ suppressions: [{ ...asked, at: '2026-12-30T01:00:00Z' }] });
    expect(ask(one, subject, '2026-12-30T01:00:00Z').evaluation.verdict.kind).toBe('deny');
  });
  it('lasts as long as the rule says, whatever end was recorded', () => {
    const subject = facts({ suppressions: [{ ...asked, until: '2026-09-25T00:00:00Z' }] });
    expect(ask(optout({ minDurationDays: 10 }), subject, '2026-09-26T00:00:00Z').said).toBe(
      'defer 2026-10-04T01:00:00.000Z',
    );
    expect(ask(optout(), subject, '2026-09-26T00:00:00Z').said).toBe('allow');
  });
});
