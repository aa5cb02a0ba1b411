import type { RuleWords, Telling } from './rules.ts';

const wanted = (of: { level: string; purposes: readonly string[]; channel: string }, t: Telling) =>
  `${t.level(of.level)} consent for ${t.purposes(of.purposes)} by ${t.channel(of.channel)}`;

export const remediesEn: Pick<RuleWords, 'remedies' | 'blockRemedies' | 'duties'> = {
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
    'consent.cover': ({ names, ...of }, t) => `${wanted(of, t)}, which names ${t.terms(names)}`,
    'consent.separate': ({ separate, ...of }, t) =>
      `a consent for ${t.purposes(of.purposes)} by ${t.channel(of.channel)} to ${t.terms([separate])}, asked for by itself`,
    'consent.guardian': (of, t) => `${wanted(of, t)}, given by the child’s guardian`,
    'relationship.record': ({ kinds, withinDays, why, citation }, t) =>
      `${t.terms(kinds)} with the seller${withinDays === null ? '' : ` not more than ${withinDays} days ago`}, where there was one: ${why} (${citation.instrument})`,
    'callee.record': ({ what }, t) => `${t.terms([what])}, put on record as it is`,
    'callee.nothing': ({ why }) =>
      ({
        age: 'nothing: they are too young to be called',
        refused: 'nothing: they refused to be called about it',
        third_party: 'nothing: they are not the one it is about',
        self: 'nothing: the one it is about may not be called',
      })[why],
    'callerid.show': ({ want, allowed }, t) =>
      ({
        any: 'a number of the caller’s own is shown',
        range: `a number of the caller’s own is shown that is in an allowed range${allowed.length === 0 ? '' : ` (${allowed.join(', ')})`}`,
        type: `a number of the caller’s own is shown that is of an allowed type${allowed.length === 0 ? '' : ` (${t.terms(allowed)})`}`,
        country: `a number of the caller’s own is shown that is of the country called${allowed.length === 0 ? '' : ` (${allowed.join(', ')})`}`,
      })[want],
    attest: ({ kind, name, maxAgeDays }, t) =>
      `${t.terms([kind])}${kind === 'caller_id' ? '' : ` ${name}`}${maxAgeDays === null ? '' : ` not older than ${maxAgeDays} days`}, put on record as it is`,
    'emergency.nothing': ({ until }, t) =>
      `nothing${until === null ? ' while the emergency is declared' : ` before ${t.instant(until)}`}: nobody is called into an emergency`,
    'line.declare': () => 'the carrier says whose line it is',
    'line.nothing': ({ vendor, why }) =>
      why === 'use'
        ? `nothing over this line: ${vendor} does not allow it for this purpose`
        : `nothing over this line: ${vendor} does not call there`,
    'data.localise': () => 'the data stay in the country',
    'script.declare': ({ items, withinS, optOut, aiLabel }, t) =>
      `a script that ${[
        ...(items.length === 0 ? [] : [`says ${t.terms(items)}`]),
        ...(aiLabel === null
          ? []
          : [`marks the artificial voice ${t.terms(aiLabel.modes)} (${t.terms(aiLabel.at)})`]),
        ...(optOut === null
          ? []
          : [
              `offers a way to refuse (${t.terms(optOut.means)}) and ends the call within ${optOut.endWithinS} s of it`,
            ]),
      ].join(' and ')}${withinS === null ? '' : `, within ${withinS} s`}`,
    'ring.longer': ({ seconds }) => `the campaign lets it ring for at least ${seconds} s`,
    'abandonment.figures': () => 'figures of the calls that were abandoned, not older than a day',
    'abandonment.lower': ({ ratePercent }) =>
      `at most ${ratePercent} % of calls abandoned: fewer calls are placed at once`,
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
    'campaign.hours': 'nothing but the time that goes by, or other active hours in its rules',
    'campaign.filter':
      'another filter in the campaign’s rules, or a list with other attributes of the contact',
    'campaign.filter_fault':
      'a list with the attributes that the filter looks at, or a filter that does without them',
    'campaign.rules_pending': 'nothing but a moment: the rules are being asked',
    'campaign.quota': 'a higher quota in the campaign’s rules',
    'campaign.quota_day': 'nothing but the next day, or a higher quota in the campaign’s rules',
    'campaign.quota_busy': 'calls that are up end without coming to what the quota counts',
    'installation.stopped': 'dialling is resumed for the whole installation, by those who run it',
    'tenant.stopped': 'dialling is resumed for the whole tenant',
    'carrier.missing': 'a carrier of the name that the campaign gives',
    'carrier.paused': 'the carrier is resumed',
    'carrier.resting': 'the carrier takes a call again; it is tried by itself',
    'person.on_call': 'the call that is up ends',
    'retry.within_days': 'nothing in this campaign: its days of trying are over',
  },
  duties: {
    disclose: (of, t) => `say ${t.terms(of['items'])}`,
    label_ai: (of, t) => `mark the artificial voice ${t.terms(of['modes'])} (${t.terms(of['at'])})`,
    offer_opt_out: (of, t) =>
      `offer a way to refuse (${t.terms(of['means'])}), and end the call within ${t.word(of['endWithinS'])} s of a refusal`,
    ring_at_least: (of, t) => `ring for at least ${t.word(of['seconds'])} s if nobody answers`,
    connect_agent: (of, t) => {
      const message = t.terms(of['message']);
      return `connect a person who answers to an agent${message === '' ? '' : `, or say ${message}`}`;
    },
    answer_callbacks: (of, t) => `answer calls back to the number shown for ${t.word(of['days'])} days`,
    renew_consent: () => 'have the consent renewed',
    record_call: () => 'be recorded',
    retain: (of, t) => `have its records kept (${t.terms(of['recordClass'])})`,
    erase: (of, t) => `have data erased (${t.terms(of['recordClass'])})`,
    assess: (of, t) => `be covered by an assessment in date (${t.word(of['assessment'])})`,
    localise: () => 'leave its data in the country',
    state_transfer: () => 'have it put on record whether its data leave the country',
  },
};
