import type { Window } from '../../domain/callback.ts';
import { invalidInput, type Fault } from '../../domain/failures.ts';
import { DAY_MS, MINUTE_MS, toIso, type EpochMs } from '../../domain/time.ts';
import { instantOfWall, isKnownZone, offsetAt } from '../../policies/index.ts';

/**
 * A window as people say it: from and until, or an exact time; instants with an offset, or times on the clock of a zone,
 * which is the person's own where none is named.
 */
export interface SaidWindow {
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  /** An exact time; it is kept within the campaign's `callbacks.exactMinutes`. */
  readonly at?: string | undefined;
  /** IANA name of the zone on whose clock times without an offset stand. */
  readonly zone?: string | undefined;
}

/** An instant, or a time on a clock; to the millisecond, as the engine counts. */
export const MOMENT =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?$/;

/** Whether there is such a day: 30 February would be read as one of March. */
export function isDate(moment: string): boolean {
  const day = moment.slice(0, 10);
  const at = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
}

/** A window that a machine can keep: the pacer looks at due contacts every few seconds. */
const WINDOW_MIN_MS = MINUTE_MS;
/** As far ahead as the policies are searched (policies/intervals.ts), a month off. */
const AHEAD_MAX_MS = 366 * DAY_MS;

/**
 * The window that is meant, as instants; parts that were not said are left out.
 * @param zonesOfPerson where the person may be, as far as their number tells
 * @throws RightcallError `invalid_input` naming each part that means no instant, or two
 */
export function windowSaid(
  said: SaidWindow,
  zonesOfPerson: readonly string[],
  exactMinutes: number,
): Partial<Window> {
  const faults: Fault[] = [];
  const { at } = said;
  if (at !== undefined && (said.from !== undefined || said.until !== undefined)) {
    const expected = 'an exact time alone, or `from` and `until`';
    throw invalidInput([{ field: 'at', fault: 'stands beside a window', expected }]);
  }
  const named = { at, from: said.from, until: said.until };
  const locals = Object.entries(named).filter(([, text]) => text !== undefined && isLocal(text));
  const all = Object.values(named).filter((text) => text !== undefined).length;
  if (locals.length > 0 && locals.length < all) {
    const expected = 'an offset, as the other has, such as +08:00; or both without, and their `zone`';
    throw invalidInput([{ field: locals[0]![0], fault: 'has no offset', expected }]);
  }
  const zone = locals.length === 0 ? null : zoneOf(said.zone, zonesOfPerson);
  const read = (field: 'at' | 'from' | 'until') => {
    const text = named[field];
    if (text === undefined) return undefined;
    const found = zone === null ? { at: Date.parse(text) } : atClock(text, zone);
    if ('at' in found) return found.at;
    faults.push({ field, ...found });
    return undefined;
  };
  const exact = read('at');
  const window =
    exact === undefined
      ? { fromAt: read('from'), untilAt: read('until') }
      : { fromAt: exact, untilAt: exact + exactMinutes * MINUTE_MS };
  if (faults.length > 0) throw invalidInput(faults);
  return Object.fromEntries(Object.entries(window).filter(([, part]) => part !== undefined));
}

/** A whole window. @throws as `windowSaid`, and where a part is missing */
export function wholeWindow(...input: Parameters<typeof windowSaid>): Window {
  const { fromAt, untilAt } = windowSaid(...input);
  const faults = Object.entries({ from: fromAt, until: untilAt })
    .filter(([, at]) => at === undefined)
    .map(([field]) => ({
      field,
      fault: 'is missing',
      expected: '`from` and `until`, or an exact time `at`',
    }));
  if (fromAt === undefined || untilAt === undefined) throw invalidInput(faults);
  return { fromAt, untilAt };
}

export function windowText({ fromAt, untilAt }: Window): { from: string; until: string } {
  return { from: toIso(fromAt), until: toIso(untilAt) };
}

/** Whether times are said that stand on a clock whose zone is not named. */
export function isOnClock({ at, from, until, zone }: SaidWindow): boolean {
  return zone === undefined && [at, from, until].some((text) => text !== undefined && isLocal(text));
}

function isLocal(text: string): boolean {
  return !/(Z|[+-]\d\d:\d\d)$/.test(text);
}

function zoneOf(named: string | undefined, zonesOfPerson: readonly string[]): string {
  if (named !== undefined && isKnownZone(named)) return named;
  const expected =
    zonesOfPerson.length === 0
      ? 'an IANA name such as Asia/Shanghai'
      : `the one that the person is in: ${zonesOfPerson.slice(0, 10).join(', ')}`;
  if (named === undefined) {
    const [only] = zonesOfPerson;
    if (only !== undefined && zonesOfPerson.length === 1) return only;
    const fault =
      only === undefined ? 'is missing, and not known of the person' : 'is missing, and may be several';
    throw invalidInput([{ field: 'zone', fault, expected }]);
  }
  throw invalidInput([{ field: 'zone', fault: 'is no zone', expected }]);
}

/** What a clock in the zone means by a time; one that it skips, or shows twice, means none. */
function atClock(text: string, zone: string): { at: EpochMs } | Pick<Fault, 'fault' | 'expected'> {
  const wallMs = Date.parse(`${text}Z`);
  const earlier = instantOfWall(zone, wallMs, 'earlier');
  const later = instantOfWall(zone, wallMs, 'later');
  if (earlier !== later) {
    return {
      fault: `comes twice in ${zone}, as clocks go back`,
      expected: `the instant that is meant: ${toIso(earlier)} or ${toIso(later)}`,
    };
  }
  // Of a time that is skipped the change is told, at which its clock shows another.
  if (earlier + offsetAt(zone, earlier) !== wallMs) {
    return {
      fault: `is skipped in ${zone}, as clocks go forward`,
      expected: `a time before or after ${toIso(earlier)}`,
    };
  }
  return { at: earlier };
}

/**
 * What is wrong with a promised window, at `now`; field by field.
 * @param field in which its beginning was said
 * @param offered a window to be had instead of one in the past; null: none is known
 */
export function windowFaults(
  window: Window,
  now: EpochMs,
  campaignEndsAt: EpochMs | null,
  field: 'at' | 'from',
  offered: Window | null,
): Fault[] {
  const faults: Fault[] = [];
  if (window.fromAt < now) {
    const expected = `an instant from ${toIso(now)} on`;
    const fault = 'lies in the past';
    if (offered === null) faults.push({ field, fault, expected });
    else {
      const next = windowText(offered);
      const said = `${expected}; a call is allowed from ${next.from}`;
      faults.push({ field, fault, expected: said, offered: next });
    }
  }
  if (window.fromAt > now + AHEAD_MAX_MS) {
    faults.push({ field, fault: 'is too far ahead', expected: 'an instant within 366 days' });
  }
  if (campaignEndsAt !== null && window.fromAt >= campaignEndsAt) {
    const expected = `an instant before ${toIso(campaignEndsAt)}, or a later end of the campaign`;
    faults.push({ field, fault: 'lies after the end of the campaign', expected });
  }
  if (window.untilAt < window.fromAt + WINDOW_MIN_MS) {
    faults.push({
      field: 'until',
      fault: 'is not after `from`',
      expected: 'an instant a minute later, or more',
    });
  }
  if (window.untilAt > window.fromAt + AHEAD_MAX_MS) {
    faults.push({
      field: 'until',
      fault: 'is too far from `from`',
      expected: 'a window of 366 days at most',
    });
  }
  return faults;
}
