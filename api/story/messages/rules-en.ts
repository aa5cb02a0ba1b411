import { codesEn } from './codes-en.ts';
import { placesText } from './evidence.ts';
import { remediesEn } from './remedies-en.ts';
import type { RuleWords, Telling, ToldRule } from './rules.ts';

const consentFor = (r: ToldRule, t: Telling) =>
  `${r.params['purposes'] === undefined ? t.call : `${t.purposes(r.params['purposes'])}`} (${t.level(r.inputs['level'])} at least)`;
const count = (of: unknown) => (Array.isArray(of) ? of.length : 0);
const EVIDENCE = {
  sources: {
    declared: 'as declared',
    address: 'address',
    billing: 'billing address',
    prefix: 'number prefix',
    country: 'number plan',
  },
  confidences: { high: 'high confidence', medium: 'medium confidence', low: 'low confidence' },
  open: ' (',
  close: ')',
  semicolon: '; ',
  comma: ', ',
};
const UNITS: Readonly<Record<string, string>> = {
  attempt: 'calls tried',
  connect: 'calls that were picked up',
  conversation: 'conversations',
};
const TRIGGERS: Readonly<Record<string, string>> = {
  refusal: 'the person’s refusal',
  conversation: 'the last conversation',
  abandon: 'an abandoned call',
  complaint: 'a complaint',
};
const faultOf = (r: ToldRule) => codesEn.faults[r.type]?.[r.reason?.split('.').at(-1) ?? ''] ?? r.label;
const windowOf = (of: unknown, t: Telling) => {
  const window = of as { rolling?: unknown; calendar?: string } | undefined;
  if (window?.calendar !== undefined) return `in the same local ${window.calendar}`;
  return `within ${t.duration(window?.rolling)}`;
};

