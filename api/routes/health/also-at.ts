import type { Operation } from '../../operation.ts';

/** Answer at an older path too, which the description does not name any more. */
export function alsoAt(path: string, operation: Operation): Operation {
  const mount: Operation = Object.assign(
    (...[app, deps]: Parameters<Operation>) => {
      operation(app, deps);
      app.get(path, (c) => app.request(operation.path, { headers: c.req.raw.headers }));
    },
    {
      operationId: operation.operationId,
      method: operation.method,
      path: operation.path,
      permission: operation.permission,
    },
  );
  return mount;
}
