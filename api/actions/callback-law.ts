import type { Tx } from '../../db/client.ts';
import type { Window } from '../../domain/callback.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Clock } from '../../domain/clock.ts';
import { RightcallError, invalidInput, type Fault } from '../../domain/failures.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import { knownZonesOf } from '../../gate/places.ts';
import type { PolicyReader } from '../../gate/policy-source.ts';
import { lawOfWindow, type PromiseLaw } from '../../gate/promise-law.ts';
import { MESSAGES } from '../story/messages/index.ts';
import { remedyText } from '../story/rules.ts';
import { tellingOf } from '../story/telling.ts';
import { windowFaults, windowText, type SaidWindow } from './callback-window.ts';

/** What the policies say today of the beginning of a promised window; the gate decides anew when it comes. */
export type PromiseWarning = Omit<Extract<PromiseLaw, { kind: 'warned' }>, 'kind'>;

/** How the beginning of a window was said, and what bounds it. */
export interface SaidBeginning {
  readonly field: 'at' | 'from';
  /** The end of the campaign; null: it has none. */
  readonly endsAt: EpochMs | null;
}

export function beginningOf(
  { at }: SaidWindow,
  { schedule: { endAt } }: Pick<CampaignDefinition, 'schedule'>,
): SaidBeginning {
  return { field: at === undefined ? 'from' : 'at', endsAt: endAt === null ? null : Date.parse(endAt) };
}

interface LawDeps {
  readonly clock: Clock;
  readonly policies: PolicyReader;
}

/**
 * Whether a call could be made within the window, by the rules and facts of now; stores nothing. Who may not be called for
 * what is on record of them is promised nothing, whoever asks: rules go by consents and the like, and a wish to be called
 * is none. A denial that somebody's upkeep ends, such as a list that is out of date, is warned of.
 * @returns what stands against its beginning; null: nothing does
 * @throws RightcallError `refused` where the person may not be called, with what would be right by each rule; or where no
 * instant of the window would be allowed, with the next window that would be
 */
export async function requireLegal(
  tx: Tx,
  deps: LawDeps,
  contactId: string,
  window: Window,
  said: SaidBeginning,
): Promise<PromiseWarning | null> {
  const law = await lawOfWindow(tx, deps, contactId, window);
  switch (law.kind) {
    case 'allowed':
      return null;
    case 'barred':
      throw barred(law, window.fromAt);
    case 'outside':
      throw outside(window, law, said);
    case 'warned': {
      const { verdict, allowedFrom, reasons } = law;
      return { verdict, allowedFrom, reasons };
    }
  }
}

/**
 * That a window is one that can be promised at all.
 * @throws RightcallError `invalid_input` naming what is wrong with it; of one in the past with the next that could be had
 */
export async function requireSound(
  tx: Tx,
  deps: LawDeps,
  contactId: string,
  window: Window,
  { field, endsAt }: SaidBeginning,
): Promise<void> {
  const at = deps.clock.now();
  const lengthMs = window.untilAt - window.fromAt;
  const isPast = window.fromAt < at && lengthMs > 0;
  const offered = isPast ? await nextWindow(tx, deps, contactId, lengthMs, endsAt) : null;
  const faults = windowFaults(window, at, endsAt, field, offered);
  if (faults.length > 0) throw invalidInput(faults);
}

/** The next window of this length in which a call could be made; null: there is none before `endsAt`, as things stand. */
async function nextWindow(
  tx: Tx,
  deps: LawDeps,
  contactId: string,
  lengthMs: number,
  endsAt: EpochMs | null,
): Promise<Window | null> {
  const now = deps.clock.now();
  const law = await lawOfWindow(tx, deps, contactId, { fromAt: now, untilAt: now + lengthMs });
  if (law.kind === 'barred') return null;
  const fromAt = law.kind === 'allowed' ? now : (law.allowedFrom ?? now);
  return endsAt !== null && fromAt >= endsAt ? null : { fromAt, untilAt: fromAt + lengthMs };
}

function barred({ by }: Extract<PromiseLaw, { kind: 'barred' }>, at: EpochMs): RightcallError {
  const text = 'the person may not be called then by what is on record of them, so nothing is promised';
  const field = 'contactId';
  if (by === null) {
    const fault = {
      field,
      fault: 'has no number (number.missing)',
      expected: 'a number of the person on record',
    };
    return new RightcallError('refused', text, { faults: [fault] });
  }
  const { purpose, channel } = by.facts;
  const tell = tellingOf({ at, purpose, channel, zones: knownZonesOf(by.facts) }, MESSAGES.en);
  // Rules of law and house often ask for the same.
  const rulesBy = new Map<string, { reason: string; expected: string; rules: string[] }>();
  for (const { rule, reason, ways } of by.rules) {
    const expected =
      ways.map((way) => remedyText(way, tell, MESSAGES.en)).join('; or ') || 'somebody else to call';
    const same = rulesBy.get(`${reason} ${expected}`) ?? { reason, expected, rules: [] };
    rulesBy.set(`${reason} ${expected}`, { ...same, rules: [...same.rules, rule] });
  }
  const faults = [...rulesBy.values()].map(({ reason, expected, rules }): Fault => {
    return { field, fault: `may not be called by ${rules.join(', ')} (${reason})`, expected };
  });
  return new RightcallError('refused', text, { faults });
}

function outside(
  window: Window,
  { allowedFrom, reasons }: Extract<PromiseLaw, { kind: 'outside' }>,
  { field, endsAt }: SaidBeginning,
): RightcallError {
  const fault = `leaves no instant of the window at which a call is allowed (${reasons.join(', ')})`;
  if (endsAt !== null && allowedFrom >= endsAt) {
    const expected = `a later end of the campaign, which ends on ${toIso(endsAt)}: a call is allowed from ${toIso(allowedFrom)}`;
    const text = 'no call is allowed in this window, nor in any later one before the campaign ends';
    return new RightcallError('refused', text, { faults: [{ field, fault, expected }] });
  }
  const offered = windowText({
    fromAt: allowedFrom,
    untilAt: allowedFrom + (window.untilAt - window.fromAt),
  });
  const expected = `a window that reaches beyond ${offered.from}, from which a call is allowed`;
  const text = `no call is allowed in this window; the next one is ${offered.from} to ${offered.until}`;
  return new RightcallError('refused', text, { faults: [{ field, fault, expected, offered }] });
}
