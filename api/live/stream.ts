import { endEvent, HEARTBEAT, isSameContent, retryField, snapshotEvent, type Version } from './events.ts';

/** What a stream is sent, kept by its channel: the state as it is, and how it came from an earlier one. */
export interface Followed<T extends object> {
  readonly current: Version<T>;
  readonly isOver: boolean;
  /** The tick from a version to the current one; made once for all who ask. */
  tickFrom(version: Version<T>): Uint8Array;
}

/**
 * One client's stream. Holds one chunk at most, and beside it only which version was sent last: whoever reads slowly
 * skips what lay between and gets the latest, and costs no memory for it.
 */
export class LiveStream<T extends object> {
  readonly body: ReadableStream<Uint8Array>;
  /** Real ms since when a chunk has been waiting to be read; null while the client keeps up. */
  stalledSince: number | null = null;
  /** Real ms of the latest chunk. */
  lastSent: number;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #sent: Version<T> | null = null;
  readonly #followed: Followed<T>;
  readonly #now: () => number;
  readonly #onClosed: () => void;
  readonly #onDropped: () => void;

  constructor(options: {
    readonly followed: Followed<T>;
    /** Id of the last event a client that comes back has seen; null: none. */
    readonly lastEventId: string | null;
    readonly retryMs: number;
    readonly now: () => number;
    /** Called once, when the stream has ended, whichever end ended it. */
    readonly onClosed: () => void;
    /** Called when the client is cut off because it does not read. */
    readonly onDropped: () => void;
  }) {
    const { followed, lastEventId } = options;
    this.#followed = followed;
    this.#now = options.now;
    this.#onClosed = options.onClosed;
    this.#onDropped = options.onDropped;
    this.lastSent = options.now();
    if (lastEventId !== null && isSameContent(lastEventId, followed.current.id))
      this.#sent = followed.current;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          controller.enqueue(retryField(options.retryMs));
        },
        pull: () => {
          this.stalledSince = null;
          this.flush();
        },
        cancel: () => this.#closed(),
      },
      { highWaterMark: 1 },
    );
  }

  /** Send what changed since the last time, if the client is ready for it. */
  flush(): void {
    const controller = this.#controller;
    if (controller === null) return;
    const { current, isOver } = this.#followed;
    if (current === this.#sent && !isOver) return;
    if (!this.#isReady(controller)) return;
    // Noted before it is sent: whoever waits for a chunk pulls the next one while this one is handed over.
    const before = this.#sent;
    this.#sent = current;
    if (isOver) {
      this.#controller = null;
      this.#send(controller, endEvent(current));
      controller.close();
      this.#onClosed();
      return;
    }
    this.#send(controller, before === null ? snapshotEvent(current) : this.#followed.tickFrom(before));
  }

  /** Say that the connection is alive. */
  beat(): void {
    const controller = this.#controller;
    if (controller !== null && this.#isReady(controller)) this.#send(controller, HEARTBEAT);
  }

  /** End it; the client comes back for more, unless it was told that there will be none. */
  end(): void {
    const controller = this.#controller;
    if (controller === null) return;
    controller.close();
    this.#closed();
  }

  /** Cut off a client that does not read. */
  drop(): void {
    this.end();
    this.#onDropped();
  }

  #isReady(controller: ReadableStreamDefaultController<Uint8Array>): boolean {
    if ((controller.desiredSize ?? 0) > 0) return true;
    this.stalledSince ??= this.#now();
    return false;
  }

  #send(controller: ReadableStreamDefaultController<Uint8Array>, chunk: Uint8Array): void {
    controller.enqueue(chunk);
    this.lastSent = this.#now();
  }

  #closed(): void {
    if (this.#controller === null) return;
    this.#controller = null;
    this.#onClosed();
  }
}
