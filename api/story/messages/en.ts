import { ENGINE } from '../../../domain/callback.ts';
import type { Messages } from './messages.ts';
import { rulesEn } from './rules-en.ts';

const OTHER = {
  person: 'person',
  number: 'number',
  contact: 'contact',
  campaign: 'campaign',
  carrier: 'carrier',
  tenant: 'tenant',
  all: 'whole installation',
  'contact.not_yet': 'the contact was not there yet',
  'contact.ended': 'the contact has ended',
  'contact.waiting': 'the contact waits for its time',
  'campaign.draft': 'the campaign has not been started',
  'campaign.paused': 'the campaign is paused',
  'campaign.stopped': 'the campaign was stopped',
  'campaign.completed': 'the campaign is completed',
  'schedule.not_begun': 'the campaign’s schedule has not begun',
  'schedule.over': 'the campaign’s schedule is over',
  'installation.stopped': 'all dialling of the installation is stopped',
  'tenant.stopped': 'all dialling is stopped',
  'carrier.missing': 'there is no carrier of the name that the campaign gives',
  'carrier.paused': 'the carrier is paused',
  'carrier.resting': 'the carrier has not taken calls, and is left alone for a moment',
  'person.on_call': 'a call to the person is being made or is up',
  'preview.skipped': 'an agent passed the contact over',
  'preview.expired': 'an agent was shown the contact and said nothing',
  'callback.owner_away': 'the callback waits for the agent who owns it',
  'preview.withdrawn': 'the contact was shown to an agent and taken back',
  'campaign.hours': 'the campaign is out of its active hours',
  'campaign.rules_pending': 'the campaign’s rules have changed, and have yet to be asked about the contact',
  'campaign.filter': 'the campaign’s filter leaves the contact out',
  'campaign.filter_fault':
    'the campaign’s filter could not be asked about the contact, which lacks an attribute',
  'campaign.quota': 'a quota that the contact counts towards is full',
  'campaign.quota_day': 'a quota that the contact counts towards is full for the day',
  'campaign.quota_busy': 'calls that are up may fill a quota that the contact counts towards',
  'mode.changed': 'the campaign was switched to another mode',
  'agents.none_in_team': 'nobody is in the teams that take its calls',
  'agents.none_with_skill': 'nobody in its teams has the skills that it asks for',
  'agents.none_with_language': 'nobody in its teams speaks a language that it asks for',
  'agents.none_signed_in': 'no agent who could take the call is signed in',
  'agents.none_free': 'every agent who could take the call is busy, or on a break',
  'retry.within_days': 'the days in which the contact may be tried are over',
  'campaign.status': 'whether the campaign was paused then',
  'contact.state': 'the contact’s state then',
  'contact.ready_at': 'when the contact was due then',
  'list.as_of': 'how fresh a do-not-call list was then',
  'suppression.validity': 'whether a do-not-call entry’s validity was changed since',
  'future.facts': 'what will be recorded until then',
  'future.policies': 'which policies will be in force then',
  'as it is now': 'taken as it is now',
  'as it is published': 'taken as they are published to take effect',
  'as not so': 'taken as not so',
  'from what is on record': 'taken from what is on record',
} as const satisfies Record<string, string>;

const CALL_TEXTS: Readonly<Record<string, string>> = {
  ringing: 'the phone rings',
  answered: 'someone picked up',
  dtmf: 'a key was pressed',
  joined: 'an agent was joined to the call',
};

const ATTEMPT_TEXTS = {
  claimed: 'a permit to dial was given',
  sent: 'the carrier took the call',
  sending: 'being handed to the carrier',
  revoked: 'taken back before it was sent',
  abandoned: 'never sent, its permit ran out',
  rejected: 'refused by the carrier, nothing rang',
  unknown: 'it is not known whether it rang; it counts as if it had',
} as const;

const after = (text: string | null, before = ': ') => (text === null ? '' : before + text);

const permits = (n: number) => (n === 1 ? '1 permit' : `${n} permits`);
const calls = (n: number) => (n === 1 ? '1 call' : `${n} calls`);

