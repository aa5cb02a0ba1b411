import type { IncomingMessage, ServerResponse } from 'node:http';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { workClassOf, type CountedOperation } from './admission.ts';
import { PROBLEMS, type Problem } from './problems.ts';

/** Real ms between two looks. */
const LOOK_MS = 250;
/** Of the timer, real ms: it is not late where its rounds are this far apart. */
const RESOLUTION_MS = 20;

/** How late the process runs, real ms. */
export type Lateness = () => number;

/** Measured by the event loop's own timer; looks by itself and keeps no process alive. */
export function measureLateness(): Lateness {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let lateMs = 0;
  let lookedAt = performance.now();
  setInterval(() => {
    const now = performance.now();
    lateMs = latenessOf(delay.mean / 1e6, now - lookedAt);
    lookedAt = now;
    delay.reset();
  }, LOOK_MS).unref();
  return () => lateMs;
}

/**
 * @param meanMs between two rounds of the timer; NaN where none came in between: one turn took the whole look
 * @param sinceMs the last look
 */
export function latenessOf(meanMs: number, sinceMs: number): number {
  return Math.max(0, (Number.isNaN(meanMs) ? sinceMs : meanMs) - RESOLUTION_MS);
}

/** Whether a request was refused, and so is done with. */
export type EarlyRefusal = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * While there is too much to do, refuse at once and unread what has no class of its own, so that stops, carriers' events
 * and probes are read in time. Before the framework sees a request: to read who asks, look for a place and write the log
 * costs a good part of what answering costs, and at three times the capacity that alone would keep stops waiting.
 */
export function refusingEarly(
  operations: readonly CountedOperation[],
  hasTooMuchToDo: () => boolean,
  onRefused: () => void,
): EarlyRefusal {
  const neverRefused = patternOf(operations.filter((operation) => workClassOf(operation) !== 'other'));
  const { status, title, action } = PROBLEMS.unavailable;
  const body: Problem = {
    type: 'urn:rightcall:problem:unavailable',
    title,
    status,
    detail: 'the API has as much to do as it can at the moment; nothing was done',
    code: 'unavailable',
    action,
    requestId: '',
    faults: [],
  };
  const text = JSON.stringify(body);
  const headers = {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(text),
    'Retry-After': '1',
  };
  return (request, response) => {
    if (!hasTooMuchToDo() || mayNotWait(request, neverRefused)) return false;
    onRefused();
    // What is left of its body is thrown away as it comes.
    response.writeHead(status, headers).end(text);
    return true;
  };
}

/** Also what only the framework can tell: a path with escapes in it, or with the host before it. */
function mayNotWait({ method = '', url = '' }: IncomingMessage, neverRefused: RegExp): boolean {
  const path = url.split('?', 1)[0]!;
  if (!path.startsWith('/') || path.includes('%')) return true;
  // Whoever asks for the head alone is answered as to GET.
  return neverRefused.test(`${method === 'HEAD' ? 'get' : method.toLowerCase()} ${path}`);
}

/** `post /v1/campaigns/{campaignId}/stop` and the others, as one expression, with what is no operation and yet a probe. */
function patternOf(operations: readonly CountedOperation[]): RegExp {
  const one = ({ method, path }: CountedOperation) =>
    `${method} ${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/:\w+(\\?\{[^}]*\})?|\{\w+\}/g, '[^/]+')}`;
  return new RegExp(`^(get /metrics|${operations.map(one).join('|')})$`);
}
