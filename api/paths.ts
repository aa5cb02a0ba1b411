import type { Operation } from './operation.ts';

/** The methods that a path has; empty where no operation has it. HEAD goes wherever GET does. */
export function methodsOf(operations: readonly Operation[], path: string): string[] {
  const found = operations
    .filter((operation) => patternOf(operation.path).test(path))
    .map((operation) => operation.method.toUpperCase());
  return [...new Set(found.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].sort();
}

/** `/v1/campaigns/{campaignId}` as an expression that its addresses match. */
function patternOf(path: string): RegExp {
  const source = path
    .split(/\{\w+\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^/]+');
  return new RegExp(`^${source}$`);
}
