import type { DialMode } from '../../domain/vocabulary.ts';
import type { PacingController, PacingLimits } from '../../pacing/controller.ts';
import { predictive } from '../../pacing/predictive/predictive.ts';
import { progressive } from '../../pacing/progressive.ts';

/**
 * The controller of a mode in which agents take the calls. Preview is paced by the contacts that agents are shown, one
 * each, and so like progressive.
 * @param learned what a controller of this campaign learned before, as it said it; null: nothing
 */
export function controllerOf(
  mode: Exclude<DialMode, 'agentless'>,
  limits: PacingLimits,
  learned: unknown,
): PacingController {
  return mode === 'predictive' ? predictive(limits, learned) : progressive(limits.ringTimeoutS);
}
