import { z } from 'zod';

/**
 * The field's words as closed sets (docs/glossary.md explains each). Values are what stands in the
 * database, the API and policy packs, so a change here is a change of contract.
 */

/** Why people are called. Policy packs bind rules to purposes; a consent is given for purposes. */
export const PURPOSES = ['marketing', 'service', 'collection', 'survey', 'political'] as const;
export const purposeSchema = z.enum(PURPOSES);
export type Purpose = z.infer<typeof purposeSchema>;

/** How a person is reached. Caps hold over channels, so it is recorded from the first attempt. */
export const CHANNELS = ['voice', 'sms'] as const;
export const channelSchema = z.enum(CHANNELS);
export type Channel = z.infer<typeof channelSchema>;

/** How calls are paced and who talks (外呼模式). */
export const DIAL_MODES = ['preview', 'progressive', 'predictive', 'agentless'] as const;
export const dialModeSchema = z.enum(DIAL_MODES);
export type DialMode = z.infer<typeof dialModeSchema>;

/** A campaign's own state. `stopped` and `completed` are final. */
export const CAMPAIGN_STATUSES = ['draft', 'running', 'paused', 'stopped', 'completed'] as const;
export const campaignStatusSchema = z.enum(CAMPAIGN_STATUSES);
export type CampaignStatus = z.infer<typeof campaignStatusSchema>;

/**
 * A contact's lifecycle state.
 * `waiting`: in the hopper, with an instant (`ready_at`). `admitted`: handed to its workflow; a gate pass
 * or a call is under way. The rest are final and say why.
 */
export const CONTACT_STATES = [
  'waiting',
  'admitted',
  'converted',
  'refused',
  'completed',
  'exhausted',
  'invalid_number',
  'denied',
  'withdrawn',
  'suppressed',
  'stopped',
] as const;
export const contactStateSchema = z.enum(CONTACT_STATES);
export type ContactState = z.infer<typeof contactStateSchema>;

/** True when nothing more will happen to the contact in this campaign. */
export function isTerminalContactState(state: ContactState): boolean {
  return state !== 'waiting' && state !== 'admitted';
}

/**
 * An attempt's state (呼叫尝试). `claimed → sending → sent → ended`; or `revoked` (a stop came first),
 * `abandoned` (the lease ran out before the send; it never reached the carrier), `unknown` (sent or not:
 * the carrier must say), `rejected` (the carrier refused the request; nothing rang).
 */
export const ATTEMPT_STATES = [
  'claimed',
  'sending',
  'sent',
  'ended',
  'revoked',
  'abandoned',
  'unknown',
  'rejected',
] as const;
export const attemptStateSchema = z.enum(ATTEMPT_STATES);
export type AttemptState = z.infer<typeof attemptStateSchema>;

/**
 * States that count towards frequency caps (I5): whatever rang, may have rung or may still ring.
 * `unknown` counts, because a call that cannot be ruled out is one the person may have received.
 */
export const COUNTED_ATTEMPT_STATES = ['claimed', 'sending', 'sent', 'ended', 'unknown'] as const;

/** What became of a call attempt, whatever the carrier's own codes were (shared telephony cause table). */
export const OUTCOMES = [
  'answered',
  'voicemail',
  'no_answer',
  'busy',
  'unreachable',
  'invalid_number',
  'declined',
  'blocked',
  'congestion',
  'carrier_error',
  'cancelled',
  'unknown',
] as const;
export const outcomeSchema = z.enum(OUTCOMES);
export type Outcome = z.infer<typeof outcomeSchema>;

/** Business outcome of an attempt (话后小结). */
export const DISPOSITIONS = [
  'converted',
  'interested',
  'not_interested',
  'refused',
  'opted_out',
  'callback',
  'wrong_number',
  'completed',
] as const;
export const dispositionSchema = z.enum(DISPOSITIONS);
export type Disposition = z.infer<typeof dispositionSchema>;

/** Scope of a do-not-call entry (勿扰名单). */
export const SUPPRESSION_SCOPES = ['national', 'tenant', 'campaign', 'purpose'] as const;
export const suppressionScopeSchema = z.enum(SUPPRESSION_SCOPES);
export type SuppressionScope = z.infer<typeof suppressionScopeSchema>;

/**
 * Strength of a consent, weakest first. PIPL art. 14 asks for informed, voluntary and explicit consent
 * (`express`); arts. 23, 25, 29, 39 for `separate`; TCPA artificial-voice marketing for `written`.
 */
export const CONSENT_LEVELS = ['implied', 'express', 'written', 'separate', 'guardian'] as const;
export const consentLevelSchema = z.enum(CONSENT_LEVELS);
export type ConsentLevel = z.infer<typeof consentLevelSchema>;

export const CONSENT_KINDS = ['grant', 'withdrawal'] as const;
export const consentKindSchema = z.enum(CONSENT_KINDS);
export type ConsentKind = z.infer<typeof consentKindSchema>;
