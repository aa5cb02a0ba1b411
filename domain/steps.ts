import type { Step } from './step-names.ts';
import { watcher } from './step-watch.ts';

export { STEPS, type Step } from './step-names.ts';

/**
 * Here a step is reached. Nothing happens unless a test watches (`step-watch.ts`): nothing that runs in production can.
 * @param of the attempt, contact or stop that it is about: an id.
 */
export function reach(step: Step, of: string): Promise<void> | undefined {
  return watcher === undefined ? undefined : watcher(step, of);
}
