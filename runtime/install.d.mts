export const MIN_NODE: string;
/** Null when the version is new enough, else what to do. */
export function nodeProblem(version: string): string | null;
/** Why the installed packages are not those of the lock file, or null when they are. */
export function installProblem(root: string, platform?: string, arch?: string): string | null;
/** What npm's failure means, in words. */
export function explainNpmFailure(output: string): string;
/** Runs `work` while holding the lock folder; waits while another living process holds it. */
export function withSetupLock<T>(
  dir: string,
  say: (text: string) => void,
  work: () => Promise<T>,
): Promise<T>;
/** Installs the packages when they are not those of package-lock.json. @throws Error in words */
export function ensureInstalled(root: string, say: (text: string) => void): Promise<void>;
