/** A body that fits a JSON schema of the API's description: what is required, the least of each. */
export interface Schema {
  readonly $ref?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** @param known a value for a field of this name, wherever it stands, required or not; undefined: none */
export function sampleOf(
  schema: Schema,
  resolve: (ref: string) => Schema,
  known: (name: string) => unknown,
  name = '',
): unknown {
  const value = known(name);
  if (value !== undefined) return value;
  if (schema.$ref !== undefined) return sampleOf(resolve(schema.$ref), resolve, known, name);
  const choice = schema.anyOf?.[0] ?? schema.oneOf?.[0] ?? schema.allOf?.[0];
  if (choice !== undefined) return sampleOf(choice, resolve, known, name);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([field]) => schema.required?.includes(field) === true || known(field) !== undefined)
          .map(([field, part]) => [field, sampleOf(part, resolve, known, field)]),
      );
    case 'array': {
      const items = schema.items ?? {};
      return Array.from({ length: Math.max(1, schema.minItems ?? 0) }, () =>
        sampleOf(items, resolve, known, name.replace(/s$/, '')),
      );
    }
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      if (schema.example !== undefined) return schema.example;
      if (schema.format === 'date-time') return '2026-03-02T12:00:00+08:00';
      if (schema.format === 'uuid') return '01890000-0000-7000-8000-000000000000';
      return 'x'.repeat(Math.max(1, schema.minLength ?? 0));
  }
}
