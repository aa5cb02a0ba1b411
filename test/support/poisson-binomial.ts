/** The chance of at least 0, 1, 2, … of independent events of these chances, exactly, by convolution. */
export function exactTails(chances: readonly number[]): number[] {
  const exactly = [1];
  for (const p of chances) {
    exactly.push(0);
    for (let i = exactly.length - 1; i > 0; i--) exactly[i] = exactly[i]! * (1 - p) + exactly[i - 1]! * p;
    exactly[0]! *= 1 - p;
  }
  let above = 0;
  return exactly
    .toReversed()
    .map((each) => (above += each))
    .toReversed();
}
