import { z } from 'zod';
import { citationSchema, confidenceSchema, dateSchema, jurisdictionSchema } from './citation.ts';
import type { LocalDay } from './zones.ts';
import { dayOfDate, weekdayOf } from './zones.ts';

/** Days off are inclusive on both ends; `to` is left out for a single day. */
const daysOffSchema = z.strictObject({
  name: z.string().min(1),
  from: dateSchema,
  to: dateSchema.optional(),
});

/** An official calendar as data. Outside its coverage nothing is known, so nothing is allowed (I6). */
export const calendarDocumentSchema = z
  .strictObject({
    kind: z.literal('calendar'),
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/, 'is not lower-case words joined by hyphens'),
    version: z.number().int().positive(),
    title: z.string().min(1),
    jurisdiction: z.array(jurisdictionSchema).min(1),
    /** First and last day that the calendar speaks of. */
    coverage: z.strictObject({ from: dateSchema, to: dateSchema }),
    /** At least one: a calendar without days off says nothing, and is more likely not filled in. */
    daysOff: z.array(daysOffSchema).min(1, 'is empty; expected at least one day off'),
    /** Working days on what would be a weekend (调休上班). */
    workdays: z.array(dateSchema),
    sources: z
      .array(z.strictObject({ citation: citationSchema, confidence: confidenceSchema, covers: z.string() }))
      .min(1),
    notes: z.string().optional(),
  })
  .superRefine((calendar, context) => {
    const { from, to } = calendar.coverage;
    const fail = (path: PropertyKey[], message: string, expected: string) =>
      context.addIssue({ code: 'custom', path, message, params: { expected } });
    if (to < from) fail(['coverage', 'to'], 'is before coverage.from', 'a day at or after coverage.from');
    const days = new Set<LocalDay>();
    calendar.daysOff.forEach((off, index) => {
      const last = off.to ?? off.from;
      if (last < off.from) fail(['daysOff', index, 'to'], 'is before from', 'a day at or after from');
      if (off.from < from || last > to) {
        fail(['daysOff', index], 'lies outside the coverage', `days from ${from} to ${to}`);
      }
      for (let day = dayOfDate(off.from); day <= dayOfDate(last); day += 1) days.add(day);
    });
    calendar.workdays.forEach((date, index) => {
      if (date < from || date > to) {
        fail(['workdays', index], 'lies outside the coverage', `a day from ${from} to ${to}`);
      }
      if (days.has(dayOfDate(date))) {
        fail(['workdays', index], 'is a day off too', 'a day that is in one list only');
      }
    });
  });
export type CalendarDocument = z.input<typeof calendarDocumentSchema>;

export interface CompiledCalendar {
  readonly id: string;
  readonly version: number;
  readonly firstDay: LocalDay;
  readonly lastDay: LocalDay;
  /** Days off by local day, with their names. */
  readonly daysOff: ReadonlyMap<LocalDay, string>;
  readonly workdays: ReadonlySet<LocalDay>;
}

export function compileCalendar(document: z.output<typeof calendarDocumentSchema>): CompiledCalendar {
  const daysOff = new Map<LocalDay, string>();
  for (const off of document.daysOff) {
    const last = dayOfDate(off.to ?? off.from);
    for (let day = dayOfDate(off.from); day <= last; day += 1) daysOff.set(day, off.name);
  }
  return {
    id: document.id,
    version: document.version,
    firstDay: dayOfDate(document.coverage.from),
    lastDay: dayOfDate(document.coverage.to),
    daysOff,
    workdays: new Set(document.workdays.map(dayOfDate)),
  };
}

/**
 * True for a working day: a make-up workday, or Monday to Friday and not a day off. Without a calendar every
 * Monday to Friday is one. Null outside the calendar's coverage: not known.
 */
export function isBusinessDay(calendar: CompiledCalendar | null, day: LocalDay): boolean | null {
  const weekday = weekdayOf(day);
  const usual = weekday !== 'sat' && weekday !== 'sun';
  if (calendar === null) return usual;
  if (day < calendar.firstDay || day > calendar.lastDay) return null;
  if (calendar.workdays.has(day)) return true;
  return usual && !calendar.daysOff.has(day);
}
