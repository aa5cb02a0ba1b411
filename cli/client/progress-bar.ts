import type { Shell } from './shell.ts';

/** A line that is redrawn while people wait. */
export interface Bar {
  total(total: number): void;
  at(value: number, note?: string): void;
  add(value: number): void;
  note(text: string): void;
  stop(): void;
}

const NONE: Bar = {
  total: () => undefined,
  at: () => undefined,
  add: () => undefined,
  note: () => undefined,
  stop: () => undefined,
};

/** People watch: standard error is a terminal that can redraw a line. A log gets no bar. */
export function isWatched({ stderr, env }: Shell): boolean {
  return stderr.isTTY && env['TERM'] !== 'dumb';
}

/** @param format of cli-progress, with `{note}` for what is going on */
export async function createBar(shell: Shell, format: string, total: number): Promise<Bar> {
  if (!isWatched(shell)) return NONE;
  const { SingleBar, Presets } = await import('cli-progress');
  const bar = new SingleBar({ format, stream: shell.stderr, clearOnComplete: true }, Presets.shades_classic);
  bar.start(total, 0, { note: '' });
  return {
    total: (value) => bar.setTotal(value),
    at: (value, note) => (note === undefined ? bar.update(value) : bar.update(value, { note })),
    add: (value) => bar.increment(value),
    note: (note) => bar.update({ note }),
    stop: () => bar.stop(),
  };
}
