import type { Step } from './step-names.ts';

/** Told of every step that is reached; what it returns is waited for. */
export type StepWatcher = (step: Step, of: string) => Promise<void> | undefined;

export let watcher: StepWatcher | undefined;

/**
 * Have a process die, stand still or wait its turn at steps of its own choice. Only tests may import this file (a rule of
 * `.dependency-cruiser.cjs`), and no setting, file or variable reaches it: in production the steps do nothing.
 */
export function watchSteps(next: StepWatcher | undefined): void {
  watcher = next;
}
