import { z } from 'zod';
import { weekdaysSchema } from './wall-clock.ts';

/**
 * An agent (坐席) and their seat: the one row that says what they are doing now. An agent is in at most one call because
 * there is one seat and it names at most one; nobody but the transitions below moves it.
 */

/**
 * What a seat is doing. `offline`: not signed in, or lost. `ready` (示闲): waits for a call. `reserved`: a contact is shown
 * to them, or a call that is theirs is ringing or being connected. `in_call`. `wrap_up` (话后处理): writes down what the
 * call came to. `break` (小休): away, with a reason.
 */
export const AGENT_STATES = ['offline', 'ready', 'reserved', 'in_call', 'wrap_up', 'break'] as const;
export const agentStateSchema = z.enum(AGENT_STATES);
export type AgentState = z.infer<typeof agentStateSchema>;

/** What agents and supervisors ask for; the others follow from calls. */
export const REQUESTABLE_STATES = ['ready', 'break', 'offline'] as const;
export const requestableStateSchema = z.enum(REQUESTABLE_STATES);
export type RequestableState = z.infer<typeof requestableStateSchema>;

/** States in which a seat holds a contact, and possibly a call. */
export const ENGAGED_STATES = ['reserved', 'in_call', 'wrap_up'] as const;

/** Whether a seat holds a contact: such a seat is never offered another. */
export function isEngaged(state: AgentState): boolean {
  return (ENGAGED_STATES as readonly AgentState[]).includes(state);
}

/** Where each state can lead; the database's own check and every statement that moves a seat keep to it. */
const LEADS_TO: Readonly<Record<AgentState, readonly AgentState[]>> = {
  offline: ['ready', 'break'],
  ready: ['reserved', 'break', 'offline'],
  // Released: nobody answered, the contact was skipped, or a stop came. Lost: offline at once.
  reserved: ['in_call', 'ready', 'break', 'offline'],
  // A call that was lost with its agent still has to be written down: wrap-up, then offline.
  in_call: ['wrap_up'],
  wrap_up: ['ready', 'break', 'offline'],
  break: ['ready', 'offline'],
};

export function canMove(from: AgentState, to: AgentState): boolean {
  return LEADS_TO[from].includes(to);
}

/**
 * What a request for a state does: it holds `now`, or once the seat holds no contact any more (`after`): a request never
 * takes an agent out of a call. `same`: it is so already.
 */
export function effectOfRequest(from: AgentState, to: RequestableState): 'now' | 'after' | 'same' {
  if (from === to) return 'same';
  return isEngaged(from) ? 'after' : 'now';
}

/** How long (real ms) an agent's channel may be silent before they count as lost. Three beats of 10 s. */
export const AGENT_LOST_MS = 30_000;
/** How often (real ms) an agent's client says that it is there. */
export const AGENT_BEAT_MS = 10_000;

export const SKILL_LEVEL_MAX = 10;
const SKILL_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
export const skillNameSchema = z
  .string()
  .regex(SKILL_NAME, 'is not a skill; expected up to 63 of a–z, 0–9 and . _ -, such as loans');
export const skillLevelSchema = z
  .number()
  .int('is not a level; expected 1 to 10')
  .min(1, 'is not a level; expected 1 to 10')
  .max(SKILL_LEVEL_MAX, 'is not a level; expected 1 to 10');

/** What an agent can do: skill → level, 1 (learning) to 10 (teaches it). */
export const skillsSchema = z.record(skillNameSchema, skillLevelSchema);
export type Skills = z.infer<typeof skillsSchema>;

export const languageSchema = z
  .string()
  .regex(
    /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$/,
    'is not a language; expected BCP 47 such as zh-CN',
  );

const clockTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'is not a time of day; expected HH:MM, 00:00 to 24:00');

/** A shift (班次): weekdays and hours on the clock of the agent's zone. Outside of all shifts nobody can be ready. */
export const shiftSchema = z
  .strictObject({
    days: weekdaysSchema,
    from: clockTime,
    until: clockTime,
  })
  .refine((shift) => shift.from < shift.until, {
    message: 'is an impossible shift; expected `until` later than `from`',
    path: ['until'],
  });
export type Shift = z.infer<typeof shiftSchema>;

/** What a call asks of the agent who takes it. */
export interface AgentDemand {
  readonly teamIds: readonly string[];
  /** Skill → the least level that will do. */
  readonly skills: Skills;
  /** Any one of these will do; empty: whatever they speak. */
  readonly languages: readonly string[];
  /** Whom the contact belongs to, taken before all others if free and fit: callback owner, then relationship. */
  readonly preferredAgentIds: readonly string[];
  /** Nobody else will do: a callback waits for its owner. */
  readonly onlyPreferred?: boolean;
}

/** Why no agent could be found, as told to whoever asks; a code and what is wanting. */
export type NoAgentReason =
  | { readonly code: 'agents.none_in_team' }
  | { readonly code: 'agents.none_with_skill'; readonly skills: readonly string[] }
  | { readonly code: 'agents.none_with_language'; readonly languages: readonly string[] }
  | { readonly code: 'agents.none_signed_in' }
  | { readonly code: 'agents.none_free' };
