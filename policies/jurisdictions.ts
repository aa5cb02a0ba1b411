/** `US-FL` is within `US-FL` and `US`; `US` is not within `US-FL`. */
export function isWithin(jurisdiction: string, bound: string): boolean {
  return jurisdiction === bound || jurisdiction.startsWith(`${bound}-`);
}

/** True when the two have people in common: one lies within the other. */
export function overlaps(a: string, b: string): boolean {
  return isWithin(a, b) || isWithin(b, a);
}
