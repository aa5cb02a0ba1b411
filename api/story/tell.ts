import type {
  AttemptEntry,
  CallEventEntry,
  ContactStory,
  DecisionEntry,
  StopEntry,
  SuppressionEntry,
} from '../../db/repositories/timeline.ts';
import type { ConsentEventRow } from '../../db/repositories/consents.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Citation, RuleTexts } from './citations.ts';

/** Why a decision went against the call, rule by rule, with what it rests on. */
export interface ToldReason {
  readonly reason: string;
  readonly pack: string;
  readonly rule: string;
  readonly label: string;
  readonly citation: Citation | null;
  readonly until: EpochMs | null;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly unverified: boolean;
}

export interface ToldEntry {
  readonly at: EpochMs;
  readonly kind:
    | 'imported'
    | 'decision'
    | 'attempt'
    | 'call'
    | 'disposition'
    | 'consent'
    | 'suppression'
    | 'stop'
    | 'state';
  /** Id of the row it tells of, where it has one. */
  readonly id: string | null;
  /** One sentence for people. */
  readonly text: string;
  readonly reasons: readonly ToldReason[];
}

/** What happens at one instant is told in the order in which it comes about. */
const ORDER: readonly ToldEntry['kind'][] = [
  'imported',
  'consent',
  'suppression',
  'stop',
  'decision',
  'attempt',
  'call',
  'disposition',
  'state',
];

