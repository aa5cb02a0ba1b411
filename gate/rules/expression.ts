import { Environment, EvaluationError, ParseError, TypeError as CelTypeError } from '@marcbachmann/cel-js';
import { EXPRESSION_MAX, type AttributeType } from '../../domain/campaign-rules.ts';

/**
 * Expressions over a contact's attributes, in CEL. What people write here runs for every contact of a campaign, so it is
 * checked by type beforehand, cannot loop over anything but a list that it spells out itself, and calls nothing but a few
 * plain functions: no regular expressions, whose time has no bound.
 */

/** What went wrong, and from which character on (from 1). */
export interface ExpressionFault {
  readonly position: number;
  readonly fault: string;
  readonly expected: string;
}

export type Outcome =
  | { readonly kind: 'value'; readonly value: boolean }
  /** It could not be worked out for this contact, such as for want of an attribute; no value of theirs is in it. */
  | { readonly kind: 'fault'; readonly fault: string };

export interface Expression {
  evaluate(attributes: Readonly<Record<string, unknown>>): Outcome;
}

/** Generous for what a person would write; an expression at each limit is evaluated in well under a millisecond. */
const LIMITS = {
  maxAstNodes: 300,
  maxDepth: 32,
  maxListElements: 200,
  maxMapEntries: 0,
  maxCallArguments: 4,
};

/** Whatever else CEL knows is refused: it is unbounded, or of no use for single values. */
const FUNCTIONS = new Set([
  'has',
  'size',
  'startsWith',
  'endsWith',
  'contains',
  'lowerAscii',
  'upperAscii',
  'trim',
  'int',
  'double',
  'string',
  'bool',
  'timestamp',
  'duration',
  'exists',
  'all',
  'getFullYear',
  'getMonth',
  'getDate',
  'getDayOfMonth',
  'getDayOfWeek',
  'getDayOfYear',
  'getHours',
  'getMinutes',
]);

const LOOPS = new Set(['exists', 'all']);

const CEL_TYPES = {
  text: 'string',
  number: 'double',
  boolean: 'bool',
  date: 'google.protobuf.Timestamp',
} as const satisfies Record<AttributeType, string>;

type Types = Readonly<Record<string, AttributeType>>;
type Node = ReturnType<Environment['parse']>['ast'];

/** An environment in which `contact` has these attributes. Numbers are doubles, and compare with whole ones. */
export function environmentOf(types: Types): Environment {
  const schema = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, CEL_TYPES[type]]));
  const env = new Environment({ limits: LIMITS });
  // With no attributes there is nothing to name: any use of one is an unknown variable.
  if (Object.keys(schema).length > 0) env.registerVariable({ name: 'contact', schema });
  env.registerOperator('double == int', (a: number, b: bigint) => a === Number(b));
  env.registerOperator('double + int', (a: number, b: bigint) => a + Number(b));
  env.registerOperator('double - int', (a: number, b: bigint) => a - Number(b));
  env.registerOperator('double * int', (a: number, b: bigint) => a * Number(b));
  env.registerOperator('double / int', (a: number, b: bigint) => a / Number(b));
  return env;
}

/** @returns the expression, or what is wrong with it. */
export function compile(
  env: Environment,
  types: Types,
  source: string,
): { readonly expression: Expression } | ExpressionFault {
  if (source.length > EXPRESSION_MAX) {
    return at(EXPRESSION_MAX, `is longer than ${EXPRESSION_MAX} characters`, 'a shorter expression');
  }
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = env.parse(source);
    const forbidden = forbiddenIn(parsed.ast, 0);
    if (forbidden !== null) return forbidden;
    const checked = parsed.check();
    if (!checked.valid) return faultOf(checked.error, types, source);
    if (checked.type !== 'bool') {
      const fault = `gives ${nameOf(checked.type)} instead of true or false`;
      return at(0, fault, 'a condition such as contact.balance > 100');
    }
  } catch (error) {
    return faultOf(error, types, source);
  }
  return {
    expression: {
      evaluate: (attributes) => {
        try {
          const value: unknown = parsed({ contact: valuesOf(types, attributes) });
          if (typeof value === 'boolean') return { kind: 'value', value };
          return { kind: 'fault', fault: 'gave no condition' };
        } catch (error) {
          return { kind: 'fault', fault: evaluationFault(error, types, source) };
        }
      },
    },
  };
}

/** What an expression that was accepted says, for people. */
export interface ExpressionParts {
  /** Its conditions that must all hold, as they are written. */
  readonly conditions: readonly string[];
  /** Attributes that it names, in the order in which it does. */
  readonly attributes: readonly string[];
}

