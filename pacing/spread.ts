import { MINUTE_MS, type EpochMs } from '../domain/time.ts';

/**
 * Over how long (engine clock) contacts come back that other policies set free all at once: with a million of them some
 * three thousand a second, which the hopper's claims (25 at a time) and a carrier's calls per second go on bounding.
 */
export const SPREAD_MS = 5 * MINUTE_MS;

/**
 * When a contact comes back that may be called from `from` on: the same instant whenever it is asked again, so that doing
 * it twice moves nobody; evenly over the time that there is. Never in the last half of a window that closes sooner.
 * @param id of the contact
 * @param until end of what allows the call; null: none
 */
export function spreadInstant(id: string, from: EpochMs, until: EpochMs | null): EpochMs {
  const span = until === null ? SPREAD_MS : Math.min(SPREAD_MS, Math.max(0, (until - from) / 2));
  return from + Math.floor(fractionOf(id) * span);
}

/** A number from 0 to below 1 that depends on the text alone (FNV-1a, 32 bit, and a last mix for what differs at its end). */
function fractionOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