/** The contact's story, oldest first: what happened, and why. Pure. */
export function tellStory(story: ContactStory, rules: RuleTexts): ToldEntry[] {
  const attemptNumber = new Map(story.attempts.map((attempt) => [attempt.id, attempt.n]));
  const entries = [
    importedEntry(story),
    ...story.decisions.map((decision) => decisionEntry(decision, rules)),
    ...story.attempts.flatMap(attemptEntries),
    ...story.callEvents.map((event) => callEntry(event, attemptNumber.get(event.attemptId))),
    ...story.dispositions.map((d) =>
      entry(d.at, 'disposition', d.attemptId, `Disposition (小结) ${words(d.code)}, stated by ${d.source}.`),
    ),
    ...story.consents.map(consentEntry),
    ...story.suppressions.flatMap(suppressionEntries),
    ...story.stops.map(stopEntry),
    stateEntry(story),
  ];
  return entries.toSorted((a, b) => a.at - b.at || ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

function entry(
  at: EpochMs,
  kind: ToldEntry['kind'],
  id: string | null,
  text: string,
  reasons: readonly ToldReason[] = [],
): ToldEntry {
  return { at, kind, id, text, reasons };
}

function importedEntry(story: ContactStory): ToldEntry {
  const from = story.importedFrom === null ? '' : ` from ${story.importedFrom}`;
  return entry(
    story.contact.createdAt,
    'imported',
    story.contact.importId,
    `Taken into campaign ${story.campaign.name}${from}.`,
  );
}

function decisionEntry(decision: DecisionEntry, rules: RuleTexts): ToldEntry {
  const reasons = decision.results
    .filter((result) => result.outcome === 'deny' || result.outcome === 'defer')
    .map((result): ToldReason => {
      const text = rules(decision.policySetHash, result.pack, result.rule);
      return {
        reason: result.reason ?? result.type,
        pack: result.pack,
        rule: result.rule,
        label: text?.label ?? result.rule,
        citation: text?.citation ?? null,
        until: result.until,
        inputs: result.inputs,
        unverified: result.unverified,
      };
    });
  return entry(decision.at, 'decision', decision.id, decisionText(decision, reasons), reasons);
}

function decisionText(decision: DecisionEntry, reasons: readonly ToldReason[]): string {
  const because = reasons.length === 0 ? decision.reasons.join(', ') : reasons.map(reasonText).join('; ');
  switch (decision.verdict) {
    case 'allow':
      return `Allowed to dial${decision.until === null ? '' : ` until ${toIso(decision.until)}`}.`;
    case 'defer':
      return `Put off until ${decision.until === null ? 'later' : toIso(decision.until)}: ${because}.`;
    case 'deny':
      return `Must not be called: ${because}.`;
  }
}

function reasonText(reason: ToldReason): string {
  const { citation } = reason;
  const source =
    citation === null
      ? ''
      : ` (${citation.instrument}${citation.article === null ? '' : `, ${citation.article}`})`;
  return `${reason.label}${source}${reason.unverified ? ', a rule not verified yet' : ''}`;
}

function attemptEntries(attempt: AttemptEntry): ToldEntry[] {
  const name = `Attempt ${attempt.n}`;
  const claimed = entry(attempt.claimedAt, 'attempt', attempt.id, `${name}: a permit to dial was given.`);
  const why = attempt.reason === null ? '' : `: ${attempt.reason}`;
  const endAt = attempt.endedAt ?? attempt.sentAt ?? attempt.claimedAt;
  const sent =
    attempt.sentAt === null
      ? []
      : [entry(attempt.sentAt, 'attempt', attempt.id, `${name}: the carrier took the call.`)];
  switch (attempt.state) {
    case 'claimed':
      return [claimed];
    case 'sending':
      return [claimed, entry(endAt, 'attempt', attempt.id, `${name}: being handed to the carrier.`)];
    case 'sent':
      return [claimed, ...sent];
    case 'ended':
      return [claimed, ...sent, entry(endAt, 'attempt', attempt.id, endText(attempt))];
    case 'revoked':
      return [claimed, entry(endAt, 'attempt', attempt.id, `${name}: taken back before it was sent${why}.`)];
    case 'abandoned':
      return [claimed, entry(endAt, 'attempt', attempt.id, `${name}: never sent, its permit ran out${why}.`)];
    case 'rejected':
      return [
        claimed,
        entry(endAt, 'attempt', attempt.id, `${name}: refused by the carrier, nothing rang${why}.`),
      ];
    case 'unknown':
      return [
        claimed,
        entry(
          endAt,
          'attempt',
          attempt.id,
          `${name}: it is not known whether it rang; it counts as if it had${why}.`,
        ),
      ];
  }
}

function endText(attempt: AttemptEntry): string {
  const talk =
    attempt.talkS !== null && attempt.talkS > 0 ? ` after ${Math.round(attempt.talkS)} s of talk` : '';
  const disposition = attempt.disposition === null ? '' : `, ${words(attempt.disposition)}`;
  return `Attempt ${attempt.n} ended: ${words(attempt.outcome ?? 'unknown')}${talk}${disposition}.`;
}

function callEntry(event: CallEventEntry, attempt: number | undefined): ToldEntry {
  const name = attempt === undefined ? 'The call' : `Call of attempt ${attempt}`;
  const texts: Readonly<Record<string, string>> = {
    ringing: `${name}: the phone rings.`,
    answered: `${name}: someone picked up.`,
    dtmf: `${name}: a key was pressed.`,
    ended: `${name}: the carrier reports its end${endOf(event)}.`,
  };
  return entry(event.at, 'call', event.attemptId, texts[event.type] ?? `${name}: ${words(event.type)}.`);
}

function endOf(event: CallEventEntry): string {
  const end = event.payload.end;
  if (end === null) return '';
  const by = { callee: 'the person called', us: 'us', carrier: 'the carrier' }[end.by];
  return `, ${words(end.outcome)}, ended by ${by}${end.synthesized ? ' (concluded by the engine)' : ''}`;
}

function consentEntry(event: ConsentEventRow): ToldEntry {
  const purposes = event.purposes.map(words).join(', ');
  const channels = event.channels.join(', ');
  const text =
    event.kind === 'grant'
      ? `Consent (同意) given for ${purposes} by ${channels}: ${event.level}, from ${event.source}` +
        `${event.expiresAt === null ? '' : `, until ${toIso(event.expiresAt)}`}.`
      : `Consent withdrawn (撤回同意) for ${purposes} by ${channels}, from ${event.source}.`;
  const late = event.recordedAt - event.occurredAt > 60_000 ? ` Recorded at ${toIso(event.recordedAt)}.` : '';
  return entry(event.occurredAt, 'consent', event.id, text + late);
}

function suppressionEntries(row: SuppressionEntry): ToldEntry[] {
  const whose = row.requestedByPerson ? 'at the person’s own request' : `from ${row.source}`;
  const reach = row.purpose === null ? `scope ${row.scope}` : `for ${row.purpose}`;
  const until = row.validUntil === null ? '' : `, until ${toIso(row.validUntil)}`;
  return [
    entry(
      row.recordedAt,
      'suppression',
      row.id,
      `Number put on do-not-call list (勿扰名单) ${row.list}, ${reach}, ${whose}${until}.`,
    ),
  ];
}

function stopEntry(stop: StopEntry): ToldEntry {
  const names = {
    withdrawal: 'Withdrawal',
    suppression: 'Suppression',
    pause: 'Pause',
    stop: 'Stop',
    kill: 'Stop of all dialling',
  };
  const held =
    stop.latencyMs === null
      ? 'not acknowledged yet'
      : `acknowledged after ${Math.round(stop.latencyMs)} ms, nothing sent since`;
  return entry(
    stop.at,
    'stop',
    stop.id,
    `${names[stop.kind]} of the ${stop.scope} by ${stop.requestedBy}: ${stop.revoked} permits taken back, ` +
      `${stop.inFlight} calls under way; ${held}.`,
  );
}

function stateEntry({ contact, campaign }: ContactStory): ToldEntry {
  const why = contact.stateReason === null ? '' : ` (${contact.stateReason})`;
  const at = contact.updatedAt;
  if (contact.state === 'waiting') {
    const held = campaign.status === 'running' ? '' : `; the campaign is ${campaign.status}`;
    return entry(at, 'state', null, `Now: waits, not before ${toIso(contact.readyAt)}${why}${held}.`);
  }
  if (contact.state === 'admitted') {
    return entry(at, 'state', null, 'Now: handed to the dialler, a decision or a call is under way.');
  }
  return entry(at, 'state', null, `Now: ended as ${words(contact.state)}${why}.`);
}

function words(code: string): string {
  return code.replaceAll('_', ' ');
}
