import { z } from 'zod';
import type { Fault } from '../domain/failures.ts';
import { invalidInput } from '../domain/failures.ts';
import { purposeSchema } from '../domain/vocabulary.ts';
import type { CalendarDocument } from './calendar.ts';
import { calendarDocumentSchema } from './calendar.ts';
import { documentFaults } from './faults.ts';
import { canonicalHash } from './hash.ts';
import { ruleSchema } from './rule.ts';

/**
 * A versioned set of cited rules. A `law` pack may say which countries and purposes it covers, so that calls
 * there are not refused as uncovered; a `house` pack covers nothing and holds only house and vendor rules,
 * so that it can only narrow what the law's packs allow (I9).
 */
export const packDocumentSchema = z
  .strictObject({
    kind: z.literal('pack'),
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/, 'is not lower-case words joined by hyphens'),
    version: z.number().int().positive(),
    title: z.string().min(1),
    authority: z.enum(['law', 'house']),
    covers: z
      .array(
        z.strictObject({
          jurisdiction: z.string().regex(/^[A-Z]{2}$/, 'is not an ISO 3166-1 country code'),
          purposes: z.array(purposeSchema).min(1),
        }),
      )
      .default([]),
    rules: z.array(ruleSchema),
    notes: z.string().optional(),
  })
  .superRefine((pack, context) => {
    const fail = (path: PropertyKey[], message: string, expected: string) =>
      context.addIssue({ code: 'custom', path, message, params: { expected } });
    if (pack.authority === 'house' && pack.covers.length > 0) {
      fail(['covers'], 'is set in a house pack', 'nothing: only packs of the law cover a country');
    }
    pack.rules.forEach((rule, index) => {
      const ofLaw = rule.strength === 'law' || rule.strength === 'standard';
      if (pack.authority === 'house' && ofLaw) {
        fail(['rules', index, 'strength'], `is ${rule.strength} in a house pack`, 'house or vendor');
      }
      if (ofLaw && rule.confidence === 'P' && rule.citation.article === null) {
        const expected =
          'the article that was read, or confidence S where only a summary of the instrument was';
        fail(
          ['rules', index, 'citation', 'article'],
          'is not given, though the text is said to have been read',
          expected,
        );
      }
      if (!ofLaw && rule.exemptions.length > 0) {
        const expected =
          'none: only law and standards carry exemptions, whatever else binds can only tighten';
        fail(['rules', index, 'exemptions'], `are set on a ${rule.strength} rule`, expected);
      }
    });
  });
export type PackDocument = z.input<typeof packDocumentSchema>;

/** What packs and calendars are stored and published as; plain JSON. */
export type PolicyDocument = PackDocument | CalendarDocument;

export type ParsedPack = z.output<typeof packDocumentSchema>;
export type ParsedCalendar = z.output<typeof calendarDocumentSchema>;

/** Lower-case hex SHA-256 over the document's RFC 8785 canonical JSON, as written (defaults not filled in). */
export function documentHash(document: PolicyDocument): string {
  return canonicalHash(document);
}

/** One document checked in form, or its faults; what it refers to is checked when a set is compiled. */
export function parseDocument(
  document: unknown,
): { pack: ParsedPack } | { calendar: ParsedCalendar } | { faults: Fault[] } {
  const { kind, id } = (document ?? {}) as { kind?: unknown; id?: unknown };
  const name = typeof id === 'string' ? id : 'document';
  if (kind === 'pack') {
    const parsed = packDocumentSchema.safeParse(document);
    return parsed.success ? { pack: parsed.data } : { faults: documentFaults(parsed.error, document, name) };
  }
  if (kind === 'calendar') {
    const parsed = calendarDocumentSchema.safeParse(document);
    return parsed.success
      ? { calendar: parsed.data }
      : { faults: documentFaults(parsed.error, document, name) };
  }
  return {
    faults: [{ field: `${name}.kind`, fault: 'is neither pack nor calendar', expected: 'pack | calendar' }],
  };
}

/**
 * The same value typed as a document, once its form is found right.
 * @throws invalid_input naming each fault
 */
export function asPolicyDocument(value: unknown): PolicyDocument {
  const parsed = parseDocument(value);
  if ('faults' in parsed) throw invalidInput(parsed.faults);
  return value as PolicyDocument;
}
