import { createApp } from './app.ts';
import type { ApiDeps } from './deps.ts';
import { OPENAPI_INFO } from './openapi.ts';

/** The API's own description (OpenAPI 3.1) as /openapi.json serves it. Needs nothing that runs. */
export function describeApi(): object {
  // Handlers use their dependencies when they are called, and here none is.
  const nothing = { apiKey: '', limits: {} } as unknown as ApiDeps;
  return createApp(nothing).getOpenAPI31Document(OPENAPI_INFO);
}
