export interface StopAck {
  readonly revoked: number;
  readonly inFlight: number;
  readonly acknowledgedAfterMs: number;
}

/** What a stop came to, in a line. */
export function stopLine(stop: StopAck): string {
  return (
    `nothing more is sent: acknowledged after ${stop.acknowledgedAfterMs} ms, ` +
    `${stop.revoked} permits taken back, ${stop.inFlight} calls were under way`
  );
}
