import type { RuleWords, Telling, ToldRule } from './rules.ts';

const consentFor = (r: ToldRule, t: Telling) =>
  `${r.params['purposes'] === undefined ? t.call : `${t.purposes(r.params['purposes'])}`} (${t.level(r.inputs['level'])} at least)`;
const wanted = (of: { level: string; purposes: readonly string[]; channel: string }, t: Telling) =>
  `${t.level(of.level)} consent for ${t.purposes(of.purposes)} by ${t.channel(of.channel)}`;
const count = (of: unknown) => (Array.isArray(of) ? of.length : 0);
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
const windowOf = (of: unknown, t: Telling) => {
  const window = of as { rolling?: unknown; calendar?: string } | undefined;
  if (window?.calendar !== undefined) return `in the same local ${window.calendar}`;
  return `within ${t.duration(window?.rolling)}`;
};

export const rulesEn: RuleWords = {
  types: {
    guard: 'guard of the engine',
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
        case 'no_permitted_instant':
          return `within 400 days no instant serves all rules; ${t.word(r.inputs['because'])} stands against the last that was tried`;
        default:
          return r.rule === 'engine.zone'
            ? `the time zone is known: ${t.list(r.inputs['candidates'])}`
            : `the place is known and covered by the law’s packs: ${t.list(r.inputs['candidates'])}`;
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
      `${t.word(r.inputs['counted'])} ${UNITS[String(r.inputs['unit'])] ?? t.word(r.inputs['unit'])} count ` +
      `${windowOf(r.inputs['window'], t)}; at most ${t.word(r.inputs['count'])} are allowed, this one included`,
    internal_optout: (r) =>
      r.reason === null
        ? 'nobody asked that the person be left alone'
        : 'the person is on the list of those who asked not to be called',
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
  reasons: {
    'calendar.holiday': 'the day is a holiday',
    'calendar.uncovered': 'the calendar does not reach so far',
    'campaign.hours': 'outside the campaign’s own hours',
    'cap.attempts': 'called as often as is allowed',
    'cap.conversations': 'talked to as often as is allowed',
    'consent.missing': 'no consent on record',
    'consent.withdrawn': 'the consent was withdrawn',
    'consent.expired': 'the consent has run out',
    'consent.too_weak': 'the consent on record is too weak',
    'cooldown.conversation': 'talked to not long ago',
    'jurisdiction.unknown': 'the country is not known',
    'jurisdiction.uncovered': 'no pack covers the law there',
    'list.missing': 'a do-not-call list is not held',
    'list.national_dnc': 'on the national do-not-call list',
    'list.stale': 'the copy of a do-not-call list is too old',
    no_permitted_instant: 'no instant serves all rules',
    'number.missing': 'the person has no number to call',
    'optout.internal': 'asked not to be called',
    'window.closed': 'outside the calling hours',
    'zone.unknown': 'the time zone is not known',
  },
  remedies: {
    wait: ({ until }, t) => `wait until ${t.instant(until)}`,
    'consent.give': (of, t) => `${wanted(of, t)}, given by the person and recorded before the call`,
    'consent.renew': (of, t) =>
      `${wanted(of, t)}, renewed by the person${of.maxAgeDays === null ? '' : ` not longer ago than ${of.maxAgeDays} days`}`,
    'consent.strengthen': (of, t) => `${wanted(of, t)}; what is on record is weaker`,
    'consent.anew': (of, t) =>
      `only ${wanted(of, t)} that the person gives anew of their own accord; they are not called to be asked for it`,
    'consent.exempts': (of, t) =>
      `${wanted(of, t)}: ${of.why} (${[of.citation.instrument, of.citation.article].filter((one) => one !== null).join(', ')})`,
    'consent.widens': (of, t) =>
      `${wanted(of, t)} in which the person asks for calls at other hours, recorded as one that widens ${of.rule}`,
    'list.hold': ({ list, maxAgeDays }) => `a copy of ${list} not older than ${maxAgeDays} days`,
    'list.refresh': ({ list, maxAgeDays }) => `a new copy of ${list}, not older than ${maxAgeDays} days`,
    'list.nothing': ({ list, until }, t) =>
      `nothing${until === null ? '' : ` before ${t.instant(until)}`}: the number stands on ${list}, and only its keeper takes it off`,
    'optout.nothing': ({ until }, t) =>
      `nothing${until === null ? '' : ` before ${t.instant(until)}`}: the person asked not to be called`,
    'place.declare': ({ what }) =>
      what === 'zone'
        ? 'a declared time zone or an address of the person'
        : 'a declared country or an address of the person',
    'zone.correct': ({ zones }) => `a time zone of the IANA list in the place of ${zones.join(', ')}`,
    'pack.publish': ({ countries, purpose }, t) =>
      `a published pack of the law for ${t.purposes([purpose])} calls to ${countries.join(', ')}`,
    'calendar.publish': ({ calendar, coveredTo }) =>
      `a newer version of the calendar ${calendar}${coveredTo === null ? '' : `, which covers days after ${coveredTo}`}`,
    'rule.see': ({ rule }) => `see what stands against it at the rule ${rule}`,
  },
  blockRemedies: {
    'contact.not_yet': 'nothing: the contact was not there yet',
    'contact.ended': 'nothing in this campaign: the contact has ended',
    'contact.waiting': 'nothing but the time that goes by',
    'campaign.draft': 'the campaign is started',
    'campaign.paused': 'the campaign is resumed',
    'campaign.stopped': 'nothing: a campaign that was stopped stays so; clone it',
    'campaign.completed': 'nothing: the campaign is completed; clone it',
    'schedule.not_begun': 'nothing but the time that goes by, or an earlier start in its schedule',
    'schedule.over': 'a later end in the campaign’s schedule',
    'tenant.stopped': 'dialling is resumed for the whole tenant',
    'carrier.missing': 'a carrier of the name that the campaign gives',
    'carrier.paused': 'the carrier is resumed',
    'mode.not_paced': 'the campaign’s mode is agentless',
    'person.on_call': 'the call that is up ends',
    'retry.within_days': 'nothing in this campaign: its days of trying are over',
  },
  duties: {
    disclose: (of, t) => `say ${t.list(of['items'] ?? of['item'])}`,
    label_ai: (of, t) => `say that the voice is artificial (${t.list(of)})`,
    offer_opt_out: (of, t) =>
      `offer a way to be called no more (${t.list(of['means'] ?? of)}), and end the call when it is taken`,
    ring_at_least: (of, t) => `let it ring long enough (${t.list(of)})`,
    connect_agent: () => 'connect a person who answers to an agent',
    answer_callbacks: () => 'be reachable when called back',
    renew_consent: () => 'have the consent renewed',
    record_call: () => 'record the call',
    retain: (of, t) => `keep the records (${t.list(of)})`,
    erase: (of, t) => `erase the data (${t.list(of)})`,
    assess: (of, t) => `have an impact assessment (${t.list(of)})`,
    localise: (of, t) => `keep the data in the country (${t.list(of)})`,
    state_transfer: (of, t) => `have the transfer abroad on record (${t.list(of)})`,
  },
  within: ({ seconds, afterRequest }) =>
    ` within ${seconds} s ${afterRequest ? 'after the request' : 'after the answer'}`,
  due: ({ at }) => ` by ${at}`,
  together: ({ from }) =>
    from === null
      ? 'With all of these it would still not be called'
      : `With all of these it may be called from ${from}`,
};
