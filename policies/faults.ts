import type { z } from 'zod';
import type { Fault } from '../domain/failures.ts';

type Issue = z.core.$ZodIssue;

/** What a schema found, as faults that name field, fault and what would be right. */
export function faultsOf(error: z.ZodError, field: string): Fault[] {
  return error.issues.map((issue) => ({
    field: pathText(field, issue.path),
    fault: faultText(issue),
    expected: expectedText(issue),
  }));
}

function pathText(field: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    field,
  );
}

function faultText(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing or of the wrong type' : 'is of the wrong type';
    case 'unrecognized_keys':
      return `has unknown ${issue.keys.length === 1 ? 'field' : 'fields'} ${issue.keys.join(', ')}`;
    case 'invalid_value':
      return 'is not one of the values it may have';
    case 'too_small':
      return 'is too small or too short';
    case 'too_big':
      return 'is too large or too long';
    case 'custom':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
      return issue.message;
  }
}

function expectedText(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected;
    case 'unrecognized_keys':
      return 'only the fields that docs/policies.md lists';
    case 'invalid_value':
      return issue.values.map(String).join(' | ');
    case 'too_small':
      return `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'custom': {
      const params: Record<string, unknown> = issue.params ?? {};
      return typeof params['expected'] === 'string' ? params['expected'] : 'see docs/policies.md';
    }
    case 'invalid_format':
      return `a valid ${issue.format}`;
    case 'not_multiple_of':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
      return 'see docs/policies.md';
  }
}
