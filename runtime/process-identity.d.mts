/** A text that no other process has had since the machine booted, or null where it cannot be told. */
export function identityOf(pid: number): string | null;
/** Whether the pid runs; a zombie does not. */
export function isAlive(pid: number): boolean;
/** The command line, words separated by spaces, or null where it cannot be told. */
export function commandLineOf(pid: number): string | null;
