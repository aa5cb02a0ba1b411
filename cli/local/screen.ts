import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import { duration } from './format.ts';

/** One step of the way up. It ends by `done` or `failed`. */
export interface Phase {
  /** What it is at just now, such as `downloading 40 %`. */
  note(text: string): void;
  done(text?: string): void;
  failed(): void;
}

/** What the person in front of it sees. Lasting lines are printed once; the rest is redrawn or summed up. */
export interface Screen {
  phase(title: string): Phase;
  line(text: string): void;
  /** State of things now: redrawn in place on a terminal, else one line every few seconds. */
  live(lines: readonly string[]): void;
  /** Take the live lines away. */
  endLive(): void;
}

export interface ScreenOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Notes and live lines come at most this often where they cannot be redrawn. */
const PLAIN_EVERY_MS = 5_000;
const REDRAW_EVERY_MS = 100;
const DEFAULT_COLUMNS = 80;

// Escape sequences in what others said (server messages) must not steer the terminal.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const clean = (text: string) => text.replaceAll(CONTROL, '');

export function createScreen(output: ScreenOutput, now: () => number = Date.now): Screen {
  return output.isTTY === true ? terminalScreen(output as NodeJS.WriteStream, now) : plainScreen(output, now);
}

/** For files, pipes and CI: whole lines, no control characters. */
function plainScreen(output: ScreenOutput, now: () => number): Screen {
  let lastLiveAt = -Infinity;
  const line = (text: string) => void output.write(`${clean(text)}\n`);
  return {
    line,
    phase: (title) => {
      const startedAt = now();
      let notedAt = startedAt;
      return {
        note: (text) => {
          if (now() - notedAt < PLAIN_EVERY_MS) return;
          notedAt = now();
          line(`  … ${title}: ${text}`);
        },
        done: (text = title) => line(`  ✓ ${text} (${duration(now() - startedAt)})`),
        failed: () => line(`  ✗ ${title} (${duration(now() - startedAt)})`),
      };
    },
    live: (lines) => {
      if (now() - lastLiveAt < PLAIN_EVERY_MS) return;
      lastLiveAt = now();
      line(`  ${lines.join(' | ')}`);
    },
    endLive: () => {
      lastLiveAt = -Infinity;
    },
  };
}

/** For people at a terminal: lasting lines scroll up, what is going on stands below them and is redrawn. */
function terminalScreen(output: NodeJS.WriteStream, now: () => number): Screen {
  const phases = new Map<symbol, string>();
  let live: readonly string[] = [];
  let drawn = 0;
  let drawnAt = -Infinity;

  const erase = () => {
    if (drawn === 0) return;
    moveCursor(output, 0, -drawn);
    cursorTo(output, 0);
    clearScreenDown(output);
    drawn = 0;
  };
  const draw = () => {
    const width = (output.columns ?? DEFAULT_COLUMNS) - 1;
    const lines = [...phases.values(), ...live.map((text) => `  ${text}`)].map((text) =>
      clean(text).replaceAll('\n', ' ').slice(0, width),
    );
    if (lines.length > 0) output.write(`${lines.join('\n')}\n`);
    drawn = lines.length;
    drawnAt = now();
  };
  const redraw = () => {
    erase();
    draw();
  };
  const line = (text: string) => {
    erase();
    output.write(`${clean(text)}\n`);
    draw();
  };
  return {
    line,
    phase: (title) => {
      const startedAt = now();
      const key = Symbol(title);
      phases.set(key, `  … ${title}`);
      redraw();
      const end = (text: string) => {
        phases.delete(key);
        line(`${text} (${duration(now() - startedAt)})`);
      };
      return {
        note: (text) => {
          phases.set(key, `  … ${title}: ${text}`);
          if (now() - drawnAt >= REDRAW_EVERY_MS) redraw();
        },
        done: (text = title) => end(`  ✓ ${text}`),
        failed: () => end(`  ✗ ${title}`),
      };
    },
    live: (lines) => {
      live = lines;
      if (now() - drawnAt >= REDRAW_EVERY_MS) redraw();
    },
    endLive: () => {
      live = [];
      redraw();
    },
  };
}
