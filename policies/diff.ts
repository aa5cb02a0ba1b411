import { documentHash, type PolicyDocument } from './documents.ts';
import { documentKey } from './changes.ts';
import { canonicalJson } from './hash.ts';

/** One place of a document or rule that differs; undefined: it is not there. */
export interface FieldChange {
  /** Such as `params.windows.mon[0]`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface RuleChange {
  readonly id: string;
  readonly label: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Of a changed rule, every place that differs; of others, none. */
  readonly fields: readonly FieldChange[];
}

export interface DocumentChange {
  readonly kind: 'pack' | 'calendar';
  readonly id: string;
  readonly title: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly fromVersion: number | null;
  readonly toVersion: number | null;
  /** Places outside its rules. */
  readonly fields: readonly FieldChange[];
  readonly rules: readonly RuleChange[];
}

export interface SetDiff {
  readonly documents: readonly DocumentChange[];
  /** The same in words, a line each; empty: the sets are the same. */
  readonly lines: readonly string[];
}

/** What is different between two sets of documents, whatever their order. Pure. */
export function diffSets(from: readonly PolicyDocument[], to: readonly PolicyDocument[]): SetDiff {
  const before = new Map(from.map((document) => [documentKey(document), document]));
  const after = new Map(to.map((document) => [documentKey(document), document]));
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  const documents = keys.flatMap((key) => documentChange(before.get(key), after.get(key)) ?? []);
  return { documents, lines: documents.flatMap(linesOf) };
}

function documentChange(
  before: PolicyDocument | undefined,
  after: PolicyDocument | undefined,
): DocumentChange | null {
  const { kind, id, title } = (after ?? before)!;
  const fromVersion = before?.version ?? null;
  const toVersion = after?.version ?? null;
  const common = { kind, id, title, fromVersion, toVersion };
  if (before === undefined || after === undefined) {
    const change = before === undefined ? ('added' as const) : ('removed' as const);
    const rules = rulesOf((after ?? before)!).map(({ id: rule, label }) => ({
      id: rule,
      label,
      change,
      fields: [],
    }));
    return { ...common, change, fields: [], rules };
  }
  if (documentHash(before) === documentHash(after)) return null;
  return {
    ...common,
    change: 'changed',
    fields: fieldChanges(withoutRules(before), withoutRules(after), ''),
    rules: ruleChanges(rulesOf(before), rulesOf(after)),
  };
}

type RuleLike = Readonly<Record<string, unknown>> & { readonly id: string; readonly label: string };

function rulesOf(document: PolicyDocument): readonly RuleLike[] {
  return document.kind === 'pack' ? document.rules : [];
}

function withoutRules(document: PolicyDocument): object {
  const { rules: _rules, ...rest } = document as unknown as Record<string, unknown>;
  return rest;
}

function ruleChanges(from: readonly RuleLike[], to: readonly RuleLike[]): RuleChange[] {
  const before = new Map(from.map((rule) => [rule.id, rule]));
  const after = new Map(to.map((rule) => [rule.id, rule]));
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((id): RuleChange[] => {
    const [was, is] = [before.get(id), after.get(id)];
    const { label } = (is ?? was)!;
    if (was === undefined) return [{ id, label, change: 'added', fields: [] }];
    if (is === undefined) return [{ id, label, change: 'removed', fields: [] }];
    const fields = fieldChanges(was, is, '');
    return fields.length === 0 ? [] : [{ id, label, change: 'changed', fields }];
  });
}

/** Every place at which two JSON values differ, by path; lists are compared place by place. */
function fieldChanges(before: unknown, after: unknown, path: string): FieldChange[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => fieldChanges(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    return Array.from({ length: Math.max(before.length, after.length) }).flatMap((_, i) =>
      fieldChanges(before[i], after[i], `${path}[${i}]`),
    );
  }
  return text(before) === text(after) ? [] : [{ path, before, after }];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  if (value === undefined) return 'not there';
  return typeof value === 'string' ? value : canonicalJson(value);
}

function linesOf(document: DocumentChange): string[] {
  const { kind, id, title, change, fromVersion, toVersion } = document;
  const name = `${kind} ${id} (${title})`;
  if (change === 'added') return [`${name}: added, version ${toVersion}`, ...document.rules.map(ruleLine)];
  if (change === 'removed')
    return [`${name}: removed, was version ${fromVersion}`, ...document.rules.map(ruleLine)];
  return [
    `${name}: changed, version ${fromVersion} to ${toVersion}`,
    ...document.fields.filter(({ path }) => path !== 'version').map((field) => `  ${fieldLine(field)}`),
    ...document.rules.flatMap((rule) => [
      ruleLine(rule),
      ...rule.fields.map((field) => `    ${fieldLine(field)}`),
    ]),
  ];
}

function ruleLine({ id, label, change }: RuleChange): string {
  return `  rule ${id} (${label}): ${change}`;
}

function fieldLine({ path, before, after }: FieldChange): string {
  return `${path}: ${text(before)} → ${text(after)}`;
}
