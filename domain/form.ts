import { z } from 'zod';
import type { Fault } from './failures.ts';

/**
 * A form (数据录入): what an agent fills in during and after a call, as the campaign asks for it. Fields are a list, in the
 * order in which they are shown; what is filled in is about a person and is sealed where it is kept.
 */

const fieldName = z
  .string()
  .regex(/^[a-z][A-Za-z0-9_]{0,62}$/, 'is not a field name; expected a letter, then letters, digits and _');
const label = z.string().trim().min(1, 'is empty; expected what the agent is asked').max(200);
const common = { name: fieldName, label, required: z.boolean().default(false) };
const choices = z.array(z.string().trim().min(1).max(100)).min(1, 'is empty; expected at least one').max(100);

export const formFieldSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...common,
    type: z.literal('text'),
    maxLength: z.number().int().min(1).max(4_000).default(500),
  }),
  z.strictObject({
    ...common,
    type: z.enum(['integer', 'decimal']),
    min: z.number().nullable().default(null),
    max: z.number().nullable().default(null),
  }),
  z.strictObject({ ...common, type: z.literal('boolean') }),
  /** A calendar day, YYYY-MM-DD. */
  z.strictObject({ ...common, type: z.literal('date') }),
  z.strictObject({ ...common, type: z.enum(['choice', 'choices']), options: choices }),
]);
export type FormField = z.infer<typeof formFieldSchema>;

export const FORM_FIELDS_MAX = 100;

export const formSchema = z
  .array(formFieldSchema)
  .max(FORM_FIELDS_MAX, `has too many fields; expected at most ${FORM_FIELDS_MAX}`)
  .superRefine((fields, context) => {
    fields.forEach((field, i) => {
      if (fields.findIndex(({ name }) => name === field.name) < i) {
        context.addIssue({
          code: 'custom',
          path: [i, 'name'],
          message: `names ${field.name} again; expected a name of its own`,
        });
      }
      if (
        (field.type === 'integer' || field.type === 'decimal') &&
        field.min !== null &&
        field.max !== null &&
        field.min > field.max
      ) {
        context.addIssue({
          code: 'custom',
          path: [i, 'min'],
          message: 'is above `max`; expected min ≤ max',
        });
      }
    });
  });
export type Form = z.infer<typeof formSchema>;

export type FormValue = string | number | boolean | readonly string[];
export type FormData = Readonly<Record<string, FormValue>>;

/**
 * What is wrong with what was filled in, field by field; empty: nothing. Values are never repeated: they are about a person.
 * @param alsoRequired fields that the chosen disposition asks for besides
 */
export function formFaults(form: Form, data: FormData, alsoRequired: readonly string[] = []): Fault[] {
  const unknown = Object.keys(data)
    .filter((name) => !form.some((field) => field.name === name))
    .map((name) => ({
      field: `form.${name}`,
      fault: 'is no field of the campaign’s form',
      expected: form.length === 0 ? 'no form data' : `one of ${form.map((field) => field.name).join(', ')}`,
    }));
  return [
    ...unknown,
    ...form.flatMap((field) =>
      fieldFaults(field, data[field.name], field.required || alsoRequired.includes(field.name)),
    ),
  ];
}

function fieldFaults(field: FormField, value: FormValue | undefined, required: boolean): Fault[] {
  const fault = (what: string, expected: string): Fault[] => [
    { field: `form.${field.name}`, fault: what, expected },
  ];
  if (value === undefined) return required ? fault('is missing', expectedOf(field)) : [];
  const blank = typeof value === 'string' && value.trim() === '';
  if (required && (blank || (Array.isArray(value) && value.length === 0))) {
    return fault('is empty', expectedOf(field));
  }
  return fits(field, value) ? [] : fault('does not fit', expectedOf(field));
}

function fits(field: FormField, value: FormValue): boolean {
  switch (field.type) {
    case 'text':
      return typeof value === 'string' && value.length <= field.maxLength;
    case 'integer':
      return Number.isSafeInteger(value) && within(field, value as number);
    case 'decimal':
      return typeof value === 'number' && Number.isFinite(value) && within(field, value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'date':
      return z.iso.date().safeParse(value).success;
    case 'choice':
      return typeof value === 'string' && field.options.includes(value);
    case 'choices':
      return (
        Array.isArray(value) &&
        new Set(value).size === value.length &&
        value.every((one: string) => field.options.includes(one))
      );
  }
}

function within(
  { min, max }: { readonly min: number | null; readonly max: number | null },
  value: number,
): boolean {
  return (min === null || value >= min) && (max === null || value <= max);
}

function expectedOf(field: FormField): string {
  switch (field.type) {
    case 'text':
      return `a text of up to ${field.maxLength} characters`;
    case 'integer':
    case 'decimal':
      return [
        field.type === 'integer' ? 'a whole number' : 'a number',
        ...(field.min === null ? [] : [`at least ${field.min}`]),
        ...(field.max === null ? [] : [`at most ${field.max}`]),
      ].join(', ');
    case 'boolean':
      return 'true or false';
    case 'date':
      return 'a day such as 2026-11-28';
    case 'choice':
      return `one of ${field.options.join(', ')}`;
    case 'choices':
      return `some of ${field.options.join(', ')}, each once`;
  }
}
