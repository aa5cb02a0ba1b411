/**
 * Independent of the evaluator: what a wall clock in a zone shows at an instant, asked of Intl alone, and
 * whether that is inside windows. Slow and plain on purpose.
 */
export interface Wall {
  readonly weekday: string;
  readonly date: string;
  readonly minuteOfDay: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

export function wallAt(zone: string, t: number): Wall {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(t).map((part) => [part.type, part.value]));
  return {
    weekday: parts['weekday']!.toLowerCase(),
    date: `${parts['year']}-${parts['month']}-${parts['day']}`,
    minuteOfDay: Number(parts['hour']) * 60 + Number(parts['minute']),
  };
}

/** True when the wall clock in the zone is inside one of the windows (`HH:MM-HH:MM`) of its weekday. */
export function insideWindows(
  zone: string,
  t: number,
  windows: Readonly<Record<string, readonly string[]>>,
): boolean {
  const wall = wallAt(zone, t);
  return (windows[wall.weekday] ?? []).some((window) => {
    const [start, end] = window.split('-').map((text) => {
      const [hour, minute] = text.split(':').map(Number);
      return hour! * 60 + minute!;
    });
    return wall.minuteOfDay >= start! && wall.minuteOfDay < end!;
  });
}

/** Instants near a change of offset in 2025–2027, found by hourly comparison; empty where there is none. */
export function offsetChanges(zone: string): number[] {
  const changes: number[] = [];
  const hour = 3_600_000;
  const day = 24 * hour;
  const shift = (t: number) => {
    const wall = wallAt(zone, t);
    return Date.parse(`${wall.date}T00:00:00Z`) + wall.minuteOfDay * 60_000 - Math.floor(t / 60_000) * 60_000;
  };
  for (let t = Date.UTC(2025, 0, 1); t < Date.UTC(2028, 0, 1); t += day) {
    if (shift(t) === shift(t + day)) continue;
    for (let h = t; h < t + day; h += hour) if (shift(h) !== shift(h + hour)) changes.push(h + hour);
  }
  return changes;
}
