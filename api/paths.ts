import type { Operation } from './operation.ts';

/**
 * The methods that a path has; empty where no operation has it. HEAD goes wherever GET does. Where a path without
 * parameters is described by itself, one with a parameter in its place is another resource (OpenAPI 3.1, 4.8.8.2).
 */
export function methodsOf(operations: readonly Operation[], path: string): readonly string[] {
  const exact = operations.filter((operation) => operation.path === path);
  const matching =
    exact.length > 0 ? exact : operations.filter((operation) => patternOf(operation.path).test(path));
  const found = matching.map((operation) => operation.method.toUpperCase());
  return [...new Set(found.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].sort();
}

/** Whether the path is described by itself, without parameters, and not with this method. */
export function isWrongMethod(operations: readonly Operation[], path: string, method: string): boolean {
  return (
    operations.some((operation) => operation.path === path) && !methodsOf(operations, path).includes(method)
  );
}

/** `/v1/campaigns/{campaignId}` as an expression that its addresses match. */
function patternOf(path: string): RegExp {
  const source = path
    .split(/\{\w+\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^/]+');
  return new RegExp(`^${source}$`);
}
