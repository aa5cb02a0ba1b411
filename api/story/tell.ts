import {
  PART_SEPARATOR,
  type AttemptEntry,
  type CallbackEntry,
  type CallEventEntry,
  type DecisionEntry,
  type EntryKey,
  type StoryHead,
  type StoryPage,
  type SuppressionEntry,
  type WorkflowNoteEntry,
} from '../../db/repositories/timeline.ts';
import type { ConsentEventRow } from '../../db/repositories/consents.ts';
import type { DrawnStep } from '../../domain/retry-step.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { CampaignBlock } from '../../gate/campaign-blocks.ts';
import { blockText } from './explain-text.ts';
import type { Citation, RuleTexts } from './citations.ts';
import { wordOf, type Messages } from './messages/index.ts';

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

export const TOLD_KINDS = [
  'imported',
  'consent',
  'suppression',
  'stop',
  'change',
  'callback',
  'workflow',
  'decision',
  'attempt',
  'call',
  'disposition',
  'state',
] as const;

export interface ToldEntry {
  readonly at: EpochMs;
  readonly kind: (typeof TOLD_KINDS)[number];
  /** Id of the row it tells of, where it has one. */
  readonly id: string | null;
  /** One sentence for people. */
  readonly text: string;
  readonly reasons: readonly ToldReason[];
}

/** A page of a contact's story in the order of its entries: what happened, and why. Pure. */
export function tellStory(page: StoryPage, rules: RuleTexts, say: Messages): ToldEntry[] {
  return page.entries.flatMap((key) => {
    const told = tellOne(page, key, rules, say);
    return told === null ? [] : [{ at: key.at, reasons: [], ...told }];
  });
}

type Told = Omit<ToldEntry, 'at' | 'reasons'> & { readonly reasons?: readonly ToldReason[] };

/** @returns null for a row that went away between the two readings of one page. */
function tellOne(page: StoryPage, key: EntryKey, rules: RuleTexts, say: Messages): Told | null {
  const { rows } = page;
  const [id, part] = key.ref.split(PART_SEPARATOR) as [string, string | undefined];
  const tell = <T>(row: T | undefined, told: (row: T) => Told): Told | null =>
    row === undefined ? null : told(row);
  switch (key.kind) {
    case 'imported':
      return imported(page, say);
    case 'consent':
      return tell(rows.consents.get(id), (row) => consent(row, say));
    case 'suppression':
      return tell(rows.suppressions.get(id), (row) => suppression(row, say));
    case 'stop':
      return tell(rows.stops.get(id), ({ kind, scope, requestedBy, latencyMs, ...stop }) => ({
        kind: 'stop',
        id: stop.id,
        text: say.stopped({
          kind: wordOf(say.words.stopKind, kind),
          scope: wordOf(say.words.other, scope),
          by: requestedBy,
          revoked: stop.revoked,
          inFlight: stop.inFlight,
          hungUp: stop.hungUp,
          complete: stop.complete,
          latencyMs: latencyMs === null ? null : Math.round(latencyMs),
        }),
      }));
    case 'change':
      return tell(rows.changes.get(id), (row) => ({
        kind: 'change',
        id: row.id,
        text: say.changed({ action: row.action, by: row.actor, reason: row.reason }),
      }));
    case 'callback':
      return tell(rows.callbacks.get(id), (row) => ({
        kind: 'callback',
        id: row.id,
        text: callbackText(row, part, say),
      }));
    case 'admitted':
    case 'told':
      return tell(rows.notes.get(id), (row) => workflowNote(row, say));
    case 'decision':
      return tell(rows.decisions.get(id), (row) => decision(row, rules, say));
    case 'attempt':
      return tell(rows.attempts.get(id), (row) => attempt(row, part, say));
    case 'call':
      return tell(rows.callEvents.get(id), (row) => call(row, say));
    case 'disposition':
      return tell(rows.dispositions.get(id), (row) => ({
        kind: 'disposition',
        id: row.attemptId,
        text: say.disposition({ code: wordOf(say.words.disposition, row.code), source: row.source }),
      }));
  }
}

