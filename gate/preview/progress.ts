import type { PreviewWork } from './work.ts';

/** How far a preview is. */
export interface PreviewProgress {
  readonly phase: 'contacts' | 'promises' | 'past' | 'done';
  readonly done: number;
  readonly total: number;
  readonly parts: Readonly<
    Record<'contacts' | 'promises' | 'past', { readonly done: number; readonly total: number }>
  >;
  /** Contacts, promises and decisions in a second (real), since the process that works on it took it up; null: too early to say. */
  readonly perS: number | null;
  /** Seconds (real) left at that pace. */
  readonly etaS: number | null;
}

/** @param since what was done, and when (real ms), as the process took it up */
export function progressOf(
  work: PreviewWork,
  since: { readonly done: number; readonly atMs: number },
  nowMs: number,
): PreviewProgress {
  const { contacts, promises, past } = work;
  const parts = {
    contacts: { done: contacts.done, total: Math.max(contacts.done, work.contactsTotal) },
    promises: { done: promises.done, total: Math.max(promises.done, promises.total) },
    past: { done: past.done, total: Math.max(past.done, past.total) },
  };
  const all = Object.values(parts);
  const done = all.reduce((sum, part) => sum + part.done, 0);
  const total = all.reduce((sum, part) => sum + part.total, 0);
  const elapsedS = (nowMs - since.atMs) / 1_000;
  const perS = elapsedS < 0.5 || done === since.done ? null : (done - since.done) / elapsedS;
  return {
    phase: past.finished
      ? 'done'
      : promises.finished
        ? 'past'
        : contacts.campaign >= work.campaigns.length
          ? 'promises'
          : 'contacts',
    done,
    total,
    parts,
    perS: perS === null ? null : Math.round(perS),
    etaS: perS === null ? null : Math.ceil((total - done) / perS),
  };
}
