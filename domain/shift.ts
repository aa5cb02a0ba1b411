import type { Shift } from './agent.ts';
import { DAY_MS, MINUTE_MS, type EpochMs } from './time.ts';
import { minutesOf, wallClock, WEEKDAYS } from './wall-clock.ts';

/**
 * Shifts (班次) on the clock of an agent's zone. Zones are asked of the runtime's own tables, so that a clock that is put
 * forward or back moves a shift as it moves everybody's day.
 */

const DAY_MINUTES = 24 * 60;

interface LocalTime {
  /** 0 is Sunday. */
  readonly day: number;
  /** Since midnight, on the clock. */
  readonly minute: number;
}

function localTime(zone: string, at: EpochMs): LocalTime {
  const { weekday, hour, minute } = wallClock(zone, at);
  return { day: WEEKDAYS.indexOf(weekday), minute: hour * 60 + minute };
}

/** Whether somebody may be ready now. @param shifts null: at any time @param zone IANA, one that the runtime knows */
export function isOnShift(shifts: readonly Shift[] | null, zone: string, at: EpochMs): boolean {
  if (shifts === null) return true;
  const { day, minute } = localTime(zone, at);
  return shifts.some(
    (shift) =>
      shift.days.includes(WEEKDAYS[day]!) &&
      minutesOf(shift.from) <= minute &&
      minute < minutesOf(shift.until),
  );
}

/** When the shift that somebody is in ends, to the minute; null: they are in none, or may be ready at any time. */
export function shiftEndsAt(shifts: readonly Shift[] | null, zone: string, at: EpochMs): EpochMs | null {
  if (shifts === null) return null;
  const { day, minute } = localTime(zone, at);
  const ends = shifts
    .filter(({ days, from, until }) => {
      return days.includes(WEEKDAYS[day]!) && minutesOf(from) <= minute && minute < minutesOf(until);
    })
    .map(({ until }) => Math.floor(at / MINUTE_MS) * MINUTE_MS + (minutesOf(until) - minute) * MINUTE_MS);
  return ends.length === 0 ? null : Math.max(...ends);
}

/** When the next shift begins after `at`, to the minute; null: there is none, or they may be ready at any time. */
export function nextShiftAt(shifts: readonly Shift[] | null, zone: string, at: EpochMs): EpochMs | null {
  if (shifts === null) return null;
  const now = localTime(zone, at);
  const starts = shifts.flatMap((shift) =>
    shift.days.map((name) => {
      const ahead = (WEEKDAYS.indexOf(name) - now.day) * DAY_MINUTES + minutesOf(shift.from) - now.minute;
      const minutes = ahead > 0 ? ahead : ahead + 7 * DAY_MINUTES;
      return onTheClock(zone, Math.floor(at / MINUTE_MS) * MINUTE_MS + minutes * MINUTE_MS, shift.from);
    }),
  );
  return starts.length === 0 ? null : Math.min(...starts);
}

/** Mend a guess that counted every day as 24 hours: the clock may have been put forward or back on the way. */
function onTheClock(zone: string, guess: EpochMs, from: string): EpochMs {
  const off = minutesOf(from) - localTime(zone, guess).minute;
  const nearest =
    off > DAY_MINUTES / 2 ? off - DAY_MINUTES : off < -DAY_MINUTES / 2 ? off + DAY_MINUTES : off;
  return Math.min(guess + nearest * MINUTE_MS, guess + DAY_MS);
}
