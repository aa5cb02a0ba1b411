import type { EpochMs } from '../../domain/time.ts';
import type { Position } from './change.ts';

/**
 * What a change of policies does to a promised callback.
 * - `lost`: it could be kept, and there is no room for it in its window any more.
 * - `regained`: there was none, and now there is.
 * - `later`, `earlier`: it can be kept, from a later or an earlier instant of its window on.
 * - `kept`: nothing changes for it. `impossible`: it cannot be kept either way.
 */
export const PROMISE_CHANGES = ['lost', 'regained', 'later', 'earlier', 'kept', 'impossible'] as const;
export type PromiseChangeKind = (typeof PROMISE_CHANGES)[number];

export interface PromiseWindow {
  /** The first instant asked about: the window's beginning, or now where that has begun. */
  readonly fromAt: EpochMs;
  /** The window's end, which is outside it. */
  readonly untilAt: EpochMs;
}

/** The first instant of the window at which the person may be called; null: none. */
function firstChance({ verdict }: Position, { fromAt, untilAt }: PromiseWindow): EpochMs | null {
  if (fromAt >= untilAt || verdict.kind === 'deny') return null;
  const first = verdict.kind === 'allow' ? fromAt : verdict.until;
  return first < untilAt ? first : null;
}

/** @param before, after what each set says at `window.fromAt` */
export function promiseChangeOf(
  before: Position,
  after: Position,
  window: PromiseWindow,
): { readonly kind: PromiseChangeKind; readonly byMs: number | null } {
  const [was, is] = [firstChance(before, window), firstChance(after, window)];
  if (was === null) return { kind: is === null ? 'impossible' : 'regained', byMs: null };
  if (is === null) return { kind: 'lost', byMs: null };
  if (was === is) return { kind: 'kept', byMs: null };
  return { kind: is > was ? 'later' : 'earlier', byMs: Math.abs(is - was) };
}
