export interface StopAck {
  readonly revoked: number;
  readonly inFlight: number;
  readonly acknowledgedAfterMs: number;
  readonly hungUp: number;
  readonly complete: boolean;
}

/** What a stop came to, in a line. */
export function stopLine(stop: StopAck): string {
  return (
    `nothing more is sent: acknowledged after ${stop.acknowledgedAfterMs} ms, ` +
    `${stop.revoked} permits taken back, ${stop.inFlight} calls were under way, ${stop.hungUp} hung up` +
    (stop.complete ? '' : '; a hang-up was not confirmed in time')
  );
}