function callbackText(row: CallbackEntry, part: string | undefined, say: Messages): string {
  const step = part?.startsWith(STEP) === true ? row.steps[Number(part.slice(STEP.length)) - 1] : undefined;
  if (step !== undefined) return say.callbackStep(step);
  // It is told as it was promised at first.
  const moved = row.steps.find(({ kind }) => kind === 'moved');
  const first = part === 'promised' && moved?.kind === 'moved' ? moved : null;
  return say.callback({
    status: part === 'promised' ? 'promised' : row.status,
    from: first?.from ?? toIso(row.fromAt),
    until: first?.until ?? toIso(row.untilAt),
    reason: row.reason,
  });
}

/** Before the number of a callback's step. */
const STEP = 'reached';

function imported({ contact, campaign, importedFrom }: StoryHead, say: Messages): Told {
  return {
    kind: 'imported',
    id: contact.importId,
    text: say.imported({ campaign: campaign.name, from: importedFrom }),
  };
}

function decision(row: DecisionEntry, rules: RuleTexts, say: Messages): Told {
  const reasons = row.results
    .filter((result) => result.outcome === 'deny' || result.outcome === 'defer')
    .map((result): ToldReason => {
      const text = rules(row.policySetHash, result.pack, result.rule);
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
  return { kind: 'decision', id: row.id, reasons, text: decisionText(row, reasons, say) };
}

function decisionText(row: DecisionEntry, reasons: readonly ToldReason[], say: Messages): string {
  const because =
    reasons.length === 0
      ? row.reasons.join(say.comma)
      : reasons.map((reason) => reasonText(reason, say)).join(say.semicolon);
  const until = row.until === null ? null : toIso(row.until);
  switch (row.verdict) {
    case 'allow':
      return say.allowed({ until });
    case 'defer':
      return say.deferred({ until, because });
    case 'deny':
      return say.denied({ because });
  }
}

/** A rule that stands against a call, as people read it. */
export function reasonText(
  reason: Pick<ToldReason, 'label' | 'citation' | 'unverified'>,
  say: Messages,
): string {
  const { citation } = reason;
  const source =
    citation === null
      ? null
      : [citation.instrument, citation.article].filter((text) => text !== null).join(', ');
  return say.reason({ label: reason.label, source, unverified: reason.unverified });
}

function attempt(row: AttemptEntry, part: string | undefined, say: Messages): Told {
  return { kind: 'attempt', id: row.id, text: attemptText(row, part, say) };
}

function attemptText(row: AttemptEntry, part: string | undefined, say: Messages): string {
  const { n, state } = row;
  if (part === '1claimed') return say.attempt({ n, part: 'claimed', why: null });
  if (part === '2sent' || state === 'claimed' || state === 'sent') {
    return say.attempt({ n, part: 'sent', why: null });
  }
  if (state !== 'ended') return say.attempt({ n, part: state, why: row.reason });
  const ended = say.attemptEnded({
    n,
    outcome: wordOf(say.words.outcome, row.outcome ?? 'unknown'),
    talkS: row.talkS !== null && row.talkS > 0 ? Math.round(row.talkS) : null,
    disposition: row.disposition === null ? null : wordOf(say.words.disposition, row.disposition),
  });
  return `${ended}${row.nextStep === null ? '' : nextCallText(row.nextStep, say)}`;
}

/** When it is to be tried again, at which number and by whom; and what the hour was chosen by. */
function nextCallText(step: DrawnStep, say: Messages): string {
  if (step.kind === 'final' || step.readyAt === null) return '';
  const { otherNumber, withAgent, bestTime } = step;
  const next = say.nextCall({ at: toIso(step.readyAt), otherNumber, withAgent });
  if (bestTime === null) return next;
  const { zone, hour, hourOtherwise, rate, rateOtherwise, attempts, ownAttempts: own } = bestTime;
  const percent = (share: number | null) => (share === null ? null : Math.round(share * 100));
  return `${next}${say.bestTime({
    ...{ reason: bestTime.reason, zone: zone ?? 'UTC', hour, hourOtherwise, attempts, own },
    ...{ percent: percent(rate), percentOtherwise: percent(rateOtherwise) },
  })}`;
}

function call(event: CallEventEntry, say: Messages): Told {
  const n = Number(event.attemptId.split('/')[1]);
  const { end } = event.payload;
  const text =
    event.type === 'ended'
      ? say.callEnded({
          n,
          end:
            end === null
              ? null
              : {
                  outcome: wordOf(say.words.outcome, end.outcome),
                  by: wordOf(say.words.endedBy, end.by),
                  concluded: end.synthesized,
                },
        })
      : say.call({ n, type: event.type });
  return { kind: 'call', id: event.attemptId, text };
}

/** A statement that was entered this much (ms) after it was made is told with both instants. */
const RECORDED_LATE_MS = 60_000;

function consent(event: ConsentEventRow, say: Messages): Told {
  const common = {
    purposes: event.purposes.map((one) => wordOf(say.words.purpose, one)).join(say.comma),
    channels: event.channels.map((one) => wordOf(say.words.channel, one)).join(say.comma),
    source: event.source,
  };
  const text =
    event.kind === 'grant'
      ? say.consentGiven({
          ...common,
          level: wordOf(say.words.level, event.level),
          until: event.expiresAt === null ? null : toIso(event.expiresAt),
        })
      : say.consentWithdrawn(common);
  const late = event.recordedAt - event.occurredAt > RECORDED_LATE_MS;
  return {
    kind: 'consent',
    id: event.id,
    text: late ? text + say.recordedLater({ at: toIso(event.recordedAt) }) : text,
  };
}

function suppression(row: SuppressionEntry, say: Messages): Told {
  return {
    kind: 'suppression',
    id: row.id,
    text: say.suppressed({
      list: row.list,
      scope: wordOf(say.words.other, row.scope),
      purpose: row.purpose === null ? null : wordOf(say.words.purpose, row.purpose),
      ownRequest: row.requestedByPerson,
      source: row.source,
      until: row.validUntil === null ? null : toIso(row.validUntil),
    }),
  };
}

function workflowNote(row: WorkflowNoteEntry, say: Messages): Told {
  const { detail } = row;
  const text = (key: string) => {
    const value = detail[key];
    return typeof value === 'string' ? value : null;
  };
  const instant = (key: string) => {
    const at = detail[key];
    return typeof at === 'number' ? toIso(at) : null;
  };
  const state = text('state');
  const named = state === null ? null : wordOf(say.words.contactState, state);
  const admission = row.admission ?? 0;
  const told = (): string => {
    switch (row.kind) {
      case 'admitted':
        return say.workflowAdmitted({ admission, started: detail['started'] === true });
      case 'reported':
        return say.workflowReported({
          admission,
          state: named,
          readyAt: instant('readyAt'),
        });
      case 'closed':
        return say.workflowClosed({ state: named ?? '', reason: text('reason') });
    }
  };
  return { kind: 'workflow', id: row.id, text: told() };
}

/** Where the contact stands now: the story's last sentence. @param blocks what its campaign's rules have against it */
export function tellState(
  { contact, campaign }: StoryHead,
  blocks: readonly CampaignBlock[],
  say: Messages,
): ToldEntry {
  const held = blocks.find(({ code }) => code === contact.stateReason);
  const why = held === undefined ? contact.stateReason : `${held.code}: ${blockText(held, say)}`;
  const text = (): string => {
    switch (contact.state) {
      case 'waiting':
        return say.stateWaiting({
          readyAt: toIso(contact.readyAt),
          why,
          campaignStatus:
            campaign.status === 'running' ? null : wordOf(say.words.campaignStatus, campaign.status),
        });
      case 'admitted':
        return say.stateAdmitted();
      default:
        return say.stateEnded({ state: wordOf(say.words.contactState, contact.state), why });
    }
  };
  return { at: contact.updatedAt, kind: 'state', id: null, text: text(), reasons: [] };
}
