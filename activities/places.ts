/**
 * How much one worker takes on at once (docs/sizing.md#budget). Of its 24 connections to PostgreSQL sixteen are passes'
 * of the gate and eight are left for what follows from them and for the services beside, so that a permit that has been
 * given never waits for a connection behind those that are still to be decided about.
 */

/** Dials at once. Most of them sleep: they wait for their turn at the gate, their send slot, or the carrier's answer. */
export const DIALS_AT_ONCE = 160;

/** Passes of the gate at once: eight connections are as fast as two cores get (bench/RESULTS.md). */
export const GATE_PASSES_AT_ONCE = 16;

/** Campaigns paced at once: an idle one costs 0.27 % of a core, so that 200 that idle are half a core. */
export const PACERS_AT_ONCE = 200;
/** Real ms after which a pacer gives up its place where all are taken, so that every campaign has its turn. */
export const PACER_TURN_MS = 30_000;

/** Endpoints that are delivered to at once; each gives its place to another within a minute. */
export const ENDPOINTS_AT_ONCE = 40;
