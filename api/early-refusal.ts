import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MiddlewareHandler } from 'hono';
import type { ApiEnv } from './env.ts';
import { workClassOf, type CountedOperation } from './admission.ts';
import { PROBLEMS, type Problem } from './problems.ts';

/** Real ms between two looks. */
const LOOK_MS = 250;

/** How late the process runs, real ms. */
export type Lateness = () => number;

/** Measured by the event loop's own timer; looks by itself and keeps no process alive. */
export function measureLateness(): Lateness {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let lateMs = 0;
  setInterval(() => {
    // Of nothing measured yet the mean is no number.
    lateMs = Number.isNaN(delay.mean) ? 0 : delay.mean / 1e6 - 20;
    delay.reset();
  }, LOOK_MS).unref();
  return () => lateMs;
}

/**
 * While there is too much to do, refuse at once and unread what has no class of its own, so that stops, carriers' events
 * and probes are read in time. To read who asks, look for a place and write the log costs a good part of what answering
 * costs: at three times the capacity that alone would keep stops waiting.
 */
export function refusedEarly(
  operations: readonly CountedOperation[],
  hasTooMuchToDo: () => boolean,
  onRefused: () => void,
): MiddlewareHandler<ApiEnv> {
  const neverRefused = patternOf(operations.filter((operation) => mustBeRead(operation)));
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
  const headers = { 'Content-Type': 'application/problem+json', 'Retry-After': '1' };
  return async (c, next) => {
    if (!hasTooMuchToDo() || neverRefused.test(`${c.req.method.toLowerCase()} ${c.req.path}`)) return next();
    onRefused();
    return new Response(text, { status, headers });
  };
}

function mustBeRead(operation: CountedOperation): boolean {
  const workClass = workClassOf(operation);
  return workClass !== 'other';
}

/** `post /v1/campaigns/{campaignId}/stop` and the others, as one expression. */
function patternOf(operations: readonly CountedOperation[]): RegExp {
  const one = ({ method, path }: CountedOperation) =>
    `${method} ${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/:\w+(\\?\{[^}]*\})?|\{\w+\}/g, '[^/]+')}`;
  return new RegExp(`^(${operations.map(one).join('|')})$`);
}