export const en: Messages = {
  language: 'en',
  rules: rulesEn,
  words: {
    outcome: {
      answered: 'answered',
      voicemail: 'voicemail',
      no_answer: 'no answer',
      busy: 'busy',
      unreachable: 'unreachable',
      invalid_number: 'invalid number',
      declined: 'declined',
      blocked: 'blocked',
      congestion: 'congestion',
      carrier_error: 'carrier error',
      cancelled: 'cancelled',
      unknown: 'unknown',
    },
    disposition: {
      converted: 'converted',
      interested: 'interested',
      not_interested: 'not interested',
      refused: 'refused',
      opted_out: 'opted out',
      callback: 'callback',
      wrong_number: 'wrong number',
      completed: 'completed',
    },
    contactState: {
      waiting: 'waiting',
      admitted: 'admitted',
      converted: 'converted',
      refused: 'refused',
      completed: 'completed',
      exhausted: 'exhausted',
      invalid_number: 'invalid number',
      denied: 'denied',
      withdrawn: 'withdrawn',
      suppressed: 'suppressed',
      stopped: 'stopped',
    },
    campaignStatus: {
      draft: 'draft',
      running: 'running',
      paused: 'paused',
      stopped: 'stopped',
      completed: 'completed',
    },
    purpose: {
      marketing: 'marketing',
      service: 'service',
      collection: 'collection',
      survey: 'survey',
      political: 'political',
    },
    channel: { voice: 'voice', sms: 'sms' },
    level: {
      implied: 'implied',
      express: 'express',
      written: 'written',
      separate: 'separate',
      guardian: 'guardian',
    },
    endedBy: { callee: 'the person called', us: 'us', carrier: 'the carrier' },
    stopKind: {
      withdrawal: 'Withdrawal',
      suppression: 'Suppression',
      pause: 'Pause',
      stop: 'Stop',
      kill: 'Stop of all dialling',
    },
    other: OTHER,
  },
  comma: ', ',
  semicolon: '; ',

  imported: ({ campaign, from }) => `Taken into campaign ${campaign}${after(from, ' from ')}.`,
  allowed: ({ until }) => `Allowed to dial${after(until, ' until ')}.`,
  deferred: ({ until, because }) => `Put off until ${until ?? 'later'}: ${because}.`,
  denied: ({ because }) => `Must not be called: ${because}.`,
  reason: ({ label, source, unverified }) =>
    `${label}${source === null ? '' : ` (${source})`}${unverified ? ', a rule not verified yet' : ''}`,
  attempt: ({ n, part, why }) => `Attempt ${n}: ${ATTEMPT_TEXTS[part]}${after(why)}.`,
  attemptEnded: ({ n, outcome, talkS, disposition }) =>
    `Attempt ${n} ended: ${outcome}${talkS === null ? '' : ` after ${talkS} s of talk`}${after(disposition, ', ')}.`,
  nextCall: ({ at, otherNumber, withAgent }) =>
    ` To be tried again from ${at}${otherNumber ? ', at another number' : ''}${withAgent ? ', by an agent' : ''}.`,
  bestTime: ({ reason, zone, hour, hourOtherwise, percent, percentOtherwise, attempts, own }) => {
    const rates =
      `about ${percent ?? 0} % answer at ${hour}:00 (${zone}) and ${percentOtherwise ?? 0} % at ${hourOtherwise}:00, ` +
      `by ${attempts} calls to people there and ${own} to this one`;
    switch (reason) {
      case 'best_time.moved':
        return ` Put off to the best hour: ${rates}.`;
      case 'best_time.too_late':
        return ` Not put off to the best hour, which comes too late for the campaign: ${rates}.`;
      case 'best_time.already_best':
        return ` No other hour is clearly better than ${hour}:00 (${zone}).`;
      default:
        return ` Which hour is best is not known yet: too few calls were made there at ${hour}:00 (${zone}).`;
    }
  },
  call: ({ n, type }) => `Call of attempt ${n}: ${CALL_TEXTS[type] ?? type.replaceAll('_', ' ')}.`,
  callEnded: ({ n, end }) =>
    `Call of attempt ${n}: the carrier reports its end${
      end === null
        ? ''
        : `, ${end.outcome}, ended by ${end.by}${end.concluded ? ' (concluded by the engine)' : ''}`
    }.`,
  disposition: ({ code, source }) => `Disposition (小结) ${code}, stated by ${source}.`,
  consentGiven: ({ purposes, channels, level, source, until }) =>
    `Consent (同意) given for ${purposes} by ${channels}: ${level}, from ${source}${after(until, ', until ')}.`,
  consentWithdrawn: ({ purposes, channels, source }) =>
    `Consent withdrawn (撤回同意) for ${purposes} by ${channels}, from ${source}.`,
  recordedLater: ({ at }) => ` Recorded at ${at}.`,
  suppressed: ({ list, scope, purpose, ownRequest, source, until }) =>
    `Number put on do-not-call list (勿扰名单) ${list}, ${purpose === null ? `scope ${scope}` : `for ${purpose}`}, ` +
    `${ownRequest ? 'at the person’s own request' : `from ${source}`}${after(until, ', until ')}.`,
  stopped: ({ kind, scope, by, revoked, inFlight, hungUp, complete, latencyMs }) =>
    `${kind} of the ${scope} by ${by}: ${
      latencyMs === null ? 'not acknowledged yet' : `acknowledged after ${latencyMs} ms, nothing sent since`
    }; ${permits(revoked)} taken back, ${calls(inFlight)} under way${
      hungUp === null ? '' : `, ${calls(hungUp)} hung up`
    }${complete === false ? '; a hang-up was not confirmed in time' : ''}.`,
  changed: ({ action, by, reason }) => `${action} by ${by}${after(reason)}.`,
  callback: ({ status, from, until, reason }) =>
    ({
      promised: `Callback (预约回拨) promised between ${from} and ${until}.`,
      kept: `Callback (预约回拨) kept.`,
      breached: `Callback (预约回拨) not kept${after(reason)}.`,
      cancelled: `Callback (预约回拨) taken back${after(reason)}.`,
    })[status],
  callbackStep: (step) => {
    switch (step.kind) {
      case 'moved': {
        const was = `Callback (预约回拨) moved; it was promised between ${step.from} and ${step.until}`;
        return step.by === ENGINE
          ? `${was}, which ${step.reason ?? 'policy'} does not allow.`
          : `${was}, by ${step.by}.`;
      }
      case 'reminded':
        return `Callback (预约回拨): ${step.owner} was reminded.`;
      case 'fell_back':
        return step.to === 'team'
          ? 'Callback (预约回拨): its owner was not free in time, and any agent of the team takes it.'
          : 'Callback (预约回拨): its owner was not free in time, and any agent of the campaign takes it.';
    }
  },
  workflowAdmitted: ({ admission, started }) =>
    `Workflow: ${started ? 'started for' : 'told of'} admission ${admission}.`,
  workflowReported: ({ admission, state, readyAt }) =>
    `Workflow: told what admission ${admission} came to${
      state === null ? after(readyAt, ', waits until ') : `, ended as ${state}`
    }.`,
  workflowClosed: ({ state, reason }) =>
    `Workflow: told that the contact ended as ${state}${reason === null ? '' : ` (${reason})`}.`,
  stateWaiting: ({ readyAt, why, campaignStatus }) =>
    `Now: waits, not before ${readyAt}${why === null ? '' : ` (${why})`}${after(campaignStatus, '; the campaign is ')}.`,
  stateAdmitted: () => 'Now: handed to the dialler, a decision or a call is under way.',
  stateEnded: ({ state, why }) => `Now: ended as ${state}${why === null ? '' : ` (${why})`}.`,

  callableNow: ({ until }) => `May be called at this instant${after(until, ', until ')}.`,
  notCallable: ({ next, because }) =>
    `Not called at this instant: ${because}. ${
      next === null ? 'No later instant is known at which it may be.' : `It may be called from ${next} on.`
    }`,
  block: ({ code, until, detail }) => {
    const more = Object.values(detail).join(', ');
    const text = (OTHER as Readonly<Record<string, string>>)[code] ?? code;
    return `${text}${more === '' ? '' : ` (${more})`}${after(until, ', until ')}`;
  },
  heldByFilter: ({ fault, filter, unmet, names, looked }) => {
    const values = looked
      ?.map(({ name, value }) =>
        value === null ? `${name} is not there, or cannot be read` : `${name} is ${value}`,
      )
      .join(', ');
    const of = values ?? (names === '' ? '' : `it looks at ${names}`);
    const what = fault
      ? 'the campaign’s filter could not be asked about the contact'
      : 'the campaign’s filter leaves the contact out';
    const more = unmet === null || unmet === filter ? '' : `, of which this does not hold: ${unmet}`;
    return `${what}: ${filter}${more}${of === '' ? '' : ` (${of})`}`;
  },
  heldByQuota: ({ code, name, counts, counted, open, max, until }) => {
    const far = `${counted} of ${max} ${counts}`;
    if (code === 'campaign.quota_busy') {
      return `calls that are up may fill the quota “${name}”: ${far}, and ${calls(open)} up`;
    }
    const when = code === 'campaign.quota_day' ? `for the day${after(until, ', until ')}` : 'for good';
    return `the quota “${name}” is full ${when}: ${far}`;
  },
  notKnown: ({ fact, taken }) => `Not on record: ${fact}; ${taken}.`,
};