export const rulesEn: RuleWords = {
  types: {
    guard: 'guard of the engine',
    abandonment_cap: 'limit on abandoned calls',
    assessment: 'impact assessment',
    caller_id: 'number shown',
    contact_eligibility: 'who may be called',
    disclosure: 'what the call must say',
    emergency_block: 'emergencies',
    erasure: 'erasure of data',
    line_policy: 'rules of the line',
    optout_mechanism: 'a way to refuse',
    registration: 'registration of the caller',
    retention: 'keeping of records',
    ring_minimum: 'shortest ringing',
    technology_consent: 'consent to the kind of call',
    transfer: 'data leaving the country',
    calendar_block: 'days without calls',
    calling_window: 'calling hours',
    consent: 'consent',
    cooldown: 'pause after something happened',
    frequency_cap: 'limit on the number of calls',
    internal_optout: 'request not to be called',
    suppression_list: 'do-not-call list',
  },
  says: {
    guard: (r, t) => {
      switch (r.reason) {
        case 'jurisdiction.unknown':
          return 'it is not known in which country the number is';
        case 'jurisdiction.uncovered':
          return `no pack of the law covers ${t.purposes([r.inputs['purpose']])} calls to ${t.list(r.inputs['uncovered'])}`;
        case 'zone.unknown':
          return count(r.inputs['unknown']) > 0
            ? `${t.list(r.inputs['unknown'])} is no time zone that is known, so the person’s local time is not known`
            : 'it is not known in which time zone the number is';
        case 'consent.withdrawn':
          return 'the person withdrew their consent for this purpose, and granted none since';
        case 'no_permitted_instant':
          return `within 400 days no instant serves all rules; ${t.word(r.inputs['because'])} stands against the last that was tried`;
        default:
          return r.rule === 'engine.zone'
            ? `the time zone is known: ${placesText(r.inputs, EVIDENCE)}`
            : `the place is known and covered by the law’s packs: ${placesText(r.inputs, EVIDENCE)}`;
      }
    },
    calendar_block: (r, t) => {
      const days = t.list(r.inputs['localDays']);
      if (r.reason === 'zone.unknown') return 'the local day is not known';
      if (r.reason === 'calendar.uncovered') {
        return `the calendar ${t.word(r.inputs['calendar'])} ends on ${t.word(r.inputs['coveredTo'])}, and days outside of it are not known to be open`;
      }
      return r.reason === null
        ? `the day is open (${days})`
        : `no calls on this day: ${t.word(r.inputs['why'])} (${days})`;
    },
    calling_window: (r, t) => {
      if (r.reason === 'zone.unknown') return 'the local time is not known';
      const hours = t.windows(r.params['windows']);
      const now = t.list(r.inputs['localTimes']);
      if (r.reason === null) return `it is ${now}, within the hours${hours === '' ? '' : ` (${hours})`}`;
      return `it is ${now}${hours === '' ? ', outside the hours' : `; calls are allowed ${hours}`}`;
    },
    consent: (r, t) => {
      switch (r.reason?.split('.').at(-1)) {
        case undefined:
          return `consent for ${consentFor(r, t)} is on record`;
        case 'withdrawn':
          return `the consent for ${consentFor(r, t)} was withdrawn`;
        case 'expired':
          return `the consent for ${consentFor(r, t)} has run out`;
        case 'not_covering':
          return `the consent on record for ${consentFor(r, t)} does not name all that it must`;
        case 'too_weak':
          return `the consent on record is weaker than what is wanted for ${consentFor(r, t)}`;
        default:
          return `no consent for ${consentFor(r, t)} is on record`;
      }
    },
    cooldown: (r, t) => {
      const trigger = TRIGGERS[String(r.inputs['trigger'])] ?? t.word(r.inputs['trigger']);
      const { latest } = r.inputs;
      if (typeof latest !== 'number') return 'nothing happened that a pause would follow';
      const said = `${trigger} was at ${t.instant(latest)}, and a pause of ${t.duration(r.inputs['duration'])} follows it`;
      return r.reason === null ? `${said}, which is over` : said;
    },
    frequency_cap: (r, t) =>
      `${UNITS[String(r.inputs['unit'])] ?? t.word(r.inputs['unit'])}: ${t.word(r.inputs['counted'])} ` +
      `${windowOf(r.inputs['window'], t)} already, of at most ${t.word(r.inputs['count'])}`,
    internal_optout: (r) =>
      r.reason === null
        ? 'nobody asked that the person be left alone'
        : 'the person is on the list of those who asked not to be called',
    technology_consent: (r, t) => {
      const kinds = t.terms(r.inputs['used']);
      if (r.reason === null) {
        return kinds === ''
          ? 'the call is of none of these kinds'
          : `the person agreed to calls of this kind (${kinds})`;
      }
      return `${kinds === '' ? 'calls of this kind' : `calls by ${kinds}`}: ${faultOf(r)}`;
    },
    caller_id: (r, t) => {
      const shown = `${t.word(r.inputs['country'])} ${t.word(r.inputs['prefix'])}…, ${t.terms(r.inputs['type'])}`;
      if (r.reason === null)
        return r.inputs['shown'] === null
          ? 'no number needs to be shown'
          : `the number shown may be (${shown})`;
      return r.inputs['shown'] === null ? faultOf(r) : `${faultOf(r)} (${shown})`;
    },
    line_policy: (r, t) => {
      if (r.reason === null)
        return `the line may be used for this call (${t.word(r.inputs['vendor'] ?? 'vendor not known')})`;
      if (r.reason === 'line.unknown') return 'it is not known whose line it is, so its rules are not known';
      const { count: most, window } = r.inputs;
      return most === undefined
        ? faultOf(r)
        : `${faultOf(r)}: at most ${t.word(most)} calls within ${t.duration(window)}`;
    },
    disclosure: (r, t) => {
      if (r.reason === null) return 'the call says, or owes, what it must';
      const what = t.terms(r.inputs['undeclared'] ?? r.inputs['late']);
      return what === '' ? faultOf(r) : `${faultOf(r)}: ${what}`;
    },
    optout_mechanism: (r, t) =>
      r.reason === null
        ? 'the call offers, or owes, a way to refuse'
        : `${faultOf(r)} (${t.terms(r.inputs['means'])}; the call ends within ${t.word(r.inputs['endWithinS'])} s of it)`,
    abandonment_cap: (r, t) => {
      if (r.reason === null) return 'calls are not abandoned more often than is allowed, or cannot be';
      if (r.reason === 'abandonment.unknown') return 'it is not known how many calls were abandoned of late';
      if (r.reason.endsWith('.cooldown')) return faultOf(r);
      return `more calls were abandoned than the ${t.word(r.inputs['ratePercent'])} % that are allowed`;
    },
    ring_minimum: (r, t) =>
      r.reason === null
        ? 'it rings long enough before it is given up'
        : `the campaign gives up after ${t.word(r.inputs['ringTimeoutS'])} s of ringing; at least ${t.word(r.inputs['least'])} s are due`,
    registration: (r, t) =>
      r.reason === null
        ? `registered with ${t.word(r.inputs['register'])}`
        : `${faultOf(r)} (${t.word(r.inputs['register'])})`,
    contact_eligibility: (r) =>
      r.reason === null ? 'the person may be called about the matter' : faultOf(r),
    emergency_block: (r, t) => {
      const feed = t.word(r.inputs['feed']);
      if (r.reason === null) return `no emergency is declared there (${feed})`;
      if (r.reason === 'emergency.feed_missing') return `the emergencies of ${feed} were never read`;
      if (r.reason === 'emergency.feed_stale') return `the emergencies of ${feed} were read too long ago`;
      return `an emergency is declared where the person may be (${feed})`;
    },
    retention: (r, t) => `records are kept as long as the law says: ${t.terms(r.inputs['recordClass'])}`,
    erasure: (r, t) => {
      const triggers = t.terms(r.inputs['triggers']);
      return triggers === '' ? 'nothing is to be erased as yet' : `data are to be erased: ${triggers}`;
    },
    transfer: (r) =>
      r.reason === null ? 'what is on record of data leaving the country allows it, or is owed' : faultOf(r),
    assessment: (r, t) =>
      r.reason === null
        ? `the assessment ${t.word(r.inputs['assessment'])} is in date, or is owed`
        : `${faultOf(r)} (${t.word(r.inputs['assessment'])})`,
    suppression_list: (r, t) => {
      const list = t.word(r.inputs['list']);
      const { asOf } = r.inputs;
      switch (r.reason) {
        case 'list.missing':
          return `no copy of ${list} is held`;
        case 'list.stale':
          return `the copy of ${list} is of ${typeof asOf === 'number' ? t.instant(asOf) : 'an unknown day'}, and may be at most ${t.word(r.params['maxListAgeDays'])} days old`;
        case null:
          return `the number is not on ${list}`;
        default:
          return `the number is on ${list}`;
      }
    },
  },
  freed: ({ why, source }) =>
    `freed from this rule${why === null ? ' by a consent of the person' : `: ${why}`}${source === null ? '' : ` (${source})`}`,
  notInForce: ({ from }) => `in force only from ${from}`,
  ...codesEn,
  ...remediesEn,
  within: ({ seconds, afterRequest }) =>
    ` within ${seconds} s ${afterRequest ? 'after the request' : 'after the answer'}`,
  due: ({ at }) => ` by ${at}`,
  together: ({ from }) =>
    from === null
      ? 'With all of these it would still not be called'
      : `With all of these it may be called from ${from}`,
  retryAfter: ({ outcome }) => `the delay after a call that came to: ${outcome}`,
  endedWith: ({ state, why }) => `ended as ${state}${why === null ? '' : ` (${why})`}`,
  cohort: ({ total, dialable, main }) =>
    `Of ${total} contacts, no rule stands against ${dialable}.${main === null ? '' : ` Most of the others: ${main}.`}`,
  forecast: ({ eligible, dialled, until }) =>
    `By ${until}, ${eligible} may be dialled, and about ${dialled} are likely to be, if nothing is recorded and nobody acts.`,
  about: ({ count, low, high }) => `about ${count} (${low} to ${high})`,
};
