import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { follow } from '../../cli/client/follow.ts';
import type { ApiClient, RequestParts } from '../../cli/client/http.ts';
import { createShell } from '../../cli/client/shell.ts';
import { RightcallError } from '../../domain/failures.ts';

const event = (id: number, name: string) => `id: ${id}\nevent: ${name}\ndata: {"n":${id}}\n\n`;

/** An API whose streams are these, one after the other. */
function apiOf(connections: readonly (string | Error)[]): {
  api: ApiClient;
  lastIds: (string | undefined)[];
} {
  const lastIds: (string | undefined)[] = [];
  const left = [...connections];
  const open = (_method: string, _path: string, parts: RequestParts = {}) => {
    lastIds.push(parts.headers?.['last-event-id']);
    const next = left.shift() ?? new RightcallError('unavailable', 'nothing answers');
    if (next instanceof Error) return Promise.reject(next);
    return Promise.resolve({
      status: 200,
      contentType: 'text/event-stream',
      body: Readable.from([Buffer.from(next)]),
    });
  };
  return { api: { open } as unknown as ApiClient, lastIds };
}

async function eventsOf(api: ApiClient, waits: number[] = []): Promise<string[]> {
  const shell = createShell({ sleep: (ms) => Promise.resolve(waits.push(ms)) });
  const seen: string[] = [];
  for await (const one of follow(api, shell, '/stream')) seen.push(`${one.event} ${one.id}`);
  return seen;
}

test('a lost connection is taken up after the last event that was seen, when the server says', async () => {
  const { api, lastIds } = apiOf([
    `retry: 750\n\n${event(1, 'snapshot')}${event(2, 'tick')}id: 3\nevent: ti`,
    new RightcallError('unavailable', 'away'),
    event(4, 'tick') + event(5, 'end'),
  ]);
  const waits: number[] = [];
  expect(await eventsOf(api, waits)).toEqual(['snapshot 1', 'tick 2', 'tick 4', 'end 5']);
  expect(lastIds).toEqual([undefined, '2', '2']);
  expect(waits).toEqual([750, 750]);
});

test('a refusal ends it at once, and so does a server that is not there at all', async () => {
  const refused = apiOf([
    event(1, 'snapshot'),
    new RightcallError('not_found', 'the campaign was not found'),
  ]);
  await expect(eventsOf(refused.api)).rejects.toThrow('was not found');
  const away = apiOf([]);
  await expect(eventsOf(away.api)).rejects.toThrow('nothing answers');
  expect(away.lastIds).toHaveLength(1);
});

test('a server that stays away is given up', async () => {
  const { api, lastIds } = apiOf([event(1, 'snapshot')]);
  await expect(eventsOf(api)).rejects.toThrow('nothing answers');
  expect(lastIds.length).toBeLessThan(20);
});