export function partsOf(env: Environment, source: string): ExpressionParts {
  const conditions: string[] = [];
  const attributes = new Set<string>();
  const split = ({ op, args, start, end }: Node): void => {
    if (op === '&&') (args as Node[]).forEach(split);
    else conditions.push(source.slice(start, end));
  };
  const gather = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(gather);
    if (typeof node !== 'object' || node === null || !('op' in node)) return;
    const { op, args } = node as { op: string; args: unknown };
    if (op === '.' && Array.isArray(args) && isContact(args[0])) attributes.add(String(args[1]));
    else gather(args);
  };
  const { ast } = env.parse(source);
  split(ast);
  gather(ast);
  return { conditions, attributes: [...attributes] };
}

function isContact(node: unknown): boolean {
  const { op, args } = node as { op?: unknown; args?: unknown };
  return op === 'id' && args === 'contact';
}

/** Attributes as they are declared; those that are missing, empty or cannot be read so are absent. */
export function valuesOf(
  types: Types,
  attributes: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(types)) {
    if (!Object.hasOwn(attributes, name)) continue;
    const value = valueOf(type, attributes[name]);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)$/;
const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

function valueOf(type: AttributeType, value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  const text = String(value).trim();
  if (text === '') return undefined;
  switch (type) {
    case 'text':
      return text;
    case 'number': {
      const number = NUMBER.test(text) ? Number(text) : typeof value === 'number' ? value : Number.NaN;
      return Number.isFinite(number) ? number : undefined;
    }
    case 'boolean': {
      if (/^(true|yes|y|1|是)$/i.test(text)) return true;
      return /^(false|no|n|0|否)$/i.test(text) ? false : undefined;
    }
    case 'date': {
      const date = DATE.test(text) ? new Date(text) : null;
      return date === null || Number.isNaN(date.getTime()) ? undefined : date;
    }
  }
}

/** The first call of what is not allowed, or loop within a loop. */
function forbiddenIn(node: unknown, loops: number): ExpressionFault | null {
  if (Array.isArray(node)) {
    for (const one of node) {
      const found = forbiddenIn(one, loops);
      if (found !== null) return found;
    }
    return null;
  }
  if (typeof node !== 'object' || node === null || !('op' in node)) return null;
  const { op, args, start } = node as Node & { readonly args: unknown; readonly start: number };
  let within = loops;
  if (op === 'call' || op === 'rcall') {
    const [name, receiver] = args as [string, unknown];
    if (!FUNCTIONS.has(name)) {
      return at(start, `calls ${name}, which is no function here`, `one of ${[...FUNCTIONS].join(', ')}`);
    }
    if (LOOPS.has(name)) {
      within += 1;
      if (within > 1) return at(start, 'loops within a loop', 'one loop over a list');
      if ((receiver as { op?: unknown } | undefined)?.op !== 'list') {
        return at(start, `calls ${name} of no list`, 'a list that is spelt out, such as ["a", "b"]');
      }
    }
  }
  return forbiddenIn(args, within);
}

function at(start: number, fault: string, expected: string): ExpressionFault {
  return { position: start + 1, fault, expected };
}

function faultOf(error: unknown, types: Types, source: string): ExpressionFault {
  const { code, range, summary } = error as {
    code?: string;
    range?: { start: number; end: number };
    summary?: string;
  };
  if (!(error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError))
    throw error;
  const start = range?.start ?? 0;
  const named = source.slice(start, range?.end ?? start);
  if (code === 'no_such_key' || code === 'unknown_variable') {
    const what =
      code === 'no_such_key'
        ? `names ${named}, which is no attribute`
        : `names ${named}, which is nothing here`;
    return at(start, what, nearWords(named, Object.keys(types)));
  }
  if (code === 'limit_exceeded') return at(start, 'is too large or too deep', 'a simpler expression');
  const fault = lowerFirst(summary ?? 'cannot be read');
  if (error instanceof ParseError)
    return at(start, `cannot be read: ${fault}`, 'an expression in CEL (docs/campaign-rules.md)');
  return at(start, fault, 'operands of types that go together (docs/campaign-rules.md)');
}

/** Words without values: what CEL says of a conversion may quote one. */
function evaluationFault(error: unknown, types: Types, source: string): string {
  const { code, range } = error as { code?: string; range?: { start: number; end: number } };
  const named = range === undefined ? '' : source.slice(range.start, range.end);
  if (code === 'no_such_key' && Object.hasOwn(types, named)) {
    return `has no ${named}, or it is no ${types[named]}`;
  }
  return `could not be worked out (${code ?? 'fault'})`;
}

/** The attributes there are, nearest first. */
function nearWords(named: string, known: readonly string[]): string {
  if (known.length === 0) return 'an attribute that `rules.attributes` declares; it declares none';
  const near = known
    .map((name) => ({ name, distance: distanceOf(named.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 5)
    .map(({ name }) => `contact.${name}`);
  return `an attribute that \`rules.attributes\` declares, such as ${near.join(', ')}`;
}

/** Levenshtein. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

function nameOf(type: unknown): string {
  return String(type).startsWith('$') ? 'the contact itself' : `a value of type ${String(type)}`;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
