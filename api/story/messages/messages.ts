import type { CallbackStatus, CallbackStep } from '../../../domain/callback.ts';
import type {
  AttemptState,
  CampaignStatus,
  Channel,
  ConsentLevel,
  ContactState,
  Disposition,
  Outcome,
  Purpose,
} from '../../../domain/vocabulary.ts';
import type { Counted } from '../../../domain/campaign-rules.ts';
import type { QuotaReason } from '../../../gate/rules/quotas.ts';
import type { RuleWords } from './rules.ts';

/** Languages in which stories and explanations are told. */
export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The field's words in one language; complete by its type. */
export interface Words {
  readonly outcome: Readonly<Record<Outcome, string>>;
  readonly disposition: Readonly<Record<Disposition, string>>;
  readonly contactState: Readonly<Record<ContactState, string>>;
  readonly campaignStatus: Readonly<Record<CampaignStatus, string>>;
  readonly purpose: Readonly<Record<Purpose, string>>;
  readonly channel: Readonly<Record<Channel, string>>;
  readonly level: Readonly<Record<ConsentLevel, string>>;
  readonly endedBy: Readonly<Record<'callee' | 'us' | 'carrier', string>>;
  readonly stopKind: Readonly<Record<'withdrawal' | 'suppression' | 'pause' | 'stop' | 'kill', string>>;
  /** Other codes; one that is not named stands as it is. */
  readonly other: Readonly<Record<string, string>>;
}

/**
 * The sentences of a story, one function each. Instants come as text, reasons and blocks as codes; both stay codes
 * where no words are known for them, so that a new code is shown rather than hidden.
 */
export interface Messages {
  readonly language: Language;
  readonly words: Words;
  readonly rules: RuleWords;
  /** Between several of a kind. */
  readonly comma: string;
  readonly semicolon: string;

  imported(of: { campaign: string; from: string | null }): string;
  allowed(of: { until: string | null }): string;
  deferred(of: { until: string | null; because: string }): string;
  denied(of: { because: string }): string;
  reason(of: { label: string; source: string | null; unverified: boolean }): string;
  attempt(of: {
    n: number;
    part: 'claimed' | 'sent' | Exclude<AttemptState, 'claimed' | 'sent' | 'ended'>;
    why: string | null;
  }): string;
  attemptEnded(of: { n: number; outcome: string; talkS: number | null; disposition: string | null }): string;
  /** Follows the end of an attempt. */
  nextCall(of: { at: string; otherNumber: boolean; withAgent: boolean }): string;
  /** Follows that, where the campaign asks for the best time. @param of.percent null: too little is known */
  bestTime(of: {
    reason: string;
    zone: string;
    hour: number;
    hourOtherwise: number;
    percent: number | null;
    percentOtherwise: number | null;
    attempts: number;
    own: number;
  }): string;
  call(of: { n: number; type: string }): string;
  callEnded(of: { n: number; end: { outcome: string; by: string; concluded: boolean } | null }): string;
  disposition(of: { code: string; source: string }): string;
  consentGiven(of: {
    purposes: string;
    channels: string;
    level: string;
    source: string;
    until: string | null;
  }): string;
  consentWithdrawn(of: { purposes: string; channels: string; source: string }): string;
  recordedLater(of: { at: string }): string;
  suppressed(of: {
    list: string;
    scope: string;
    purpose: string | null;
    ownRequest: boolean;
    source: string;
    until: string | null;
  }): string;
  stopped(of: {
    kind: string;
    scope: string;
    by: string;
    revoked: number;
    inFlight: number;
    /** Null: not acknowledged, or not kept. */
    hungUp: number | null;
    complete: boolean | null;
    latencyMs: number | null;
  }): string;
  changed(of: { action: string; by: string; reason: string | null }): string;
  callback(of: { status: CallbackStatus; from: string; until: string; reason: string | null }): string;
  callbackStep(of: CallbackStep): string;
  workflowAdmitted(of: { admission: number; started: boolean }): string;
  workflowReported(of: { admission: number; state: string | null; readyAt: string | null }): string;
  workflowClosed(of: { state: string; reason: string | null }): string;
  stateWaiting(of: { readyAt: string; why: string | null; campaignStatus: string | null }): string;
  stateAdmitted(): string;
  stateEnded(of: { state: string; why: string | null }): string;

  /** The one sentence an explanation begins with. */
  callableNow(of: { until: string | null }): string;
  notCallable(of: { next: string | null; because: string }): string;
  block(of: { code: string; until: string | null; detail: Readonly<Record<string, string>> }): string;
  /** Blocks of a campaign's own rules, as `block` has them. @param of.looked null: only the names may be told */
  heldByFilter(of: {
    fault: boolean;
    filter: string;
    /** What of it does not hold; null: that is not known. */
    unmet: string | null;
    names: string;
    looked: readonly { readonly name: string; readonly value: string | null }[] | null;
  }): string;
  heldByQuota(of: {
    code: QuotaReason;
    name: string;
    counts: Counted;
    counted: number;
    open: number;
    max: number;
    until: string | null;
  }): string;
  notKnown(of: { fact: string; taken: string }): string;
}
