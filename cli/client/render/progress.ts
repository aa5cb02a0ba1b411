export interface Progress {
  readonly status: string;
  readonly imported: number;
  readonly waiting: number;
  readonly deferred: number;
  readonly admitted: number;
  readonly denied: number;
  readonly converted: number;
  readonly attempts: number;
  readonly answered: number;
  readonly ringing: number;
  readonly answeredLive: number;
}

/** Contacts that have come to their end. */
export function doneOf(progress: Progress): number {
  return progress.imported - progress.waiting - progress.admitted;
}

/** How far a campaign is, in a line. */
export function progressLine(progress: Progress): string {
  return (
    `${progress.status}: ${doneOf(progress)} of ${progress.imported} done, ${progress.waiting} waiting ` +
    `(${progress.deferred} put off), ${progress.ringing} ringing, ${progress.answeredLive} talking; ` +
    `${progress.attempts} attempts, ${progress.answered} answered, ${progress.converted} converted, ` +
    `${progress.denied} denied`
  );
}
