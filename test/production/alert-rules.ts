import { parse } from 'yaml';
import { read } from './metric-names.ts';

/** A rule of Prometheus: an alert, or a series that is recorded. */
export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
export type Alert = Rule & { readonly alert: string };
export interface Group {
  readonly name: string;
  readonly rules: readonly Rule[];
}

export function groupsOf(file: string): readonly Group[] {
  return (parse(read(file)) as { groups: Group[] }).groups;
}

export function alertsOf(groups: readonly Group[]): readonly Alert[] {
  return groups.flatMap(({ rules }) => rules).filter((rule): rule is Alert => rule.alert !== undefined);
}
