import { randomUUID } from 'node:crypto';
import type { AgentView } from '../actions/agent-view.ts';
import { agentEvents, type AgentEvent } from './agent-events.ts';
import { HEARTBEAT, retryField } from './events.ts';
import type { LiveLimits } from './feed.ts';
import type { SeatWatch } from './seat-watch.ts';

export interface AgentStreamOptions {
  readonly watch: SeatWatch;
  readonly tenantId: string;
  readonly agentId: string;
  readonly session: string | null;
  readonly limits: LiveLimits;
  readonly closing: AbortSignal | undefined;
  /** Read what the agent has before them now; null: there is no such seat any more. */
  readonly read: () => Promise<AgentView | null>;
  readonly seatJson: (seat: AgentView['seat']) => object;
  readonly onError: (error: unknown) => void;
  readonly onClosed: () => void;
  /** The client is cut off because it does not read. */
  readonly onDropped: () => void;
}

const encoder = new TextEncoder();

/**
 * One agent's live channel. What lay between two readings is passed over and the present sent, so that whoever reads slowly
 * costs no memory, and whoever comes back is told everything there is.
 */
export function openAgentStream(options: AgentStreamOptions): ReadableStream<Uint8Array> {
  const { limits } = options;
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  let before: AgentView | null = null;
  let session = options.session;
  let isDue = true;
  let isReading = false;
  let stalledSince: number | null = null;
  let lastSent = Date.now();
  const endsAt = Date.now() + limits.lifeMs;

  const unfollow = options.watch.follow(options.tenantId, options.agentId, () => {
    isDue = true;
    void pump();
  });
  const timer = setInterval(lookAfter, Math.min(5_000, limits.heartbeatMs / 2, limits.stalledMs / 2));
  timer.unref();
  options.closing?.addEventListener('abort', end, { once: true });

  function closed(): void {
    if (controller === null) return;
    controller = null;
    clearInterval(timer);
    unfollow();
    options.closing?.removeEventListener('abort', end);
    options.onClosed();
  }

  function end(): void {
    controller?.close();
    closed();
  }

  function lookAfter(): void {
    const now = Date.now();
    if (stalledSince !== null && now - stalledSince >= limits.stalledMs) {
      end();
      options.onDropped();
    } else if (now >= endsAt && stalledSince === null) end();
    else if (now - lastSent >= limits.heartbeatMs && isReady()) send(HEARTBEAT);
  }

  function isReady(): boolean {
    if (controller === null) return false;
    if ((controller.desiredSize ?? 0) > 0) return true;
    stalledSince ??= Date.now();
    return false;
  }

  function send(chunk: Uint8Array): void {
    controller?.enqueue(chunk);
    lastSent = Date.now();
  }

  /** Tell what is new, if the client is ready to hear it. */
  async function pump(): Promise<void> {
    if (isReading || !isDue || !isReady()) return;
    isReading = true;
    try {
      isDue = false;
      const now = await options.read();
      if (controller === null) return;
      if (now === null) return end();
      const events = agentEvents(before, now, session, options.seatJson);
      session ??= now.seat.sessionId;
      before = now;
      if (events.length > 0) send(encoder.encode(events.map(textOf).join('')));
      if (events.some(({ event }) => event === 'superseded')) end();
    } catch (error) {
      // Looked at again at the next change, or when the client comes back.
      options.onError(error);
      end();
    } finally {
      isReading = false;
    }
    if (isDue) void pump();
  }

  return new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given;
        given.enqueue(retryField(limits.retryMs));
      },
      pull: () => {
        stalledSince = null;
        void pump();
      },
      cancel: closed,
    },
    { highWaterMark: 1 },
  );
}

function textOf({ event, data }: AgentEvent): string {
  return `id: ${randomUUID()}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
