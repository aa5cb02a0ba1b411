import { request } from 'undici';
import type { AgentsApi } from './api.ts';

/** Longer than any answer takes that agents wait for; real ms. */
const TIMEOUT_MS = 10_000;

/** The API at an address. @param apiKey of the supervisor, who may also make teams, agents and keys */
export function httpApi(url: string, apiKey: string): AgentsApi {
  return {
    call: async (as, method, path, body) => {
      try {
        const answer = await request(`${url}${path}`, {
          method: method as 'GET',
          headers: {
            authorization: `Bearer ${as ?? apiKey}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        const text = await answer.body.text();
        const parsed = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
        return { status: answer.statusCode, body: parsed };
      } catch {
        // The API is being started again; whoever asked looks again.
        return null;
      }
    },
  };
}
