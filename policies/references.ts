/** True unless both are known and differ: what a call was about may be this, where either is not known (I6). */
export function isSameReference(a: string | null, b: string | null): boolean {
  return a === null || b === null || a === b;
}
