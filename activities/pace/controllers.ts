import type { DialMode } from '../../domain/vocabulary.ts';
import type { PacingController, PacingLimits } from '../../pacing/controller.ts';
import { progressive } from '../../pacing/progressive.ts';

/**
 * The controller of a mode in which agents take the calls. Preview is paced by the contacts that agents are shown, one
 * each, and so like progressive.
 * @param _learned what a controller of this campaign learned before, as it said it; null: nothing
 */
export function controllerOf(
  _mode: Exclude<DialMode, 'agentless'>,
  limits: PacingLimits,
  _learned: unknown,
): PacingController {
  // Predictive has no controller of its own yet, and is as careful as progressive until it does.
  return progressive(limits.ringTimeoutS);
}
