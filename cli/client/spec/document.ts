import { readFileSync } from 'node:fs';

/** The parts of an OpenAPI 3.1 document that a command line needs. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

export interface OperationObject {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses?: Readonly<Record<string, { readonly content?: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
}

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly format?: string;
  readonly maximum?: number;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** An operation with where it is. */
export interface ApiOperation extends OperationObject {
  readonly operationId: string;
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
}

const SHIPPED = new URL('../../../docs/openapi.json', import.meta.url);

/** The document as shipped with this version; a test keeps it equal to what the API serves. */
export function loadApiDocument(): ApiDocument {
  return JSON.parse(readFileSync(SHIPPED, 'utf8')) as ApiDocument;
}

export function operationsOf(document: ApiDocument): ApiOperation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      operation.operationId === undefined
        ? []
        : [{ ...operation, operationId: operation.operationId, method: method.toUpperCase(), path }],
    ),
  );
}

/** The operation of this name; null where this version's document has none. */
export function operationOf(document: ApiDocument, operationId: string): ApiOperation | null {
  return operationsOf(document).find((operation) => operation.operationId === operationId) ?? null;
}

/** What a reference leads to; a schema that is none as it is. @throws Error where it leads nowhere */
export function resolve(document: ApiDocument, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.replace('#/components/schemas/', '');
  const found = document.components?.schemas?.[name];
  if (found === undefined) throw new Error(`${schema.$ref} is not in the document`);
  return resolve(document, found);
}
