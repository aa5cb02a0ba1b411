/** Raised out of whatever was going on when the person pressed Ctrl-C. Expected, and never shown as a fault. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** npm hands the terminal's signal on, so that one press may arrive twice; this much later it is a second press. */
const SAME_PRESS_MS = 600;
/** As shells number an end by SIGINT. */
export const INTERRUPTED_EXIT_CODE = 130;

export interface Interruption {
  readonly signal: AbortSignal;
  /** The outcome of `work`, unless the person interrupts first; `work` itself goes on. @throws Interrupted */
  guard<T>(work: Promise<T>): Promise<T>;
  /** Stop listening to signals. */
  dispose(): void;
}

/**
 * Listen for Ctrl-C, SIGTERM and a closed terminal.
 * @param onFirst told at once, to say that things are ending
 * @param onSecond told at a second press: do not wait any longer
 */
export function listenForInterruption(onFirst: () => void, onSecond: () => void): Interruption {
  const controller = new AbortController();
  let pressedAt: number | null = null;
  const onSignal = () => {
    const now = Date.now();
    if (pressedAt === null) {
      pressedAt = now;
      onFirst();
      controller.abort(new Interrupted());
    } else if (now - pressedAt > SAME_PRESS_MS) onSecond();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    guard: async (work) => {
      // Nobody may be left to hear of a failure that comes after the interruption.
      work.catch(() => undefined);
      if (controller.signal.aborted) throw new Interrupted();
      let onAbort: () => void = () => undefined;
      const aborted = new Promise<never>((_resolve, reject) => {
        onAbort = () => reject(new Interrupted());
        controller.signal.addEventListener('abort', onAbort, { once: true });
      });
      try {
        return await Promise.race([work, aborted]);
      } finally {
        controller.signal.removeEventListener('abort', onAbort);
      }
    },
    dispose: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
